"""The overview as data: what the page draws and what its JSON says. Times are in milliseconds."""

from typing import Literal

import msgspec

from leadwire.calls.trends import Percentiles


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a range of time. *failed* is every call without success, refused ones too."""

    calls: int
    failed: int
    refused: int
    durations: Percentiles

    @property
    def failed_share(self) -> float:
        return self.failed / self.calls if self.calls else 0.0


class SpanOfCalls(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one span; *until_ms* is exclusive. Both ends lie in the range."""

    from_ms: int
    until_ms: int
    outcomes: dict[str, int]
    durations: Percentiles

    @property
    def calls(self) -> int:
        return sum(self.outcomes.values())


class ExceptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one exception type. *first_ms* is the start of an hour."""

    exception_type: str
    outcome: str
    """That of most of its calls."""
    calls: int
    spark: tuple[int, ...]
    """Calls in equal parts of the range, oldest first."""
    first_ms: int
    """When the kept log has it first."""
    last_ms: int
    is_new: bool
    """Whether the log goes back further than the range, and has it only within the range."""


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """The calls of one operation, key or user."""

    value: str
    name: str
    """For people: the name of the user or key, or the value."""
    calls: int
    failed: int
    refused: int
    durations: Percentiles

    @property
    def failed_share(self) -> float:
        return self.failed / self.calls


class LimitSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The fullest window that ended in a span, and how many of its calls were refused."""

    from_ms: int
    until_ms: int
    calls: int
    refused: int


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """The use of one limit. *calls_max* is 0 if the plan has none."""

    name: Literal["standard", "bulk"]
    calls_max: int
    seconds: int
    span_ms: int
    fullest: int
    spans: tuple[LimitSpan, ...]


class PlanRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the same calls would have met under a plan."""

    plan: str
    is_current: bool
    with_bulk_calls: bool
    window_calls_max: int
    bulk_window_calls_max: int
    day_calls_max: int
    """0: no daily limit."""
    refused: int
    fullest: int
    """Most calls in a window, bulk calls aside."""


class WebhookBacklog(msgspec.Struct, frozen=True, kw_only=True):
    """The account's deliveries that wait. *behind_ms* is the age of the oldest; 0 if none waits."""

    waiting: int
    behind_ms: int


class LogOfDay(msgspec.Struct, frozen=True, kw_only=True):
    day: str
    state: Literal["open", "closed", "damaged", "lost"]


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """Whether every call is recorded. Counts of all accounts are for administrators, else None."""

    days: tuple[LogOfDay, ...]
    kept_from_ms: int
    """The start of the oldest day; 0 for an empty log."""
    closed_until_ms: int
    """The end of the newest closed day; 0 if none is closed."""
    in_gaps: int | None
    """Calls since the server's start that could not be recorded."""
    served: int | None
    recorded: int | None
    calls: int | None
    """Calls in the kept log of this node."""
    size_bytes: int | None
    open_gap: str
    """Why calls cannot be recorded now; empty if they can."""
    gaps: int | None = None
    """Records of gaps in the kept log."""

    @property
    def is_whole(self) -> bool:
        """Whether no call is known to be missing."""
        return not (
            self.in_gaps
            or self.gaps
            or self.open_gap
            or any(day.state in ("damaged", "lost") for day in self.days)
        )


class OverviewReport(msgspec.Struct, frozen=True, kw_only=True):
    from_ms: int
    until_ms: int
    now: Figures
    before: Figures
    """Of the range of the same length before."""
    before_from_ms: int
    before_is_kept: bool
    """Whether the log goes back to the start of the range before."""
    detailed_from_ms: int
    """Everything below counts the calls from here on: *from_ms*, or later in a large log."""
    detailed_calls: int
    span_ms: int
    spans: tuple[SpanOfCalls, ...]
    exceptions: tuple[ExceptionRow, ...]
    operations: tuple[GroupRow, ...]
    keys: tuple[GroupRow, ...]
    users: tuple[GroupRow, ...]
    limits: tuple[LimitUse, ...]
    plan: str
    plans: tuple[PlanRow, ...]
    """Of the calls since *replayed_from_ms*."""
    replayed_calls: int
    replayed_from_ms: int
    webhooks: WebhookBacklog
    whole: Whole
    stopped_early: bool
    """True when counting took too long: every number is the least there is."""
    notices: tuple[str, ...]
    """A sentence for each thing that was cut or could not be read."""

    @property
    def is_bounded(self) -> bool:
        return self.detailed_from_ms > self.from_ms
