"""``leadwire.testing``: a server, accounts and fixtures for the tests of others."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadwire import ConnectFailed
from leadwire.testing import (
    AsyncServer,
    ControlRefused,
    NotMet,
    Server,
    ServerFailed,
    UnmetFaults,
)

ROOT = Path(__file__).parents[1]
pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(webhook_group_seconds=0) as running:
        yield running


def test_a_server_with_a_folder_keeps_its_data_over_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``kill`` loses nothing that was answered; the shell's own settings do not reach it."""
    monkeypatch.setenv("LEADWIRE_PLAN", "no plan at all")
    with Server(str(tmp_path)) as server:
        with server.client() as client:
            lead_id = client.leads.create(first_name="Asha").id
        url = server.url
        server.kill()
        assert repr(server) == "Server(not running)"
        with server.client(host=url, retries=0) as client, pytest.raises(ConnectFailed):
            client.leads.get(lead_id)
        server.start()
        assert repr(server) == f"Server({server.url})"
        with server.client() as client:
            lead = client.leads.get(lead_id)
            assert lead is not None
            assert lead.first_name == "Asha"
    assert (tmp_path / "data").is_dir()


def test_a_server_that_cannot_start_says_why() -> None:
    """An unknown setting, an unknown value, a program that is not there."""
    with pytest.raises(ServerFailed, match="planet"), Server(planet="pro"):
        pass
    with pytest.raises(ServerFailed, match="plan"), Server(plan="nothing"):
        pass
    with (
        pytest.raises(ServerFailed, match="Cannot run /no/such/program"),
        Server(command=["/no/such/program"]),
    ):
        pass
    with pytest.raises(ServerFailed, match="pass url and token alone"):
        Server(url="http://127.0.0.1:1", plan="lite")


