"""Limit the calls of one kind from one address."""

from collections.abc import Callable
from typing import Final

from leadwire.clock import Clock
from leadwire.errors import LimitExceeded
from leadwire.sliding_window import SlidingWindow

_WINDOW_SECONDS: Final = 60


class CallsPerAddress:
    """Admits *calls_max* calls in a minute. Each refusal calls *met* with *setting*."""

    def __init__(
        self, calls_max: int, *, setting: str, clock: Clock, met: Callable[[str, str], None]
    ) -> None:
        self._calls_max = calls_max
        self._setting = setting
        self._clock = clock
        self._met = met
        self._window = SlidingWindow(_WINDOW_SECONDS)

    def count(self, address: str) -> None:
        """Count a call. Raises LimitExceeded beyond the limit."""
        wait_seconds = self._window.hit((address,), self._calls_max, self._clock.elapsed_ns())
        if wait_seconds:
            self._met(self._setting, f"calls from {address}")
            raise LimitExceeded(
                calls_max=self._calls_max,
                window_seconds=_WINDOW_SECONDS,
                retry_after_seconds=wait_seconds,
            )
