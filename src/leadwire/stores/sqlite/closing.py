"""Close a finished day: seal all calls, write a manifest, compact the file."""

import sqlite3
from pathlib import Path

from leadwire.stores.sqlite.commits import committing, transaction
from leadwire.stores.sqlite.manifest import (
    Manifest,
    is_closed,
    runs_of,
    sequences_in,
    write_manifest,
)
from leadwire.stores.sqlite.schema import open_writable
from leadwire.stores.sqlite.sealer import Sealer


def close_day(connection: sqlite3.Connection, sealer: Sealer) -> bool:
    """Seal the rest and write the manifest. Returns False if the day is closed and compact."""
    if is_closed(connection):
        # Free pages mean that compacting failed or was killed, so repeat it.
        return bool(connection.execute("PRAGMA freelist_count").fetchone()[0])
    sealer.seal_everything()
    with transaction(connection):
        write_manifest(connection, manifest_of(connection), sealer.chain)
    return True


def compact(path: Path) -> None:
    """Rewrite the file without the free space that sealed rows left.

    Takes as long as copying the file. No other connection may have it open for writing.
    """
    connection = open_writable(path)
    try:
        with committing():
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def manifest_of(connection: sqlite3.Connection) -> Manifest:
    """The manifest of a day whose calls are all in blocks."""
    blocks = connection.execute(
        "SELECT block_id, calls, digest FROM blocks ORDER BY block_id"
    ).fetchall()
    return Manifest(
        blocks=len(blocks),
        calls=sum(calls for _, calls, _ in blocks),
        sequences=runs_of(sequences_in(connection)),
        chain=blocks[-1][2].hex() if blocks else "",
    )
