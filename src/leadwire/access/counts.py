"""Where the limiter counts when one process serves alone: in memory, by the clock it is given.

The library's own memory reads the machine's clock, which may step back, and starts a thread to
forget; here the counts of a key are forgotten when the key is looked at.
"""

from collections import deque
from typing import Final

from limits.storage import MovingWindowSupport, Storage

from leadwire.clock import Clock

_SECOND_NS: Final = 1_000_000_000


class CountsInMemory(Storage, MovingWindowSupport):
    """The library's storage for moving and fixed windows. Times are seconds of ``elapsed_ns``.

    For one thread, except ``get_moving_window`` and ``get``, which others may call.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._entries: dict[str, deque[float]] = {}
        self._counts: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Enter *amount* unless more than *limit* would then lie in the last *expiry* seconds."""
        now = self._now()
        entries = self._entries.setdefault(key, deque())
        while entries and entries[0] < now - expiry:
            entries.popleft()
        if len(entries) + amount > limit:
            return False
        entries.extend([now] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002
        """When the oldest entry of the last *expiry* seconds was made, and how many there are."""
        now = self._now()
        entries = [at for at in tuple(self._entries.get(key, ())) if at >= now - expiry]
        return (entries[0], len(entries)) if entries else (now, 0)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = self._now()
        for old in [k for k, (_, until) in self._counts.items() if until <= now]:
            del self._counts[old]
        count, until = self._counts.get(key, (0, now + expiry))
        self._counts[key] = count + amount, until
        return count + amount

    def get(self, key: str) -> int:
        count, until = self._counts.get(key, (0, 0.0))
        return count if until > self._now() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, self._now()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        keys = len(self._entries) + len(self._counts)
        self._entries.clear()
        self._counts.clear()
        return keys

    def clear(self, key: str) -> None:
        self._entries.pop(key, None)
        self._counts.pop(key, None)

    def _now(self) -> float:
        return self._clock.elapsed_ns() / _SECOND_NS
