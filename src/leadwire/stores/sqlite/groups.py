"""Bitmaps of up to 64 blocks, transposed so that one small read covers all of them.

The bytes at one position of all bitmaps are adjacent. A row of ``slices`` holds a short run of
positions. So a needle with a dozen grams needs a dozen small reads per group, for bitmaps of any
size.
"""

import sqlite3
import threading
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import zstandard

from leadwire.stores.sqlite.bits import Bits, blocks_with
from leadwire.stores.sqlite.damage import BlockDamaged, present
from leadwire.stores.sqlite.grams import BITMAP_BYTES

BLOCKS_MAX: Final = 64
_SLICE_BYTES: Final = 1984
"""So that four slices fill a page."""
_SLICES_PER_GROUP_MAX: Final = 1 << 15
_CHECKSUM_BYTES: Final = 4
_RAW, _PACKED = b"\0", b"\1"


class _Codecs(threading.local):
    """zstd contexts must not be used by two threads at once."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()


_CODECS: Final = _Codecs()


def slices_of(bitmaps: Sequence[bytes], group_id: int) -> list[tuple[int, bytes]]:
    """The rows of ``slices`` for the bitmaps of a group, in the order of its blocks."""
    blocks = len(bitmaps)
    turned = np.array([np.frombuffer(bitmap, np.uint8) for bitmap in bitmaps]).T.tobytes()
    size = _places_per_slice(blocks) * blocks
    compressor = zstandard.ZstdCompressor(level=1)
    rows = []
    for number, start in enumerate(range(0, len(turned), size)):
        raw = turned[start : start + size]
        packed = compressor.compress(raw)
        bits = _PACKED + packed if len(packed) < len(raw) * 3 // 4 else _RAW + raw
        rows.append((group_id * _SLICES_PER_GROUP_MAX + number, with_checksum(bits)))
    return rows


def candidates(connection: sqlite3.Connection, group_id: int, blocks: int, bits: Bits) -> list[int]:
    """The numbers of the group's blocks that can have a match."""
    places = _places_per_slice(blocks)
    slices: dict[int, bytes] = {}

    def has(bit: int) -> int:
        number, place = divmod(bit >> 3, places)
        if number not in slices:
            slices[number] = _slice(connection, group_id, number)
        bytes_of_blocks = slices[number][place * blocks : (place + 1) * blocks]
        return int.from_bytes(bytes_of_blocks, "little") >> (bit & 7)

    # One byte for each block; only its lowest bit is used.
    left = blocks_with(bits, int.from_bytes(b"\1" * blocks, "little"), has)
    return [number for number, flag in enumerate(left.to_bytes(blocks, "little")) if flag]


def slices_per_group(blocks: int) -> int:
    """How many slices a group of *blocks* has."""
    return -(-BITMAP_BYTES // _places_per_slice(blocks))


def slice_range(group_id: int) -> tuple[int, int]:
    """The first slice of a group, and the first of the next one."""
    return group_id * _SLICES_PER_GROUP_MAX, (group_id + 1) * _SLICES_PER_GROUP_MAX


def _slice(connection: sqlite3.Connection, group_id: int, number: int) -> bytes:
    found = connection.execute(
        "SELECT bits FROM slices WHERE slice_id = ?", (group_id * _SLICES_PER_GROUP_MAX + number,)
    )
    bits = checked(*present(found.fetchone()))
    if bits[:1] == _RAW:
        return bits[1:]
    return _CODECS.decompressor.decompress(bits[1:])


def with_checksum(bits: bytes) -> bytes:
    return bits + zlib.crc32(bits).to_bytes(_CHECKSUM_BYTES, "little")


def checked(stored: bytes) -> bytes:
    """Check and remove the checksum of ``with_checksum``. Raises BlockDamaged if it differs.

    A lost bit would silently hide matches, so every read checks.
    """
    bits = stored[:-_CHECKSUM_BYTES]
    if zlib.crc32(bits) != int.from_bytes(stored[-_CHECKSUM_BYTES:], "little"):
        raise BlockDamaged("The bits of some blocks cannot be read: wrong checksum.")
    return bits


def _places_per_slice(blocks: int) -> int:
    return max(1, _SLICE_BYTES // blocks)
