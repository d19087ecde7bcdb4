"""Walk one day's matches, newest first, and open as few blocks as possible.

The walk keeps a heap of places where matches may be. A place is ordered by its newest possible
instant, so the top of the heap always comes next::

    group     at most 64 blocks       → opened: its blocks that may have a match
    block     some hundred calls      → opened: matches, and a remainder when there are many
    chunks    hot calls               → opened: matches
    matches   rows, newest first      → given to the caller, as far as nothing newer is in the heap

Late calls and overlapping blocks need no extra code. Nothing older than the caller's last row is
opened.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.query import CallQuery
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.ahead import ReadAhead
from leadwire.stores.sqlite.block import Block, read_block
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.hot import Key
from leadwire.stores.sqlite.hot_search import HotReadings, HotSearch
from leadwire.stores.sqlite.match import RowMatch
from leadwire.stores.sqlite.schema import Row
from leadwire.stores.sqlite.skipping import Skipping

_BEFORE_EVERY_ROW: Final = -(1 << 63)
_AFTER_EVERYTHING: Final = (1 << 63, 0)
_ROWS_AT_FIRST: Final = 64
_ROWS_AT_ONCE_MAX: Final = 128
"""If a block has more matches, decode the newest first: they may fill the page."""


class _Group(NamedTuple):
    group_id: int
    block_ids: list[int]


class _SealedBlock(NamedTuple):
    block_id: int
    is_in_time: bool
    """True if all its calls are in the query's time range."""
    is_in_group: bool
    """True if the bitmap of its group did not exclude it."""


class _Remainder(NamedTuple):
    """The older, undecoded matches of a block."""

    block_id: int
    block: Block
    rows: list[int]


class _HotChunks(NamedTuple):
    chunks: Sequence[hot.Chunk]


class _Matches(NamedTuple):
    rows: list[Row]
    """At least one, newest first."""


_Container = _Group | _SealedBlock | _Remainder | _HotChunks


class StoppedEarly(Exception):
    """The time budget is used up. Every match at ``until`` or newer was given."""

    def __init__(self, until: Key) -> None:
        super().__init__()
        self.until = until


class _OutOfTime(Exception):
    """The time budget is used up inside a container."""


