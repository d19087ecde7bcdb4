"""Hot calls: as they arrived, before they are sealed into blocks.

A chunk holds the calls of one account and kind in one commit: column by column, in msgpack, with a
checksum. A chunk of large bodies is a zstd frame, so that its commit does not keep others waiting.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.record import FIELDS, CallRecord
from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.frames import FRAME_START, compressed, decompressed, size_decompressed
from leadwire.stores.sqlite.schema import SEQUENCE_BITS, SEQUENCE_MASK, Columns, Row

INSERT: Final = "INSERT INTO hot VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
SUCCEEDED, FAILED, FAULTY = 0, 1, 2
"""Kinds of calls. FAULTY means a status of 500 or above. These calls are few and searched most."""
_STATUS_SERVER: Final = 500
_KIND_BITS: Final = 2
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_ACCOUNT_AT: Final = FIELDS.index("account_id")
_OUTCOME_AT: Final = FIELDS.index("outcome")
_STATUS_AT: Final = FIELDS.index("status_code")
_TIME_AT: Final = FIELDS.index("started_at_ms")
_TUPLE: Final = msgspec.structs.astuple
_KEY: Final = attrgetter("account_id", "outcome", "status_code")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(Columns).decode
_CHUNK_CALLS_MAX: Final = 64
_CHUNK_BYTES_MAX: Final = 524_288
_LARGE_BYTES: Final = 16_384
"""Chunks with more for each call are compressed. The others are searched as they are stored."""

Key = tuple[int, int]
"""(started_at_ms, sequence): the place of a call in the order of the store."""

Packed = tuple[int, int, bytes]
"""(place, checksum, packed): the argument of ``unpack``. The checksum is of *packed* as stored."""

Group = tuple[list[int], list[CallRecord]]
"""Calls of one account and kind, and their sequences."""

HotRow = tuple[int, int, int, int, int, int, bytes, bytes]
"""What ``INSERT`` takes: the place of the first call, the instants of the oldest and the newest,
how many they are, the sequence of the last, checksum, packed, keyed digest."""


class Limits(NamedTuple):
    """The maximum size of a block."""

    calls: int
    bytes_max: int


class Chunk(NamedTuple):
    """A hot row whose calls may match a query."""

    last_ms: int
    place: int


class Accounts:
    """The number of each account id in one day's file. For its writer."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = dict(
            connection.execute("SELECT account_id, number FROM accounts")
        )

    def number(self, account_id: str) -> int:
        """The account's number, new if necessary. Call it inside a transaction."""
        number = self._numbers.get(account_id)
        if number is None:
            self._connection.execute(
                "INSERT OR IGNORE INTO accounts (account_id) VALUES (?)", (account_id,)
            )
            number = account_number(self._connection, account_id)
            self._numbers[account_id] = number
        return number


def account_number(connection: sqlite3.Connection, account_id: str) -> int:
    """The number of an account in this file; 0 if the file has no calls of it."""
    found = connection.execute("SELECT number FROM accounts WHERE account_id = ?", (account_id,))
    row = found.fetchone()
    return row[0] if row else 0


def kind_of_call(outcome: str, status_code: int) -> int:
    """Calls of one account and kind are sealed together."""
    if outcome == "success":
        return SUCCEEDED
    return FAULTY if status_code >= _STATUS_SERVER else FAILED


def kind_of_row(row: Row) -> int:
    return kind_of_call(row[_OUTCOME_AT], row[_STATUS_AT])


def first_place(number: int, kind: int) -> int:
    """The place before every hot row of that account and kind."""
    return (number << _KIND_BITS | kind) << SEQUENCE_BITS


def kind_of(place: int) -> tuple[int, int]:
    """(account number, kind) of a place."""
    return divmod(place >> SEQUENCE_BITS, 1 << _KIND_BITS)


def hot_rows(
    records: Sequence[CallRecord], first_sequence: int, accounts: Accounts, chain: DayChain
) -> list[HotRow]:
    """*records*, numbered from *first_sequence* on, in chunks.

    Half of a surrogate pair is replaced by its escape, because UTF-8 cannot hold it.
    """
    found: dict[int, Group] = {}
    groups: dict[tuple[str, str, int], Group] = {}
    for sequence, record in enumerate(records, first_sequence):
        group = groups.get(key := _KEY(record))
        if group is None:
            kind = kind_of_call(record.outcome, record.status_code)
            start = first_place(accounts.number(record.account_id), kind)
            # Several keys can share one place: the kind depends only on outcome and status class.
            group = groups[key] = found.setdefault(start, ([], []))
        group[0].append(sequence)
        group[1].append(record)
    rows: list[HotRow] = []
    for start, (sequences, calls) in found.items():
        for first in range(0, len(calls), _CHUNK_CALLS_MAX):
            end = first + _CHUNK_CALLS_MAX
            columns: Columns = [*zip(*map(_TUPLE, calls[first:end]), strict=True)]
            columns[_SEQUENCE_AT] = sequences[first:end]
            rows += packed_rows(start, columns, chain)
    return rows


