"""Count a range of the log for the overview."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.fields import OUTCOMES
from leadwire.calls.query import CallQuery, CallStatistics, condition_of
from leadwire.calls.store import LiveReader
from leadwire.calls.trends import NO_DURATIONS, CallTrends, Group, Percentiles, Span
from leadwire.console.histogram import width_for
from leadwire.console.overview_page.report import ExceptionRow, Figures, GroupRow, SpanOfCalls
from leadwire.dates import HOUR_MS

BARS_MAX: Final = 60
SPARKS: Final = 14
_SUCCESS: Final = "success"
_REFUSED: Final = "refused"


class Range(NamedTuple):
    from_ms: int
    until_ms: int

    @property
    def length_ms(self) -> int:
        return self.until_ms - self.from_ms


class Counted(NamedTuple):
    """The answers of the store about one range."""

    span: Range
    now: CallStatistics
    before: CallStatistics
    trends: CallTrends
    detailed_from_ms: int
    span_ms: int
    first_seen: Mapping[str, int]


def count_range(calls: LiveReader, query: CallQuery, span: Range, *, calls_max: int) -> Counted:
    """Count *query*, whose range is *span*. Details cover about the newest *calls_max* calls."""
    now = calls.statistics(query)
    before = calls.statistics(
        msgspec.structs.replace(query, from_ms=span.from_ms - span.length_ms, until_ms=span.from_ms)
    )
    detailed_from_ms = max(_newest_from(now.histogram, calls_max), span.from_ms)
    span_ms = width_for(span.length_ms, bars_max=BARS_MAX)
    failed = msgspec.structs.replace(
        query, condition=condition_of("status:error"), from_ms=None, until_ms=query.until_ms
    )
    return Counted(
        span=span,
        now=now,
        before=before,
        trends=calls.trends(
            msgspec.structs.replace(query, from_ms=detailed_from_ms), span_ms=span_ms
        ),
        detailed_from_ms=detailed_from_ms,
        span_ms=span_ms,
        first_seen=calls.first_seen(failed),
    )


def figures_of(statistics: CallStatistics) -> Figures:
    outcomes = Counter[str]()
    for _, outcome, calls in statistics.histogram:
        outcomes[outcome] += calls
    took = statistics.all_durations
    return Figures(
        calls=statistics.calls,
        failed=statistics.calls - outcomes[_SUCCESS],
        refused=outcomes[_REFUSED],
        durations=Percentiles(took.p50_ms, took.p95_ms, took.p99_ms) if took else NO_DURATIONS,
    )


def spans_of(counted: Counted) -> tuple[SpanOfCalls, ...]:
    """Every span from the start of the details to the end of the range, also without calls."""
    span_ms, found = counted.span_ms, {span.from_ms: span for span in counted.trends.spans}
    start = counted.detailed_from_ms // span_ms * span_ms
    # A call may be newer than the clock.
    end = max([counted.span.until_ms, *(from_ms + 1 for from_ms in found)])
    return tuple(
        _span(found.get(from_ms), from_ms, counted) for from_ms in range(start, end, span_ms)
    )


def exceptions_of(counted: Counted, *, kept_from_ms: int) -> tuple[ExceptionRow, ...]:
    """*kept_from_ms* is the start of the log."""
    rows = []
    for group in counted.trends.groups["exception_type"]:
        if not group.value:
            continue
        first_ms = counted.first_seen.get(group.value, group.spans[0][0])
        rows.append(
            ExceptionRow(
                exception_type=group.value,
                outcome=max(group.outcomes, key=lambda name: (group.outcomes[name], name)),
                calls=group.calls,
                spark=_spark(group.spans, counted),
                first_ms=first_ms,
                last_ms=group.last_ms,
                is_new=first_ms >= counted.span.from_ms // HOUR_MS * HOUR_MS
                and kept_from_ms < counted.span.from_ms // HOUR_MS * HOUR_MS,
            )
        )
    return tuple(rows)


def rows_of(groups: Iterable[Group], names: Mapping[str, str]) -> tuple[GroupRow, ...]:
    """*names* has names of users and keys, by id."""
    return tuple(
        GroupRow(
            value=group.value,
            name=names.get(group.value, group.value),
            calls=group.calls,
            failed=group.calls - group.outcomes.get(_SUCCESS, 0),
            refused=group.outcomes.get(_REFUSED, 0),
            durations=group.durations,
        )
        for group in groups
    )


def _newest_from(histogram: Iterable[tuple[int, str, int]], calls_max: int) -> int:
    """The start of the hours with the newest *calls_max* calls, one hour at least."""
    by_hour = Counter[int]()
    for hour_ms, _, calls in histogram:
        by_hour[hour_ms] += calls
    total, from_ms = 0, 0
    for hour_ms in sorted(by_hour, reverse=True):
        if total and total + by_hour[hour_ms] > calls_max:
            return from_ms
        total, from_ms = total + by_hour[hour_ms], hour_ms
    return 0


def _span(found: Span | None, from_ms: int, counted: Counted) -> SpanOfCalls:
    outcomes = found.outcomes if found else {}
    return SpanOfCalls(
        from_ms=max(from_ms, counted.detailed_from_ms),
        until_ms=from_ms + counted.span_ms
        if from_ms + counted.span_ms < counted.span.until_ms or from_ms >= counted.span.until_ms
        else counted.span.until_ms,
        outcomes={name: outcomes[name] for name in OUTCOMES if name in outcomes},
        durations=found.durations if found else NO_DURATIONS,
    )


def _spark(spans: Iterable[tuple[int, int]], counted: Counted) -> tuple[int, ...]:
    bars = [0] * SPARKS
    for from_ms, calls in spans:
        share = (from_ms - counted.span.from_ms) / counted.span.length_ms
        bars[min(max(int(share * SPARKS), 0), SPARKS - 1)] += calls
    return tuple(bars)
