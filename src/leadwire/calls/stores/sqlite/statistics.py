"""Counts, histogram and percentiles of a query, from summaries wherever they suffice.

A group or block that lies wholly in the range answers with its summary. One that reaches over an
end of the range, or of which a filter takes some calls of an operation and leaves others, is
opened: a group to its blocks, a block to its head. Only free text opens bodies.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from leadwire.calls.query import CallQuery, CallStatistics, Durations, Facet
from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.block import BlockDamaged
from leadwire.calls.stores.sqlite.match import RowMatch
from leadwire.calls.stores.sqlite.schema import Row
from leadwire.calls.stores.sqlite.summary import (
    FACETS,
    HOUR_MS,
    Summary,
    Sums,
    Table,
    percentiles_ms,
    summary_of_block,
    summary_of_columns,
    unpack_summary,
)
from leadwire.calls.stores.sqlite.walk import DayWalk, StoppedEarly, read_block

_ROWS_AT_ONCE: Final = 1000
_CHUNKS_AT_ONCE: Final = 64
_API_TYPE_AT, _OPERATION_AT, _STATUS_AT, _OUTCOME_AT = (
    1 + FACETS.index(name) for name in ("api_type", "operation", "status_code", "outcome")
)

Unit = tuple[int, int, int, bytes]
"""(id, first_ms, last_ms, packed summary) of a group or a block"""


class Tally:
    """Gathers the statistics of one query, day by day."""

    def __init__(self, query: CallQuery, out_of_time: Callable[[], bool]) -> None:
        self._query = query
        self._match = RowMatch(query, None)
        self._out_of_time = out_of_time
        self._sums = Sums()
        self.damaged: list[str] = []
        self.stopped_early = False

    def add_day(self, connection: sqlite3.Connection) -> None:
        """Add a day's file, within one read transaction of the caller."""
        if self._match.searches:
            self._add_walk(connection)
            return
        self._add_hot(connection)
        if self.stopped_early:
            return
        for group in self._units(connection, "group_id", "groups", "1"):
            if not self._add_unit(group):
                self._add_blocks(connection, f"group_id = {group[0]}")
        self._add_blocks(connection, "group_id IS NULL")

    def result(self) -> CallStatistics:
        counts, names = self._sums.counts(), self._sums.names
        calls = counts[:, -1]
        return CallStatistics(
            calls=int(calls.sum()),
            histogram=_histogram(counts, names),
            facets=tuple(
                _facet(name, counts[:, [place, -1]], names) for place, name in enumerate(FACETS, 1)
            ),
            durations=_durations(self._sums.durations(), names),
            stopped_early=self.stopped_early,
            damaged=tuple(self.damaged),
        )

    def _add_walk(self, connection: sqlite3.Connection) -> None:
        walk = DayWalk(connection, self._query, after=None, out_of_time=self._out_of_time)
        try:
            self._add_rows(walk.rows())
        except StoppedEarly:
            self.stopped_early = True
        self.damaged += walk.damaged

    def _add_hot(self, connection: sqlite3.Connection) -> None:
        self._add_rows(filter(self._match.holds, self._hot_rows(connection)))

    def _hot_rows(self, connection: sqlite3.Connection) -> Iterator[Row]:
        where, values = self._match.condition(
            newest="last_ms", oldest="first_ms", with_account=False
        )
        found = hot.chunks(connection, self._match.account_id, where, values)
        for start in range(0, len(found), _CHUNKS_AT_ONCE):
            if self._is_late():
                return
            places = [chunk.place for chunk in found[start : start + _CHUNKS_AT_ONCE]]
            for packed in hot.read(connection, places):
                try:
                    yield from hot.rows_of(hot.unpack(*packed))
                except BlockDamaged as error:
                    self.damaged.append(str(error))

    def _add_rows(self, rows: Iterator[Row]) -> None:
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            self._sums.add(summary_of_columns(list(zip(*chunk, strict=True))))

    def _is_late(self) -> bool:
        self.stopped_early = self.stopped_early or self._out_of_time()
        return self.stopped_early

    def _add_blocks(self, connection: sqlite3.Connection, condition: str) -> None:
        for block in self._units(connection, "block_id", "blocks", condition):
            if self.stopped_early:
                return
            if self._add_unit(block):
                continue
            self._is_late()
            try:
                opened = read_block(connection, block[0])
                rows = self._match.rows_of(opened)
                if rows:
                    self._sums.add(summary_of_block(opened, rows))
            except (BlockDamaged, sqlite3.DatabaseError) as error:
                self.damaged.append(f"Block {block[0]}: {error}")

    def _units(
        self, connection: sqlite3.Connection, id_column: str, table: str, condition: str
    ) -> Sequence[Unit]:
        where, values = self._match.condition(newest="last_ms", oldest="first_ms")
        if self._match.failed is not None:
            where, values = f"{where} AND failed = ?", [*values, self._match.failed]
        return connection.execute(
            f"SELECT {id_column}, first_ms, last_ms, summary FROM {table} "  # noqa: S608  # bound
            f"WHERE {condition} AND {where}",
            values,
        ).fetchall()

    def _add_unit(self, unit: Unit) -> bool:
        """Add what a group or block says of itself; False when it must be opened."""
        query, (_, first_ms, last_ms, packed) = self._query, unit
        if (query.from_ms is not None and first_ms < query.from_ms) or (
            query.until_ms is not None and last_ms >= query.until_ms
        ):
            return False
        try:
            summary = self._filtered(unpack_summary(packed))
        except BlockDamaged:
            return False  # the calls themselves tell the same
        if summary is None:
            return False
        self._sums.add(summary)
        return True

    def _filtered(self, summary: Summary) -> Summary | None:
        """What of *summary* the filters leave; None when they divide an operation's calls."""
        tests: list[tuple[int, str]] = []
        if self._query.api_type:
            tests.append((_API_TYPE_AT, self._query.api_type))
        if self._query.status.isdecimal():
            tests.append((_STATUS_AT, self._query.status))
        if not tests:
            return summary
        if any(value not in summary.names for _, value in tests):
            return Summary([], summary.counts[:0], summary.durations[:0])
        kept = np.ones(len(summary.counts), bool)
        for place, value in tests:
            kept &= summary.counts[:, place] == summary.names.index(value)
        operations = summary.counts[:, _OPERATION_AT]
        if np.isin(operations[kept], operations[~kept]).any():
            return None
        of_kept = np.isin(summary.durations[:, 0], operations[kept])
        return Summary(summary.names, summary.counts[kept], summary.durations[of_kept])


