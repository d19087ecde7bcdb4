"""Rows as they arrived, before they are sealed: one packed value a call, with a checksum."""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.block import BlockDamaged, present
from leadwire.calls.stores.sqlite.schema import COLUMNS, FIELDS, SEQUENCE_BITS, SEQUENCE_MASK, Row

INSERT: Final = "INSERT INTO hot VALUES (?, ?, ?, ?)"
SUCCEEDED, FAILED, FAULTY = 0, 1, 2
"""Kinds of calls. FAULTY failed with a status of 500 and above: few, and the most looked for."""
_STATUS_SERVER: Final = 500
_KIND_BITS: Final = 1
_FAULTY_PLACE: Final = 1 << 62
"""A bit of its own, so that the places of files written before this kind was stay right."""
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_ACCOUNT_AT: Final = FIELDS.index("account_id")
_OUTCOME_AT: Final = FIELDS.index("outcome")
_STATUS_AT: Final = FIELDS.index("status_code")
_TIME_AT: Final = FIELDS.index("started_at_ms")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(list[Any]).decode

Key = tuple[int, int]
"""(started_at_ms, sequence): the place of a call in the order of the store."""


Packed = tuple[int, int, bytes]
"""(place, checksum, call): what ``unpack_call`` takes"""


class Accounts:
    """The small numbers that stand for account ids in one day's file. For its writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = dict(
            connection.execute("SELECT account_id, number FROM accounts")
        )

    def number(self, account_id: str) -> int:
        """Gives the account a number if it has none: to be called inside a transaction."""
        number = self._numbers.get(account_id)
        if number is None:
            self._connection.execute(
                "INSERT OR IGNORE INTO accounts (account_id) VALUES (?)", (account_id,)
            )
            number = account_number(self._connection, account_id)
            self._numbers[account_id] = number
        return number


def account_number(connection: sqlite3.Connection, account_id: str) -> int:
    """The number of an account in this file; 0, which no account has, when it is not there."""
    found = connection.execute("SELECT number FROM accounts WHERE account_id = ?", (account_id,))
    row = found.fetchone()
    return row[0] if row else 0


def kind_of_call(outcome: str, status_code: int) -> int:
    """Calls of one account and kind are sealed together."""
    if outcome == "success":
        return SUCCEEDED
    return FAULTY if status_code >= _STATUS_SERVER else FAILED


def kinds_of(row: Row) -> tuple[int, ...]:
    """The kinds that a row may stand under: FAULTY ones were once kept among the FAILED."""
    kind = kind_of_call(row[_OUTCOME_AT], row[_STATUS_AT])
    return (FAULTY, FAILED) if kind == FAULTY else (kind,)


def first_place(number: int, kind: int) -> int:
    """The place before every hot row of that account and kind."""
    place = (number << _KIND_BITS | (kind != SUCCEEDED)) << SEQUENCE_BITS
    return place | _FAULTY_PLACE if kind == FAULTY else place


def kind_of(place: int) -> tuple[int, int]:
    """(account number, kind) of a place."""
    if place & _FAULTY_PLACE:
        return (place ^ _FAULTY_PLACE) >> SEQUENCE_BITS + _KIND_BITS, FAULTY
    kind = place >> SEQUENCE_BITS
    return kind >> _KIND_BITS, kind & 1


def hot_row(record: CallRecord, sequence: int, account: int) -> Row:
    """What ``INSERT`` takes. Half a surrogate pair, which UTF-8 lacks, becomes its escape."""
    values = msgspec.structs.astuple(record)
    try:
        call = _ENCODE(values)
    except UnicodeEncodeError:
        call = _ENCODE(tuple(map(_encodable, values)))
    place = first_place(account, kind_of_call(record.outcome, record.status_code)) + sequence
    return place, record.started_at_ms, zlib.crc32(call), call


def unpack_call(place: int, checksum: int, call: bytes) -> Row:
    """The row of a packed call. Raises BlockDamaged when its bytes are not those written."""
    sequence = place & SEQUENCE_MASK
    if zlib.crc32(call) != checksum:
        raise BlockDamaged(f"The call with sequence {sequence} cannot be read: wrong checksum.")
    values = _DECODE(call)
    values[_SEQUENCE_AT] = sequence
    return tuple(values)


def key_of(row: Row) -> Key:
    return row[_TIME_AT], row[_SEQUENCE_AT]


def packed_again(row: Row, account: int) -> Row:
    """A row of a file of format 1 as ``INSERT`` takes it."""
    call = _ENCODE(row)
    kind = kind_of_call(row[_OUTCOME_AT], row[_STATUS_AT])
    place = first_place(account, kind) + row[_SEQUENCE_AT]
    return place, row[_TIME_AT], zlib.crc32(call), call


def oldest(connection: sqlite3.Connection, number: int, kind: int, calls_max: int) -> list[Packed]:
    """The hot rows of an account that are to be sealed next, in the order they came."""
    start = first_place(number, kind)
    return connection.execute(
        "SELECT place, checksum, call FROM hot WHERE place BETWEEN ? AND ? ORDER BY place LIMIT ?",
        (start, start + SEQUENCE_MASK, calls_max),
    ).fetchall()


def places(
    connection: sqlite3.Connection, account_id: str | None, where: str, values: Sequence[Any]
) -> list[tuple[int, int, int]]:
    """(started_at_ms, sequence, place) of the hot rows for which *where* holds, newest first.

    *account_id* None means every account.
    """
    bounds: list[int] = []
    if account_id is not None:
        number = account_number(connection, account_id)
        where += " AND (place BETWEEN ? AND ? OR place BETWEEN ? AND ?)"
        faulty = first_place(number, FAULTY)
        bounds = [first_place(number, SUCCEEDED), first_place(number + 1, SUCCEEDED) - 1]
        bounds += [faulty, faulty + SEQUENCE_MASK]
    found = connection.execute(
        f"SELECT started_at_ms, place & {SEQUENCE_MASK}, place FROM hot WHERE {where}",  # noqa: S608  # values are bound
        [*values, *bounds],
    ).fetchall()
    found.sort(reverse=True)
    return found


def read(connection: sqlite3.Connection, place: int) -> Row:
    found = connection.execute("SELECT place, checksum, call FROM hot WHERE place = ?", (place,))
    return unpack_call(*present(found.fetchone()))


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
