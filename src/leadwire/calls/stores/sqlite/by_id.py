"""Finding one call by its id in a day's file."""

import sqlite3
from typing import Final

from leadwire.calls.query import CallQuery
from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.block import BlockDamaged, id_bytes, position_of_id, unpack_ids
from leadwire.calls.stores.sqlite.schema import FIELDS, Row
from leadwire.calls.stores.sqlite.walk import DayWalk, read_block

_ID_AT: Final = FIELDS.index("call_id")
_BYTES_OF_TIME: Final = 6


def row_by_instant(connection: sqlite3.Connection, call_id: str) -> Row | None:
    """The call among those of the instant that its id (a UUIDv7) names."""
    wanted = id_bytes(call_id)
    if wanted is None:
        return None
    at_ms = int.from_bytes(wanted[:_BYTES_OF_TIME], "big")
    return _hot_row(connection, call_id, at_ms) or _sealed_row(connection, wanted, at_ms)


def row_by_text(connection: sqlite3.Connection, call_id: str) -> Row | None:
    """The call wherever it is in the file: for ids that carry no instant, or another one."""
    query = CallQuery(account_id=None, text=call_id)
    walk = DayWalk(connection, query, after=None, out_of_time=lambda: False)
    return next((row for row in walk.rows() if row[_ID_AT] == call_id), None)


def _hot_row(connection: sqlite3.Connection, call_id: str, at_ms: int) -> Row | None:
    wanted = call_id.encode()
    found = hot.chunks(connection, None, "last_ms >= ? AND first_ms <= ?", (at_ms, at_ms))
    for chunk in found:
        for packed in hot.read(connection, [chunk.place]):
            hot.check(*packed)  # else a damaged one might have it
            if wanted in packed[2]:
                for row in hot.rows_of(hot.unpack(*packed)):
                    if row[_ID_AT] == call_id:
                        return row
    return None


def _sealed_row(connection: sqlite3.Connection, wanted: bytes, at_ms: int) -> Row | None:
    found = connection.execute(
        "SELECT block_id, ids FROM blocks JOIN frames USING (block_id) "
        "WHERE last_ms >= ? AND first_ms <= ? ORDER BY failed",
        (at_ms, at_ms),
    )
    for block_id, ids in found:
        try:
            position = position_of_id(unpack_ids(ids), wanted)
        except BlockDamaged:
            continue
        if position >= 0:
            return read_block(connection, block_id).row(position)
    return None