class DayWalk:
    """The matches in one day's file, in one read transaction of the caller."""

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
        """The newest instant in the container that is being opened."""
        self._match = RowMatch(query, after, self._look)
        self._ahead = ReadAhead(workers, self._read)
        self._skipping = Skipping(connection, self._match.bits)
        self._hot = HotSearch(connection, self._match, readings)
        self._heap: list[tuple[int, int, int, _Container | _Matches]] = []
        self._pushed = 0
        self._damaged: list[str] = []

    @property
    def damaged(self) -> list[str]:
        """A sentence for each unreadable part, which the walk skips."""
        return [*self._damaged, *self._skipping.damaged, *self._hot.damaged]

    def runs(self) -> Iterator[list[Row]]:
        """All matches, newest first, in runs whose order is final.

        Raises StoppedEarly if the time is used up.
        """
        try:
            self._push_groups()
            self._push_ungrouped_blocks()
            self._push_hot()
            while self._heap:
                minus_at_ms, _, _, entry = heappop(self._heap)
                if isinstance(entry, _Matches):
                    yield self._known_to_follow(entry.rows)
                else:
                    self._open(entry, -minus_at_ms)
        finally:
            self._ahead.cancel()

    # The time budget.

    def _open(self, container: _Container, at_ms: int) -> None:
        self._at_ms = at_ms
        try:
            self._look()
            self._open_in_time(container)
        except _OutOfTime:
            # Everything newer than this container was returned, but nothing of its instant.
            raise StoppedEarly((at_ms + 1, 0)) from None

    def _look(self) -> None:
        """Check the time budget. Every long task calls this repeatedly."""
        # The next page starts where this one stops. Without at least one row, it would stop at the
        # same place for ever.
        would_advance = self._after is None or (self._at_ms + 1, 0) < self._after
        if would_advance and self._out_of_time():
            raise _OutOfTime

    # The heap.

    def _push_container(self, last_ms: int, container: _Container) -> None:
        # Sort it before the rows of the same instant, because it may hold an earlier row.
        self._pushed += 1
        heappush(self._heap, (-last_ms, _BEFORE_EVERY_ROW, self._pushed, container))

    def _push_matches(self, rows: list[Row]) -> None:
        if rows:
            self._pushed += 1
            heappush(self._heap, (*_order_of(rows[0]), self._pushed, _Matches(rows)))

    def _known_to_follow(self, rows: list[Row]) -> list[Row]:
        """The rows of *rows* that come before the heap's content. The rest goes back."""
        bound = self._heap[0][:2] if self._heap else _AFTER_EVERYTHING
        # The first row is included, since it was on top of the heap.
        end = bisect_right(rows, bound, lo=1, key=_order_of)
        self._push_matches(rows[end:])
        return rows[:end]

    # The initial content of the heap.

    def _push_groups(self) -> None:
        where, values = self._condition()
        found = self._connection.execute(
            f"SELECT group_id, last_ms, blocks FROM groups WHERE {where}",  # noqa: S608  # bound
            values,
        )
        for group_id, last_ms, packed in found.fetchall():
            block_ids = msgspec.msgpack.decode(packed, type=list[int])
            self._push_container(last_ms, _Group(group_id, block_ids))

    def _push_ungrouped_blocks(self) -> None:
        where, values = self._condition()
        found = self._connection.execute(
            "SELECT block_id, last_ms, first_ms FROM blocks "  # noqa: S608  # values are bound
            f"WHERE group_id IS NULL AND {where}",
            values,
        )
        for block_id, last_ms, first_ms in found.fetchall():
            is_in_time = self._match.is_in_time(first_ms, last_ms)
            self._push_container(last_ms, _SealedBlock(block_id, is_in_time, is_in_group=False))

    def _push_hot(self) -> None:
        for chunks in self._hot.runs():
            self._push_container(chunks[0].last_ms, _HotChunks(chunks))

    def _condition(self) -> tuple[str, list[Any]]:
        """Account, time and kind, as SQL for the tables of groups and of blocks."""
        where, values = self._match.sql(newest="last_ms", oldest="first_ms")
        if self._match.failed is not None:
            where, values = f"{where} AND failed = ?", [*values, self._match.failed]
        return where, values

    # Opening.

    def _open_in_time(self, container: _Container) -> None:
        match container:
            case _Group(group_id, block_ids):
                self._open_group(group_id, block_ids)
            case _SealedBlock(block_id, is_in_time, is_in_group):
                if is_in_group or self._skipping.is_possible(block_id):
                    self._open_block(block_id, is_in_time=is_in_time)
            case _Remainder(block_id, block, rows):
                self._decode(block_id, block, rows)
            case _HotChunks(chunks):
                self._push_matches(sorted(self._hot.rows(chunks), key=hot.key_of, reverse=True))

    def _open_group(self, group_id: int, block_ids: list[int]) -> None:
        block_ids = self._skipping.of_group(group_id, block_ids)
        if not block_ids:
            return
        where, values = self._condition()
        found = self._connection.execute(
            "SELECT block_id, last_ms, first_ms FROM blocks "  # noqa: S608  # values are bound
            f"WHERE block_id IN ({','.join(map(str, block_ids))}) AND {where}",
            values,
        )
        newest_first = sorted(found, key=itemgetter(1), reverse=True)
        for block_id, last_ms, first_ms in newest_first:
            is_in_time = self._match.is_in_time(first_ms, last_ms)
            self._push_container(last_ms, _SealedBlock(block_id, is_in_time, is_in_group=True))
        if self._match.searches:
            self._ahead.expect((last_ms, block_id) for block_id, last_ms, _ in newest_first)

    def _open_block(self, block_id: int, *, is_in_time: bool) -> None:
        try:
            block = self._ahead.block(self._at_ms, block_id)
            rows = self._match.rows_of(block, is_in_time=is_in_time)
            if len(rows) > _ROWS_AT_ONCE_MAX:
                rows, older = rows[-_ROWS_AT_FIRST:], rows[:-_ROWS_AT_FIRST]
                last_ms = int(block.times[older[-1]])
                self._push_container(last_ms, _Remainder(block_id, block, older))
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self._damaged.append(f"Block {block_id}: {error}")
            return
        self._decode(block_id, block, rows)

    def _decode(self, block_id: int, block: Block, rows: list[int]) -> None:
        if not rows:
            return
        try:
            self._push_matches(block.rows_at(rows)[::-1])
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self._damaged.append(f"Block {block_id}: {error}")

    def _read(self, block_id: int) -> Block:
        """Also called by the threads that read ahead."""
        block = read_block(self._connection, block_id)
        return block.load() if self._match.searches_text else block


def _order_of(row: Row) -> tuple[int, int]:
    """The row's place in the heap: newest first, then the highest sequence first."""
    at_ms, sequence = hot.key_of(row)
    return -at_ms, -sequence
