"""Matches of a query over time and by group: counts, percentiles, and the instants of calls."""

from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from array import array

GroupField = Literal["operation", "exception_type", "key_id", "user_id"]
GROUP_FIELDS: Final[tuple[GroupField, ...]] = (
    "operation", "exception_type", "key_id", "user_id",
)  # fmt: skip


class Percentiles(msgspec.Struct, frozen=True):
    """How long calls took, in milliseconds; each at most 1 % off."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one span of time. ``from_ms`` is a multiple of the span's length."""

    from_ms: int
    outcomes: dict[str, int]
    """Calls by outcome; only outcomes that occur."""
    durations: Percentiles

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The calls with one value of a field. An empty value is a group, too."""

    value: str
    outcomes: dict[str, int]
    durations: Percentiles
    last_ms: int
    """When its newest call began."""
    spans: tuple[tuple[int, int], ...]
    """(start of the span in ms, calls), sorted; spans without calls are left out."""

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


class Moments(msgspec.Struct, frozen=True, kw_only=True):
    """When the calls of one operation, key and exception type began: sorted, in milliseconds."""

    operation: str
    key_id: str
    exception_type: str
    times_ms: "array[int]"
    """Of type code ``q``."""


class CallTrends(msgspec.Struct, frozen=True, kw_only=True):
    """Every match of a query; ``limit`` and ``cursor`` do not matter."""

    calls: int
    durations: Percentiles
    """Zeros without calls."""
    spans: tuple[Span, ...]
    """Sorted; spans without calls are left out."""
    groups: dict[GroupField, tuple[Group, ...]]
    """By field, those with most calls first."""
    moments: tuple[Moments, ...]
    stopped_early: bool = False
    """True when the time budget was used up: only a part of the matches is counted."""
    damaged: tuple[str, ...] = ()


NO_DURATIONS: Final = Percentiles(0.0, 0.0, 0.0)
NO_TRENDS: Final = CallTrends(
    calls=0,
    durations=NO_DURATIONS,
    spans=(),
    groups=dict.fromkeys(GROUP_FIELDS, ()),
    moments=(),
)
