"""Admitting and refusing calls under a plan, and telling how much of it is used.

A moving window admits exactly n calls in any 5 seconds; the day is the UTC day's. Both count what
this process admitted since it started.
"""

import math
from collections import Counter
from typing import Final, Literal

import msgspec
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerSecond
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from leadwire.access.counts import CountsInMemory
from leadwire.clock import Clock
from leadwire.dates import SECOND_MS
from leadwire.errors import LimitExceeded
from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import DAY_SECONDS, WINDOW_SECONDS, Plan

_SECOND_NS: Final = 1_000_000_000

LimitName = Literal["standard", "bulk", "day"]
LIMIT_CLASSES: Final[tuple[LimitClass, ...]] = ("standard", "bulk")


class LimitUse(msgspec.Struct, frozen=True):
    """One limit of an account, and how much of it is used now."""

    name: LimitName
    used: int
    calls_max: int
    seconds: int
    """What it is counted over: the last seconds, or the UTC day."""
    refused: int
    """Calls refused by it since the start."""


class Limiter:
    """Counts an account's calls. Only admitted calls count.

    ``admit`` is for one thread: the event loop's. ``use`` is for any.
    """

    def __init__(self, plan: Plan, *, users: int, clock: Clock) -> None:
        self.plan: Final = plan
        self._clock = clock
        counts = CountsInMemory(clock)
        self._moving = MovingWindowRateLimiter(counts)
        self._fixed = FixedWindowRateLimiter(counts)
        self._windows: dict[LimitClass, RateLimitItem] = {
            "standard": RateLimitItemPerSecond(plan.window_calls_max, WINDOW_SECONDS),
            "bulk": RateLimitItemPerSecond(plan.bulk_window_calls_max, WINDOW_SECONDS),
        }
        day_calls_max = plan.day_calls_max(users)
        self._day = RateLimitItemPerDay(day_calls_max) if day_calls_max else None
        self._refused: Counter[tuple[str, LimitName]] = Counter()
        self._account_ids: dict[str, None] = {}

    @property
    def account_ids(self) -> tuple[str, ...]:
        """Accounts that called since the start."""
        return tuple(self._account_ids)

    def admit(self, account_id: str, limit_class: LimitClass) -> None:
        """Count one call, or raise LimitExceeded with the seconds to wait."""
        self._account_ids[account_id] = None
        day = self._day
        if day is not None and not self._fixed.test(day, account_id, self._today()):
            self._refused[account_id, "day"] += 1
            raise LimitExceeded(
                calls_max=day.amount,
                window_seconds=DAY_SECONDS,
                retry_after_seconds=self._seconds_left_today(),
            )
        window = self._windows[limit_class]
        if not self._moving.hit(window, account_id, limit_class):
            self._refused[account_id, limit_class] += 1
            raise LimitExceeded(
                calls_max=window.amount,
                window_seconds=WINDOW_SECONDS,
                retry_after_seconds=self._wait(window, account_id, limit_class),
            )
        if day is not None:
            self._fixed.hit(day, account_id, self._today())

    def use(self, account_id: str) -> list[LimitUse]:
        """Every limit of the account: calls, bulk calls and, where the plan has one, the day's."""
        uses = [self._use_of_window(account_id, name) for name in LIMIT_CLASSES]
        if self._day is not None:
            left = self._fixed.get_window_stats(self._day, account_id, self._today()).remaining
            refused = self._refused[account_id, "day"]
            used = self._day.amount - left
            uses.append(LimitUse("day", used, self._day.amount, DAY_SECONDS, refused))
        return uses

    def _use_of_window(self, account_id: str, name: LimitClass) -> LimitUse:
        window = self._windows[name]
        left = self._moving.get_window_stats(window, account_id, name).remaining
        refused = self._refused[account_id, name]
        return LimitUse(name, window.amount - left, window.amount, WINDOW_SECONDS, refused)

    def _wait(self, window: RateLimitItem, account_id: str, limit_class: LimitClass) -> int:
        free_at = self._moving.get_window_stats(window, account_id, limit_class).reset_time
        wait = math.ceil(free_at - self._clock.elapsed_ns() / _SECOND_NS)
        return min(max(wait, 1), WINDOW_SECONDS)

    def _today(self) -> str:
        return str(self._clock.now_ms() // (SECOND_MS * DAY_SECONDS))

    def _seconds_left_today(self) -> int:
        return DAY_SECONDS - self._clock.now_ms() // SECOND_MS % DAY_SECONDS
