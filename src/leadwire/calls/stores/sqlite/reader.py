"""Reading the embedded store: newest day first, newest row first, and stop at the limit."""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

import msgspec

from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.stores.cursor import cursor_at, position_of
from leadwire.calls.stores.sqlite.days import DayFolder
from leadwire.calls.stores.sqlite.match import conditions
from leadwire.calls.stores.sqlite.schema import COLUMNS, Row, open_readable, record_of
from leadwire.dates import DAY_MS, day_of

_STREAM_ROWS: Final = 500
_IDLE_CONNECTIONS_PER_DAY: Final = 4
_HEX_DIGITS_OF_TIME: Final = 12
_BY_ID: Final = f"SELECT {COLUMNS} FROM hot WHERE call_id = ? LIMIT 1"  # noqa: S608  # our own names


class SqliteCallReader:
    """Answers queries about a store's folder, from any thread and beside a writing process.

    Holds short read transactions only, and never writes or checkpoints.
    """

    def __init__(self, folder: Path) -> None:
        self._days = DayFolder(folder)
        self._connections = ReadConnections(self._days)

    def search(self, query: CallQuery) -> CallPage:
        after = position_of(query.cursor)
        rows: list[Row] = []
        until_ms = query.until_ms
        if after is not None:
            until_ms = after[0] + 1 if until_ms is None else min(until_ms, after[0] + 1)
        self._connections.keep_only(self._days.days())
        for day in self._days.days_between(query.from_ms, until_ms):
            rows += self._rows(day, query, after, limit=query.limit + 1 - len(rows))
            if len(rows) > query.limit:
                break
        calls = tuple(map(record_of, rows[: query.limit]))
        more = len(rows) > query.limit and calls
        last = calls[-1] if more else None
        return CallPage(
            calls=calls, next=cursor_at(last.started_at_ms, last.sequence) if last else ""
        )

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """Every match, read a page at a time: no read transaction outlives a page."""
        page = self.search(msgspec.structs.replace(query, limit=_STREAM_ROWS))
        yield from page.calls
        while page.next:
            page = self.search(msgspec.structs.replace(query, limit=_STREAM_ROWS, cursor=page.next))
            yield from page.calls

    def get(self, call_id: str) -> CallRecord | None:
        """The day is taken from the time inside the id, and only then looked for elsewhere."""
        for day in _likely_first(self._days.days(), call_id):
            with self._connections.use(day) as connection:
                row = connection and connection.execute(_BY_ID, (call_id,)).fetchone()
            if row:
                return record_of(row)
        return None

    def forget(self, day: str) -> None:
        """Close what is open of a day that was removed."""
        self._connections.forget(day)

    def close(self) -> None:
        self._connections.close()

    def _rows(
        self, day: str, query: CallQuery, after: tuple[int, int] | None, *, limit: int
    ) -> list[Row]:
        where, values = conditions(query, after)
        statement = (
            f"SELECT {COLUMNS} FROM hot WHERE {where} "  # noqa: S608  # values are bound
            "ORDER BY started_at_ms DESC, sequence DESC LIMIT ?"
        )
        with self._connections.use(day) as connection:
            if connection is None:
                return []
            return connection.execute(statement, (*values, limit)).fetchall()


class ReadConnections:
    """Open read-only connections, kept per day and lent to one thread at a time."""

    def __init__(self, days: DayFolder) -> None:
        self._days = days
        self._lock = Lock()
        self._idle: defaultdict[str, list[sqlite3.Connection]] = defaultdict(list)
        self._removals = 0
        self._closed = False

    @contextmanager
    def use(self, day: str) -> Iterator[sqlite3.Connection | None]:
        """A connection to the day's file; None when the day was removed meanwhile."""
        with self._lock:
            idle = self._idle[day]
            connection = idle.pop() if idle else None
            removals = self._removals
        if connection is None:
            connection = self._open(day)
        try:
            yield connection
        finally:
            if connection is not None:
                self._give_back(day, connection, removals)

    def keep_only(self, days: Collection[str]) -> None:
        """Close what is open of days that another process removed."""
        with self._lock:
            gone = self._idle.keys() - set(days)
        for day in gone:
            self.forget(day)

    def forget(self, day: str) -> None:
        with self._lock:
            self._removals += 1
            connections = self._idle.pop(day, [])
        for connection in connections:
            connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connections = [one for idle in self._idle.values() for one in idle]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _open(self, day: str) -> sqlite3.Connection | None:
        path = self._days.path(day)
        try:
            return open_readable(path)
        except sqlite3.OperationalError:
            if path.exists():
                raise
            return None

    def _give_back(self, day: str, connection: sqlite3.Connection, removals: int) -> None:
        with self._lock:
            idle = self._idle[day]
            # A day that was removed while this one was lent must not keep its space on disk.
            keep = not self._closed and removals == self._removals
            if keep and len(idle) < _IDLE_CONNECTIONS_PER_DAY:
                idle.append(connection)
                return
        connection.close()


def _likely_first(days: list[str], call_id: str) -> list[str]:
    digits = call_id.replace("-", "")[:_HEX_DIGITS_OF_TIME]
    try:
        at_ms = int(digits, 16)
        likely = [day_of(at_ms), day_of(at_ms - DAY_MS), day_of(at_ms + DAY_MS)]
    except (ValueError, OverflowError):
        return days
    return sorted(days, key=lambda day: likely.index(day) if day in likely else len(likely))
