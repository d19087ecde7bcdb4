"""Notice that another process has ended, so that a server does not outlive its test run."""

import os
import select
import threading
import time
from collections.abc import Callable
from typing import Final

from leadwire.errors import SetupError

_POLL_SECONDS: Final = 1.0


class Parent:
    """The process *pid*, which exists now. Raises SetupError if it does not.

    On Linux it is watched by a pidfd. Elsewhere the pid is asked for each second: a new process
    with the same pid is then taken for the old one.
    """

    def __init__(self, pid: int) -> None:
        self._wait = _waiting_for(pid)

    def when_ended(self, then: Callable[[], object]) -> None:
        """Call *then* once, from a thread of its own, when the process has ended."""

        def watch() -> None:
            self._wait()
            then()

        threading.Thread(target=watch, name="parent", daemon=True).start()


def _waiting_for(pid: int) -> Callable[[], None]:
    try:
        if hasattr(os, "pidfd_open"):
            descriptor = os.pidfd_open(pid)
            return lambda: _until_readable(descriptor)
        os.kill(pid, 0)
    except PermissionError:
        pass  # it exists, and belongs to another user
    except (OSError, OverflowError):
        raise SetupError(f"There is no process {pid}. Give the pid of a running process.") from None
    return lambda: _until_gone(pid)


def _until_readable(descriptor: int) -> None:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    poll.poll()
    os.close(descriptor)


def _until_gone(pid: int) -> None:
    while True:
        try:
            os.kill(pid, 0)
        except PermissionError:
            pass
        except OSError:
            return
        time.sleep(_POLL_SECONDS)
