"""The inside of a day's file: its tables and its connections.

A row of ``hot`` keeps the calls of one account in one commit. Sealing moves them into ``blocks``.
Their bitmaps are then gathered into ``groups``. A call is in either ``hot`` or ``frames``, because
one transaction moves it. ``user_version`` is the format's version. A file with another version is
refused.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from leadwire.calls.record import FIELDS, NUMBER_FIELDS, CallRecord
from leadwire.database.mark import MARK_INSERT, MARK_TABLE, Mark
from leadwire.disk import flush, synchronous
from leadwire.errors import SetupError
from leadwire.folder_identity import CALLS_FOLDER

FORMAT_VERSION: Final = 1
APPLICATION_ID: Final = 0x4C574341  # "LWCA"
BUSY_WAIT_SECONDS: Final = 10.0
NEW_SUFFIX: Final = ".new"
"""The ending of a file that is still being made."""
_PAGE_BYTES: Final = 8192
_PIECE_BYTES: Final = 1 << 20
_READ_CACHE_KB: Final = 512
"""Per reading connection. Small, because most pages are read once and the system caches files."""

SEQUENCE_BITS: Final = 40
SEQUENCE_MASK: Final = (1 << SEQUENCE_BITS) - 1

Row = tuple[Any, ...]
"""A call's fields in the order of ``FIELDS``."""

Columns = list[Sequence[Any]]
"""Calls side by side: a sequence of values for each of ``FIELDS``."""

SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE accounts (number INTEGER PRIMARY KEY, account_id TEXT NOT NULL UNIQUE)",
    # place: account, kind and sequence in one number (hot.py). So the rows of a future block are
    # adjacent, and sealing frees whole pages instead of changing hundreds.
    """CREATE TABLE hot (
        place INTEGER PRIMARY KEY, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
        calls INTEGER NOT NULL, last_sequence INTEGER NOT NULL, checksum INTEGER NOT NULL,
        packed BLOB NOT NULL, digest BLOB NOT NULL)""",
    "CREATE INDEX hot_by_time ON hot (last_ms, first_ms)",
    # failed: 1 when the outcome is not success. Failed calls are sealed apart from the others,
    # so that looking for errors opens blocks full of errors.
    """CREATE TABLE blocks (
        block_id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, failed INTEGER NOT NULL,
        first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, calls INTEGER NOT NULL,
        group_id INTEGER, sequence_max INTEGER NOT NULL, summary BLOB, digest BLOB NOT NULL)""",
    "CREATE INDEX blocks_by_time ON blocks (last_ms, first_ms)",
    "CREATE INDEX blocks_ungrouped ON blocks (account_id, failed) WHERE group_id IS NULL",
    "CREATE INDEX blocks_by_group ON blocks (group_id) WHERE group_id IS NOT NULL",
    """CREATE TABLE frames (
        block_id INTEGER PRIMARY KEY, ids BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL)""",
    """CREATE TABLE bitmaps (
        block_id INTEGER PRIMARY KEY, bits BLOB NOT NULL, digest BLOB NOT NULL)""",
    """CREATE TABLE groups (
        group_id INTEGER PRIMARY KEY, account_id TEXT NOT NULL, failed INTEGER NOT NULL,
        first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, calls INTEGER NOT NULL,
        blocks BLOB NOT NULL, summary BLOB NOT NULL, digest BLOB NOT NULL)""",
    "CREATE TABLE slices (slice_id INTEGER PRIMARY KEY, bits BLOB NOT NULL)",
    # The tombstone of an erased call: its number, its digest and its erasure.
    """CREATE TABLE tombstones (
        sequence INTEGER PRIMARY KEY, digest BLOB NOT NULL, erasure INTEGER NOT NULL,
        seal BLOB NOT NULL)""",
)


def _made_by_keywords() -> Callable[[Row], CallRecord]:
    """``CallRecord(call_id=row[0], sequence=row[1], …)`` with every field of the record."""
    values = (
        # A block returns flags as numbers, but the record needs bool.
        f"{name}=row[{place}]{' == 1' if NUMBER_FIELDS.get(name) is bool else ''}"
        for place, name in enumerate(FIELDS)
    )
    source = f"lambda row: CallRecord({', '.join(values)})"
    # Generated as source, because **keywords take 1.5 times as long, and a page makes 1,000 calls.
    made: Callable[[Row], CallRecord] = eval(source, {"CallRecord": CallRecord})  # noqa: S307  # names of the class above
    return made


