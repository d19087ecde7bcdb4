"""What a day that is over says of itself, so that anything missing later can be noticed."""

import sqlite3
from collections.abc import Iterable

import msgspec

from leadwire.calls.stores.sqlite.schema import SEQUENCE_MASK, has_table

Runs = list[tuple[int, int]]
"""Sequences as ranges, first and last inclusive, in order."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Written when the last hot row of a day has been sealed."""

    blocks: int
    calls: int
    sequences: Runs
    chain: str
    """The digest of the last block, which depends on every block before."""


def runs_of(sequences: Iterable[int]) -> Runs:
    runs: Runs = []
    first = last = None
    for sequence in sorted(sequences):
        if first is None or last is None:
            first = last = sequence
        elif sequence == last + 1:
            last = sequence
        else:
            runs.append((first, last))
            first = last = sequence
    if first is not None and last is not None:
        runs.append((first, last))
    return runs


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
    hot_row = connection.execute(f"SELECT place & {SEQUENCE_MASK} FROM hot LIMIT 1").fetchone()  # noqa: S608  # a number
    return manifest is not None and manifest.blocks == blocks and hot_row is None
