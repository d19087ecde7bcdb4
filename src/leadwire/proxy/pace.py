"""Holding calls back, so that no window at the upstream has more calls than the plan admits.

A call counts from its turn until one window after it was sent, and a margin longer: on the way,
two calls may come closer together. Callers take turns, and each caller's calls keep their order.
"""

import math
import re
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, Protocol

from leadwire.errors import SetupError
from leadwire.operations.plans import PLANS, WINDOW_SECONDS
from leadwire.proxy_settings import ProxySettings

_SPELLING: Final = re.compile(r"(\d{1,6})/(\d{1,4})s")
_MS: Final = 1_000


class Rate(NamedTuple):
    calls_max: int
    window_seconds: float


def rate_of(spelling: str) -> Rate:
    """The rate of a plan's name, or of calls per seconds as ``25/5s``. Raises SetupError."""
    plan = PLANS.get(spelling)
    if plan is not None:
        return Rate(plan.window_calls_max, WINDOW_SECONDS)
    found = _SPELLING.fullmatch(spelling)
    if found is None or not int(found[1]) or not int(found[2]):
        raise SetupError(
            f"The pace '{spelling}' is neither a plan nor calls per seconds. Write 25/5s, or one "
            f"of {', '.join(PLANS)}."
        )
    return Rate(int(found[1]), int(found[2]))


class Timers(Protocol):
    """The part of an event loop that is needed."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:  # noqa: ANN401
        """An object with ``cancel``."""
        ...


class Waiter(Protocol):
    """A call that asks for its turn."""

    def turn_came(self, turn: "Turn", held_ms: float) -> None:
        """Send the call now."""
        ...

    def turn_lost(self, held_ms: float, reason: str, retry_after_seconds: int) -> None:
        """The call is not sent."""
        ...


State = Literal["waiting", "due", "over"]


class Turn:
    """A call's place: it waits, then it is due, then it was sent or given up."""

    __slots__ = ("_pace", "asked_at", "caller", "state", "waiter")

    def __init__(self, pace: "Pace", caller: str, waiter: Waiter, asked_at: float) -> None:
        self._pace = pace
        self.caller = caller
        self.waiter = waiter
        self.asked_at = asked_at
        self.state: State = "waiting"

    def sent(self) -> None:
        """The call leaves now."""
        self._pace.note_sent(self)

    def cancel(self) -> None:
        """The call is not sent. Nothing happens if it was."""
        self._pace.give_up(self)


class Pace:
    """At most *rate*. Belongs to the event loop.

    *margin_seconds* is added to the window. At most *waiting_max* calls wait, each for at most
    *waiting_seconds_max*. Nobody knows what was sent before the start, so the first window counts
    as full.
    """

    def __init__(
        self,
        rate: Rate,
        timers: Timers,
        *,
        margin_seconds: float,
        waiting_max: int,
        waiting_seconds_max: float,
    ) -> None:
        self._rate = rate
        self._timers = timers
        self._counts_for = rate.window_seconds + margin_seconds
        self._waiting_max = waiting_max
        self._waiting_seconds_max = waiting_seconds_max
        self._queues: OrderedDict[str, deque[Turn]] = OrderedDict()
        """Turns that wait, by caller; the next caller first."""
        self._waiting = 0
        self._due = 0
        """Turns that have come, and whose call is not sent yet."""
        free_at = timers.time() + self._counts_for
        self._free_at: deque[float] = deque([free_at] * rate.calls_max)
        """When each sent call stops counting, in this order."""
        self._timer: Any = None

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._waiting

    def ask(self, caller: str, waiter: Waiter) -> Turn:
        """A turn for a call of *caller*. The *waiter* is told now or later."""
        now = self._timers.time()
        turn = Turn(self, caller, waiter, now)
        if not self._waiting and self._has_room(now):
            self._grant(turn, now)
        elif self._waiting >= self._waiting_max:
            turn.state = "over"
            self._refuse(turn, now, f"{self._waiting} calls wait for their turn already")
        else:
            self._queues.setdefault(caller, deque()).append(turn)
            self._waiting += 1
            self._set_timer(now)
        return turn

    def note_sent(self, turn: Turn) -> None:
        if turn.state == "due":
            turn.state = "over"
            self._due -= 1
            now = self._timers.time()
            self._free_at.append(now + self._counts_for)
            self._set_timer(now)

    def give_up(self, turn: Turn) -> None:
        if turn.state == "due":
            self._due -= 1
            turn.state = "over"
            self._look()
        elif turn.state == "waiting":
            self._leave_queue(turn)

    def _leave_queue(self, turn: Turn) -> None:
        turn.state = "over"
        queue = self._queues[turn.caller]
        queue.remove(turn)
        if not queue:
            del self._queues[turn.caller]
        self._waiting -= 1

    def _look(self) -> None:
        """Give turns to the calls that may be sent now, and refuse those that waited too long."""
        now = self._timers.time()
        for queue in tuple(self._queues.values()):
            while queue and now - queue[0].asked_at >= self._waiting_seconds_max:
                turn = queue[0]
                self._leave_queue(turn)
                self._refuse(turn, now, f"it waited {self._waiting_seconds_max:g} second(s)")
        while self._queues and self._has_room(now):
            caller, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[caller] = queue  # behind the other callers
            self._waiting -= 1
            self._grant(turn, now)
        self._set_timer(now)

    def _has_room(self, now: float) -> bool:
        while self._free_at and self._free_at[0] <= now:
            self._free_at.popleft()
        return len(self._free_at) + self._due < self._rate.calls_max

    def _grant(self, turn: Turn, now: float) -> None:
        turn.state = "due"
        self._due += 1
        turn.waiter.turn_came(turn, (now - turn.asked_at) * _MS)

    def _refuse(self, turn: Turn, now: float, why: str) -> None:
        calls_max, seconds = self._rate
        turn.waiter.turn_lost(
            (now - turn.asked_at) * _MS,
            f"The proxy did not send the call on: {why}. It sends at most {calls_max} call(s) in "
            f"{seconds:g} second(s).",
            math.ceil(self._counts_for),
        )

    def _set_timer(self, now: float) -> None:
        """Look again when a call stops counting, or a waiting one has waited long enough."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._queues:
            return
        times = [queue[0].asked_at + self._waiting_seconds_max for queue in self._queues.values()]
        if self._free_at:
            times.append(self._free_at[0])
        self._timer = self._timers.call_at(max(now, min(times)), self._look)


def pace_of(settings: ProxySettings, timers: Timers) -> Pace | None:
    """The pace that *settings* ask for; None: calls are not held. Raises SetupError."""
    if not settings.pace:
        return None
    return Pace(
        rate_of(settings.pace),
        timers,
        margin_seconds=settings.pace_margin_ms / _MS,
        waiting_max=settings.pace_waiting_max,
        waiting_seconds_max=settings.pace_waiting_seconds_max,
    )
