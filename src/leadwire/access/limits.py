"""Admitting and refusing calls under a plan.

A moving window admits exactly n calls in any 5 seconds; the day is the UTC day's.
"""

import math
from typing import Final

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from leadwire.access.plans import DAY_SECONDS, WINDOW_SECONDS, Plan
from leadwire.clock import Clock
from leadwire.errors import LimitExceeded
from leadwire.operations.operation import LimitClass

_SECOND_MS: Final = 1_000


class Limiter:
    """Counts an account's calls. Only admitted calls count. For one thread: the event loop's."""

    def __init__(self, plan: Plan, *, users: int, clock: Clock) -> None:
        self._clock = clock
        self._moving = MovingWindowRateLimiter(MemoryStorage())
        self._fixed = FixedWindowRateLimiter(MemoryStorage())
        self._windows: dict[LimitClass, RateLimitItem] = {
            "standard": RateLimitItemPerSecond(plan.window_calls_max, WINDOW_SECONDS),
            "bulk": RateLimitItemPerSecond(plan.bulk_window_calls_max, WINDOW_SECONDS),
        }
        day_calls_max = plan.day_calls_max(users)
        self._day = RateLimitItemPerDay(day_calls_max) if day_calls_max else None

    def admit(self, account_id: str, limit_class: LimitClass) -> None:
        """Count one call, or raise LimitExceeded with the seconds to wait."""
        day = self._day
        if day is not None and not self._fixed.test(day, account_id, self._today()):
            raise LimitExceeded(
                calls_max=day.amount,
                window_seconds=DAY_SECONDS,
                retry_after_seconds=self._seconds_left_today(),
            )
        window = self._windows[limit_class]
        if not self._moving.hit(window, account_id, limit_class):
            raise LimitExceeded(
                calls_max=window.amount,
                window_seconds=WINDOW_SECONDS,
                retry_after_seconds=self._wait(window, account_id, limit_class),
            )
        if day is not None:
            self._fixed.hit(day, account_id, self._today())

    def _wait(self, window: RateLimitItem, account_id: str, limit_class: LimitClass) -> int:
        free_at = self._moving.get_window_stats(window, account_id, limit_class).reset_time
        wait = math.ceil(free_at - self._clock.now_ms() / _SECOND_MS)
        return min(max(wait, 1), WINDOW_SECONDS)

    def _today(self) -> str:
        return str(self._clock.now_ms() // (_SECOND_MS * DAY_SECONDS))

    def _seconds_left_today(self) -> int:
        return DAY_SECONDS - self._clock.now_ms() // _SECOND_MS % DAY_SECONDS
