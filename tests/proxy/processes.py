"""``leadwire proxy`` as its own process, and as an application within the test's."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Self

from support import LEADWIRE

WAIT_SECONDS = 30


class ProxyProcess:
    """A proxy on ports that the system chose. It ends with the test's process."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.folder = folder
        self.errors = folder.with_name(f"{folder.name}-errors.txt")
        self._flags = flags
        self.started: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        with self.errors.open("a") as errors:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                [
                    *(*LEADWIRE, "proxy", "--data", str(self.folder), "--port", "0"),
                    *("--console-port", "0", "--ready", "json", "--ends-with", str(os.getpid())),
                    *("--log-level", "debug", *self._flags),
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.errors.read_text()
        self.started = json.loads(line)
        return self

    @property
    def url(self) -> str:
        return str(self.started["url"])

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        return self._end(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdout is not None
        process.stdout.close()
        return process.wait(WAIT_SECONDS)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self.send(number)
        return self.wait()
