"""The servers that tests talk to. See ``support`` for what they can do."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from amounts import examples
from engines import copy_folder, place
from engines import settings as server_settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from support import InProcess, LoopThread, ServerProcess

from leadwire.access import passwords
from leadwire.access.accounts import FirstAccount
from leadwire.calls.store import CallStore
from leadwire.server.app import set_up_data_folder
from leadwire.server.open_log import CallLog
from leadwire.server.parts import AS_SERVED, Parts

hypothesis_settings.register_profile(
    "leadwire",
    max_examples=examples(100),
    deadline=None,  # the machine may be busy; nothing here is a timing test
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("leadwire")
# Hundreds of tests sign in. A hash carries its cost, so servers of their own are quick, too.
passwords._HASHER = passwords._QUICK_HASHER


class NamesFailures:
    """Names each failed test at once, so that a run that is cut off has named them."""

    def __init__(self, reporter: pytest.TerminalReporter) -> None:
        self._reporter = reporter

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._reporter.write_line(f"\n{report.nodeid} failed ({report.when})")


@pytest.hookimpl(trylast=True)  # the reporter is made by another one
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:  # a worker has none
        config.pluginmanager.register(NamesFailures(reporter))


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, FirstAccount]:
    """A data folder that is set up, and its keys; tests work on copies of it."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    return folder, set_up_data_folder(place(folder), account_name="Acme", email="admin@acme.test")


@pytest.fixture(scope="session")
def loop_thread() -> Iterator[LoopThread]:
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def keys(prepared: tuple[Path, FirstAccount]) -> FirstAccount:
    return prepared[1]


@pytest.fixture
def data_folder(prepared: tuple[Path, FirstAccount], tmp_path: Path) -> Path:
    """A data folder of the test's own, set up with ``keys``."""
    return copy_folder(prepared[0], tmp_path / "data")


@pytest.fixture
def make_api(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount
) -> Iterator[Callable[..., InProcess]]:
    """Build a server in the process with settings of the test's choice; one at a time."""
    with ExitStack() as closing:

        def make(*, call_store: CallStore | None = None, **settings: object) -> InProcess:
            parts = AS_SERVED
            if call_store is not None:
                parts = Parts(open_call_log=lambda *_, **__: CallLog(call_store, days=lambda: ()))
            api = InProcess(
                loop_thread, server_settings(data_folder, **settings), keys, parts=parts
            )
            closing.callback(api.close)
            return api

        yield make


@pytest.fixture
def api(make_api: Callable[..., InProcess]) -> InProcess:
    """A server in the process, with the default settings."""
    return make_api()


@pytest.fixture(scope="module")
def shared_api(
    loop_thread: LoopThread,
    prepared: tuple[Path, FirstAccount],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[InProcess]:
    """A server in the process for all of a module's tests: none may mind what others left."""
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("shared") / "data")
    api = InProcess(loop_thread, server_settings(folder), prepared[1])
    yield api
    api.close()


@pytest.fixture(scope="module")
def shared_server(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A real server process for all of a module's tests: none may mind what others left."""
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("shared") / "data")
    process = ServerProcess(folder, prepared[1]).start()
    yield process
    process.stop()


@pytest.fixture
def server(data_folder: Path, keys: FirstAccount) -> Iterator[ServerProcess]:
    """A real server process."""
    process = ServerProcess(data_folder, keys).start()
    yield process
    process.stop()
