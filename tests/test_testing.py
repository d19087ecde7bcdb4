"""``leadwire.testing``: a server for the tests of others, that starts, dies and goes away."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from leadwire import ConnectFailed
from leadwire.testing import Server, ServerFailed


def test_a_test_server_keeps_its_data_over_a_crash_and_removes_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``kill`` loses nothing that was answered; the shell's own settings do not reach it."""
    monkeypatch.setenv("LEADWIRE_PLAN", "no plan at all")
    with Server() as server:
        with server.client() as client:
            lead_id = client.leads.create(first_name="Asha").id
        url = server.url
        server.kill()
        assert repr(server) == "Server(not running)"
        with server.client(host=url, retries=0) as client, pytest.raises(ConnectFailed):
            client.leads.get(lead_id)
        server.start()
        assert repr(server) == f"Server({server.url})"

        async def look() -> str | None:
            async with server.async_client() as client:
                lead = await client.leads.get(lead_id)
                return lead and lead.first_name

        assert asyncio.run(look()) == "Asha"
        folder = server.folder
    assert not folder.exists()


def test_a_passed_folder_is_kept(tmp_path: Path) -> None:
    """To look at the call log afterwards; closing twice does nothing."""
    server = Server(tmp_path)
    with server:
        pass
    server.close()
    assert (tmp_path / "data").is_dir()


def test_a_server_that_cannot_start_says_why() -> None:
    """A setting that there is not, and a value that none has; nothing is left behind."""
    with pytest.raises(ServerFailed, match="Unknown setting planet"):
        Server(planet="pro")
    with pytest.raises(ServerFailed, match="plan"), Server(plan="nothing"):
        pass


def test_without_the_server_it_says_what_to_install() -> None:
    """Where the SDK alone is installed."""
    program = "import sys; sys.modules['sqlalchemy'] = None\nimport leadwire.testing"
    finished = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    assert finished.returncode == 1
    assert finished.stderr.strip().endswith("pip install 'leadwire[server]'")