def _histogram(counts: Table, names: Sequence[str]) -> tuple[tuple[int, str, int], ...]:
    if not len(counts):
        return ()
    first_hour = int(counts[:, 0].min())
    places = (counts[:, 0] - first_hour) * len(names) + counts[:, _OUTCOME_AT]
    calls = np.bincount(places, weights=counts[:, -1])
    rows = []
    for place in np.flatnonzero(calls).tolist():
        hour, outcome = divmod(place, len(names))
        rows.append(((first_hour + hour) * HOUR_MS, names[outcome], int(calls[place])))
    return tuple(sorted(rows))


def _facet(name: str, values: Table, names: Sequence[str]) -> Facet:
    calls = np.bincount(values[:, 0], weights=values[:, 1])
    found = [(names[number], int(calls[number])) for number in np.flatnonzero(calls).tolist()]
    return Facet(name=name, values=tuple(sorted(found, key=lambda value: (-value[1], value[0]))))


def _durations(table: Table, names: Sequence[str]) -> tuple[Durations, ...]:
    rows = []
    for number in np.unique(table[:, 0]).tolist():
        buckets = table[table[:, 0] == number]
        p50_ms, p95_ms, p99_ms = percentiles_ms(buckets, (0.50, 0.95, 0.99))
        rows.append(
            Durations(
                operation=names[number],
                calls=int(buckets[:, 2].sum()),
                p50_ms=p50_ms,
                p95_ms=p95_ms,
                p99_ms=p99_ms,
            )
        )
    return tuple(sorted(rows, key=lambda row: row.operation))
