"""Counts, histogram and percentiles of a query, from summaries where possible.

A summary is used if all its calls are in the time range, and the condition uses only its fields.
Any other group is opened into its blocks, and any other block into the needed columns.
"""

import sqlite3
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from leadwire.calls.query import FACETS, CallQuery, CallStatistics, Durations, Facet
from leadwire.calls.terms import And, Compare, Condition, Has, Not, OneOf, Or, Part, Whole, leaves
from leadwire.dates import HOUR_MS
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.block_search import reading_of
from leadwire.stores.sqlite.columns import Integers, Mask, Reals
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.hot_search import HotReadings, HotSearch
from leadwire.stores.sqlite.match import RowMatch
from leadwire.stores.sqlite.skipping import Skipping
from leadwire.stores.sqlite.summary import (
    BUCKETS,
    Summary,
    Sums,
    Table,
    percentiles_ms,
    summary_of_block,
    summary_of_columns,
    summed,
    unpack_summary,
)

_OPERATION_AT, _OUTCOME_AT = (1 + FACETS.index(name) for name in ("operation", "outcome"))

Unit = tuple[int, int, int, bytes]
"""(id, first_ms, last_ms, packed summary) of a group or a block"""


class _OutOfTime(Exception):
    """The time budget is used up."""


class Tally:
    """Gathers the statistics of one query, day by day."""

    def __init__(
        self, query: CallQuery, out_of_time: Callable[[], bool], readings: HotReadings
    ) -> None:
        self._query = query
        self._match = RowMatch(query, None, self._look)
        self._out_of_time = out_of_time
        self._readings = readings
        self._sums = Sums()
        self._is_told_by_facets = _is_told_by_facets(self._match.condition)
        self.damaged: list[str] = []
        self.stopped_early = False

    def add_day(self, connection: sqlite3.Connection) -> None:
        """Add a day's file, in one read transaction of the caller."""
        hot = HotSearch(connection, self._match, self._readings)
        skipping = Skipping(connection, self._match.bits)
        try:
            self._add_hot(hot)
            self._add_sealed(connection, skipping)
        except _OutOfTime:
            self.stopped_early = True
        self.damaged += [*hot.damaged, *skipping.damaged]

    def result(self) -> CallStatistics:
        counts, names = self._sums.counts(), self._sums.names
        calls, durations = counts[:, -1], self._sums.durations()
        return CallStatistics(
            calls=int(calls.sum()),
            histogram=_histogram(counts, names),
            facets=tuple(
                _facet(name, counts[:, [place, -1]], names) for place, name in enumerate(FACETS, 1)
            ),
            durations=_durations(durations, names),
            all_durations=_durations_of(_per_bucket(durations), "") if len(durations) else None,
            stopped_early=self.stopped_early,
            damaged=tuple(self.damaged),
        )

    def first_hours(self, name: str) -> dict[str, int]:
        """The start in ms of the first hour that has each value of a facet."""
        counts, names = self._sums.counts(), self._sums.names
        first: dict[str, int] = {}
        for hour, number, _ in summed(counts[:, [0, 1 + FACETS.index(name), -1]]).tolist():
            first.setdefault(names[number], hour * HOUR_MS)
        return first

    def _look(self) -> None:
        if self._out_of_time():
            raise _OutOfTime

    def _add_hot(self, hot: HotSearch) -> None:
        for run in hot.runs():
            self._look()
            if rows := hot.rows(run):
                self._sums.add(summary_of_columns(list(zip(*rows, strict=True))))

    def _add_sealed(self, connection: sqlite3.Connection, skipping: Skipping) -> None:
        for group in self._units(connection, "group_id", "groups", "1"):
            if self._add_unit(group):
                continue
            group_id = group[0]
            found = connection.execute("SELECT blocks FROM groups WHERE group_id = ?", (group_id,))
            block_ids = msgspec.msgpack.decode(found.fetchone()[0], type=list[int])
            possible = ",".join(map(str, skipping.of_group(group_id, block_ids)))
            for block in self._units(connection, "block_id", "blocks", f"block_id IN ({possible})"):
                self._add_block(connection, block)
        for block in self._units(connection, "block_id", "blocks", "group_id IS NULL"):
            if skipping.is_possible(block[0]):
                self._add_block(connection, block)

    def _add_block(self, connection: sqlite3.Connection, unit: Unit) -> None:
        if self._add_unit(unit):
            return
        block_id = unit[0]
        try:
            block = read_block(connection, block_id)
            rows = self._match.rows_of(block)
            if rows:
                self._sums.add(summary_of_block(block, rows))
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self.damaged.append(f"Block {block_id}: {error}")

    def _units(
        self, connection: sqlite3.Connection, id_column: str, table: str, condition: str
    ) -> Sequence[Unit]:
        where, values = self._match.sql(newest="last_ms", oldest="first_ms")
        if self._match.failed is not None:
            where, values = f"{where} AND failed = ?", [*values, self._match.failed]
        return connection.execute(
            f"SELECT {id_column}, first_ms, last_ms, summary FROM {table} "  # noqa: S608  # bound
            f"WHERE {condition} AND {where}",
            values,
        ).fetchall()

    def _add_unit(self, unit: Unit) -> bool:
        """Add the summary of a group or block. Returns False if it must be opened."""
        self._look()
        query, (_, first_ms, last_ms, packed) = self._query, unit
        if (query.from_ms is not None and first_ms < query.from_ms) or (
            query.until_ms is not None and last_ms >= query.until_ms
        ):
            return False
        if not self._is_told_by_facets:
            return False
        try:
            summary = self._filtered(unpack_summary(packed))
        except BlockDamaged:
            return False  # the calls themselves give the same counts
        if summary is None:
            return False
        self._sums.add(summary)
        return True

    def _filtered(self, summary: Summary) -> Summary | None:
        """The matching part of *summary*; None if the condition splits an operation's calls."""
        if not self._match.searches:
            return summary
        kept = _rows_of(self._match.condition, summary)
        operations = summary.counts[:, _OPERATION_AT]
        # Durations are counted by operation only, so they cannot be split further.
        if np.isin(operations[kept], operations[~kept]).any():
            return None
        of_kept = np.isin(summary.durations[:, 0], operations[kept])
        return Summary(summary.names, summary.counts[kept], summary.durations[of_kept])


