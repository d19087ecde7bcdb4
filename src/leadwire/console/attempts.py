"""Slows the guessing of passwords: few failed sign-ins per address and e-mail in a window."""

import threading
from collections import OrderedDict
from typing import Final

from leadwire.clock import Clock

FAILURES_MAX: Final = 10
WINDOW_SECONDS: Final = 300
PAIRS_MAX: Final = 10_000
_NS: Final = 1_000_000_000


class Attempts:
    """Counts failures in memory, for one process. Safe from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def retry_after_seconds(self, address: str, email: str) -> int:
        """0 when another attempt is admitted, else the seconds until one is."""
        with self._lock:
            recent = self._recent((address, email.lower()))
            if len(recent) < FAILURES_MAX:
                return 0
            frees_ns = recent[-FAILURES_MAX] + WINDOW_SECONDS * _NS
            return max(1, -((self._clock.elapsed_ns() - frees_ns) // _NS))

    def failed(self, address: str, email: str) -> None:
        pair = (address, email.lower())
        with self._lock:
            self._failures[pair] = [*self._recent(pair), self._clock.elapsed_ns()]
            self._failures.move_to_end(pair)
            while len(self._failures) > PAIRS_MAX:
                self._failures.popitem(last=False)

    def succeeded(self, address: str, email: str) -> None:
        with self._lock:
            self._failures.pop((address, email.lower()), None)

    def _recent(self, pair: tuple[str, str]) -> list[int]:
        since_ns = self._clock.elapsed_ns() - WINDOW_SECONDS * _NS
        return [at_ns for at_ns in self._failures.get(pair, ()) if at_ns > since_ns]
