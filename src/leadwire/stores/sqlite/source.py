"""The calls of all days in order of sequence, for a shipper and for followers of the log."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

import numpy as np

from leadwire.calls.record import FIELDS, CallRecord
from leadwire.dates import parse_date
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.days import DayFolder, file_number
from leadwire.stores.sqlite.schema import SEQUENCE_MASK, Row, open_readable, record_of

_SEQUENCE_AT: Final = FIELDS.index("sequence")
_BODIES_AT: Final = (FIELDS.index("request_body"), FIELDS.index("response_body"))


class SqliteCallSource:
    """A ``CallSource`` that reads a store's folder while another process may write it.

    Reads hot rows and sealed blocks. Skips a damaged call, which the shipper counts. Raises for an
    unreadable file. For one thread at a time.
    """

    def __init__(self, folder: Path, *, batch_bytes_max: int = 16_777_216) -> None:
        self._folder = DayFolder(folder)
        self._days: dict[str, DaySource] = {}
        self._batch_bytes_max = batch_bytes_max
        self._lock = Lock()

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        batch: list[CallRecord] = []
        batch_bytes = 0
        with self._lock, ExitStack() as reading:
            # At midnight a batch is committed to two files in turn, and this may read one file
            # before and one after it. So stop at the last call that was durable at the start.
            # Otherwise a lower sequence could be skipped.
            last = self._last_sequence()
            queue = RowQueue(sequence, last=last, limit=limit)
            for _, day in self._opened():
                if day.last_sequence() <= sequence:
                    continue
                reading.enter_context(day.transaction())
                queue.add(day)
            for row in queue.rows():
                batch.append(record_of(row))
                batch_bytes += sum(len(row[place]) for place in _BODIES_AT)
                if len(batch) >= limit or batch_bytes >= self._batch_bytes_max:
                    break
        return batch

    def last_sequence(self) -> int:
        with self._lock:
            return self._last_sequence()

    def oldest_day_after(self, sequence: int) -> int | None:
        with self._lock:
            days = [name for name, day in self._opened() if day.last_sequence() > sequence]
        return parse_date(min(days)) if days else None

    def close(self) -> None:
        with self._lock:
            for day in self._days.values():
                day.close()
            self._days.clear()

    def _last_sequence(self) -> int:
        last = [day.last_sequence() for _, day in self._opened()]
        # Read the ledger last: it notes the numbers of a day before the day's file is removed.
        return max(*last, self._folder.ledger().pruned_sequence, 0)

    def _opened(self) -> list[tuple[str, "DaySource"]]:
        """Every day that has a file with tables."""
        names = self._folder.days()
        for gone in self._days.keys() - set(names):
            self._days.pop(gone).close()
        for name in names:
            path = self._folder.path(name)
            day = self._days.get(name)
            if day is not None and day.file != file_number(path):
                self._days.pop(name).close()
                day = None
            if day is None and (opened := _open(path)) is not None:
                self._days[name] = opened
        return [(name, self._days[name]) for name in names if name in self._days]


class DaySource:
    """One day's file, with a cache of its block list. Blocks are only added."""

    def __init__(self, connection: sqlite3.Connection, file: int) -> None:
        self.connection = connection
        self.file = file
        """The inode: not given to another file while this one is held open."""
        self._block_last: dict[int, int] = {}
        self._block_first: dict[int, int] = {}
        self._known_block = 0
        self._forgotten = 0
        self._version = -1
        self._last = 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One snapshot of the file, so a call that is sealed meanwhile is seen once."""
        self.connection.execute("BEGIN")
        try:
            self._look()
            yield
        finally:
            self.connection.execute("ROLLBACK")

    def last_sequence(self) -> int:
        """Reads the tables again only after another connection changed the file."""
        [version] = self.connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            with self.transaction():
                [last] = self.connection.execute("SELECT max(last_sequence) FROM hot").fetchone()
                self._last = max(self._last, last or 0)
            # Read the version first, so that the next look finds a change in between.
            self._version = version
        return self._last

    def hot_places(self, after: int, last: int, limit: int) -> list[tuple[int, int]]:
        """(first sequence, place) of the hot rows with calls in that range, in order."""
        return self.connection.execute(
            f"SELECT place & {SEQUENCE_MASK} AS sequence, place FROM hot "  # noqa: S608  # a number
            "WHERE last_sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?",
            (after, last, limit),
        ).fetchall()

    def blocks_after(self, sequence: int) -> list[tuple[int, int]]:
        """(lowest sequence, id) of the blocks with a call after *sequence*. Drops the others.

        The number is 0 if the block's head is damaged.
        """
        if sequence < self._forgotten:
            self._block_last.clear()
            self._known_block = 0
            self._look()
        self._forgotten = sequence
        for block_id in [one for one, last in self._block_last.items() if last <= sequence]:
            del self._block_last[block_id]
            self._block_first.pop(block_id, None)
        return [(self._first_of(block_id), block_id) for block_id in self._block_last]

    def close(self) -> None:
        self.connection.close()

    def _first_of(self, block_id: int) -> int:
        if block_id not in self._block_first:
            try:
                first = int(read_block(self.connection, block_id).sequences.min())
            except BlockDamaged:
                first = 0
            self._block_first[block_id] = first
        return self._block_first[block_id]

    def _look(self) -> None:
        found = self.connection.execute(
            "SELECT block_id, sequence_max FROM blocks WHERE block_id > ?", (self._known_block,)
        ).fetchall()
        self._block_last.update(found)
        for block_id, sequence_max in found:
            self._known_block = max(self._known_block, block_id)
            self._last = max(self._last, sequence_max)


class RowQueue:
    """Rows of several days in order of sequence. Each block or chunk is read when it is needed."""

    def __init__(self, after: int, *, last: int, limit: int) -> None:
        self._bounds = after, last, limit
        self._order = count()
        self._heap: list[tuple[int, int, Row | Callable[[], list[Row]]]] = []

    def add(self, day: DaySource) -> None:
        """Call this in a read transaction of *day* that stays open until the rows are taken."""
        after, last, limit = self._bounds
        for sequence, place in day.hot_places(after, last, limit):
            self._put(sequence, partial(self._hot_rows, day.connection, place))
        for first, block_id in day.blocks_after(after):
            if first <= last:
                self._put(first, partial(self._block_rows, day.connection, block_id))

    def rows(self) -> Iterator[Row]:
        """The rows, without damaged calls or blocks."""
        while self._heap:
            _, _, found = heappop(self._heap)
            if isinstance(found, tuple):
                yield found
                continue
            with suppress(BlockDamaged):
                for row in found():
                    self._put(row[_SEQUENCE_AT], row)

    def _put(self, sequence: int, found: Row | Callable[[], list[Row]]) -> None:
        heappush(self._heap, (sequence, next(self._order), found))

    def _hot_rows(self, connection: sqlite3.Connection, place: int) -> list[Row]:
        after, last, _ = self._bounds
        rows = [
            row
            for packed in hot.read(connection, [place])
            for row in hot.rows_of(hot.unpack(*packed))
        ]
        return [row for row in rows if after < row[_SEQUENCE_AT] <= last]

    def _block_rows(self, connection: sqlite3.Connection, block_id: int) -> list[Row]:
        after, last, _ = self._bounds
        block = read_block(connection, block_id)
        wanted = np.flatnonzero((block.sequences > after) & (block.sequences <= last))
        return block.rows_at(wanted.tolist())


def _open(path: Path) -> DaySource | None:
    """Open a day; None if it was removed."""
    file = file_number(path)
    try:
        connection = open_readable(path)
    except sqlite3.OperationalError:
        if path.exists():
            raise
        return None
    if file is None or file_number(path) != file:
        connection.close()
        return None
    return DaySource(connection, file)
