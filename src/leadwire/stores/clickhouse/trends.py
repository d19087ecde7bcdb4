"""Counts and percentiles over time and by group, computed by ClickHouse."""

from array import array
from collections import defaultdict
from collections.abc import Mapping

from leadwire.calls.trends import (
    GROUP_FIELDS,
    NO_DURATIONS,
    CallTrends,
    Group,
    GroupField,
    Moments,
    Percentiles,
    Span,
)
from leadwire.dates import HOUR_MS
from leadwire.stores.clickhouse.statistics import PERCENTILES, Ask


def trends(ask: Ask, span_ms: int) -> CallTrends:
    """Trends of the calls that *ask* reads, each once, in spans of that length."""
    span = f"intDiv(started_at_ms, {span_ms:d}) * {span_ms:d} AS span"
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for from_ms, outcome, calls in ask(
        f"{span}, outcome, count()", "GROUP BY span, outcome ORDER BY span, outcome"
    ):
        counts[from_ms][outcome] = calls
    durations = {
        from_ms: Percentiles(*found)
        for from_ms, found in ask(f"{span}, {PERCENTILES}", "GROUP BY span")
    }
    calls = sum(calls for outcomes in counts.values() for calls in outcomes.values())
    [[all_durations]] = ask(PERCENTILES, "")
    return CallTrends(
        calls=calls,
        durations=Percentiles(*all_durations) if calls else NO_DURATIONS,
        spans=tuple(
            Span(from_ms=from_ms, outcomes=outcomes, durations=durations[from_ms])
            for from_ms, outcomes in counts.items()
        ),
        groups={name: _groups(ask, name, span) for name in GROUP_FIELDS},
        moments=_moments(ask),
    )


def first_seen(ask: Ask) -> Mapping[str, int]:
    """The start of the first hour with each exception type."""
    rows = ask(
        f"exception_type, intDiv(min(started_at_ms), {HOUR_MS}) * {HOUR_MS}",
        "AND exception_type != '' GROUP BY exception_type",
    )
    return {exception_type: int(hour_ms) for exception_type, hour_ms in rows}


def _groups(ask: Ask, name: GroupField, span: str) -> tuple[Group, ...]:
    outcomes: dict[str, dict[str, int]] = defaultdict(dict)
    for value, outcome, calls in ask(f"{name}, outcome, count()", f"GROUP BY {name}, outcome"):
        outcomes[value][outcome] = calls
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for value, from_ms, calls in ask(
        f"{name}, {span}, count()", f"GROUP BY {name}, span ORDER BY span"
    ):
        spans[value].append((from_ms, calls))
    groups = [
        Group(
            value=value,
            outcomes=outcomes[value],
            durations=Percentiles(*durations),
            last_ms=last_ms,
            spans=tuple(spans[value]),
        )
        for value, durations, last_ms in ask(
            f"{name}, {PERCENTILES}, max(started_at_ms)", f"GROUP BY {name}"
        )
    ]
    return tuple(sorted(groups, key=lambda group: (-group.calls, group.value)))


def _moments(ask: Ask) -> tuple[Moments, ...]:
    rows = ask(
        "operation, key_id, exception_type, arraySort(groupArray(started_at_ms))",
        "GROUP BY operation, key_id, exception_type ORDER BY operation, key_id, exception_type",
    )
    return tuple(
        Moments(
            operation=operation,
            key_id=key_id,
            exception_type=exception_type,
            times_ms=array("q", times),
        )
        for operation, key_id, exception_type, times in rows
    )
