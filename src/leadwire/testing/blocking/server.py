# Made by scripts/sdk from leadwire/testing/aio/server.py: change that file instead.
"""A server for tests: a process of its own, or one that runs already."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from leadwire.testing.blocking.account import Account
from leadwire.testing.blocking.clock import Clock
from leadwire.testing.blocking.controls import Controls
from leadwire.testing.errors import ServerFailed
from leadwire.testing.process import ServerProcess, usual_command

if TYPE_CHECKING:
    from leadwire.sdk.blocking.client import Client

_ANY_PORT: Final = 0


class Server:
    """A leadwire server with its control interface. Use it in a ``with`` statement.

    Pass server settings by name: ``Server(plan="enterprise", company_types="Partners")``. Without
    *folder*, data is thrown away at the end and nothing waits for the disk; *folder* keeps it in
    ``folder/data``. *command* is the program, if the server is in another environment. *seed* is a
    seed file for the first account. With *url* and *token*, the server runs already, as in a
    container, and ``account`` is a new account of it.

    ``kill`` simulates a crash, and ``start`` goes on with the data of a folder.

    Raises ServerFailed.
    """

    account: Account
    """The server's first account."""

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        command: Sequence[str] | None = None,
        url: str = "",
        token: str = "",
        port: int = _ANY_PORT,
        seed: str | Path | None = None,
        **settings: object,
    ) -> None:
        if url and (folder or command or seed or settings or port):
            raise ServerFailed("With url, the server runs already: pass url and token alone.")
        self.url = url.rstrip("/")
        """``http://HOST:PORT`` while the server runs."""
        self.folder: Final = None if folder is None else Path(folder)
        self._token = token
        self._process: ServerProcess | None = None
        if not url:
            flags = ["--port", str(port)]
            flags += ["--ephemeral"] if folder is None else ["--data", str(Path(folder) / "data")]
            flags += ["--seed", str(seed)] if seed is not None else []
            # As flags: the server refuses one that it does not know.
            flags += [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
            self._process = ServerProcess(command or usual_command(), flags)
        self._controls: Controls | None = None

    @property
    def clock(self) -> Clock:
        """The server's clock."""
        return Clock(self._asked())

    def start(self) -> Self:
        """Start it, and return when it listens. Raises ServerFailed."""
        made: Mapping[str, str] | None = None
        if self._process is not None:
            ready = self._process.start()
            self.url, self._token, made = ready["url"], ready["token"], ready["account"]
        self._controls = Controls(self.url, self._token)
        if made is not None:
            self.account = Account(self._controls, made)
        elif not hasattr(self, "account"):
            self.account = self.new_account()
        else:
            self.account = Account(self._controls, self.account.made())
        return self

    def new_account(
        self,
        *,
        plan: str = "",
        copy: str = "",
        seed: str | Path | Mapping[str, object] | None = None,
        **settings: object,
    ) -> Account:
        """An account of its own: tests that have one do not meet.

        *copy* is ``ACCOUNT/SNAPSHOT``. *seed* is added, and comes back with each reset.
        """
        body = {"plan": plan, "settings": settings, "from": copy}
        account = Account(self._asked(), self._asked().ask("POST", "accounts", body))
        if seed is not None:
            account.seed(seed)
            self._asked().ask("POST", f"accounts/{account.account_id}/start")
        return account

    def reset_all(self) -> None:
        """Bring back the data of every account at its start."""
        self._asked().ask("POST", "reset", {"all": True})

    def seed_ids(self, seed: int | None) -> None:
        """Make ids from a seed, for equal ids of equal serial calls; None: real ids again."""
        self._asked().ask("POST", "ids", {"seed": seed})

    def client(self, **options: Any) -> "Client":  # noqa: ANN401  # those of the client
        """A client of the first account."""
        return self.account.client(**options)

    def stop(self) -> None:
        """Shut it down in order. Data of a folder is kept."""
        self._close_controls()
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """Kill it at once."""
        self._close_controls()
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """Stop it for good."""
        self._close_controls()
        if self._process is not None:
            self._process.close()

    def errors(self) -> str:
        """What the server wrote to its standard error; empty for a server that ran already."""
        return "" if self._process is None else self._process.errors()

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
        is_running = self._process is None or self._process.is_running
        return f"{type(self).__name__}({self.url if is_running else 'not running'})"

    def _asked(self) -> Controls:
        """Raises ServerFailed if the server does not run."""
        if self._controls is None:
            raise ServerFailed("The server does not run: use it in a 'with' statement.")
        return self._controls

    def _close_controls(self) -> None:
        controls, self._controls = self._controls, None
        if controls is not None:
            controls.close()
