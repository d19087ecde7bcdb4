"""The embedded store as the source of a shipper: its calls of all days, in order of sequence."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.days import DayFolder
from leadwire.calls.stores.sqlite.reader import ReadConnections
from leadwire.calls.stores.sqlite.schema import COLUMNS, record_of
from leadwire.dates import parse_date

_AFTER: Final = (
    f"SELECT {COLUMNS} FROM hot WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"  # noqa: S608  # our own names
)
_LAST: Final = "SELECT max(sequence) FROM hot"


class SqliteCallSource:
    """A ``CallSource`` that reads the folder of a store, beside the process that writes it."""

    def __init__(self, folder: Path, *, batch_bytes_max: int = 16_777_216) -> None:
        self._days = DayFolder(folder)
        self._connections = ReadConnections(self._days)
        self._batch_bytes_max = batch_bytes_max

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        # At midnight two files are written one after the other. A file may be read before and
        # the next one after such a commit; what lies beyond the last call that was durable when
        # this began is left for the next time, or a lower number could be passed over.
        last = self.last_sequence()
        batch: list[CallRecord] = []
        batch_bytes = 0
        with ExitStack() as lent:
            files = [self._rows(lent, day, sequence, last, limit) for day in self._days.days()]
            for record in merge(*files, key=attrgetter("sequence")):
                batch.append(record)
                batch_bytes += len(record.request_body) + len(record.response_body)
                if len(batch) >= limit or batch_bytes >= self._batch_bytes_max:
                    break
        return batch

    def last_sequence(self) -> int:
        days = self._days.days()
        self._connections.keep_only(days)
        last = [self._last_of(day) for day in days]
        # The floor last: it is raised before a day is pruned, so one of the two has the number.
        return max(*last, self._days.sequence_floor(), 0)

    def oldest_day_after(self, sequence: int) -> int | None:
        for day in reversed(self._days.days()):
            if self._last_of(day) > sequence:
                return parse_date(day)
        return None

    def close(self) -> None:
        self._connections.close()

    def _rows(
        self, lent: ExitStack, day: str, sequence: int, last: int, limit: int
    ) -> Iterator[CallRecord]:
        connection = lent.enter_context(self._connections.use(day))
        if connection is None:
            return iter(())
        rows = connection.execute(_AFTER, (sequence, last, limit))
        lent.callback(rows.close)
        return map(record_of, rows)

    def _last_of(self, day: str) -> int:
        with self._connections.use(day) as connection:
            found: sqlite3.Cursor | None = connection and connection.execute(_LAST)
            return (found and found.fetchone()[0]) or 0
