"""Time that passes only when a test says so."""

import heapq
import itertools
from collections.abc import Callable


class Timer:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class StandingTimers:
    """Time that passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self._numbers = itertools.count()
        self._timers: list[tuple[float, int, Timer]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        timer = Timer(callback)
        heapq.heappush(self._timers, (when, next(self._numbers), timer))
        return timer

    def pass_until(self, now: float) -> None:
        while self._timers and self._timers[0][0] <= now:
            self.now, _, timer = heapq.heappop(self._timers)
            if timer.callback is not None:
                timer.callback()
        self.now = max(self.now, now)
