"""A query's filters as a condition in ClickHouse's SQL, and the place of a row as a cursor.

A query means the same as in the embedded store: the same tests run on both.
Values are bound by the server, never written into the statement.
"""

import base64
import binascii
import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from leadwire.calls.query import CallQuery, QueryError
from leadwire.calls.terms import EVERY_CALL
from leadwire.dates import DAY_MS
from leadwire.stores.clickhouse.search_sql import search_sql

_PLACE: Final = struct.Struct(">Bq")
_VERSION: Final = 2
"""Version 1 is the embedded store's cursor, which is invalid here."""
_WINDOW_GROWTH: Final = 8
_WINDOW_MS_MAX: Final = 64 * DAY_MS


class Place(NamedTuple):
    """The position of a row in the store's order. Unique per call."""

    started_at_ms: int
    call_id: str


class Where(NamedTuple):
    sql: str
    values: dict[str, Any]


def cursor_at(place: Place) -> str:
    """The cursor that continues after the row at *place*, as opaque text."""
    packed = _PLACE.pack(_VERSION, place.started_at_ms) + place.call_id.encode()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def place_of(cursor: str) -> Place | None:
    """The place of the last row of the previous page; None for the first page.

    Raises QueryError if ``cursor_at`` did not make *cursor*.
    """
    if not cursor:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, started_at_ms = _PLACE.unpack_from(packed)
        call_id = packed[_PLACE.size :].decode()
    except (binascii.Error, ValueError, struct.error):
        version, started_at_ms, call_id = 0, 0, ""
    if version != _VERSION:
        raise QueryError("cursor", "The cursor is not one that a page of calls gave out.")
    return Place(started_at_ms, call_id)


def conditions(query: CallQuery, after: Place | None) -> Where:
    """The WHERE clause of *query*'s filters, its dates included, for rows older than *after*.

    Raises QueryError for an invalid search.
    """
    values: dict[str, Any] = {}

    def bind(kind: str, value: object) -> str:
        name = f"v{len(values)}"
        values[name] = value
        return f"{{{name}:{kind}}}"

    terms: list[str] = []
    # Calls with refused keys belong to the account ''.
    account_id = "" if query.refused_keys else query.account_id
    if account_id is not None:
        terms.append(f"account_id = {bind('String', account_id)}")
    if query.from_ms is not None:
        terms.append(f"started_at_ms >= {bind('Int64', query.from_ms)}")
    if query.until_ms is not None:
        terms.append(f"started_at_ms < {bind('Int64', query.until_ms)}")
    if after is not None:
        # The first half lets the primary key skip newer rows. The second is exact.
        at_ms, call_id = bind("Int64", after.started_at_ms), bind("String", after.call_id)
        terms.append(f"started_at_ms <= {at_ms}")
        terms.append(f"(started_at_ms < {at_ms} OR call_id < {call_id})")
    if (asked := query.condition) != EVERY_CALL:
        terms.append(search_sql(asked, bind))
    return Where(" AND ".join(terms) or "1", values)


def windows(
    *, from_ms: int | None, until_ms: int, first_window_ms: int
) -> Iterator[tuple[int | None, int]]:
    """The range as adjacent spans (from, until), the newest and shortest first.

    Each is eight times as long as the one before. So a page that is full after a minute reads a
    minute. A search without matches needs only a few queries. The last span begins at *from_ms*;
    None means no lower end.
    """
    length_ms = first_window_ms
    while from_ms is None or from_ms < until_ms:
        start_ms = until_ms - length_ms
        if length_ms > _WINDOW_MS_MAX or (from_ms is not None and start_ms <= from_ms):
            yield from_ms, until_ms
            return
        yield start_ms, until_ms
        until_ms, length_ms = start_ms, length_ms * _WINDOW_GROWTH
