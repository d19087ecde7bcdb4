"""The server with ClickHouse in its settings."""

import os
import socket
from collections.abc import Callable

import pytest
from support import InProcess, leadwire

from leadwire.errors import SetupError


@pytest.fixture
def nobody() -> str:
    """The address of a server that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"http://127.0.0.1:{port}"


def test_an_absent_clickhouse_keeps_nobody_from_calling(
    make_api: Callable[..., InProcess], nobody: str
) -> None:
    """Calls are answered and durable here; how far shipping is behind can be seen."""
    api = make_api(calls_clickhouse_url=nobody)
    lead_id = api.create(FirstName="Asha")
    assert api.lead(lead_id)["FirstName"] == "Asha"
    ready = api.call("GET", "/readyz", keys="none")
    assert ready.status == 200
    assert ready.json["shipping"]["shipped_sequence"] == 0
    assert b"leadwire_calls_unshipped" in api.call("GET", "/metrics", keys="none").body


def test_a_wrong_address_is_said_at_the_start(make_api: Callable[..., InProcess]) -> None:
    """A setting that cannot be meant stops the server, with a sentence."""
    with pytest.raises(SetupError):
        make_api(calls_clickhouse_url="not an address")


def test_the_password_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read from the environment and printed as stars. Flags, which others see, lack it."""
    monkeypatch.setitem(os.environ, "LEADWIRE_CALLS_CLICKHOUSE_PASSWORD", "hunter2-canary")
    shown = leadwire("config", "show", "--json")
    assert "calls_clickhouse_password" in shown.output
    assert "hunter2-canary" not in shown.output
    assert leadwire("serve", "--calls-clickhouse-password", "x").exit_code == 2


def test_the_command_line_reads_every_nodes_calls_and_says_so(
    make_api: Callable[..., InProcess], nobody: str
) -> None:
    """Those in ClickHouse, or an error; the node's own only where they are asked for."""
    api = make_api()
    api.create(FirstName="Asha")
    data = ("--data", str(api.folder))
    environment = {"LEADWIRE_CALLS_CLICKHOUSE_URL": nobody}
    far = leadwire("calls", "search", *data, environment=environment)
    assert far.exit_code == 1
    assert f"Reading ClickHouse at {nobody}, the calls of every node." in far.stderr
    assert "ClickHouse cannot be reached" in far.stderr
    own = leadwire("calls", "search", "--local", *data, environment=environment)
    assert own.exit_code == 0
    assert "Lead.Create" in own.stdout
    assert "Reading the calls of this node" in own.stderr
    tail = leadwire("calls", "tail", *data, environment=environment)
    assert tail.exit_code == 1
    assert f"Reading ClickHouse at {nobody}, the calls of every node." in tail.stderr
    alone = leadwire("calls", "search", *data)
    assert (alone.stdout, alone.stderr) == (own.stdout, "")
