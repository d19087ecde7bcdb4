"""Counts and percentiles over time and by group, from the numbers of each call.

The heads of blocks have these numbers, so no body is read. Summaries count by the hour, which is
too coarse for a chart of one day.
"""

import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np

from leadwire.calls.query import CallQuery
from leadwire.calls.record import FIELDS
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
from leadwire.stores.sqlite.block import Block, read_block
from leadwire.stores.sqlite.columns import Integers, places_at
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.hot_search import HotReadings, HotSearch
from leadwire.stores.sqlite.match import RowMatch
from leadwire.stores.sqlite.summary import BUCKETS, buckets_of, percentiles_ms

_NAMED: Final = (*GROUP_FIELDS, "outcome")
_AT: Final = {name: FIELDS.index(name) for name in (*_NAMED, "started_at_ms", "duration_ms")}
_CELLS_MAX: Final = 1 << 22
"""At most this many possible pairs are counted without sorting."""
_SHARES: Final = (0.50, 0.95, 0.99)

Codes = np.ndarray[tuple[int], np.dtype[np.int32]]


class _OutOfTime(Exception):
    """The time budget is used up."""


class _Part(NamedTuple):
    """Some calls: a column for each number, and for each name the code of its text."""

    times: Integers
    buckets: Codes
    """The bucket of each duration."""
    names: dict[str, Codes]


