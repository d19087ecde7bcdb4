"""Keep to the account's rate limit: at most n calls in any window, from all threads together.

No I/O: it computes how long to wait, and a driver waits. Bulk calls have a separate window.
"""

import threading
from bisect import bisect_left, bisect_right, insort
from typing import Final, NamedTuple

import msgspec

from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import PLANS, WINDOW_SECONDS
from leadwire.sdk.errors import Misuse
from leadwire.sdk.numbers import is_number
from leadwire.sdk.runtime import follow

MARGIN_SECONDS: Final = 0.05
"""A window of the client is longer than the server's by this much, since clocks differ."""
ARRIVAL_SECONDS_MAX: Final = 2.0
"""A call counts from its answer, or from this long after it was sent, whichever is first.

The server counts arrivals, which the client cannot see. An arrival is not later than the answer.
Calls that the server works on for longer must not hold others back."""
LEARNT_SECONDS: Final = 600
"""A limit that a refusal named is kept for this long. The next refusal names it again."""

_NS: Final = 1_000_000_000


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """At most *calls_max* calls in any *window_seconds*, and *bulk_calls_max* bulk calls.

    0 means no limit, until a refusal names one.
    """

    calls_max: int = 0
    bulk_calls_max: int = 0
    window_seconds: float = WINDOW_SECONDS

    def __post_init__(self) -> None:
        """Raises Misuse for a value that is not a number, or below 0."""
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

    Call ``enter``, then ``wait_ns`` until it returns 0, then send at once, then call ``arrived``.
    Call ``leave`` to give up before. Times are monotonic nanoseconds. The pace is never exceeded,
    whatever a refusal says.
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
        """Use a lock that no thread of the parent holds, and forget its waiting callers."""
        self._lock = threading.Lock()
        for window in self._windows.values():
            window.forget_callers()  # the waiting threads exist only in the parent

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

    def arrived(self, limit_class: LimitClass, ticket: int, now_ns: int) -> None:
        """The admitted call has an answer, or will get none."""
        with self._lock:
            self._windows[limit_class].arrived(ticket, now_ns)

    def leave(self, limit_class: LimitClass, ticket: int) -> None:
        """Leave the queue. Has no effect after admission."""
        with self._lock:
            self._windows[limit_class].drop(ticket)

    def learn(
        self, limit_class: LimitClass, calls_max: int, window_seconds: float, now_ns: int
    ) -> None:
        """Keep to the limit that a refusal named, for LEARNT_SECONDS, beside the pace."""
        with self._lock:
            self._windows[limit_class].learn(calls_max, window_seconds, now_ns)

    def hold(self, limit_class: LimitClass, until_ns: int) -> None:
        """Admit no call before *until_ns*. Other clients may share the account's rate."""
        with self._lock:
            window = self._windows[limit_class]
            window.held_until_ns = max(window.held_until_ns, until_ns)


class _Limit(NamedTuple):
    calls_max: int
    length_ns: int

    def wait_ns(self, stamps: list[int], place: int, now_ns: int) -> int:
        """How long the caller at *place* of the queue waits; *stamps* are the sorted calls."""
        recent = stamps[bisect_right(stamps, now_ns - self.length_ns) :]
        free = self.calls_max - len(recent)
        if place < free:
            return 0
        # A slot frees when an earlier call leaves the window. Callers far back wait whole windows
        # more.
        windows, index = divmod(place - free, len(recent) or self.calls_max)
        leaving = recent[index] if recent else now_ns
        return max(leaving + self.length_ns * (windows + 1) - now_ns, 1)


class _Window:
    """One class of calls: its queue, its limits, and when the last calls arrived."""

    def __init__(self, calls_max: int, window_seconds: float) -> None:
        self.queue: list[int] = []
        self.held_until_ns = 0
        self._own = _limit(calls_max, window_seconds)
        self._learnt: _Limit | None = None
        self._learnt_until_ns = 0
        self._arrived: list[int] = []
        """Sorted. Calls older than the longest window are dropped now and then."""
        self._under_way: dict[int, int] = {}
        """When the calls without an answer were sent, by ticket."""

    def learn(self, calls_max: int, window_seconds: float, now_ns: int) -> None:
        self._learnt = _limit(calls_max, window_seconds)
        self._learnt_until_ns = now_ns + LEARNT_SECONDS * _NS

    def wait_ns(self, ticket: int, now_ns: int) -> int:
        if now_ns < self.held_until_ns:
            return self.held_until_ns - now_ns
        limits = self._limits(now_ns)
        wait_ns = 0
        if limits:
            stamps, place = self._stamps(now_ns), bisect_left(self.queue, ticket)
            wait_ns = max(limit.wait_ns(stamps, place, now_ns) for limit in limits)
        if not wait_ns:
            self.drop(ticket)
            self._under_way[ticket] = now_ns
        return wait_ns

    def arrived(self, ticket: int, now_ns: int) -> None:
        sent_ns = self._under_way.pop(ticket, None)
        if sent_ns is not None:
            insort(self._arrived, min(now_ns, sent_ns + _ARRIVAL_NS_MAX))
            old = bisect_left(self._arrived, now_ns - self._longest_ns())
            if old >= _DROPPED_TOGETHER:
                del self._arrived[:old]

    def drop(self, ticket: int) -> None:
        place = bisect_left(self.queue, ticket)
        if place < len(self.queue) and self.queue[place] == ticket:
            del self.queue[place]

    def forget_callers(self) -> None:
        self.queue.clear()
        self._arrived = sorted([*self._arrived, *self._under_way.values()])
        self._under_way.clear()

    def _limits(self, now_ns: int) -> list[_Limit]:
        if now_ns >= self._learnt_until_ns:
            self._learnt = None
        return [limit for limit in (self._own, self._learnt) if limit is not None]

    def _stamps(self, now_ns: int) -> list[int]:
        """When each call counts from. A call under way may arrive at any moment, so from now."""
        under_way = (min(now_ns, sent + _ARRIVAL_NS_MAX) for sent in self._under_way.values())
        return sorted([*self._arrived, *under_way])

    def _longest_ns(self) -> int:
        lengths = [limit.length_ns for limit in (self._own, self._learnt) if limit is not None]
        return max(lengths, default=_DEFAULT_LENGTH_NS)


def _limit(calls_max: int, window_seconds: float) -> _Limit | None:
    """None for no limit."""
    return _Limit(calls_max, int((window_seconds + MARGIN_SECONDS) * _NS)) if calls_max else None


_DROPPED_TOGETHER: Final = 100
"""At least this many old calls are dropped at once: each removal moves all that follow."""
_ARRIVAL_NS_MAX: Final = int(ARRIVAL_SECONDS_MAX * _NS)
_DEFAULT_LENGTH_NS: Final = int((WINDOW_SECONDS + MARGIN_SECONDS) * _NS)
