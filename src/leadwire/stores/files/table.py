"""One SQLite table: each row has a record as JSON, its id and its time.

Several processes can write, since SQLite locks the file. With a rollback journal, a closed log is a
single file.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from leadwire.calls.sent import SentCall

_LOCK_WAIT_SECONDS: Final = 5.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS sent_calls (
    call_id TEXT PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    record BLOB NOT NULL
) WITHOUT ROWID
"""
_INDEX: Final = "CREATE INDEX IF NOT EXISTS sent_calls_by_time ON sent_calls (started_at_ms)"
_INSERT: Final = "INSERT OR IGNORE INTO sent_calls VALUES (?, ?, ?)"
_DELETE: Final = "DELETE FROM sent_calls WHERE started_at_ms < ?"
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(SentCall)


class CallTable:
    """The table, opened for writing. For one thread at a time. Raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=_LOCK_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._connection.execute(_TABLE)
            self._connection.execute(_INDEX)
        except sqlite3.Error:
            self._connection.close()
            raise

    def add(self, record: SentCall) -> None:
        """Store a record. It is committed on return."""
        row = (record.call_id, record.started_at_ms, _ENCODER.encode(record))
        self._connection.execute(_INSERT, row)

    def remove_before(self, at_ms: int) -> None:
        self._connection.execute(_DELETE, (at_ms,))

    def close(self) -> None:
        self._connection.close()


def records_of_table(path: Path) -> Iterator[SentCall | str]:
    """The records of a file, oldest first, or a sentence for an unreadable record."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT call_id, record FROM sent_calls ORDER BY started_at_ms, call_id"
        )
        for call_id, record in rows:
            try:
                yield _DECODER.decode(record)
            except (msgspec.DecodeError, UnicodeDecodeError):
                yield f"The record of call {call_id} in {path.name} cannot be read."
    finally:
        connection.close()
