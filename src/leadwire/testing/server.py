"""A leadwire server as a process of its own, with a folder and keys of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from leadwire.access.store import AccessStore
from leadwire.clock import SystemClock, SystemIds
from leadwire.errors import LeadwireError
from leadwire.sdk import AsyncClient, Client
from leadwire.server.app import set_up_data_folder
from leadwire.settings import ENVIRONMENT_PREFIX, Settings, environment_name

_SERVE: Final = "from leadwire.command import main; main()"
_LAST_LINE: Final = "Data folder"
_STOP_SECONDS: Final = 30
_ERROR_CHARACTERS_MAX: Final = 2_000


class ServerFailed(LeadwireError):
    """The server cannot be started as it was asked for; the text is what it said."""


class Server:
    """``leadwire serve`` on a port that the system chooses, with a new account and its keys.

    Use it in a ``with`` statement. Every setting of the server is taken by its name:
    ``Server(plan="enterprise", company_types="Partners")``. Without *folder* the data is in a
    temporary one, which goes when the server is closed. ``stop`` and ``start`` go on with the
    same data and, but for the port, as before; ``kill`` is a crash. Not for several threads.

    Raises ServerFailed for a setting that there is not.
    """

    def __init__(self, folder: Path | None = None, **settings: object) -> None:
        unknown = sorted(set(settings) - set(Settings.model_fields))
        if unknown:
            raise ServerFailed(f"There is no setting {', '.join(unknown)}: see docs/settings.md.")
        self._own = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="leadwire-")) if folder is None else folder
        self._settings = {environment_name(name): str(value) for name, value in settings.items()}
        account = set_up_data_folder(
            self.folder / "data", account_name="Test", email="admin@leadwire.local"
        )
        self.access_key: Final = account.access_key
        self.secret_key: Final = account.secret_key
        self.user_email: Final = account.user_email
        self.password: Final = account.password
        """Of the console."""
        self.url = ""
        """``http://127.0.0.1:PORT``, while it runs."""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it, and return when it listens. Raises ServerFailed."""
        # The shell's own settings, or keys, must not reach a server for tests.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ENVIRONMENT_PREFIX)
        }
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                [sys.executable, "-c", _SERVE, "serve", "--port", "0",
                 "--data", str(self.folder / "data")],
                stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**kept, "PYTHONUNBUFFERED": "1", **self._settings},
            )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101  # a pipe was asked for
        for line in self._process.stdout:
            if "API base URL" in line:
                self.url = line.split()[-1].removesuffix("/v2")
            if _LAST_LINE in line:
                return self
        self.kill()
        raise ServerFailed(self.errors()[-_ERROR_CHARACTERS_MAX:])

    def stop(self) -> None:
        """End it in order, as an operator would. Nothing happens when it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it, and remove the temporary folder."""
        self.stop()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, **options: Any) -> Client:  # noqa: ANN401  # those of Client
        """A client of this server; *options* are those of Client."""
        return Client(**self._known(options))

    def async_client(self, **options: Any) -> AsyncClient:  # noqa: ANN401
        return AsyncClient(**self._known(options))

    def create_async_key(self) -> str:
        """A key for asynchronous calls; the one before works no more."""
        access = AccessStore(self.folder / "data", clock=SystemClock(), ids=SystemIds())
        try:
            return access.create_async_key()
        finally:
            access.close()

    def errors(self) -> str:
        """What the server wrote to its standard error."""
        return self._errors.read_text() if self._errors.exists() else ""

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Server({self.url if self._process else 'not running'})"

    @property
    def _errors(self) -> Path:
        return self.folder / "errors.txt"

    def _known(self, options: dict[str, Any]) -> dict[str, Any]:
        known = {"host": self.url, "access_key": self.access_key, "secret_key": self.secret_key}
        return {**known, **options}

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        with process.stdout:
            process.stdout.read()
        process.wait(_STOP_SECONDS)
