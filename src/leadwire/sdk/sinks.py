"""Sinks that keep a call log in files. ``leadwire calls search --file`` reads both kinds."""

import os
from pathlib import Path
from typing import IO, Final

from leadwire.calls.sent import SentCall
from leadwire.calls.stores.files.lines import line_of
from leadwire.calls.stores.files.table import CallTable
from leadwire.dates import DAY_MS
from leadwire.sdk.errors import Misuse

FILE_BYTES_MAX: Final = 67_108_864
FILES_KEPT: Final = 5
RETENTION_DAYS: Final = 30
_PRUNE_EVERY: Final = 1_000


class JsonLinesSink:
    """A file of JSON Lines, a record a line; rotated when it is full.

    *path* is the current file; a full one becomes ``calls.jsonl.1``, and of those *files_kept*
    are kept, the oldest dropped. Every record is handed to the system before the call returns;
    several processes need a file each. Folders are made; files are for their owner alone.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        file_bytes_max: int = FILE_BYTES_MAX,
        files_kept: int = FILES_KEPT,
    ) -> None:
        if file_bytes_max < 1 or files_kept < 1:
            raise Misuse("file_bytes_max and files_kept are at least 1.")
        self._path = Path(path)
        self._file_bytes_max = file_bytes_max
        self._files_kept = files_kept
        self._file: IO[bytes] | None = None
        self._bytes = 0

    def write(self, record: SentCall) -> None:
        line = line_of(record)
        file = self._file or self._open()
        if self._bytes and self._bytes + len(line) > self._file_bytes_max:
            self.close()
            self._rotate()
            file = self._open()
        file.write(line)
        self._bytes += len(line)

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _open(self) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a line is whole in the file, or is not there, when the process dies.
        self._file = open(self._path, "ab", buffering=0, opener=_for_owner)  # noqa: SIM115
        self._bytes = self._path.stat().st_size
        if self._bytes and not _ends_with_newline(self._path):
            # A writer died in the middle of a line: what follows must not be joined to it.
            self._bytes += self._file.write(b"\n")
        return self._file

    def _rotate(self) -> None:
        for number in range(self._files_kept - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class SqliteSink:
    """One SQLite file; a record is committed when the call returns.

    Records older than *retention_days* are dropped now and then. Several processes may share the
    file. Folders are made.
    """

    def __init__(self, path: str | Path, *, retention_days: int = RETENTION_DAYS) -> None:
        if retention_days < 1:
            raise Misuse("retention_days is at least 1.")
        self._path = Path(path)
        self._retention_ms = retention_days * DAY_MS
        self._table: CallTable | None = None
        self._written = 0

    def write(self, record: SentCall) -> None:
        table = self._table
        if table is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _make_for_owner(self._path)
            table = self._table = CallTable(self._path)
        table.add(record)
        if self._written % _PRUNE_EVERY == 0:
            table.remove_before(record.started_at_ms - self._retention_ms)
        self._written += 1

    def close(self) -> None:
        table, self._table = self._table, None
        if table is not None:
            table.close()


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_for_owner(path: Path) -> None:
    if not path.exists():
        os.close(_for_owner(str(path), os.O_CREAT | os.O_RDWR))


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"
