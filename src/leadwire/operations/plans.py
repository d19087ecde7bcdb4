"""The plans of LeadSquared's published rate-limit tables.

The table of 2019-2022 limits bursts only; the one of 2024 adds a daily limit that grows with
the number of users. Every limit is the account's, shared by all its keys.
"""

from typing import Final

import msgspec

WINDOW_SECONDS: Final = 5
DAY_SECONDS: Final = 86_400


class Plan(msgspec.Struct, frozen=True):
    """Calls allowed per window of 5 seconds and, with a daily limit, per day."""

    name: str
    window_calls_max: int
    bulk_window_calls_max: int = 1
    day_calls_base: int = 0
    day_calls_per_user: int = 0
    day_calls_ceiling: int = 0

    def day_calls_max(self, users: int) -> int:
        """Calls per day for an account of *users*; 0 means no daily limit."""
        return min(self.day_calls_base + self.day_calls_per_user * users, self.day_calls_ceiling)


PLANS: Final[dict[str, Plan]] = {
    plan.name: plan
    for plan in (
        Plan("lite", 2),
        Plan("pro", 5),
        Plan("super", 10),
        Plan("basic", 10),
        Plan("standard", 15),
        Plan("enterprise", 25),
        Plan("pro-2024", 10, 5, 10_000, 1_000, 250_000),
        Plan("super-2024", 20, 10, 100_000, 1_000, 1_000_000),
    )
}
"""Omits ``unlimited``, which has no limits."""
UNLIMITED: Final = "unlimited"
