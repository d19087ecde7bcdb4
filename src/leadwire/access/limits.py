"""Admit or refuse calls under a plan, and report its use.

A sliding window admits exactly n calls in any 5 seconds. A day is a UTC day. Both count what this
process admitted since it started.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from leadwire.clock import Clock
from leadwire.dates import DAY_MS, SECOND_MS
from leadwire.errors import LimitExceeded
from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import DAY_SECONDS, WINDOW_SECONDS, Plan
from leadwire.sliding_window import SlidingWindow

LimitName = Literal["standard", "bulk", "day"]
LIMIT_CLASSES: Final[tuple[LimitClass, ...]] = get_args(LimitClass)


PlanOf = Callable[[str], tuple[Plan | None, int]]
"""The plan of an account, None without limits, and the number of its users."""
Limits = dict[LimitName, int]
"""The most calls of each limit; 0: no such limit. Empty: no limits at all."""


class LimitUse(msgspec.Struct, frozen=True):
    """One limit of an account, and its current use."""

    name: LimitName
    used: int
    calls_max: int
    seconds: int
    """The window in seconds, or a UTC day."""
    refused: int
    """Calls it refused since the start."""


class _Day(NamedTuple):
    number: int
    calls: Counter[str]
    """Admitted calls by account."""


class Limiter:
    """Counts an account's calls. Only admitted calls count.

    Call ``admit`` on the event loop's thread; ``use`` on any thread.
    """

    def __init__(self, plan_of: PlanOf, *, clock: Clock) -> None:
        self._plan_of = plan_of
        self._clock = clock
        self._window = SlidingWindow(WINDOW_SECONDS)
        self._limits: dict[str, Limits] = {}
        """The limits of each account that has called."""
        self._day = _Day(number=0, calls=Counter())
        self._refused: Counter[tuple[str, LimitName]] = Counter()

    def forget_plans(self) -> None:
        """Ask for each account's plan again: one has changed. What was counted stays."""
        self._limits = {}

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Accounts that have called since the start."""
        return tuple(self._limits)

    def admit(self, account_id: str, limit_class: LimitClass) -> None:
        """Count one call, or raise LimitExceeded with the seconds to wait."""
        limits = self._limits.get(account_id)
        if limits is None:
            limits = self._limits[account_id] = self._limits_of(account_id)
        if not limits:
            return
        now_ms, day_calls_max = self._clock.now_ms(), limits["day"]
        day = self._day_of(now_ms)
        if day_calls_max and day.calls[account_id] >= day_calls_max:
            seconds_left = DAY_SECONDS - now_ms // SECOND_MS % DAY_SECONDS
            raise self._refusal(account_id, "day", day_calls_max, seconds_left)
        calls_max = limits[limit_class]
        key = (account_id, limit_class)
        if wait_seconds := self._window.hit(key, calls_max, self._clock.elapsed_ns()):
            raise self._refusal(account_id, limit_class, calls_max, wait_seconds)
        day.calls[account_id] += 1
        self._day = day

    def forget(self, account_id: str | None) -> None:
        """Forget the calls of one account; None: of all, since the clock was moved."""
        if account_id is None:
            self._window.forget_later_than(self._clock.elapsed_ns())
            return
        for name in LIMIT_CLASSES:
            self._window.forget((account_id, name))
        self._day.calls.pop(account_id, None)

    def use(self, account_id: str) -> list[LimitUse]:
        """Every limit of the account: calls, bulk calls, and the daily limit if there is one.

        Empty without a plan.
        """
        limits = self._limits_of(account_id)
        if not limits:
            return []
        now_ns = self._clock.elapsed_ns()
        uses = [
            self._use(
                account_id, name, limits[name], self._window.count((account_id, name), now_ns)
            )
            for name in LIMIT_CLASSES
        ]
        if limits["day"]:
            used = self._day_of(self._clock.now_ms()).calls[account_id]
            uses.append(self._use(account_id, "day", limits["day"], used))
        return uses

    def _limits_of(self, account_id: str) -> Limits:
        plan, users = self._plan_of(account_id)
        if plan is None:
            return {}
        return {
            "standard": plan.window_calls_max,
            "bulk": plan.bulk_window_calls_max,
            "day": plan.day_calls_max(users),
        }

    def _use(self, account_id: str, name: LimitName, calls_max: int, used: int) -> LimitUse:
        seconds = DAY_SECONDS if name == "day" else WINDOW_SECONDS
        return LimitUse(name, used, calls_max, seconds, self._refused[account_id, name])

    def _refusal(
        self, account_id: str, name: LimitName, calls_max: int, wait_seconds: int
    ) -> LimitExceeded:
        self._refused[account_id, name] += 1
        return LimitExceeded(
            calls_max=calls_max,
            window_seconds=DAY_SECONDS if name == "day" else WINDOW_SECONDS,
            retry_after_seconds=wait_seconds,
        )

    def _day_of(self, now_ms: int) -> _Day:
        """The counts of the UTC day of *now_ms*."""
        number = now_ms // DAY_MS
        return self._day if self._day.number == number else _Day(number, Counter())