def test_the_application_needs_the_sdk_alone() -> None:
    """No library of the server is imported in the test process."""
    program = (
        "import sys, leadwire.testing.blocking.server, leadwire.testing.plugin\n"
        "print([n for n in ('sqlalchemy', 'pydantic', 'starlette', 'numpy', 'click', 'yaml')"
        " if n in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_plugin_imports_pytest_alone() -> None:
    """It is imported in every run of pytest, also of projects without leadwire."""
    program = "import sys, leadwire.testing.plugin; print('httpx2' in sys.modules)"
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_a_server_that_runs_already_is_joined(server: Server) -> None:
    """As one in a container: by its address and token."""
    with Server(url=server.url, token=server._token) as joined:
        assert joined.account.account_id != server.account.account_id
        with joined.client() as client:
            client.leads.create(first_name="Asha")
        assert len(joined.account.calls()) == 1
    with (
        pytest.raises(ControlRefused, match="Send the header"),
        Server(url=server.url, token="wrong"),  # noqa: S106  # refused
    ):
        pass


def test_a_fault_and_an_expectation(server: Server) -> None:
    """The answer is lost after the write: the client repeats nothing, and the lead is there."""
    account = server.new_account()
    account.fault("Lead.Create", "reset", when="after_write")
    with account.client(retries=0) as client:
        with pytest.raises(ConnectFailed.__mro__[1]):
            client.leads.create(first_name="Asha", email_address="asha@example.com")
        found = client.leads.by_email("asha@example.com")
    assert found is not None
    [call] = account.expect("operation:Lead.Create", count=1, quiet=0.05)
    assert call.request["EmailAddress"] == "asha@example.com"
    assert "nothing was delivered" in call.fault
    account.check_faults()
    with pytest.raises(NotMet) as missed:
        account.expect("operation:Lead.Update", within=0.05)
    assert "Lead.Create" in str(missed.value)
    assert missed.value.nearest[0].operation == "Lead.Create"


def test_a_fault_that_nothing_met_is_told(server: Server) -> None:
    """With what it was."""
    account = server.new_account()
    account.fault("Lead.Create", "html")
    with pytest.raises(UnmetFaults, match=r"No call met: html of Lead\.Create\."):
        account.check_faults()
    with pytest.raises(ControlRefused, match=r"Did you mean 'Lead\.Create'"):
        account.fault("Lead.Creat", "html")


def test_states_of_an_account(server: Server, tmp_path: Path) -> None:
    """Seed, snapshot, reset, restore."""
    seed = tmp_path / "crm.yaml"
    seed.write_text("leadwire: 1\nleads:\n  asha: {EmailAddress: asha@example.com}\n")
    account = server.new_account(seed=seed)
    ids = account.seed({"leadwire": 1, "leads": {"ravi": {"EmailAddress": "ravi@example.com"}}})
    account.snapshot("both")
    with account.client() as client:
        account.reset()
        assert client.leads.by_email("asha@example.com") is not None
        assert client.leads.by_email("ravi@example.com") is None
        account.restore("both")
        found = client.leads.by_email("ravi@example.com")
    assert found is not None
    assert found.id == ids["ravi"]


def test_deliveries_are_received_and_time_is_moved(server: Server) -> None:
    """Two attempts of one delivery, without one sleep."""
    account = server.new_account()
    receiver = account.receiver(respond=[500, 200])
    with account.client() as client:
        client.webhooks.create(event="Lead_Post_Create", url=receiver.url)
        server.clock.freeze("2030-01-01")
        client.leads.create(first_name="Asha", email_address="asha@example.com")
        moved = server.clock.advance(minutes=5)
    first, second = receiver.wait(2)
    server.clock.reset()
    assert moved.now == "2030-01-01 00:05:00.000"
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.json == second.json
    with pytest.raises(AssertionError, match="got 2 of 3 deliveries"):
        receiver.wait(3, seconds=0.05)


def test_the_asynchronous_server_has_the_same_names() -> None:
    """Awaited, in one event loop."""

    async def use() -> None:
        async with AsyncServer() as server:
            account = await server.new_account(plan="enterprise")
            await account.fault("Lead.Create", "status", status=503, times=1)
            async with account.client(retries=2) as client:
                await client.leads.create(first_name="Asha")
            assert len(await account.expect("operation:Lead.Create", count=2)) == 2
            await server.clock.freeze()
            assert (await server.clock.advance(hours=1)).frozen

    asyncio.run(use())


def test_a_killed_test_run_leaves_nothing_behind(tmp_path: Path) -> None:
    """kill -9 of the test process: its server ends, and the data is gone."""
    program = (
        "import time\nfrom leadwire.testing import Server\n"
        "with Server() as server:\n"
        "    print(server._process._process.pid, flush=True)\n    time.sleep(600)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(  # noqa: S603  # our own interpreter
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stdout is not None
        pid = int(run.stdout.readline())
        os.kill(run.pid, signal.SIGKILL)
    ends_at = time.monotonic() + 30
    while Path(f"/proc/{pid}/stat").exists() and time.monotonic() < ends_at:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()) == []


PRETEND = """
import pytest

def sign_up(client, email):
    client.leads.create(first_name="Asha", email_address=email)

@pytest.mark.parametrize("number", range(3))
def test_accounts_do_not_meet(leadwire, leadwire_client, number):
    sign_up(leadwire_client, "asha@example.com")
    leadwire.expect("operation:Lead.Create", count=1, quiet=0.01)

@pytest.mark.leadwire(frozen="2030-01-01", plan="enterprise")
def test_the_mark_says_how_it_begins(leadwire, leadwire_server):
    assert leadwire_server.clock.now().year == 2030

def test_the_clock_runs_again(leadwire, leadwire_server):
    assert leadwire_server.clock.now().year < 2030

def test_one_fails(leadwire, leadwire_client):
    sign_up(leadwire_client, "asha@example.com")
    assert False

def test_a_fault_is_not_met(leadwire):
    leadwire.fault("Lead.Create", "html")
"""


def test_the_fixtures_serve_a_pretend_integration(pytester: pytest.Pytester) -> None:
    """An account a test, marks, the calls of a failed test, and a fault that nothing met."""
    pytester.makepyfile(PRETEND)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist")
    result.assert_outcomes(passed=6, failed=1, errors=1)
    text = result.stdout.str()
    assert "leadwire calls" in text
    assert "200  Lead.Create" in text
    assert "No call met: html of Lead.Create." in text
    warned = pytester.runpytest_subprocess(
        "-p", "no:xdist", "--leadwire-unmet=warn", "-k", "not_met"
    )
    warned.assert_outcomes(passed=1, warnings=1)
