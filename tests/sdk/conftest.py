"""Every test of the SDK runs for the blocking and for the asynchronous client."""

from collections.abc import Iterator

import pytest
from sdk.both import KINDS, Driven, Kind, Made
from support import InProcess, LoopThread, ServerProcess


@pytest.fixture(autouse=True)
def _no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys, a host or a log of whoever runs the tests must not reach them."""
    for name in ("ACCESS_KEY", "SECRET_KEY", "API_HOST", "ASYNC_KEY", "PROFILE", "LOG"):
        monkeypatch.delenv(f"LEADWIRE_{name}", raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    value: Kind = request.param
    return value


@pytest.fixture
def make(kind: Kind, loop_thread: LoopThread) -> Iterator[Made]:
    made = Made(kind, loop_thread)
    yield made
    made.close()


@pytest.fixture
def client(make: Made, api: InProcess) -> Driven:
    """A client of a fresh server in this process."""
    return make.in_process(api)


@pytest.fixture
def socket_client(make: Made, server: ServerProcess) -> Driven:
    """A client of a real server process, over a socket."""
    keys = server.keys
    return make.client(host=server.base, access_key=keys.access_key, secret_key=keys.secret_key)
