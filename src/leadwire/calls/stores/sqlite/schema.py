"""The inside of a day's file: tables, connections, and how a record becomes a row and back.

``hot`` holds rows as they arrived, every field of the record in a column of its name.
``user_version`` is the version of the format. A file of an older version stays readable.
"""

import sqlite3
from pathlib import Path
from typing import Any, Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.errors import SetupError

FORMAT_VERSION: Final = 1
APPLICATION_ID: Final = 0x4C574341  # "LWCA"
BUSY_WAIT_SECONDS: Final = 10.0

FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(CallRecord))
_TYPES: Final = {
    "duration_ms": "REAL",
    **dict.fromkeys(
        (
            "started_at_ms",
            "request_body_bytes",
            "response_body_bytes",
            "status_code",
            "truncated",
            "redacted",
        ),
        "INTEGER",
    ),
}
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_TRUNCATED_AT: Final = FIELDS.index("truncated")

Row = tuple[Any, ...]


def _column(name: str) -> str:
    if name == "sequence":
        return "sequence INTEGER PRIMARY KEY"
    return f"{name} {_TYPES.get(name, 'TEXT')} NOT NULL"


COLUMNS: Final = ", ".join(FIELDS)
INSERT: Final = f"INSERT INTO hot ({COLUMNS}) VALUES ({', '.join('?' * len(FIELDS))})"  # noqa: S608  # our own names
SCHEMA: Final = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
    f"CREATE TABLE hot ({', '.join(map(_column, FIELDS))})",
    # The rowid is the sequence, so each index also orders the rows of one millisecond.
    "CREATE INDEX hot_by_account ON hot (account_id, started_at_ms)",
    "CREATE INDEX hot_by_time ON hot (started_at_ms)",
    "CREATE INDEX hot_by_id ON hot (call_id)",
)


def row_of(record: CallRecord, sequence: int) -> Row:
    values = msgspec.structs.astuple(record)
    return (*values[:_SEQUENCE_AT], sequence, *values[_SEQUENCE_AT + 1 :])


def record_of(row: Row) -> CallRecord:
    values = dict(zip(FIELDS, row, strict=True))
    values["truncated"] = row[_TRUNCATED_AT] == 1
    return CallRecord(**values)


def open_writable(path: Path) -> sqlite3.Connection:
    """The one writing connection of a day's file, which is created when it is not there.

    Raises sqlite3.Error, and SetupError when the file is of a newer format.
    """
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_WAIT_SECONDS
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        _create(connection)
        _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_readable(path: Path) -> sqlite3.Connection | None:
    """A connection that cannot write; None while the file is still being made.

    Raises sqlite3.Error when there is no such file.

    Such a connection never checkpoints, not even on close: checkpoints are the writer's alone,
    because two checkpointing connections can corrupt a file in SQLite before 3.51.3.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_WAIT_SECONDS,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        is_made = _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    if not is_made:
        connection.close()
        return None
    return connection


def _create(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] != 0:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _check_version(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file has its tables. Raises SetupError when they are of a newer format."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT_VERSION:
        raise SetupError(
            f"{path.name} has format {version} and this leadwire reads up to {FORMAT_VERSION}: "
            "use the leadwire that wrote it, or a newer one."
        )
    return version > 0
