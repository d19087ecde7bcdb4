"""Find one call by its id, a UUID, in a day's file."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from leadwire.calls.record import FIELDS
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.bits import Set
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.damage import BlockDamaged, present
from leadwire.stores.sqlite.frames import decompressed
from leadwire.stores.sqlite.grams import bits_of_needle
from leadwire.stores.sqlite.ids import id_bytes, position_of_id
from leadwire.stores.sqlite.schema import Row
from leadwire.stores.sqlite.skipping import Skipping

_ID_AT: Final = FIELDS.index("call_id")
_BYTES_OF_TIME: Final = 6
_CHUNKS_AT_ONCE: Final = 64

Look = Callable[[], None]
"""Called repeatedly. Its exception ends the search."""


def row_by_instant(connection: sqlite3.Connection, call_id: str, look: Look) -> Row | None:
    """Find the call near the instant in its id, a UUIDv7."""
    wanted = id_bytes(call_id)
    if wanted is None:
        return None
    at_ms = int.from_bytes(wanted[:_BYTES_OF_TIME], "big")
    in_time, instants = "last_ms >= ? AND first_ms <= ?", (at_ms, at_ms)
    found = connection.execute(
        f"SELECT block_id FROM blocks WHERE {in_time} ORDER BY failed",  # noqa: S608  # our own names
        instants,
    )
    block_ids = [block_id for (block_id,) in found.fetchall()]
    return _hot_row(connection, call_id, (in_time, instants), look) or _sealed_row(
        connection, wanted, block_ids, look
    )


def row_anywhere(connection: sqlite3.Connection, call_id: str, look: Look) -> Row | None:
    """Find the call anywhere in the file. For example, the id of a gap has a different instant."""
    wanted = id_bytes(call_id)
    if wanted is None:
        return None
    return _hot_row(connection, call_id, ("1", ()), look) or _sealed_row(
        connection, wanted, _possible_blocks(connection, call_id), look
    )


def _possible_blocks(connection: sqlite3.Connection, call_id: str) -> Iterator[int]:
    skipping = Skipping(connection, Set(bits_of_needle(call_id.encode())))
    for group_id, packed in connection.execute("SELECT group_id, blocks FROM groups").fetchall():
        yield from skipping.of_group(group_id, msgspec.msgpack.decode(packed, type=list[int]))
    alone = connection.execute("SELECT block_id FROM blocks WHERE group_id IS NULL")
    yield from (block_id for (block_id,) in alone.fetchall() if skipping.is_possible(block_id))


def _hot_row(
    connection: sqlite3.Connection, call_id: str, where: tuple[str, Sequence[Any]], look: Look
) -> Row | None:
    wanted = call_id.encode()
    places = [chunk.place for chunk in hot.chunks(connection, None, *where)]
    for start in range(0, len(places), _CHUNKS_AT_ONCE):
        look()
        for packed in hot.read(connection, places[start : start + _CHUNKS_AT_ONCE]):
            if wanted in hot.text_of(*packed):  # raises if it is damaged: it may hold the call
                for row in hot.rows_of(hot.unpack(*packed)):
                    if row[_ID_AT] == call_id:
                        return row
    return None


def _sealed_row(
    connection: sqlite3.Connection, wanted: bytes, block_ids: Iterable[int], look: Look
) -> Row | None:
    for block_id in block_ids:
        look()
        found = connection.execute("SELECT ids FROM frames WHERE block_id = ?", (block_id,))
        try:
            [ids] = present(found.fetchone())
            position = position_of_id(decompressed(ids), wanted)
        except BlockDamaged:
            continue
        if position >= 0:
            return read_block(connection, block_id).rows_at([position])[0]
    return None
