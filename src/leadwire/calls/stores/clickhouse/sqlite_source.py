"""The embedded store as the source of a shipper: its calls of all days, in order of sequence."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from heapq import merge
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.days import DayFolder
from leadwire.calls.stores.sqlite.schema import COLUMNS, open_readable, record_of
from leadwire.dates import parse_date

_AFTER: Final = (
    f"SELECT {COLUMNS} FROM hot WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"  # noqa: S608  # our own names
)
_LAST: Final = "SELECT max(sequence) FROM hot"


class SqliteCallSource:
    """A ``CallSource`` that reads the folder of a store, beside the process that writes it.

    For any thread, one after the other.
    """

    def __init__(self, folder: Path, *, batch_bytes_max: int = 16_777_216) -> None:
        self._days = DayFolder(folder)
        self._files = DayFiles(self._days)
        self._batch_bytes_max = batch_bytes_max
        self._lock = Lock()

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        batch: list[CallRecord] = []
        batch_bytes = 0
        with self._lock, ExitStack() as reading:
            # At midnight two files are written one after the other. A file may be read before,
            # and the next one after, such a commit: what lies beyond the last call that was
            # durable when this began is left for the next time, or a lower number behind it
            # could be passed over.
            last = self._last_sequence()
            days = [
                self._rows(reading, connection, (sequence, last, limit))
                for _, connection in self._files.opened()
            ]
            for record in merge(*days, key=attrgetter("sequence")):
                batch.append(record)
                batch_bytes += len(record.request_body) + len(record.response_body)
                if len(batch) >= limit or batch_bytes >= self._batch_bytes_max:
                    break
        return batch

    def last_sequence(self) -> int:
        with self._lock:
            return self._last_sequence()

    def oldest_day_after(self, sequence: int) -> int | None:
        with self._lock:
            days = [day for day, file in self._files.opened() if _last_of(file) > sequence]
        return parse_date(min(days)) if days else None

    def close(self) -> None:
        with self._lock:
            self._files.close()

    def _last_sequence(self) -> int:
        last = [_last_of(connection) for _, connection in self._files.opened()]
        # The floor last: it is raised before a day is pruned, so one of the two has the number.
        return max(*last, self._days.sequence_floor(), 0)

    def _rows(
        self, reading: ExitStack, connection: sqlite3.Connection, bounds: tuple[int, int, int]
    ) -> Iterator[CallRecord]:
        rows = connection.execute(_AFTER, bounds)
        reading.callback(rows.close)
        return map(record_of, rows)


class DayFiles:
    """Connections to the days' files, kept open while the file is the one that was opened.

    A day that was pruned can be written anew, in another file of the same name: a connection to
    the old one would never show what is in the new one.
    """

    def __init__(self, days: DayFolder) -> None:
        self._days = days
        self._open: dict[str, tuple[int, sqlite3.Connection]] = {}

    def opened(self) -> list[tuple[str, sqlite3.Connection]]:
        """Every day that has a file with tables, and a connection to it."""
        days = self._days.days()
        for gone in self._open.keys() - set(days):
            self._open.pop(gone)[1].close()
        return [(day, found) for day in days if (found := self._connection(day)) is not None]

    def close(self) -> None:
        for _, connection in self._open.values():
            connection.close()
        self._open.clear()

    def _connection(self, day: str) -> sqlite3.Connection | None:
        path = self._days.path(day)
        file = _file_number(path)
        if day in self._open:
            if self._open[day][0] == file:
                return self._open[day][1]
            self._open.pop(day)[1].close()
        if file is None:
            return None
        try:
            connection = open_readable(path)
        except sqlite3.OperationalError:
            if path.exists():
                raise
            return None
        if connection is None:
            return None
        if _file_number(path) != file:
            connection.close()
            return self._connection(day)
        self._open[day] = file, connection
        return connection


def _file_number(path: Path) -> int | None:
    """The inode: not given to another file while a connection holds the first one open."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _last_of(connection: sqlite3.Connection) -> int:
    return connection.execute(_LAST).fetchone()[0] or 0
