"""Rows as they arrived, before they are sealed: one packed value a call, with a checksum."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.block import BlockDamaged
from leadwire.calls.stores.sqlite.schema import COLUMNS, FIELDS, Row

INSERT: Final = "INSERT INTO hot VALUES (?, ?, ?, ?, ?, ?)"
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_ACCOUNT_AT: Final = FIELDS.index("account_id")
_OUTCOME_AT: Final = FIELDS.index("outcome")
_TIME_AT: Final = FIELDS.index("started_at_ms")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(list[Any]).decode

Key = tuple[int, int]
"""(started_at_ms, sequence): the place of a call in the order of the store."""


def hot_rows(records: Sequence[CallRecord], first_sequence: int) -> list[Row]:
    """What ``INSERT`` takes. Half a surrogate pair, which UTF-8 cannot write, becomes its escape."""
    rows = []
    for sequence, record in enumerate(records, first_sequence):
        try:
            call = _ENCODE(msgspec.structs.astuple(record))
        except UnicodeEncodeError:
            call = _ENCODE(tuple(map(_encodable, msgspec.structs.astuple(record))))
        rows.append(
            (
                sequence,
                record.account_id,
                record.outcome != "success",
                record.started_at_ms,
                zlib.crc32(call),
                call,
            )
        )
    return rows


def unpack_call(sequence: int, call: bytes, checksum: int) -> Row:
    """The row of a packed call. Raises BlockDamaged when its bytes are not those written."""
    if zlib.crc32(call) != checksum:
        raise BlockDamaged(f"The call with sequence {sequence} cannot be read: wrong checksum.")
    values = _DECODE(call)
    values[_SEQUENCE_AT] = sequence
    return tuple(values)


def key_of(row: Row) -> Key:
    return row[_TIME_AT], row[_SEQUENCE_AT]


def packed_again(rows: Iterable[Row]) -> list[Row]:
    """Rows of a file of format 1 as ``INSERT`` takes them."""
    packed = []
    for row in rows:
        call = _ENCODE(row)
        failed = row[_OUTCOME_AT] != "success"
        packed.append(
            (row[_SEQUENCE_AT], row[_ACCOUNT_AT], failed, row[_TIME_AT], zlib.crc32(call), call)
        )
    return packed


def oldest(
    connection: sqlite3.Connection, account_id: str, failed: int, calls_max: int
) -> list[Row]:
    """The hot rows of an account that are to be sealed next, in the order of the store."""
    found = connection.execute(
        "SELECT sequence, call, checksum FROM hot WHERE account_id = ? AND failed = ? "
        "ORDER BY started_at_ms, sequence LIMIT ?",
        (account_id, failed, calls_max),
    )
    return [unpack_call(*row) for row in found]


def keys(connection: sqlite3.Connection, where: str, values: Sequence[Any]) -> list[Key]:
    """The places of the hot rows for which *where* holds, newest first."""
    found = connection.execute(
        f"SELECT started_at_ms, sequence FROM hot WHERE {where}",  # noqa: S608  # values are bound
        values,
    ).fetchall()
    found.sort(reverse=True)
    return found


def read(connection: sqlite3.Connection, sequence: int) -> Row:
    found = connection.execute(
        "SELECT sequence, call, checksum FROM hot WHERE sequence = ?", (sequence,)
    )
    return unpack_call(*found.fetchone())


def wide_rows(
    connection: sqlite3.Connection, table: str, where: str, values: Sequence[Any]
) -> Iterator[Row]:
    """Rows of a file of format 1, newest first."""
    return connection.execute(
        f"SELECT {COLUMNS} FROM {table} WHERE {where} "  # noqa: S608  # values are bound
        "ORDER BY started_at_ms DESC, sequence DESC",
        values,
    )


def _encodable(value: object) -> object:
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
