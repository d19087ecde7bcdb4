"""Counts, histogram and percentiles of a query, computed by ClickHouse."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, Final

from leadwire.calls.query import CallStatistics, Durations, Facet
from leadwire.dates import HOUR_MS

_FACETS: Final = (
    "api_type", "operation", "status_code", "outcome", "exception_type", "user_id", "key_id",
)  # fmt: skip
_FACET_PAIRS: Final = ", ".join(f"('{name}', toString({name}))" for name in _FACETS)

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
    durations = ask(
        "operation, count(), quantilesDD(0.01, 0.5, 0.95, 0.99)(greatest(duration_ms, 0.001))",
        "GROUP BY operation ORDER BY operation",
    )
    facets: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for (name, value), calls in pairs:
        facets[name].append((value, calls))
    return CallStatistics(
        calls=sum(calls for _, _, calls in hours),
        histogram=tuple((hour, outcome, calls) for hour, outcome, calls in hours),
        facets=tuple(Facet(name=name, values=tuple(facets[name])) for name in _FACETS),
        durations=tuple(
            Durations(operation=operation, calls=calls, p50_ms=p50, p95_ms=p95, p99_ms=p99)
            for operation, calls, (p50, p95, p99) in durations
        ),
    )
