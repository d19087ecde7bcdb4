"""Bounds the calls with wrong keys from one address, and lets good keys from there through."""

from collections.abc import Callable
from typing import Final

from leadwire.clock import Clock
from leadwire.errors import LimitExceeded
from leadwire.sliding_window import SlidingWindow

_WINDOW_SECONDS: Final = 60


class UnknownKeys:
    """*met* is told each time the bound refuses a call."""

    def __init__(self, calls_max: int, *, clock: Clock, met: Callable[[str, str], None]) -> None:
        self._calls_max = calls_max
        self._clock = clock
        self._met = met
        self._window = SlidingWindow(_WINDOW_SECONDS)

    def count(self, address: str) -> None:
        """Count a call whose keys were looked up and refused. Raises LimitExceeded beyond it."""
        wait_seconds = self._window.hit((address,), self._calls_max, self._clock.elapsed_ns())
        if wait_seconds:
            self._met("unknown_keys_per_address_max", f"calls from {address}")
            raise LimitExceeded(
                calls_max=self._calls_max,
                window_seconds=_WINDOW_SECONDS,
                retry_after_seconds=wait_seconds,
            )