def text_of(place: int, checksum: int, packed: bytes) -> bytes:
    """The msgpack of a chunk. Raises BlockDamaged if its bytes changed since they were written."""
    try:
        is_whole = zlib.crc32(packed) == checksum
    except TypeError:  # so damaged that it is not bytes
        is_whole = False
    if not is_whole:
        sequence = place & SEQUENCE_MASK
        why = "wrong checksum" if packed else "their row is missing"
        raise BlockDamaged(f"The calls from sequence {sequence} cannot be read: {why}.")
    return decompressed(packed) if _is_frame(packed) else packed


def _is_frame(packed: bytes) -> bool:
    # No list in msgpack begins so.
    return packed[: len(FRAME_START)] == FRAME_START


def unpack(place: int, checksum: int, packed: bytes) -> Columns:
    """The calls of a chunk. Raises BlockDamaged as ``text_of`` does."""
    try:
        return _DECODE(text_of(place, checksum, packed))
    except msgspec.MsgspecError as error:
        sequence = place & SEQUENCE_MASK
        raise BlockDamaged(f"The calls from sequence {sequence} are no chunk: {error}") from error


def rows_of(columns: Columns) -> list[Row]:
    return list(zip(*columns, strict=True))


def key_of(row: Row) -> Key:
    return row[_TIME_AT], row[_SEQUENCE_AT]


def oldest(connection: sqlite3.Connection, number: int, kind: int, limits: Limits) -> list[Packed]:
    """The chunks of an account that are to be sealed next, in the order they came.

    Enough chunks to reach one of *limits*, or all.
    """
    start = first_place(number, kind)
    found: list[Packed] = []
    calls, size = 0, 0
    with closing(
        connection.execute(
            "SELECT place, checksum, packed, calls FROM hot WHERE place BETWEEN ? AND ? "
            "ORDER BY place",
            (start, start + SEQUENCE_MASK),
        )
    ) as cursor:
        for place, checksum, packed, in_chunk in cursor:
            size += size_decompressed(packed) if _is_frame(packed) else len(packed)
            # At least one chunk, even if it is too large, or it would never be sealed.
            if found and size > limits.bytes_max:
                break
            found.append((place, checksum, packed))
            calls += in_chunk
            if calls >= limits.calls:
                break
    return found


def chunks(
    connection: sqlite3.Connection, account_id: str | None, where: str, values: Sequence[Any]
) -> list[Chunk]:
    """The chunks that match *where*, newest first. *account_id* None reads every account."""
    select = f"SELECT last_ms, place FROM hot WHERE {where}"  # noqa: S608  # values are bound
    if account_id is not None:
        number = account_number(connection, account_id)
        select += " AND place BETWEEN ? AND ?"
        values = [*values, first_place(number, SUCCEEDED), first_place(number + 1, SUCCEEDED) - 1]
    found = connection.execute(select, values).fetchall()
    return sorted(map(Chunk._make, found), reverse=True)


def read(connection: sqlite3.Connection, places: Sequence[int]) -> list[Packed]:
    """The chunks at *places*, in that order, as input of ``unpack``.

    A chunk that is missing or cannot be read is replaced by one that ``check`` refuses. So its
    loss is reported, and the other chunks are still read.
    """
    try:
        found = connection.execute(
            "SELECT place, checksum, packed FROM hot "  # noqa: S608  # numbers
            f"WHERE place IN ({','.join(map(str, places))})"
        ).fetchall()
    except sqlite3.DatabaseError:
        # One damaged page fails the whole statement, so read the chunks one by one.
        if len(places) > 1:
            return [chunk for place in places for chunk in read(connection, [place])]
        found = []
    chunks = {chunk[0]: chunk for chunk in found if isinstance(chunk[-1], bytes)}
    return [chunks.get(place) or (place, -1, b"") for place in places]


def packed_rows(start: int, columns: Columns, chain: DayChain) -> Iterator[HotRow]:
    """Calls of one account and kind, whose ``first_place`` is *start*, as ``INSERT`` takes them.

    They become one chunk, or several when one would be too large.
    """
    packed = _packed(columns)
    half = len(columns[0]) // 2
    if len(packed) <= _CHUNK_BYTES_MAX or not half:
        yield _row(start, columns, packed, chain)
    else:
        yield from packed_rows(start, [column[:half] for column in columns], chain)
        yield from packed_rows(start, [column[half:] for column in columns], chain)


def _packed(columns: Columns) -> bytes:
    try:
        return _ENCODE(columns)
    except UnicodeEncodeError:
        # Slow, so only after the fast way failed.
        return _ENCODE([list(map(_encodable, column)) for column in columns])


def _row(start: int, columns: Columns, packed: bytes, chain: DayChain) -> HotRow:
    times, sequences = columns[_TIME_AT], columns[_SEQUENCE_AT]
    if len(packed) > _LARGE_BYTES * len(times):
        packed = compressed(packed)
    described = (
        start + sequences[0], min(times), max(times), len(times), sequences[-1],
        zlib.crc32(packed),
    )  # fmt: skip
    return (*described, packed, chain.hot(described, packed))


def _encodable(value: object) -> object:
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
