"""A memory of accepted deliveries, by which a repeated one is refused."""

import threading
from collections import OrderedDict
from itertools import islice
from typing import Final, Protocol

from leadwire.clock import Clock, SystemClock

IDS_MAX_DEFAULT: Final = 100_000
_SECOND_NS: Final = 1_000_000_000


class Memory(Protocol):
    """What ``verify`` asks of a memory. Write one to share it between processes."""

    def add(self, delivery_id: str, *, seconds: float) -> bool:
        """Remember the id for *seconds*. False if it is known already.

        Of two calls at the same time with one id, exactly one returns True.
        """
        ...


class Seen:
    """A memory in this process, for any number of threads.

    It holds at most *ids_max* ids. Only accepted deliveries enter it, and each leaves it when its
    tolerance is over. When it is full, it forgets the oldest: *ids_max* must exceed the number of
    deliveries within twice the tolerance. Raises ValueError for a number below 1.
    """

    def __init__(self, ids_max: int = IDS_MAX_DEFAULT, *, clock: Clock | None = None) -> None:
        given: object = ids_max  # a caller may pass anything
        if not isinstance(given, int) or given < 1:
            raise ValueError("ids_max must be a whole number, 1 or more.")
        self._ids_max = ids_max
        self._clock = clock or SystemClock()
        self._ends: OrderedDict[str, int] = OrderedDict()
        """When each id may be forgotten, in the order they came."""
        self._lock = threading.Lock()

    def add(self, delivery_id: str, *, seconds: float) -> bool:
        """Remember the id for *seconds*. False if it is known already."""
        now = self._clock.elapsed_ns()
        with self._lock:
            if self._ends.get(delivery_id, now) > now:
                return False
            self._ends[delivery_id] = now + round(seconds * _SECOND_NS)
            self._ends.move_to_end(delivery_id)
            while len(self._ends) > self._ids_max or self._oldest_ends_by(now):
                self._ends.popitem(last=False)
            return True

    def _oldest_ends_by(self, now: int) -> bool:
        return any(ends <= now for ends in islice(self._ends.values(), 1))

    def forget(self, delivery_id: str) -> None:
        """Let the delivery come again, because handling it failed. Ignores an unknown id."""
        with self._lock:
            self._ends.pop(delivery_id, None)

    def __len__(self) -> int:
        """How many ids it holds."""
        return len(self._ends)

    def __repr__(self) -> str:
        return f"Seen({len(self)} of {self._ids_max} ids)"


def check_memory(seen: object) -> None:
    """Raises ValueError for what is no Memory."""
    if seen is not None and (isinstance(seen, type) or not callable(getattr(seen, "add", None))):
        raise ValueError("seen must be an object with the method add, such as Seen().")
