"""Counts, histogram and percentiles of a query, from summaries wherever they suffice.

A group or block that lies wholly in the range answers with its summary. One that reaches over an
end of the range, or of which a filter takes some calls of an operation and leaves others, is
opened: a group to its blocks, a block to its head. Only free text opens bodies.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from leadwire.calls.query import CallQuery, CallStatistics, Durations, Facet
from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.block import BlockDamaged
from leadwire.calls.stores.sqlite.match import RowMatch
from leadwire.calls.stores.sqlite.schema import WIDE_FORMAT, Row, has_table
from leadwire.calls.stores.sqlite.summary import (
    FACETS,
    HOUR_MS,
    Buckets,
    Combination,
    Summary,
    add,
    percentile_ms,
    summary_of_block,
    summary_of_rows,
    unpack_summary,
)
from leadwire.calls.stores.sqlite.walk import DayWalk, StoppedEarly, read_block

_ROWS_AT_ONCE: Final = 1000
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
        self._counts: Counter[Combination] = Counter()
        self._buckets: dict[str, Buckets] = {}
        self._damaged: list[str] = []
        self.stopped_early = False

    def add_day(self, connection: sqlite3.Connection) -> None:
        """Add a day's file, within one read transaction of the caller."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if self._match.needle or version == WIDE_FORMAT or has_table(connection, "wide"):
            self._add_walk(connection)
            return
        self._add_hot(connection)
        for group in self._units(connection, "group_id", "groups", "1"):
            if not self._add_unit(group):
                self._add_blocks(connection, f"group_id = {group[0]}")
        self._add_blocks(connection, "group_id IS NULL")

    def result(self) -> CallStatistics:
        histogram: Counter[tuple[int, str]] = Counter()
        facets: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for combination, calls in self._counts.items():
            histogram[combination[0] * HOUR_MS, combination[_OUTCOME_AT]] += calls
            for name, value in zip(FACETS, combination[1:], strict=True):
                facets[name][str(value)] += calls
        return CallStatistics(
            calls=sum(self._counts.values()),
            histogram=tuple((*hour, calls) for hour, calls in sorted(histogram.items())),
            facets=tuple(
                Facet(name=name, values=tuple(counter.most_common()))
                for name, counter in facets.items()
            ),
            durations=tuple(
                _durations(operation, buckets)
                for operation, buckets in sorted(self._buckets.items())
            ),
            stopped_early=self.stopped_early,
            damaged=tuple(self._damaged),
        )

    def _add_walk(self, connection: sqlite3.Connection) -> None:
        walk = DayWalk(connection, self._query, after=None, out_of_time=self._out_of_time)
        try:
            self._add_rows(walk.rows())
        except StoppedEarly:
            self.stopped_early = True
        self._damaged += walk.damaged

    def _add_hot(self, connection: sqlite3.Connection) -> None:
        self._add_rows(filter(self._match.holds, self._hot_rows(connection)))

    def _hot_rows(self, connection: sqlite3.Connection) -> Iterator[Row]:
        where, values = self._match.condition(
            newest="started_at_ms", oldest="started_at_ms", with_account=False
        )
        for _, _, place in hot.places(connection, self._match.account_id, where, values):
            try:
                yield hot.read(connection, place)
            except BlockDamaged as error:
                self._damaged.append(str(error))

    def _add_rows(self, rows: Iterator[Row]) -> None:
        while chunk := list(islice(rows, _ROWS_AT_ONCE)):
            add(summary_of_rows(chunk), self._counts, self._buckets)

    def _add_blocks(self, connection: sqlite3.Connection, condition: str) -> None:
        for block in self._units(connection, "block_id", "blocks", condition):
            if self.stopped_early:
                return
            if self._add_unit(block):
                continue
            self.stopped_early = self._out_of_time()
            try:
                opened = read_block(connection, block[0])
                rows = self._match.rows_of(opened)
                if rows:
                    add(summary_of_block(opened, rows), self._counts, self._buckets)
            except (BlockDamaged, sqlite3.DatabaseError) as error:
                self._damaged.append(f"Block {block[0]}: {error}")

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
        summary = self._filtered(unpack_summary(packed))
        if summary is None:
            return False
        add(summary, self._counts, self._buckets)
        return True

    def _filtered(self, summary: Summary) -> Summary | None:
        """What of *summary* the filters leave; None when they divide an operation's calls."""
        tests: list[tuple[int, Any]] = []
        if self._query.api_type:
            tests.append((_API_TYPE_AT, self._query.api_type))
        if self._query.status.isdecimal():
            tests.append((_STATUS_AT, int(self._query.status)))
        if not tests:
            return summary
        kept, left = [], set()
        for combination, calls in summary.counts:
            if all(combination[place] == value for place, value in tests):
                kept.append((combination, calls))
            else:
                left.add(combination[_OPERATION_AT])
        operations = {combination[_OPERATION_AT] for combination, _ in kept}
        if operations & left:
            return None
        durations = {name: summary.durations[name] for name in operations}
        return Summary(kept, durations)


def _durations(operation: str, buckets: Buckets) -> Durations:
    return Durations(
        operation=operation,
        calls=int(buckets.sum()),
        p50_ms=percentile_ms(buckets, 0.50),
        p95_ms=percentile_ms(buckets, 0.95),
        p99_ms=percentile_ms(buckets, 0.99),
    )
