"""Sinks that write a call log to files. ``leadwire calls search --file`` reads both kinds."""

import errno
import os
from pathlib import Path
from typing import IO, Final

from leadwire.calls.sent import SentCall
from leadwire.dates import DAY_MS
from leadwire.sdk.checks import whole_number
from leadwire.sdk.errors import Misuse
from leadwire.sdk.runtime import follow
from leadwire.stores.files.lines import line_of, locked
from leadwire.stores.files.table import CallTable

FILE_BYTES_MAX: Final = 67_108_864
FILES_KEPT: Final = 5
RETENTION_DAYS: Final = 30
_PRUNE_EVERY: Final = 1_000


class JsonLinesSink:
    """A file of JSON Lines, one record per line, rotated when full.

    *path* is the current file. A full file becomes ``calls.jsonl.1``; the newest *files_kept* stay.
    Each record is written before the call returns. Several processes may share the file, except on
    Windows: each write and rotation takes a file lock. Creates folders. Only the owner may read the
    files.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        file_bytes_max: int = FILE_BYTES_MAX,
        files_kept: int = FILES_KEPT,
    ) -> None:
        whole_number("file_bytes_max", file_bytes_max, 1)
        whole_number("files_kept", files_kept, 1)
        self._path = _file_of(path)
        self._file_bytes_max = file_bytes_max
        self._files_kept = files_kept
        self._file: IO[bytes] | None = None
        follow(self)

    def write(self, record: SentCall) -> None:
        """Append *record*. Raises OSError if the write fails; the file then has no part of it."""
        line = line_of(record)
        while True:
            file = self._file or self._open()
            with locked(file):
                # Every process appends and rotates under this lock, so no file moves meanwhile.
                size = self._size(file)
                if size is not None and not (size and size + len(line) > self._file_bytes_max):
                    _append(file, line, size)
                    return
                if size is not None:
                    self._rename()
            self.close()  # another process has rotated it

    def close(self) -> None:
        """Close the file. May be called twice."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def after_fork(self) -> None:
        """Open the file anew in the child."""
        self.close()  # closes only the child's copy

    def _open(self) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "a+b", buffering=0, opener=_for_owner)  # noqa: SIM115
        return self._file

    def _size(self, file: IO[bytes]) -> int | None:
        """The file's size, with other writers' lines; None if *path* is another file now."""
        try:
            found, own = self._path.stat(), os.fstat(file.fileno())
        except FileNotFoundError:
            return None
        return own.st_size if os.path.samestat(found, own) else None

    def _rename(self) -> None:
        for number in range(self._files_kept - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


class SqliteSink:
    """One SQLite file. A record is committed before the call returns.

    Deletes records older than *retention_days* now and then. Several processes may share the file.
    Creates folders.
    """

    def __init__(self, path: str | Path, *, retention_days: int = RETENTION_DAYS) -> None:
        whole_number("retention_days", retention_days, 1)
        self._path = _file_of(path)
        self._retention_ms = retention_days * DAY_MS
        self._table: CallTable | None = None
        self._left_to_parent: list[CallTable] = []
        self._written = 0
        follow(self)

    def after_fork(self) -> None:
        """Open the file anew in the child."""
        # SQLite forbids using or closing a connection in a forked child.
        self._left_to_parent += [self._table] if self._table is not None else []
        self._table = None

    def write(self, record: SentCall) -> None:
        """Store a record. Raises OSError and sqlite3.Error."""
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
        """Close the file. May be called twice."""
        table, self._table = self._table, None
        if table is not None:
            table.close()


def _file_of(path: object) -> Path:
    """The file of a sink. Raises Misuse for a folder, or for what is no path."""
    if not isinstance(path, str | Path):
        raise Misuse(f"path must be text or a Path, not {type(path).__name__}.")
    if Path(path).is_dir():
        raise Misuse("path is a folder. Name a file in it, such as calls.jsonl.")
    return Path(path)


def _append(file: IO[bytes], line: bytes, size: int) -> None:
    """Append *line* in one write, so that readers never see a part of it."""
    file.seek(max(size - 1, 0))
    if size and file.read(1) != b"\n":
        line = b"\n" + line  # A writer died in the middle of a line: start a new one.
    if file.write(line) != len(line):
        file.truncate(size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_for_owner(path: Path) -> None:
    if not path.exists():
        os.close(_for_owner(str(path), os.O_CREAT | os.O_RDWR))
