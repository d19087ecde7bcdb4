"""Read the embedded store: newest day first, newest call first, until the page is full."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LogDay
from leadwire.calls.trends import CallTrends
from leadwire.clock import Clock, SystemClock
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import CallLogDamaged, SetupError
from leadwire.stores.opaque import cursor_at, position_of
from leadwire.stores.sqlite.by_id import row_anywhere, row_by_instant
from leadwire.stores.sqlite.damage import DAMAGE
from leadwire.stores.sqlite.days import DayFolder, days_of_range, file_number
from leadwire.stores.sqlite.follow import SqliteFollower
from leadwire.stores.sqlite.hot_search import HotReadings
from leadwire.stores.sqlite.ids import id_bytes
from leadwire.stores.sqlite.ledger import DayNote
from leadwire.stores.sqlite.manifest import content_of
from leadwire.stores.sqlite.schema import Row, open_readable, record_of
from leadwire.stores.sqlite.statistics import Tally
from leadwire.stores.sqlite.trends import TrendTally
from leadwire.stores.sqlite.walk import DayWalk, StoppedEarly

_STREAM_ROWS: Final = 500
_IDLE_CONNECTIONS_PER_DAY: Final = 4
_HEX_DIGITS_OF_TIME: Final = 12
_WORKERS: Final = 2
_NS_PER_MS: Final = 1_000_000

_T = TypeVar("_T", Tally, TrendTally)


class SqliteCallReader:
    """Answers queries about a store's folder. Thread-safe, also while a process writes.

    Holds short read transactions only, and never writes or checkpoints.
    """

    def __init__(
        self, folder: Path, *, clock: Clock | None = None, lookup_budget_ms: int | None = None
    ) -> None:
        self._days = DayFolder(folder)
        self._lookup_budget_ms = lookup_budget_ms
        self._clock = clock or SystemClock()
        self._connections = ReadConnections(self._days)
        self._follower = SqliteFollower(folder)
        self._readings = HotReadings()
        # Decompressing runs without the interpreter's lock, so two threads use two cores.
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="leadwire-search")

    def search(self, query: CallQuery) -> CallPage:
        found = _Found(query, self._clock)
        self._connections.keep_only(self._days.days())
        for day, is_there in self._asked_for(query.from_ms, found.until_ms, found.damaged):
            try:
                if is_there:
                    self._search_day(day, query, found)
            except DAMAGE as error:
                found.damaged.append(_unreadable(day, error))
            if found.is_complete:
                break
        return found.page()

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """All matches, read page by page: no read transaction outlives a page."""
        query = msgspec.structs.replace(query, limit=_STREAM_ROWS, time_budget_ms=None)
        damaged: dict[str, None] = {}
        more = True
        while more:
            page = self.search(query)
            yield from page.calls
            damaged |= dict.fromkeys(page.damaged)
            query = msgspec.structs.replace(query, cursor=page.next)
            more = bool(page.next)
        if damaged:
            raise CallLogDamaged(" ".join(damaged))

    def statistics(self, query: CallQuery) -> CallStatistics:
        return self._tallied(query, Tally(query, self._deadline(query), self._readings)).result()

    def trends(self, query: CallQuery, *, span_ms: int) -> CallTrends:
        tally = TrendTally(query, self._deadline(query), self._readings)
        return self._tallied(query, tally).result(span_ms)

    def first_seen(self, query: CallQuery) -> Mapping[str, int]:
        tally = self._tallied(query, Tally(query, self._deadline(query), self._readings))
        first = tally.first_hours("exception_type")
        first.pop("", None)
        return first

    def _deadline(self, query: CallQuery) -> Callable[[], bool]:
        return _Deadline(self._clock, query.time_budget_ms).has_passed

    def _tallied(self, query: CallQuery, tally: _T) -> _T:
        """*tally* after every day in the range of *query*, newest first."""
        for day, is_there in self._asked_for(query.from_ms, query.until_ms, tally.damaged):
            if not is_there:
                continue
            known = len(tally.damaged)
            try:
                with self._connections.reading(day) as connection:
                    if connection is not None:
                        tally.add_day(connection)
            except DAMAGE as error:
                tally.damaged.append(_unreadable(day, error))
            else:
                tally.damaged[known:] = [f"{day}: {what}" for what in tally.damaged[known:]]
            if tally.stopped_early:
                break
        return tally

    def log_days(self) -> tuple[LogDay, ...]:
        """Every day that is kept, oldest first. Raises SetupError if the ledger is unreadable."""
        ledger = self._days.ledger()
        there = set(self._days.days())
        known = {day for day in ledger.days if day not in ledger.to_remove}
        days = []
        for day in sorted(there | known):
            note = ledger.days.get(day, DayNote())
            if day not in there or note.is_lost:
                days.append(LogDay(day=day, calls=0, size_bytes=0, state="lost"))
            else:
                days.append(self._log_day(day))
        return tuple(days)

    def _log_day(self, day: str) -> LogDay:
        size_bytes = self._days.size_bytes(day)
        try:
            with self._connections.reading(day) as connection:
                calls, closed = (0, False) if connection is None else content_of(connection)
        except DAMAGE:
            return LogDay(day=day, calls=0, size_bytes=size_bytes, state="damaged")
        state: Literal["closed", "open"] = "closed" if closed else "open"
        return LogDay(day=day, calls=calls, size_bytes=size_bytes, state=state)

    def get(self, call_id: str) -> CallRecord | None:
        """Searches near the instant in the id first, then everywhere.

        Raises TimeoutError after *lookup_budget_ms*.
        """
        if id_bytes(call_id) is None:
            return None
        days = _likely_first(self._days.days(), call_id)
        damaged = dict.fromkeys(self._missing_with(call_id))
        deadline = _Deadline(self._clock, self._lookup_budget_ms)

        def look() -> None:
            if deadline.has_passed():
                raise TimeoutError(f"No call with that id in {self._lookup_budget_ms} ms.")

        for find in (row_by_instant, row_anywhere):
            for day in days:
                try:
                    with self._connections.reading(day) as connection:
                        row = connection and find(connection, call_id, look)
                except DAMAGE as error:
                    damaged[_unreadable(day, error)] = None
                else:
                    if row:
                        return record_of(row)
        if damaged:
            raise CallLogDamaged(" ".join(damaged))
        return None

    def place(self) -> str:
        return self._follower.place()

    def since(self, query: CallQuery, place: str) -> NewCalls:
        return self._follower.since(query, place)

    def forget(self, day: str) -> None:
        """Close the open files of a day that was removed."""
        self._connections.forget(day)
        self._follower.close()

    def close(self) -> None:
        self._workers.shutdown()
        self._connections.close()
        self._follower.close()

    def _search_day(self, day: str, query: CallQuery, found: "_Found") -> None:
        with self._connections.reading(day) as connection:
            if connection is None:
                return
            walk = DayWalk(
                connection,
                query,
                after=found.after,
                out_of_time=found.is_out_of_time,
                readings=self._readings,
                workers=self._workers,
            )
            try:
                for run in walk.runs():
                    found.rows += run
                    if found.is_complete:
                        break
            except StoppedEarly as stopped:
                found.stopped_at = stopped.until
            found.damaged += [f"{day}: {what}" for what in walk.damaged]

    def _asked_for(
        self, from_ms: int | None, until_ms: int | None, damaged: list[str]
    ) -> Iterator[tuple[str, bool]]:
        """The days of a range, newest first, and whether their file exists.

        Adds a sentence to *damaged* at the turn of a day without its file.
        """
        there = set(self._days.days_between(from_ms, until_ms))
        missing = self._missing(from_ms, until_ms, damaged)
        for day in sorted(there | missing.keys(), reverse=True):
            if day in missing:
                damaged.append(missing[day])
            yield day, day in there

    def _missing(
        self, from_ms: int | None, until_ms: int | None, damaged: list[str]
    ) -> dict[str, str]:
        """A sentence for each day whose file is missing, or was at the start of the server."""
        try:
            # List the files last: a day gets its file before its note in the ledger.
            ledger = self._days.ledger()
            there = set(self._days.days())
        except SetupError as error:
            damaged.append(str(error))
            return {}
        first, last = days_of_range(from_ms, until_ms)
        return {
            day: f"{day}: calls are missing, for its file was lost."
            for day, note in ledger.days.items()
            if first <= day <= last
            and day not in ledger.to_remove
            and (note.is_lost or day not in there)
        }

    def _missing_with(self, call_id: str) -> list[str]:
        """A sentence for each missing file of a day around the instant in *call_id*."""
        damaged: list[str] = []
        if (at_ms := _instant_of(call_id)) is None:
            return damaged
        damaged += self._missing(at_ms, at_ms + 1, damaged).values()
        return damaged


class _Deadline:
    """The end of a time budget. *budget_ms* None means no limit."""

    def __init__(self, clock: Clock, budget_ms: int | None) -> None:
        self._clock = clock
        self._at_ns = None if budget_ms is None else clock.elapsed_ns() + budget_ms * _NS_PER_MS

    def has_passed(self) -> bool:
        return self._at_ns is not None and self._clock.elapsed_ns() >= self._at_ns


class _Found:
    """The matches found so far, and whether they fill the page."""

    def __init__(self, query: CallQuery, clock: Clock) -> None:
        self.after = position_of(query.cursor)
        self.rows: list[Row] = []
        self.damaged: list[str] = []
        self.stopped_at: tuple[int, int] | None = None
        self._limit = query.limit
        self.is_out_of_time = _Deadline(clock, query.time_budget_ms).has_passed
        self.until_ms = query.until_ms
        if self.after is not None:
            self.until_ms = min(self.until_ms or self.after[0] + 1, self.after[0] + 1)

    @property
    def is_complete(self) -> bool:
        return len(self.rows) > self._limit or self.stopped_at is not None

    def page(self) -> CallPage:
        calls = tuple(map(record_of, self.rows[: self._limit]))
        place = self.stopped_at
        if len(self.rows) > self._limit and calls:
            place = (calls[-1].started_at_ms, calls[-1].sequence)
        return CallPage(
            calls=calls,
            next=cursor_at(*place) if place else "",
            stopped_early=self.stopped_at is not None,
            damaged=tuple(self.damaged),
        )


class _Opened(NamedTuple):
    connection: sqlite3.Connection
    file: int | None
    """Its ``file_number``."""


class ReadConnections:
    """Open read-only connections, kept per day and lent to one thread at a time.

    A pruned day can be written again, in another file of the same name. A connection to the old
    file would never show the new calls, so it is closed and not lent again.
    """

    def __init__(self, days: DayFolder) -> None:
        self._days = days
        self._lock = Lock()
        self._idle: defaultdict[str, list[_Opened]] = defaultdict(list)
        self._removals = 0
        self._closed = False

    @contextmanager
    def use(self, day: str) -> Iterator[sqlite3.Connection | None]:
        """A connection to the day's file; None if the day was removed meanwhile."""
        with self._lock:
            idle = self._idle[day]
            opened = idle.pop() if idle else None
            removals = self._removals
        if opened is not None and opened.file != file_number(self._days.path(day)):
            opened.connection.close()
            self.forget(day)
            opened = None
        if opened is None:
            opened = self._open(day)
        try:
            yield None if opened is None else opened.connection
        finally:
            if opened is not None:
                self._give_back(day, opened, removals)

    @contextmanager
    def reading(self, day: str) -> Iterator[sqlite3.Connection | None]:
        """A connection in one read transaction, so a call that moves meanwhile is seen once."""
        with self.use(day) as connection:
            if connection is None:
                yield None
                return
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def keep_only(self, days: Collection[str]) -> None:
        """Close the connections to days that another process removed."""
        with self._lock:
            gone = self._idle.keys() - set(days)
        for day in gone:
            self.forget(day)

    def forget(self, day: str) -> None:
        with self._lock:
            self._removals += 1
            idle = self._idle.pop(day, [])
        for opened in idle:
            opened.connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            every = [one for idle in self._idle.values() for one in idle]
            self._idle.clear()
        for opened in every:
            opened.connection.close()

    def _open(self, day: str) -> "_Opened | None":
        path = self._days.path(day)
        file = file_number(path)
        try:
            connection = open_readable(path)
        except sqlite3.OperationalError:
            if path.exists():
                raise
            return None
        return _Opened(connection, file)

    def _give_back(self, day: str, opened: "_Opened", removals: int) -> None:
        with self._lock:
            idle = self._idle[day]
            # An open connection would keep the disk space of a removed file.
            keep = not self._closed and removals == self._removals
            if keep and len(idle) < _IDLE_CONNECTIONS_PER_DAY:
                idle.append(opened)
                return
        opened.connection.close()


def _unreadable(day: str, error: Exception) -> str:
    return f"{day} cannot be read to its end: {error}"


def _instant_of(call_id: str) -> int | None:
    """The time in an id; None if the id holds no plausible time."""
    try:
        at_ms = int(call_id.replace("-", "")[:_HEX_DIGITS_OF_TIME], 16)
        day_of(at_ms - DAY_MS), day_of(at_ms + DAY_MS)
    except (ValueError, OverflowError):
        return None
    return at_ms


def _likely_first(days: list[str], call_id: str) -> list[str]:
    at_ms = _instant_of(call_id)
    if at_ms is None:
        return days
    likely = [day_of(at_ms), day_of(at_ms - DAY_MS), day_of(at_ms + DAY_MS)]
    return sorted(days, key=lambda day: likely.index(day) if day in likely else len(likely))
