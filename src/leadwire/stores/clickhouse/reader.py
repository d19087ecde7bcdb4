"""Read the calls of every node from ClickHouse: newest first, each call once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import FIELDS, CallRecord
from leadwire.calls.store import CallReader
from leadwire.calls.trends import NO_TRENDS, CallTrends
from leadwire.clock import Clock
from leadwire.dates import DAY_MS, MINUTE_MS
from leadwire.stores.clickhouse.connection import (
    ClickHouseTooSlow,
    Connect,
    Connection,
)
from leadwire.stores.clickhouse.follow import Follower
from leadwire.stores.clickhouse.match import (
    Place,
    conditions,
    cursor_at,
    place_of,
    windows,
)
from leadwire.stores.clickhouse.schema import NOW, TableSettings, record_of
from leadwire.stores.clickhouse.statistics import Ask, statistics
from leadwire.stores.clickhouse.trends import first_seen, trends

_STREAM_ROWS: Final = 500
_HEX_DIGITS_OF_TIME: Final = 12
_NS_PER_MS: Final = 1_000_000
_NS_PER_SECOND: Final = 1_000_000_000
_SELECTED: Final = ", ".join(FIELDS)
_T = TypeVar("_T")


class ClickHouseCallReader:
    """Answers queries from ClickHouse, from any thread.

    Every method raises ClickHouseUnavailable while the server is unreachable. So does a query
    without a time budget after *query_seconds_max*. No partial answer is returned as complete.
    ``get`` asks *own_calls*, the calls of this node, first, because new calls are not shipped yet.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        settings: TableSettings,
        clock: Clock,
        query_seconds_max: int = 30,
        own_calls: CallReader | None = None,
    ) -> None:
        self._connection = Connection(connect)
        self._table = settings.asked_table
        self._clock = clock
        self._own_calls = own_calls
        self._query_seconds_max = query_seconds_max
        self._follower = Follower(self._select, self._now_ms)

    def search(self, query: CallQuery) -> CallPage:
        """If a page runs out of its time budget, ``next`` continues there."""
        after = place_of(query.cursor)
        deadline = self._deadline(query)
        calls: list[CallRecord] = []
        stopped_at: Place | None = None
        for from_ms, until_ms in self._windows(query, after):
            window = msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms)
            try:
                self._fill(calls, window, after, deadline)
            except ClickHouseTooSlow:
                if query.time_budget_ms is None:
                    raise
                # The page covers everything newer than this span, and the matches found in it.
                in_span = calls and calls[-1].started_at_ms < until_ms
                stopped_at = _place(calls[-1]) if in_span else Place(until_ms, "")
            if stopped_at or len(calls) > query.limit:
                break
        shown = tuple(calls[: query.limit])
        if len(calls) > query.limit and shown:
            return CallPage(calls=shown, next=cursor_at(_place(shown[-1])))
        next_page = cursor_at(stopped_at) if stopped_at else ""
        return CallPage(calls=shown, next=next_page, stopped_early=stopped_at is not None)

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """All matches, read page by page: no query outlives a page."""
        query = msgspec.structs.replace(query, limit=_STREAM_ROWS, time_budget_ms=None)
        page = self.search(query)
        yield from page.calls
        while page.next:
            page = self.search(msgspec.structs.replace(query, cursor=page.next))
            yield from page.calls

    def statistics(self, query: CallQuery) -> CallStatistics:
        """Counts everything, or reports that the time budget was too short."""
        found = self._counted(query, statistics)
        if found is None:
            nothing = CallStatistics(calls=0, histogram=(), facets=(), durations=())
            return msgspec.structs.replace(nothing, stopped_early=True)
        return found

    def trends(self, query: CallQuery, *, span_ms: int) -> CallTrends:
        """Counts everything, or reports that the time budget was too short."""
        found = self._counted(query, lambda ask: trends(ask, span_ms))
        return msgspec.structs.replace(NO_TRENDS, stopped_early=True) if found is None else found

    def first_seen(self, query: CallQuery) -> Mapping[str, int]:
        return self._counted(query, first_seen) or {}

    def _counted(self, query: CallQuery, count: Callable[[Ask], _T]) -> _T | None:
        """What *count* makes of the matches; None if the time budget was too short."""
        deadline = self._deadline(query)
        where, values = conditions(query, None)

        def ask(what: str, grouping: str) -> Sequence[Sequence[Any]]:
            # FINAL counts a call once that arrived twice. The indexes stay usable, because copies
            # are equal: both match, or neither.
            clauses = f"FINAL WHERE {where} {grouping}"
            return self._select(what, clauses, values, deadline=deadline)

        try:
            return count(ask)
        except ClickHouseTooSlow:
            if query.time_budget_ms is None:
                raise
            return None

    def get(self, call_id: str) -> CallRecord | None:
        """Searches the days around the time in the id first, then all others."""
        if self._own_calls is not None and (own := self._own_calls.get(call_id)) is not None:
            return own
        values = {"call_id": call_id}
        where = "call_id = {call_id:String}"
        at_ms = _time_inside(call_id)
        rows: Sequence[Sequence[Any]] = ()
        if at_ms is not None:
            near = f"{where} AND started_at_ms BETWEEN {{from:Int64}} AND {{to:Int64}}"
            times = {"from": at_ms - DAY_MS, "to": at_ms + DAY_MS}
            rows = self._select(_SELECTED, f"WHERE {near} LIMIT 1", values | times)
        if not rows:
            rows = self._select(_SELECTED, f"WHERE {where} LIMIT 1", values)
        return record_of(rows[0]) if rows else None

    def place(self) -> str:
        return self._follower.place()

    def since(self, query: CallQuery, place: str) -> NewCalls:
        return self._follower.since(query, place)

    def close(self) -> None:
        self._connection.close()

    def _windows(self, query: CallQuery, after: Place | None) -> Iterator[tuple[int | None, int]]:
        if after is not None:
            until_ms = after.started_at_ms + 1
            if query.until_ms is not None:
                until_ms = min(until_ms, query.until_ms)
        elif query.until_ms is not None:
            until_ms = query.until_ms
        else:
            until_ms = self._select("max(started_at_ms)", "", {})[0][0] + 1
        # The calls of one account are stored by time, so a backward read stops when the page is
        # full. Calls of all accounts must be sorted, so a short span keeps the sort small.
        is_one_account = query.account_id is not None or query.refused_keys
        first_window_ms = DAY_MS if is_one_account else MINUTE_MS
        return windows(from_ms=query.from_ms, until_ms=until_ms, first_window_ms=first_window_ms)

    def _fill(
        self, calls: list[CallRecord], query: CallQuery, after: Place | None, deadline: int | None
    ) -> None:
        """Add the newest matches to *calls*, each once, up to one more than the limit.

        Copies of a call are adjacent in this order and share one place. So a read after the last
        row never returns it twice.
        """
        while len(calls) <= query.limit:
            asked = query.limit + 1 - len(calls)
            where, values = conditions(query, after)
            order = "ORDER BY started_at_ms DESC, call_id DESC"
            clauses = f"WHERE {where} {order} LIMIT {{limit:Int64}}"
            rows = self._select(_SELECTED, clauses, values | {"limit": asked}, deadline=deadline)
            for record in map(record_of, rows):
                if _place(record) != after:
                    calls.append(record)
                    after = _place(record)
            if len(rows) < asked:
                break

    def _select(
        self, what: str, clauses: str, values: dict[str, Any], *, deadline: int | None = None
    ) -> Sequence[Sequence[Any]]:
        """Run a query. Raises ClickHouseTooSlow if its rows are late for *deadline*."""
        seconds: float = self._query_seconds_max
        if deadline is not None:
            seconds = min(seconds, (deadline - self._clock.elapsed_ns()) / _NS_PER_SECOND)
            if seconds <= 0:
                raise ClickHouseTooSlow("The time for the query is used up.")
        settings = {
            "max_execution_time": seconds,
            "use_skip_indexes_if_final": 1,
            "use_skip_indexes_if_final_exact_mode": 0,
        }
        statement = f"SELECT {what} FROM {self._table} {clauses}"  # noqa: S608  # values are bound
        with self._connection.use() as client:
            return client.query(statement, parameters=values, settings=settings).result_rows

    def _now_ms(self) -> int:
        with self._connection.use() as client:
            return int(client.query(NOW).result_rows[0][0])

    def _deadline(self, query: CallQuery) -> int | None:
        if query.time_budget_ms is None:
            return None
        return self._clock.elapsed_ns() + query.time_budget_ms * _NS_PER_MS


def _place(record: CallRecord) -> Place:
    return Place(record.started_at_ms, record.call_id)


def _time_inside(call_id: str) -> int | None:
    try:
        return int(call_id.replace("-", "")[:_HEX_DIGITS_OF_TIME], 16)
    except ValueError:
        return None