def _is_told_by_facets(condition: Condition) -> bool:
    """Whether *condition* uses only fields that summaries count by."""
    return all(
        isinstance(leaf, OneOf | Has | Part | Whole | Compare) and leaf.attribute in FACETS
        for leaf in leaves(condition)
    )


def _rows_of(condition: Condition, summary: Summary) -> Mask:
    """The rows of *summary* that match *condition*, which uses only facets."""
    kept: Mask
    if isinstance(condition, And):
        kept = np.ones(len(summary.counts), np.bool_)
        for term in condition.terms:
            kept &= _rows_of(term, summary)
    elif isinstance(condition, Or):
        kept = np.zeros(len(summary.counts), np.bool_)
        for term in condition.terms:
            kept |= _rows_of(term, summary)
    elif isinstance(condition, Not):
        kept = ~_rows_of(condition.term, summary)
    elif isinstance(condition, OneOf | Has | Part | Whole | Compare):
        attribute = condition.attribute
        column = summary.counts[:, 1 + FACETS.index(attribute)]
        holds = np.zeros(len(summary.names), np.bool_)
        for number in np.unique(column).tolist():
            name = summary.names[number]
            value = int(name) if attribute == "status_code" else name
            # Decide once for each distinct value instead of each row.
            holds[number] = condition.found_in(reading_of({attribute: value}))
        kept = holds[column]
    else:
        raise TypeError(f"{type(condition).__name__} cannot be answered from facets")
    return kept


def _histogram(counts: Table, names: Sequence[str]) -> tuple[tuple[int, str, int], ...]:
    by_hour = summed(counts[:, [0, _OUTCOME_AT, -1]]).tolist()
    return tuple(
        sorted((hour * HOUR_MS, names[outcome], calls) for hour, outcome, calls in by_hour)
    )


def _facet(name: str, values: Table, names: Sequence[str]) -> Facet:
    calls = np.bincount(values[:, 0], weights=values[:, 1])
    found = [(names[number], int(calls[number])) for number in np.flatnonzero(calls).tolist()]
    return Facet(name=name, values=tuple(sorted(found, key=lambda value: (-value[1], value[0]))))


def _durations(table: Table, names: Sequence[str]) -> tuple[Durations, ...]:
    operations = np.flatnonzero(np.bincount(table[:, 0]))
    # One pass over the table counts for all operations.
    firsts = np.zeros(len(names), np.int64)
    firsts[operations] = np.arange(len(operations)) * BUCKETS
    per_operation = np.bincount(
        firsts[table[:, 0]] + table[:, 1],
        weights=table[:, 2],
        minlength=len(operations) * BUCKETS,
    ).reshape(-1, BUCKETS)
    rows = [
        _durations_of(per_bucket, names[number])
        for number, per_bucket in zip(operations.tolist(), per_operation, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.operation))


def _per_bucket(table: Table) -> Integers | Reals:
    return np.bincount(table[:, 1], weights=table[:, 2], minlength=BUCKETS)


def _durations_of(per_bucket: Integers | Reals, operation: str) -> Durations:
    p50_ms, p95_ms, p99_ms = percentiles_ms(per_bucket, (0.50, 0.95, 0.99))
    return Durations(
        operation=operation,
        calls=int(per_bucket.sum()),
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        p99_ms=p99_ms,
    )
