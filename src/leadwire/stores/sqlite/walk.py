"""Walking one day's matches, newest first, opening as little as possible.

Groups, blocks and rows stand in one heap, ordered by the newest instant each can hold. What is
on top is opened when it is a container, and is the next match when it is a row; a container is
opened before a row of the same instant. So calls that came late, and blocks that overlap, need
no care of their own, and nothing older than the last row asked for is touched.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from functools import partial
from heapq import heappop, heappush
from itertools import chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.query import CallQuery
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.ahead import ReadAhead
from leadwire.stores.sqlite.block import Block, BlockDamaged, present
from leadwire.stores.sqlite.hot import Key
from leadwire.stores.sqlite.hot_search import HotReadings, HotSearch
from leadwire.stores.sqlite.match import RowMatch
from leadwire.stores.sqlite.schema import Row
from leadwire.stores.sqlite.skipping import Skipping

_BEFORE_EVERY_ROW: Final = -(1 << 63)
_AFTER_EVERYTHING: Final = (1 << 63, 0)
_ROWS_AT_FIRST: Final = 64
_ROWS_AT_ONCE_MAX: Final = 128
"""A block with more matches is read in two goes: few may be enough."""

Opener = Callable[[], None]


class Found(NamedTuple):
    """Matches, at least one, newest first, and the older ones from the same place."""

    rows: list[Row]
    following: Iterator[list[Row]]


class StoppedEarly(Exception):
    """The time budget is used up; nothing newer than ``until`` is missing from what was found."""

    def __init__(self, until: Key) -> None:
        super().__init__()
        self.until = until


class _OutOfTime(Exception):
    """The time budget is used up while something is looked through."""


class DayWalk:
    """The matches in one day's file, within one read transaction of the caller."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        query: CallQuery,
        *,
        after: Key | None,
        out_of_time: Callable[[], bool],
        readings: HotReadings,
        workers: Executor | None = None,
    ) -> None:
        self._connection = connection
        self._after = after
        self._out_of_time = out_of_time
        self._at_ms = 0
        """The newest instant of what is being opened."""
        self._match = RowMatch(query, after, self._look)
        self._ahead = ReadAhead(workers, self._read)
        self._skipping = Skipping(connection, self._match.bits)
        self._hot = HotSearch(connection, self._match, readings)
        self._heap: list[tuple[int, int, int, Opener | Found]] = []
        self._pushed = 0
        self._damaged: list[str] = []

    @property
    def damaged(self) -> list[str]:
        """What could not be read, a sentence each; the walk goes on without it."""
        return [*self._damaged, *self._skipping.damaged, *self._hot.damaged]

    def rows(self) -> Iterator[Row]:
        """Raises StoppedEarly when the time is used up."""
        return chain.from_iterable(self.runs())

    def runs(self) -> Iterator[list[Row]]:
        """The same matches, as many at once as stand side by side."""
        try:
            yield from self._runs()
        finally:
            self._ahead.cancel()

    def _runs(self) -> Iterator[list[Row]]:
        self._push_tables()
        while self._heap:
            minus_newest, _, _, entry = heappop(self._heap)
            if isinstance(entry, Found):
                yield from self._run(entry)
                continue
            self._at_ms = -minus_newest
            try:
                self._look()
                entry()
            except _OutOfTime:
                raise StoppedEarly((self._at_ms + 1, 0)) from None

    def _run(self, found: Found) -> Iterator[list[Row]]:
        """The match on top, and those behind it as far as nothing else comes between."""
        rows, following = found
        bound = self._heap[0][:2] if self._heap else _AFTER_EVERYTHING
        # The one on top comes first, whatever else is of its place.
        end = bisect_right(rows, bound, lo=1, key=_place_of)
        yield rows[:end]
        if end < len(rows):
            self._push(Found(rows[end:], following))
        else:
            self._push_next(following)

    def _may_stop_before(self, at_ms: int) -> bool:
        """Only when the next page would begin later in the walk than this one did."""
        return self._after is None or (at_ms + 1, 0) < self._after

    def _look(self) -> None:
        """At the clock: raises when the time is used up and the walk may stop here."""
        if self._may_stop_before(self._at_ms) and self._out_of_time():
            raise _OutOfTime

    def _push_container(self, last_ms: int, opener: Opener) -> None:
        self._pushed += 1
        heappush(self._heap, (-last_ms, _BEFORE_EVERY_ROW, self._pushed, opener))

    def _push_next(self, runs: Iterator[list[Row]]) -> None:
        rows = next(runs, None)
        if rows:
            self._push(Found(rows, runs))

    def _push(self, found: Found) -> None:
        self._pushed += 1
        heappush(self._heap, (*_place_of(found.rows[0]), self._pushed, found))

    def _push_tables(self) -> None:
        self._push_groups()
        self._push_ungrouped()
        self._push_hot()

    def _push_hot(self) -> None:
        for run in self._hot.runs():
            self._push_container(run[0].last_ms, partial(self._open_chunks, run))

    def _open_chunks(self, run: Sequence[hot.Chunk]) -> None:
        matches = sorted(self._hot.rows(run), key=hot.key_of, reverse=True)
        self._push_next(iter([matches]))

    def _push_groups(self) -> None:
        where, values = self._condition("last_ms", "first_ms")
        found = self._connection.execute(
            f"SELECT group_id, last_ms, blocks FROM groups WHERE {where}",  # noqa: S608  # bound
            values,
        )
        for group_id, last_ms, packed in found.fetchall():
            block_ids = msgspec.msgpack.decode(packed, type=list[int])
            self._push_container(last_ms, partial(self._open_group, group_id, block_ids))

    def _push_ungrouped(self) -> None:
        where, values = self._condition("last_ms", "first_ms")
        found = self._connection.execute(
            f"SELECT block_id, last_ms FROM blocks WHERE group_id IS NULL AND {where}",  # noqa: S608  # values are bound
            values,
        ).fetchall()
        for block_id, last_ms in found:
            self._push_container(last_ms, partial(self._open_if_possible, block_id))

    def _open_if_possible(self, block_id: int) -> None:
        if self._skipping.is_possible(block_id):
            self._open_block(block_id)

    def _open_group(self, group_id: int, block_ids: list[int]) -> None:
        block_ids = self._skipping.of_group(group_id, block_ids)
        if not block_ids:
            return
        where, values = self._condition("last_ms", "first_ms")
        found = self._connection.execute(
            "SELECT block_id, last_ms FROM blocks "  # noqa: S608  # values are bound
            f"WHERE block_id IN ({','.join(map(str, block_ids))}) AND {where}",
            values,
        )
        newest_first = sorted(found, key=itemgetter(1), reverse=True)
        for block_id, last_ms in newest_first:
            self._push_container(last_ms, partial(self._open_block, block_id))
        if self._match.searches:
            self._ahead.expect([block_id for block_id, _ in newest_first])

    def _open_block(self, block_id: int) -> None:
        try:
            block = self._ahead.block(block_id)
            rows = self._match.rows_of(block)
            first = _ROWS_AT_FIRST if len(rows) > _ROWS_AT_ONCE_MAX else len(rows)
            newest, older = block.rows_at(rows[-first:]) if rows else [], rows[:-first]
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self._damaged.append(f"Block {block_id}: {error}")
            return
        # A block of which nothing is left to read is let go of, with its body.
        self._push_next(
            self._runs_of(block_id, block, newest, older) if older else iter([newest[::-1]])
        )

    def _read(self, block_id: int) -> Block:
        """On a worker's thread, too."""
        block = read_block(self._connection, block_id)
        return block.load() if self._match.searches_text else block

    def _runs_of(
        self, block_id: int, block: Block, newest: list[Row], older: list[int]
    ) -> Iterator[list[Row]]:
        yield newest[::-1]
        try:
            yield block.rows_at(older)[::-1]
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self._damaged.append(f"Block {block_id}: {error}")

    def _condition(self, newest: str, oldest: str) -> tuple[str, list[Any]]:
        where, values = self._match.sql(newest=newest, oldest=oldest)
        if self._match.failed is not None:
            where, values = f"{where} AND failed = ?", [*values, self._match.failed]
        return where, values


def _place_of(row: Row) -> tuple[int, int]:
    """In the heap."""
    at_ms, sequence = hot.key_of(row)
    return -at_ms, -sequence


def read_block(connection: sqlite3.Connection, block_id: int) -> Block:
    """The block, whose body is read only when it is asked for, on the same connection."""
    found = connection.execute("SELECT ids, head FROM frames WHERE block_id = ?", (block_id,))
    ids, head = present(found.fetchone())

    def body() -> bytes:
        found = connection.execute("SELECT body FROM frames WHERE block_id = ?", (block_id,))
        [frame] = present(found.fetchone())
        return frame  # type: ignore[no-any-return]

    return Block(ids=ids, head=head, body=body)
