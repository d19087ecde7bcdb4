"""Fixtures for pytest, by the entry point ``leadwire``: nothing has to be declared.

Every run of pytest imports this module, so it imports pytest alone.

* ``leadwire_server``: one server for the run; with pytest-xdist, one for each worker.
* ``leadwire``: an account of its own for the test. ``leadwire_client``: a client of it.
* ``leadwire_async``: the same account for an asynchronous test.

``@pytest.mark.leadwire(plan="lite", seed="crm.yaml", frozen="2030-01-01")`` says how the account
begins. After the test the account and its faults go, and the clock runs again. A fault that no call
met fails the test. The report of a failed test shows its calls.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from leadwire.sdk import Client
    from leadwire.testing import Account, AsyncAccount, Server

_SHOWN_MAX = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that says what an unmet fault does."""
    group = parser.getgroup("leadwire")
    group.addoption(
        "--leadwire-unmet",
        choices=("fail", "warn", "ignore"),
        default="fail",
        help="What to do about a fault that no call met. (default: fail)",
    )
    group.addoption(
        "--leadwire-command",
        metavar="PROGRAM",
        help="The server's program, if it is in another environment.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker ``leadwire``."""
    config.addinivalue_line(
        "markers",
        "leadwire(plan, seed, frozen, **settings): how the account of the test begins",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: "pytest.CallInfo[None]"
) -> "Generator[None, pytest.TestReport, pytest.TestReport]":
    """Show the calls of a failed test in its report."""
    report = yield
    account = getattr(item, "funcargs", {}).get("leadwire")
    if account is not None and call.when == "call" and report.failed:
        report.sections.append(("leadwire calls", _told(account)))
    return report


def _told(account: "Account") -> str:
    try:
        calls = account.calls()
    except Exception as error:  # noqa: BLE001  # the report must not hide the failure itself
        return f"They cannot be read: {error}"
    lines = [str(call) for call in calls[-_SHOWN_MAX:]]
    if len(calls) > len(lines):
        lines.insert(0, f"The last {len(lines)} of {len(calls)} calls:")
    return "\n".join(lines) or "No call was made."


@pytest.fixture(scope="session")
def leadwire_server(request: pytest.FixtureRequest) -> "Iterator[Server]":
    """One server for the run; with pytest-xdist, one for each worker."""
    from leadwire.testing import Server  # noqa: PLC0415  # only for tests that need it

    program = request.config.getoption("--leadwire-command")
    with Server(command=[program] if program else None) as server:
        yield server


@pytest.fixture
def leadwire(request: pytest.FixtureRequest, leadwire_server: "Server") -> "Iterator[Account]":
    """An account of its own, as the test's mark ``leadwire`` says. It goes afterwards."""
    wanted = _wanted(request)
    frozen = wanted.pop("frozen", None)
    account = leadwire_server.new_account(**wanted)
    try:
        if frozen is not None:
            leadwire_server.clock.freeze(frozen)
        yield account
        _check_faults(request, account)
    finally:
        leadwire_server.clock.reset()
        account.clear_faults()
        account.remove()


@pytest.fixture
def leadwire_client(leadwire: "Account") -> "Iterator[Client]":
    """A client of the test's account. It is closed after the test."""
    with leadwire.client() as client:
        yield client


@pytest.fixture
def leadwire_async(leadwire: "Account") -> "AsyncAccount":
    """The test's account, for an asynchronous test."""
    from leadwire.testing.aio.account import AsyncAccount  # noqa: PLC0415  # as above
    from leadwire.testing.aio.controls import AsyncControls  # noqa: PLC0415

    controls = leadwire._controls  # noqa: SLF001  # the same package
    return AsyncAccount(AsyncControls(controls.url, controls.token), leadwire.made())


def _wanted(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the marks of the test, its class and its module say; the nearest wins."""
    wanted: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("leadwire"))):
        wanted |= mark.kwargs
    return wanted


def _check_faults(request: pytest.FixtureRequest, account: "Account") -> None:
    from leadwire.testing import UnmetFaults  # noqa: PLC0415  # as above

    choice = request.config.getoption("--leadwire-unmet")
    if choice == "ignore":
        return
    try:
        account.check_faults()
    except UnmetFaults as error:
        if choice == "warn":
            request.node.warn(pytest.PytestWarning(str(error)))
            return
        raise
