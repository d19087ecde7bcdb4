"""All matches of a query, counted, in steps that are fine enough for a chart."""

from dataclasses import dataclass
from typing import Final

from leadwire.calls.query import CallQuery, CallStatistics
from leadwire.calls.store import LiveReader
from leadwire.console.histogram import BARS_MAX, width_for
from leadwire.dates import HOUR_MS

COUNTING_BUDGET_MS_MAX: Final = 1_000
"""The rows are ready by then; the page should not wait much longer for its counts."""
_FINE_RANGE_MS: Final = 36 * HOUR_MS
"""Shorter ranges are drawn finer than by the hour,"""
_FINE_CALLS_MAX: Final = 200_000
"""unless this many calls would have to be counted again for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """*spans* has (start in ms, outcome, calls) in steps of *span_ms*."""

    statistics: CallStatistics
    spans: tuple[tuple[int, str, int], ...]
    span_ms: int


def counted(calls: LiveReader, query: CallQuery, *, now_ms: int) -> Counted:
    """The whole range of *query* within its time budget."""
    statistics = calls.statistics(query)
    by_hour = Counted(statistics=statistics, spans=statistics.histogram, span_ms=HOUR_MS)
    range_ms = (query.until_ms or now_ms) - (query.from_ms or 0)
    span_ms = width_for(range_ms, bars_max=BARS_MAX)
    is_large = range_ms > _FINE_RANGE_MS or statistics.calls > _FINE_CALLS_MAX
    if span_ms >= HOUR_MS or is_large or not statistics.calls or statistics.stopped_early:
        return by_hour
    trends = calls.trends(query, span_ms=span_ms)
    if trends.stopped_early:
        return by_hour
    spans = tuple(
        (span.from_ms, outcome, calls)
        for span in trends.spans
        for outcome, calls in span.outcomes.items()
    )
    return Counted(statistics=statistics, spans=spans, span_ms=span_ms)
