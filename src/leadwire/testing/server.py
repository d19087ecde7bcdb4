"""A leadwire server in a process of its own, with a new folder and keys."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from leadwire.access.audit import COMMAND_LINE
from leadwire.access.key_pairs import replace_async_key
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import opened_access
from leadwire.database.places import Place
from leadwire.errors import LeadwireError
from leadwire.sdk import AsyncClient, Client
from leadwire.server.app import set_up_data_folder
from leadwire.settings import ENVIRONMENT_PREFIX, Settings, environment_name

_SERVE: Final = "from leadwire.command import main; main()"
_LAST_LINE: Final = "Data folder"
_STOP_SECONDS: Final = 30
_ERROR_CHARACTERS_MAX: Final = 2_000


class ServerFailed(LeadwireError):
    """The server could not start. The text is its error output."""


class Server:
    """``leadwire serve`` on a free port, with a new account and keys.

    Use it in a ``with`` statement. Pass server settings by name: ``Server(plan="enterprise",
    company_types="Partners")``. Without *folder* the data is in a temporary folder, removed on
    close. ``stop`` and ``start`` keep the data; only the port changes. ``kill`` simulates a crash.
    Not thread-safe.

    Raises ServerFailed for an unknown setting.
    """

    def __init__(self, folder: Path | None = None, **settings: object) -> None:
        unknown = sorted(set(settings) - set(Settings.model_fields))
        if unknown:
            raise ServerFailed(f"Unknown setting {', '.join(unknown)}. See docs/settings.md.")
        self._own = folder is None
        self.folder = Path(tempfile.mkdtemp(prefix="leadwire-")) if folder is None else folder
        self._settings = {environment_name(name): str(value) for name, value in settings.items()}
        self._place = Place(
            self.folder / "data",
            str(settings.get("database_url", "")),
            pooled=bool(settings.get("database_pooled")),
            shared_folder=Path(str(shared)) if (shared := settings.get("shared_folder")) else None,
        )
        account = set_up_data_folder(self._place, account_name="Test", email="admin@leadwire.local")
        self.access_key: Final = account.access_key
        self.secret_key: Final = account.secret_key
        self.user_email: Final = account.user_email
        self.password: Final = account.password
        """The console password."""
        self.url = ""
        """``http://127.0.0.1:PORT`` while the server runs."""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start the server, and return when it listens. Raises ServerFailed."""
        # The shell's own settings and keys must not reach a test server.
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(ENVIRONMENT_PREFIX)
        }
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # a constant command
                [sys.executable, "-c", _SERVE, "serve", "--port", "0",
                 "--data", str(self.folder / "data")],
                stdout=subprocess.PIPE, stderr=errors, text=True,
                env={**kept, "PYTHONUNBUFFERED": "1", **self._settings},
            )  # fmt: skip
        assert self._process.stdout is not None  # noqa: S101  # stdout is a pipe
        for line in self._process.stdout:
            if "API base URL" in line:
                self.url = line.split()[-1].removesuffix("/v2")
            if _LAST_LINE in line:
                return self
        self.kill()
        raise ServerFailed(self.errors()[-_ERROR_CHARACTERS_MAX:])

    def stop(self) -> None:
        """Shut the server down gracefully. Does nothing if it is not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the server at once."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it, and remove the temporary folder."""
        self.stop()
        if self._own:
            shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, **options: Any) -> Client:  # noqa: ANN401  # Client's options
        """A client of this server. It passes *options* to Client."""
        return Client(**self._known(options))

    def async_client(self, **options: Any) -> AsyncClient:  # noqa: ANN401
        return AsyncClient(**self._known(options))

    def create_async_key(self) -> str:
        """A key for asynchronous calls. The previous one stops working."""
        with opened_access(self._place, clock=SystemClock(), ids=SystemIds()) as access:
            account_id = access.account_ids()[0]
            return access.change(COMMAND_LINE, lambda c: replace_async_key(c, account_id))

    def errors(self) -> str:
        """The server's standard error."""
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
        assert process.stdout is not None  # noqa: S101  # stdout is a pipe
        with process.stdout:
            process.stdout.read()
        process.wait(_STOP_SECONDS)
