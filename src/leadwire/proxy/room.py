"""Whether calls can be recorded now, and the memory of what is kept of open calls."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from leadwire.clock import Clock
from leadwire.recording.gaps import Gaps

_LOOK_AGAIN_NS: Final = 1_000_000_000


class Room:
    """Says why calls cannot be recorded. For the event loop's thread.

    Free space is measured at most once a second, and an open gap is closed as soon as that works.
    With less than *free_bytes_min* bytes no gap is written either: it would use up the rest.
    """

    def __init__(
        self,
        gaps: Gaps,
        *,
        free_bytes: Callable[[], int],
        free_bytes_min: int,
        clock: Clock,
    ) -> None:
        self._gaps = gaps
        self._free_bytes = free_bytes
        self._free_bytes_min = free_bytes_min
        self._clock = clock
        self._looked_ns: int | None = None
        self._is_full = False
        self._closing: asyncio.Task[bool] | None = None

    def why_not(self) -> str:
        """Why no call can be recorded now; empty if all is well."""
        if self._gaps.open is None and not self._is_full and not self._is_due():
            return ""
        self._look()
        if self._is_full:
            return f"The disk has less than {self._free_bytes_min:,} bytes of free space."
        if self._gaps.open is not None:
            return "Earlier calls could not be recorded."
        return ""

    def _is_due(self) -> bool:
        now_ns = self._clock.elapsed_ns()
        return self._looked_ns is None or now_ns - self._looked_ns >= _LOOK_AGAIN_NS

    def _look(self) -> None:
        if not self._is_due():
            return
        self._looked_ns = self._clock.elapsed_ns()
        try:
            self._is_full = self._free_bytes() < self._free_bytes_min
        except OSError:
            self._is_full = True
        is_closing = self._closing is not None and not self._closing.done()
        if self._gaps.open is not None and not self._is_full and not is_closing:
            self._closing = asyncio.get_running_loop().create_task(self._gaps.close())


def free_bytes_of(folder: Path) -> Callable[[], int]:
    """Measures the free space of the disk that holds *folder*. Raises OSError."""
    return lambda: shutil.disk_usage(folder).free


class HeldBytes:
    """The bytes of bodies that are kept for the records of open calls, all together."""

    def __init__(self, bytes_max: int, met: Callable[[str], None]) -> None:
        self._bytes_max = bytes_max
        self._met = met
        self.held = 0

    def take(self, wanted: int) -> int:
        """How many of *wanted* bytes may be kept; they count until ``give_back``."""
        taken = min(wanted, self._bytes_max - self.held)
        if taken < wanted:
            self._met("proxy_bodies_bytes_max")
        self.held += taken
        return taken

    def give_back(self, taken: int) -> None:
        self.held -= taken
