"""The mark in every database file: its data folder and its place there.

Each file has the table ``folder`` with one row. A copied or renamed file keeps the mark of its
original place.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

MARK_TABLE: Final = "CREATE TABLE folder (folder_id TEXT NOT NULL, part TEXT NOT NULL)"
MARK_INSERT: Final = "INSERT INTO folder VALUES (?, ?)"
_BUSY_WAIT_SECONDS: Final = 10.0


class Mark(NamedTuple):
    folder_id: str
    part: str
    """The file's path in the folder."""


def read_mark(connection: sqlite3.Connection) -> Mark | None:
    """The file's mark, or None. Raises sqlite3.Error for a damaged file."""
    found = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'folder'").fetchone()
    row = connection.execute("SELECT folder_id, part FROM folder").fetchone() if found else None
    return Mark(*row) if row else None


@contextmanager
def opened_to_check(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing and never checkpoints. Raises sqlite3.Error.

    SQLite may roll back the journal of a killed process.
    """
    journal = path.with_name(f"{path.name}-journal")
    has_journal = journal.exists() and journal.stat().st_size > 0
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rw' if has_journal else 'ro'}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_WAIT_SECONDS,
    )
    try:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA query_only = ON")
        yield connection
    finally:
        connection.close()


def make_empty_file(path: Path) -> None:
    """Create a file that only its owner can read. Its ``-wal`` and ``-journal`` get the same mode.

    Does nothing if the file exists. Raises OSError.
    """
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