record_of: Final = _made_by_keywords()
"""The record of a row."""


def open_writable(path: Path, *, folder_id: str = "") -> sqlite3.Connection:
    """The one writing connection of a day's file. Creates a missing file.

    *folder_id* is the data folder in the mark of a new file; empty for none. Raises sqlite3.Error,
    OSError, and SetupError if the file has another format.
    """
    if not path.exists():
        _make(path, folder_id)
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_WAIT_SECONDS
    )
    try:
        connection.execute(synchronous("FULL"))
        connection.execute("PRAGMA journal_mode = WAL")
        _check_format(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_readable(path: Path) -> sqlite3.Connection:
    """A connection that cannot write.

    Raises sqlite3.Error if the file or its tables are missing, and SetupError if the file has
    another format. The connection never checkpoints, not even on close. Only the writer does,
    because two checkpointing connections can corrupt a file in SQLite before 3.51.3.
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        return _open_readable(path, "mode=ro")
    except sqlite3.OperationalError:
        may_write = os.access(
            path.parent, os.W_OK, effective_ids=os.access in os.supports_effective_ids
        )
        if may_write or not path.exists() or (log.exists() and log.stat().st_size):
            raise
    # In a read-only folder SQLite cannot create the index of a log, and needs none if there is no
    # log.
    return _open_readable(path, "immutable=1")


def _open_readable(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_WAIT_SECONDS,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute(f"PRAGMA cache_size = -{_READ_CACHE_KB}")
        _check_format(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def flush_log(path: Path) -> None:
    """Write the visible content of a day's log again, and flush it.

    After a failed flush, Linux shows bytes that it will never write. Bytes added after such a hole,
    or copied from it, are lost in a power failure. So this runs before a log is used again. It
    changes no byte, so others may read meanwhile. Raises OSError.
    """
    log = path.with_name(f"{path.name}-wal")
    if not log.exists():
        return
    with log.open("r+b") as file:
        start = 0
        while piece := file.read(_PIECE_BYTES):
            file.seek(start)
            file.write(piece)
            start += len(piece)
            file.seek(start)
        file.flush()
        flush(file.fileno())


def _check_format(connection: sqlite3.Connection, path: Path) -> None:
    """Raises sqlite3.DatabaseError for a file without tables, SetupError for another format."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if not version:
        raise sqlite3.DatabaseError("the file has no tables.")
    if version != FORMAT_VERSION:
        raise SetupError(
            f"{path.name} has format {version} and this leadwire reads format {FORMAT_VERSION}: "
            "use the leadwire that wrote the file."
        )


def last_sequence(connection: sqlite3.Connection) -> int:
    """The greatest sequence in a day's file; 0 if it is empty."""
    statements = (
        "SELECT max(last_sequence) FROM hot",
        "SELECT max(sequence_max) FROM blocks",
        "SELECT max(sequence) FROM tombstones",
    )
    return max(connection.execute(statement).fetchone()[0] or 0 for statement in statements)


def _make(path: Path, folder_id: str) -> None:
    """Create the file under another name first, so that a day's file always has tables.

    Its name is durable once the folder is flushed.
    """
    new = path.with_name(path.name + NEW_SUFFIX)
    connection = make_tables(new, Mark(folder_id, day_part(path)))
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    new.replace(path)


def make_tables(new: Path, mark: Mark | None) -> sqlite3.Connection:
    """A new file with the tables of a day and *mark*. An earlier file is removed.

    It has no log yet. After an interruption, it is created again.
    """
    new.unlink(missing_ok=True)
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        new.chmod(0o600)  # before the first write, because its log inherits the mode
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute(synchronous("FULL"))
        connection.execute("BEGIN IMMEDIATE")
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute(MARK_TABLE)
        if mark is not None:
            connection.execute(MARK_INSERT, mark)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def day_part(path: Path) -> str:
    """The path in the data folder that the mark of a day's file names."""
    return f"{CALLS_FOLDER}/{path.name}"
