"""The manifest of a day that is over. It shows later whether anything is missing."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from leadwire.calls.record import FIELDS
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.ledger import Runs
from leadwire.stores.sqlite.schema import SEQUENCE_MASK

_SEQUENCE_AT: Final = FIELDS.index("sequence")
_LOST_MAX: Final = 1_000_000
"""If more calls are missing between two chunks, the row's columns are damaged too."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Written when the last hot row of a day has been sealed."""

    blocks: int
    calls: int
    sequences: Runs
    chain: str
    """The digest of the last block, which depends on every block before."""
    digest: str = ""
    """The keyed digest of all fields above."""

    def is_authentic(self, chain: DayChain) -> bool:
        """Whether it was written with the key of *chain*."""
        return self.digest == _digest(self, chain)


def runs_of(sequences: Iterable[int]) -> Runs:
    """*sequences*, in any order, as ranges."""
    ordered = np.unique(np.fromiter(sequences, np.int64))
    if not len(ordered):
        return []
    breaks = np.flatnonzero(np.diff(ordered) != 1)
    firsts = [ordered[0], *ordered[breaks + 1]]
    lasts = [*ordered[breaks], ordered[-1]]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def sequences_in(connection: sqlite3.Connection, *, skip_damaged: bool = False) -> Iterator[int]:
    """The sequence of every call in the file, in no order. Raises BlockDamaged.

    It includes unreadable hot calls if their sequences are certain.
    """
    yield from (row[0] for row in connection.execute("SELECT sequence FROM tombstones"))
    hot_sequences, lost = _hot_sequences(connection)
    yield from hot_sequences
    others = set(hot_sequences) if lost else None
    for (block_id,) in connection.execute("SELECT block_id FROM blocks").fetchall():
        try:
            sequences = read_block(connection, block_id).sequences.tolist()
        except BlockDamaged:
            if not skip_damaged:
                raise
            continue
        if others is not None:
            others.update(sequences)
        yield from sequences
    yield from sequences_of_lost(lost, others or set())


def _hot_sequences(connection: sqlite3.Connection) -> tuple[list[int], list[tuple[int, int, int]]]:
    """The readable sequences, and the first, last and count of each unreadable chunk."""
    found: list[int] = []
    lost = []
    for place, checksum, packed, last, calls in connection.execute(
        "SELECT place, checksum, packed, last_sequence, calls FROM hot"
    ):
        try:
            found += hot.unpack(place, checksum, packed)[_SEQUENCE_AT]
        except BlockDamaged:
            lost.append((place & SEQUENCE_MASK, last, calls))
    return found, lost


def sequences_of_lost(lost: Sequence[tuple[int, int, int]], others: set[int]) -> set[int]:
    """The sequences of calls in unreadable chunks; empty if they are not certain.

    One commit numbers the calls of a file consecutively, and a chunk belongs to one commit. So a
    sequence inside the chunk's range that is nowhere else belongs to an unreadable chunk.
    """
    if sum(last - first for first, last, _ in lost) > _LOST_MAX:
        return set()
    between = {number for first, last, _ in lost for number in range(first, last + 1)} - others
    return between if len(between) == sum(calls for *_, calls in lost) else set()


def read_manifest(connection: sqlite3.Connection) -> Manifest | None:
    """The day's manifest, or None. Raises BlockDamaged if it is unreadable."""
    found = connection.execute("SELECT value FROM meta WHERE name = 'manifest'").fetchone()
    try:
        return msgspec.json.decode(found[0], type=Manifest) if found else None
    except (msgspec.MsgspecError, TypeError) as error:
        raise BlockDamaged(f"The day's manifest cannot be read: {error}") from error


def write_manifest(connection: sqlite3.Connection, manifest: Manifest, chain: DayChain) -> None:
    """Replace the manifest."""
    manifest = msgspec.structs.replace(manifest, digest=_digest(manifest, chain))
    connection.execute(
        "INSERT OR REPLACE INTO meta VALUES ('manifest', ?)", (msgspec.json.encode(manifest),)
    )


def content_of(connection: sqlite3.Connection) -> tuple[int, bool]:
    """The number of calls in a day's file, and whether the day is closed."""
    [sealed] = connection.execute("SELECT coalesce(sum(calls), 0) FROM blocks").fetchone()
    [unsealed] = connection.execute("SELECT coalesce(sum(calls), 0) FROM hot").fetchone()
    return sealed + unsealed, is_closed(connection)


def is_closed(connection: sqlite3.Connection) -> bool:
    """Whether no call was added since the manifest was written."""
    try:
        manifest = read_manifest(connection)
    except BlockDamaged:
        return False
    [blocks] = connection.execute("SELECT count(*) FROM blocks").fetchone()
    hot_row = connection.execute("SELECT place FROM hot LIMIT 1").fetchone()
    return manifest is not None and manifest.blocks == blocks and hot_row is None


def _digest(manifest: Manifest, chain: DayChain) -> str:
    unsigned = msgspec.structs.replace(manifest, digest="")
    return chain.manifest(msgspec.msgpack.encode(unsigned)).hex()
