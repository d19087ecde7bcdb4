"""The page of the SDK says what is true: its code runs, from the first block to the last."""

import re
from pathlib import Path

import pytest
from support import ServerProcess

PAGE = Path(__file__).parents[2] / "docs" / "sdk" / "README.md"


def test_the_page_runs_as_it_stands(
    server: ServerProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Against a server process, with keys and host from the environment."""
    monkeypatch.setenv("LEADWIRE_ACCESS_KEY", server.keys.access_key)
    monkeypatch.setenv("LEADWIRE_SECRET_KEY", server.keys.secret_key)
    monkeypatch.setenv("LEADWIRE_API_HOST", server.base)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    opened = []
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102  # our own page
        if names["client"] not in opened:
            opened.append(names["client"])
    for client in opened:
        client.close()
    printed = capsys.readouterr().out
    assert "Asha" in printed
    assert "MXDuplicateEntryException" in printed
    assert "Administrator" in printed
    assert len((tmp_path / "calls.jsonl").read_text().splitlines()) == 2