class TrendTally:
    """Gathers the trends of one query, day by day."""

    def __init__(
        self, query: CallQuery, out_of_time: Callable[[], bool], readings: HotReadings
    ) -> None:
        self._match = RowMatch(query, None, self._look)
        self._out_of_time = out_of_time
        self._readings = readings
        self._texts: dict[str, dict[str, int]] = {name: {} for name in _NAMED}
        self._parts: list[_Part] = []
        self.damaged: list[str] = []
        self.stopped_early = False

    def add_day(self, connection: sqlite3.Connection) -> None:
        """Add a day's file, in one read transaction of the caller."""
        hot = HotSearch(connection, self._match, self._readings)
        try:
            for run in hot.runs():
                self._look()
                self._add_rows(hot.rows(run))
            for block_id in self._block_ids(connection):
                self._look()
                self._add_block(connection, block_id)
        except _OutOfTime:
            self.stopped_early = True
        self.damaged += hot.damaged

    def result(self, span_ms: int) -> CallTrends:
        """*span_ms* is the length of a span."""
        parts = self._parts
        if not parts:
            calls = _Calls(np.empty(0, np.int64), np.empty(0, np.int32), {}, self._texts)
        else:
            calls = _Calls(
                np.concatenate([part.times for part in parts]),
                np.concatenate([part.buckets for part in parts]),
                {name: np.concatenate([part.names[name] for part in parts]) for name in _NAMED},
                self._texts,
            )
        return calls.trends(span_ms, stopped_early=self.stopped_early, damaged=tuple(self.damaged))

    def _look(self) -> None:
        if self._out_of_time():
            raise _OutOfTime

    def _block_ids(self, connection: sqlite3.Connection) -> list[int]:
        """Newest first: if the time is used up, the newest calls are counted."""
        where, values = self._match.sql(newest="last_ms", oldest="first_ms")
        if self._match.failed is not None:
            where, values = f"{where} AND failed = ?", [*values, self._match.failed]
        found = connection.execute(
            f"SELECT block_id FROM blocks WHERE {where} ORDER BY last_ms DESC",  # noqa: S608  # bound
            values,
        )
        return [block_id for (block_id,) in found]

    def _add_rows(self, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            columns = list(zip(*rows, strict=True))
            self._parts.append(
                _Part(
                    np.array(columns[_AT["started_at_ms"]], np.int64),
                    buckets_of(columns[_AT["duration_ms"]]),
                    {name: self._codes(name, columns[_AT[name]]) for name in _NAMED},
                )
            )

    def _add_block(self, connection: sqlite3.Connection, block_id: int) -> None:
        try:
            block = read_block(connection, block_id)
            rows = self._match.rows_of(block)
            if rows:
                self._parts.append(self._part(block, rows))
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self.damaged.append(f"Block {block_id}: {error}")

    def _part(self, block: Block, rows: Sequence[int]) -> _Part:
        places = places_at(rows)
        names: dict[str, Codes] = {}
        for name in _NAMED:
            choices = block.choices(name)
            if choices is None:
                names[name] = self._codes(name, block.strings_at(name, rows))
            else:
                codes = self._codes(name, choices.values)
                names[name] = codes[np.frombuffer(choices.codes, np.uint8)[places]]
        return _Part(block.times[places], buckets_of(block.durations[places]), names)

    def _codes(self, name: str, texts: Sequence[str]) -> Codes:
        known = self._texts[name]
        return np.array([known.setdefault(text, len(known)) for text in texts], np.int32)


class _Calls:
    """All matches as columns. *texts* has the code of each text, by field."""

    def __init__(
        self,
        times: Integers,
        buckets: Codes,
        names: dict[str, Codes],
        texts: dict[str, dict[str, int]],
    ) -> None:
        self._times = times
        self._buckets = buckets
        self._names = names
        self._texts = {name: list(known) for name, known in texts.items()}

    def trends(self, span_ms: int, *, stopped_early: bool, damaged: tuple[str, ...]) -> CallTrends:
        calls = len(self._times)
        numbers = self._times // span_ms
        first = int(numbers.min()) if calls else 0
        spans: Codes = (numbers - first).astype(np.int32)
        return CallTrends(
            calls=calls,
            durations=_percentiles(np.bincount(self._buckets, minlength=BUCKETS)),
            spans=tuple(
                Span(from_ms=(first + span) * span_ms, outcomes=outcomes, durations=durations)
                for span, outcomes, durations in self._counted(spans)
            ),
            groups={
                name: self._groups(name, spans, first, span_ms) if calls else ()
                for name in GROUP_FIELDS
            },
            moments=tuple(self._moments()) if calls else (),
            stopped_early=stopped_early,
            damaged=damaged,
        )

    def _groups(
        self, name: GroupField, spans: Codes, first: int, span_ms: int
    ) -> tuple[Group, ...]:
        codes, texts = self._names[name], self._texts[name]
        last = np.full(len(texts), np.iinfo(np.int64).min)
        np.maximum.at(last, codes, self._times)
        over_time: dict[int, list[tuple[int, int]]] = {}
        for (code, span), calls in _counts(codes, spans):
            over_time.setdefault(code, []).append(((first + span) * span_ms, calls))
        groups = [
            Group(
                value=texts[code],
                outcomes=outcomes,
                durations=durations,
                last_ms=int(last[code]),
                spans=tuple(over_time[code]),
            )
            for code, outcomes, durations in self._counted(codes)
        ]
        return tuple(sorted(groups, key=lambda group: (-group.calls, group.value)))

    def _counted(self, codes: Codes) -> Iterator[tuple[int, dict[str, int], Percentiles]]:
        """(code, calls by outcome, percentiles) for each of *codes* that occurs, in order."""
        if not len(codes):
            return
        outcomes: dict[int, dict[str, int]] = {}
        for (code, outcome), calls in _counts(codes, self._names["outcome"]):
            outcomes.setdefault(code, {})[self._texts["outcome"][outcome]] = calls
        durations: dict[int, list[tuple[int, int]]] = {}
        for (code, bucket), calls in _counts(codes, self._buckets):
            durations.setdefault(code, []).append((bucket, calls))
        for code, by_outcome in outcomes.items():
            yield code, by_outcome, _percentiles(_per_bucket(durations[code]))

    def _moments(self) -> Iterator[Moments]:
        fields = ("operation", "key_id", "exception_type")
        columns = np.column_stack([self._names[name] for name in fields])
        order = np.lexsort((self._times, columns[:, 2], columns[:, 1], columns[:, 0]))
        table, times = columns[order], self._times[order]
        breaks = np.flatnonzero((np.diff(table, axis=0) != 0).any(axis=1)) + 1
        edges = [0, *breaks.tolist(), len(times)]
        for start, end in pairwise(edges):
            values = dict(zip(fields, table[start].tolist(), strict=True))
            texts = {name: self._texts[name][code] for name, code in values.items()}
            yield Moments(**texts, times_ms=array("q", times[start:end].tobytes()))


def _counts(first: Codes, second: Codes) -> Iterator[tuple[tuple[int, int], int]]:
    """How often each pair of codes occurs, in the order of the pairs."""
    width = int(second.max()) + 1
    both = first.astype(np.int64) * width + second
    if (int(first.max()) + 1) * width <= _CELLS_MAX:
        every = np.bincount(both)
        pairs = np.flatnonzero(every)
        calls = every[pairs]
    else:
        pairs, calls = np.unique(both, return_counts=True)
    for pair, count in zip(pairs.tolist(), calls.tolist(), strict=True):
        yield divmod(pair, width), count


def _per_bucket(durations: Sequence[tuple[int, int]]) -> Integers:
    counts = np.zeros(BUCKETS, np.int64)
    for bucket, calls in durations:
        counts[bucket] = calls
    return counts


def _percentiles(per_bucket: Integers) -> Percentiles:
    return Percentiles(*percentiles_ms(per_bucket, _SHARES)) if per_bucket.any() else NO_DURATIONS
