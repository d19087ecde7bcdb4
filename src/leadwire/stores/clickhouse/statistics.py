"""Counts, histogram and percentiles of a query, computed by ClickHouse."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from leadwire.calls.query import FACETS, CallStatistics, Durations, Facet
from leadwire.dates import HOUR_MS

_FACET_PAIRS: Final = ", ".join(f"('{name}', toString({name}))" for name in FACETS)

PERCENTILES: Final = "quantilesDD(0.01, 0.5, 0.95, 0.99)(greatest(duration_ms, 0.001))"
"""The 50th, 95th and 99th percentile of the durations, each within 1 %."""

Ask = Callable[[str, str], Sequence[Sequence[Any]]]
"""Takes the columns and the clauses after the conditions, and returns the rows."""


def statistics(ask: Ask) -> CallStatistics:
    """Statistics of the calls that *ask* reads, each once. Percentiles are within 1 %."""
    hours = ask(
        f"intDiv(started_at_ms, {HOUR_MS}) * {HOUR_MS} AS hour, outcome, count()",
        "GROUP BY hour, outcome ORDER BY hour, outcome",
    )
    pairs = ask(
        f"arrayJoin([{_FACET_PAIRS}]) AS pair, count() AS calls",
        "GROUP BY pair ORDER BY calls DESC, pair",
    )
    durations = ask(f"operation, count(), {PERCENTILES}", "GROUP BY operation ORDER BY operation")
    [[total, of_all]] = ask(f"count(), {PERCENTILES}", "")
    facets: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for (name, value), calls in pairs:
        facets[name].append((value, calls))
    return CallStatistics(
        calls=total,
        histogram=tuple((hour, outcome, calls) for hour, outcome, calls in hours),
        facets=tuple(Facet(name=name, values=tuple(facets[name])) for name in FACETS),
        durations=tuple(
            _durations(operation, calls, percentiles) for operation, calls, percentiles in durations
        ),
        all_durations=_durations("", total, of_all) if total else None,
    )


def _durations(operation: str, calls: int, percentiles: Sequence[float]) -> Durations:
    p50_ms, p95_ms, p99_ms = percentiles
    return Durations(operation=operation, calls=calls, p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms)
