"""A ``leadwire serve`` process, its ready line and its end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

import msgspec

from leadwire.testing.errors import ServerFailed

_SERVE: Final = "from leadwire.command import main; main()"
_PREFIX: Final = "LEADWIRE_"
_STOP_SECONDS: Final = 30
_ERROR_CHARACTERS_MAX: Final = 2_000


def usual_command() -> tuple[str, ...]:
    """The server of this environment, else ``leadwire`` on the path. Raises ServerFailed."""
    if find_spec("sqlalchemy") is not None:
        return (sys.executable, "-c", _SERVE)
    found = shutil.which("leadwire")
    if found is not None:
        return (found,)
    raise ServerFailed(
        "There is no leadwire server in this environment. Install the extra 'server' in another "
        "one and pass its program: Server(command=['/path/to/leadwire'])."
    )


class ServerProcess:
    """Runs until ``stop`` or ``kill``, or until this process ends."""

    def __init__(self, command: Sequence[str], flags: Sequence[str]) -> None:
        self._command = [*command, "serve", "--ready", "json", "--controls",
                         "--ends-with", str(os.getpid()), *flags]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        # It has no name, so a killed test process leaves nothing behind.
        self._errors = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # until close

    def start(self) -> dict[str, Any]:
        """The members of the ready line. Raises ServerFailed."""
        # The shell's own settings and keys must not reach a test server.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        try:
            self._process = subprocess.Popen(  # noqa: S603  # the caller's own command
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=kept,
            )
        except OSError as error:
            raise ServerFailed(f"Cannot run {self._command[0]}: {error.strerror}.") from None
        assert self._process.stdout is not None  # noqa: S101  # it is a pipe
        line = self._process.stdout.readline()
        try:
            ready: dict[str, Any] = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            self.kill()
            raise ServerFailed(self.errors()[-_ERROR_CHARACTERS_MAX:]) from None
        return ready

    @property
    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Shut it down in order. Does nothing if it does not run."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it at once."""
        self._end(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)

    def close(self) -> None:
        """Stop the process, and remove its file of errors."""
        self.stop()
        self._errors.close()

    def errors(self) -> str:
        """What it wrote to its standard error."""
        if self._errors.closed:
            return ""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")  # at its end, where the server writes

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        assert process.stdout is not None  # noqa: S101  # it is a pipe
        with process.stdout:
            process.stdout.read()
        process.wait(_STOP_SECONDS)
