"""What a day that is over says of itself, so that anything missing later can be noticed."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
import numpy as np

from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.schema import FIELDS, WIDE_FORMAT, has_table
from leadwire.calls.stores.sqlite.walk import read_block

Runs = list[tuple[int, int]]
"""Sequences as ranges, first and last inclusive, in order."""


_SEQUENCE_AT: Final = FIELDS.index("sequence")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Written when the last hot row of a day has been sealed."""

    blocks: int
    calls: int
    sequences: Runs
    chain: str
    """The digest of the last block, which depends on every block before."""


def runs_of(sequences: Iterable[int]) -> Runs:
    """The ranges that *sequences*, in any order, make up."""
    ordered = np.unique(np.fromiter(sequences, np.int64))
    if not len(ordered):
        return []
    breaks = np.flatnonzero(np.diff(ordered) != 1)
    firsts = [ordered[0], *ordered[breaks + 1]]
    lasts = [*ordered[breaks], ordered[-1]]
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def joined_runs(runs: Iterable[tuple[int, int]]) -> Runs:
    """Ranges in order, those that touch as one. They must not overlap."""
    joined: Runs = []
    for first, last in sorted(runs):
        if joined and joined[-1][1] + 1 == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def sequences_in(connection: sqlite3.Connection) -> Iterator[int]:
    """The sequence of every call in the file, in no order."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    wide = "hot" if version == WIDE_FORMAT else "wide"
    if has_table(connection, wide):
        yield from (row[0] for row in connection.execute(f"SELECT sequence FROM {wide}"))  # noqa: S608  # our own name
    if version == WIDE_FORMAT:
        return
    for packed in connection.execute(
        f"SELECT place, checksum, packed FROM {hot.table(connection)}"  # noqa: S608  # our own name
    ):
        yield from hot.unpack(*packed)[_SEQUENCE_AT]
    for (block_id,) in connection.execute("SELECT block_id FROM blocks").fetchall():
        yield from read_block(connection, block_id).sequences.tolist()


def read_manifest(connection: sqlite3.Connection) -> Manifest | None:
    found = connection.execute("SELECT value FROM meta WHERE name = 'manifest'").fetchone()
    return msgspec.json.decode(found[0], type=Manifest) if found else None


def write_manifest(connection: sqlite3.Connection, manifest: Manifest) -> None:
    """Replaces the manifest in its own transaction."""
    connection.execute(
        "INSERT OR REPLACE INTO meta VALUES ('manifest', ?)", (msgspec.json.encode(manifest),)
    )


def is_closed(connection: sqlite3.Connection) -> bool:
    """Whether nothing came to the day since its manifest was written."""
    if has_table(connection, "wide"):
        return False
    manifest = read_manifest(connection)
    [blocks] = connection.execute("SELECT count(*) FROM blocks").fetchone()
    hot_row = connection.execute("SELECT place FROM hot LIMIT 1").fetchone()
    return manifest is not None and manifest.blocks == blocks and hot_row is None
