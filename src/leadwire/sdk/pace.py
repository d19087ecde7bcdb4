"""Keep to the account's rate limit: at most n calls in any window, from all threads together.

No I/O: it computes how long to wait, and a driver waits. Bulk calls have a separate window.
"""

import threading
from bisect import bisect_left, insort
from collections import deque
from typing import Final

import msgspec

from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import PLANS, WINDOW_SECONDS
from leadwire.sdk.errors import Misuse
from leadwire.sdk.numbers import is_number
from leadwire.sdk.runtime import follow

MARGIN_SECONDS: Final = 0.2
"""Safety margin: the server counts arrivals, and travel times differ."""

_NS: Final = 1_000_000_000


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Calls per *window_seconds*. 0 is no limit until a refusal names one."""

    calls_max: int = 0
    bulk_calls_max: int = 0
    window_seconds: float = WINDOW_SECONDS

    def __post_init__(self) -> None:
        """Raises Misuse for a value that is no number, or below 0."""
        for name in ("calls_max", "bulk_calls_max"):
            if not is_number(getattr(self, name), whole=True):
                raise Misuse(f"Pace: {name} must be a whole number of calls, or 0 for no limit.")
        if not is_number(self.window_seconds) or not self.window_seconds:
            raise Misuse("Pace: window_seconds must be a number of seconds above 0.")

    @classmethod
    def of_plan(cls, name: str) -> "Pace":
        """The pace of one of LeadSquared's plans. Raises Misuse for an unknown name."""
        plan = PLANS.get(name)
        if plan is None:
            raise Misuse(f"Unknown plan {name!r}. Choose one of {', '.join(PLANS)}.")
        return cls(calls_max=plan.window_calls_max, bulk_calls_max=plan.bulk_window_calls_max)

    @classmethod
    def of(cls, wanted: "str | int | Pace | None") -> "Pace":
        """From a plan's name, calls per 5 seconds, a Pace, or None (learn the limit)."""
        if wanted is None or isinstance(wanted, Pace):
            return wanted or cls()
        if isinstance(wanted, str):
            return cls.of_plan(wanted)
        if not is_number(wanted, whole=True) or not wanted:
            plans = ", ".join(map(repr, PLANS))
            raise Misuse(
                f"pace must be the calls in 5 seconds, 1 or more, a plan ({plans}), or a Pace."
            )
        return cls(calls_max=wanted, bulk_calls_max=wanted)


class Throttle:
    """Admits calls in the order they asked. Safe for any number of threads and tasks.

    Call ``enter``, then ``wait_ns`` until it returns 0, then send at once. Call ``leave`` to give
    up. Times are monotonic nanoseconds.
    """

    def __init__(self, pace: Pace) -> None:
        self._lock = threading.Lock()
        self._windows: dict[LimitClass, _Window] = {
            "standard": _Window(pace.calls_max, pace.window_seconds),
            "bulk": _Window(pace.bulk_calls_max, pace.window_seconds),
        }
        self._tickets = 0
        follow(self)

    def after_fork(self) -> None:
        """Use a lock that no thread of the parent holds."""
        self._lock = threading.Lock()
        for window in self._windows.values():
            window.queue.clear()  # the waiting threads exist only in the parent

    def enter(self, limit_class: LimitClass) -> int:
        """A ticket: the caller's position in the queue."""
        with self._lock:
            self._tickets += 1
            insort(self._windows[limit_class].queue, self._tickets)
            return self._tickets

    def wait_ns(self, limit_class: LimitClass, ticket: int, now_ns: int) -> int:
        """0 admits the call and counts it as sent. Else the time to wait before asking again."""
        with self._lock:
            return self._windows[limit_class].wait_ns(ticket, now_ns)

    def leave(self, limit_class: LimitClass, ticket: int) -> None:
        """Leave the queue. Has no effect after admission."""
        with self._lock:
            self._windows[limit_class].drop(ticket)

    def learn(self, limit_class: LimitClass, calls_max: int, window_seconds: float) -> None:
        """Use the limit that the API named, whether higher or lower."""
        with self._lock:
            self._windows[limit_class].learn(calls_max, window_seconds)

    def hold(self, limit_class: LimitClass, until_ns: int) -> None:
        """Admit no call before *until_ns*. Other clients may share the account's rate."""
        with self._lock:
            window = self._windows[limit_class]
            window.held_until_ns = max(window.held_until_ns, until_ns)

    def calls_max(self, limit_class: LimitClass) -> int:
        """The current limit; 0 if there is none."""
        return self._windows[limit_class].calls_max


class _Window:
    """One class of calls: its queue, and the times of the last calls."""

    def __init__(self, calls_max: int, window_seconds: float) -> None:
        self.queue: list[int] = []
        self.held_until_ns = 0
        self.calls_max = 0
        self._length_ns = 0
        self._sent: deque[int] = deque()
        self.learn(calls_max, window_seconds)

    def learn(self, calls_max: int, window_seconds: float) -> None:
        self.calls_max = calls_max
        self._length_ns = int((window_seconds + MARGIN_SECONDS) * _NS)

    def wait_ns(self, ticket: int, now_ns: int) -> int:
        if now_ns < self.held_until_ns:
            return self.held_until_ns - now_ns
        while self._sent and self._sent[0] <= now_ns - self._length_ns:
            self._sent.popleft()
        place = bisect_left(self.queue, ticket)
        free = self.calls_max - len(self._sent)
        if not self.calls_max or place < free:
            self.drop(ticket)
            self._sent.append(now_ns)
            return 0
        # A slot frees when an earlier call leaves the window. Callers far back wait whole windows
        # more.
        windows, index = divmod(place - free, len(self._sent) or self.calls_max)
        leaving = self._sent[index] if self._sent else now_ns
        return max(leaving + self._length_ns * (windows + 1) - now_ns, 1)

    def drop(self, ticket: int) -> None:
        place = bisect_left(self.queue, ticket)
        if place < len(self.queue) and self.queue[place] == ticket:
            del self.queue[place]
