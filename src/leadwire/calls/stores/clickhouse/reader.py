"""Reading the calls of every node from ClickHouse: newest first, each call once."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.stores.clickhouse.connection import Connect, Connection
from leadwire.calls.stores.clickhouse.match import (
    Place,
    conditions,
    cursor_at,
    place_of,
    windows,
)
from leadwire.calls.stores.clickhouse.schema import FIELDS, TableSettings, record_of
from leadwire.dates import DAY_MS

_STREAM_ROWS: Final = 500
_HEX_DIGITS_OF_TIME: Final = 12
_MINUTE_MS: Final = 60_000
_SELECTED: Final = ", ".join(FIELDS)


class ClickHouseCallReader:
    """Answers queries from ClickHouse, from any thread.

    Every method raises ClickHouseUnavailable while the server is away, and when a query takes
    longer than *query_seconds_max*; never does it give a part of an answer for the whole.
    """

    def __init__(
        self, connect: Connect, *, settings: TableSettings, query_seconds_max: int = 30
    ) -> None:
        self._connection = Connection(connect)
        self._table = settings.asked_table
        self._query_settings = {"max_execution_time": query_seconds_max}

    def search(self, query: CallQuery) -> CallPage:
        after = place_of(query.cursor)
        wanted = query.limit + 1
        calls: list[CallRecord] = []
        for from_ms, until_ms in self._windows(query, after):
            window = msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms)
            calls += self._calls(window, after, wanted=wanted - len(calls))
            if len(calls) >= wanted:
                break
        shown = tuple(calls[: query.limit])
        more = len(calls) > query.limit and shown
        return CallPage(calls=shown, next=cursor_at(_place(shown[-1])) if more else "")

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """Every match, asked for a page at a time: no query outlives a page."""
        page = self.search(msgspec.structs.replace(query, limit=_STREAM_ROWS))
        yield from page.calls
        while page.next:
            page = self.search(msgspec.structs.replace(query, limit=_STREAM_ROWS, cursor=page.next))
            yield from page.calls

    def get(self, call_id: str) -> CallRecord | None:
        """The days around the time inside the id are asked first, and only then all others."""
        values = {"call_id": call_id}
        where = "call_id = {call_id:String}"
        at_ms = _time_inside(call_id)
        rows = []
        if at_ms is not None:
            near = f"{where} AND started_at_ms BETWEEN {{from:Int64}} AND {{to:Int64}}"
            times = {"from": at_ms - DAY_MS, "to": at_ms + DAY_MS}
            rows = self._select(_SELECTED, f"WHERE {near} LIMIT 1", values | times)
        if not rows:
            rows = self._select(_SELECTED, f"WHERE {where} LIMIT 1", values)
        return record_of(rows[0]) if rows else None

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
        # The calls of one account lie in order of time and are read backwards until the page is
        # full. Those of all accounts do not: a short span keeps what must be sorted small.
        is_one_account = query.account_id is not None or query.refused_keys
        first_window_ms = DAY_MS if is_one_account else _MINUTE_MS
        return windows(from_ms=query.from_ms, until_ms=until_ms, first_window_ms=first_window_ms)

    def _calls(self, query: CallQuery, after: Place | None, *, wanted: int) -> list[CallRecord]:
        """The newest *wanted* matches, each call once.

        Copies of a call stand side by side in this order, and none is older than itself: asking
        again after the last row never sees it twice.
        """
        calls: list[CallRecord] = []
        while len(calls) < wanted:
            asked = wanted - len(calls)
            where, values = conditions(query, after)
            rows = self._select(
                _SELECTED,
                f"WHERE {where} ORDER BY started_at_ms DESC, call_id DESC LIMIT {{limit:Int64}}",
                values | {"limit": asked},
            )
            for record in map(record_of, rows):
                if _place(record) != after:
                    calls.append(record)
                    after = _place(record)
            if len(rows) < asked:
                break
        return calls

    def _select(self, what: str, clauses: str, values: dict[str, Any]) -> list[Sequence[Any]]:
        statement = f"SELECT {what} FROM {self._table} {clauses}"  # noqa: S608  # values are bound
        with self._connection.use() as client:
            rows = client.query(statement, parameters=values, settings=self._query_settings)
            return list(rows.result_rows)


def _place(record: CallRecord) -> Place:
    return Place(record.started_at_ms, record.call_id)


def _time_inside(call_id: str) -> int | None:
    try:
        return int(call_id.replace("-", "")[:_HEX_DIGITS_OF_TIME], 16)
    except ValueError:
        return None
