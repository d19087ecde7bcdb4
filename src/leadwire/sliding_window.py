"""Counting what happened in the last seconds, for each of many keys.

It serves the plans' limits, failed sign-ins and calls with wrong keys. The counts are in memory and
belong to one process. Processes that share their limits need another class with these methods.
"""

from collections import OrderedDict, deque
from typing import Final

KEYS_MAX: Final = 10_000
"""Of more keys the one that was counted longest ago is forgotten."""

_SECOND_NS: Final = 1_000_000_000

Key = tuple[str, ...]


class SlidingWindow:
    """An event counts for exactly *seconds* from its time on.

    Times are a monotonic count of nanoseconds. For one thread, but any may call ``count``.
    """

    def __init__(self, seconds: int) -> None:
        self._length_ns = seconds * _SECOND_NS
        self._events: OrderedDict[Key, deque[int]] = OrderedDict()

    def hit(self, key: Key, events_max: int, now_ns: int) -> int:
        """Count an event and return 0, or return the seconds until *events_max* allow another."""
        if wait := self.wait(key, events_max, now_ns):
            return wait
        self._events.setdefault(key, deque()).append(now_ns)
        self._events.move_to_end(key)
        if len(self._events) > KEYS_MAX:
            self._events.popitem(last=False)
        return 0

    def wait(self, key: Key, events_max: int, now_ns: int) -> int:
        """What ``hit`` would return. Seconds are whole, and rounded up."""
        events = self._events.get(key, deque())
        while events and events[0] <= now_ns - self._length_ns:
            events.popleft()
        if len(events) < events_max:
            return 0
        return -((now_ns - self._length_ns - events[-events_max]) // _SECOND_NS)

    def count(self, key: Key, now_ns: int) -> int:
        """How many events of *key* count now."""
        since_ns = now_ns - self._length_ns
        return sum(at_ns > since_ns for at_ns in tuple(self._events.get(key, ())))

    def take_back(self, key: Key) -> None:
        """Forget the last event of *key*."""
        if events := self._events.get(key):
            events.pop()

    def forget_later_than(self, now_ns: int) -> None:
        """Forget events that lie ahead, because the clock was set back."""
        for events in self._events.values():
            while events and events[-1] > now_ns:
                events.pop()

    def forget(self, key: Key) -> None:
        """Forget every event of *key*."""
        self._events.pop(key, None)
