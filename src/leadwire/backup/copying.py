"""Copy one file of a data folder whole, and compute its digest."""

import errno
import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from leadwire.database.mark import opened_to_check
from leadwire.disk import flush

Tell = Callable[[str, int], None]
"""Called with the step and its number of bytes, often enough for a progress line."""

_PIECE_BYTES: Final = 1 << 20
_PAGES_AT_ONCE: Final = 256
_READS_MAX: Final = 100
_ONLY_OWNER: Final = 0o600


class Copied(NamedTuple):
    size: int
    sha256: str


def copy_database(source: Path, target: Path, tell: Tell) -> Copied:
    """Copy one committed state of an SQLite database, even while it is written.

    The connection reads in one transaction and never checkpoints. It does not block writers of a
    WAL database; writers with a rollback journal wait. *target* is flushed to disk at the end.
    Raises OSError, also for SQLite errors.
    """
    target.unlink(missing_ok=True)
    try:
        _copy_pages(source, target, tell)
    except sqlite3.Error as error:
        if not source.exists():
            raise FileNotFoundError(errno.ENOENT, "the file was removed", str(source)) from error
        raise OSError(errno.EIO, f"{source.name}: {error}") from error
    with target.open("rb") as file:
        flush(file.fileno())
    return digest_of(target, lambda _what, _size: None)


def _copy_pages(source: Path, target: Path, tell: Tell) -> None:
    with (
        opened_to_check(source) as reader,
        closing(sqlite3.connect(target, isolation_level=None)) as writer,
    ):
        target.chmod(_ONLY_OWNER)
        [page_bytes] = reader.execute("PRAGMA page_size").fetchone()
        reader.execute("BEGIN")
        # The first read fixes the state that all later reads see.
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        # No rollback is needed: a failed copy is made again.
        writer.execute("PRAGMA journal_mode = OFF")
        writer.execute("PRAGMA synchronous = OFF")  # the caller flushes once at the end

        def progress(_status: int, _remaining: int, _total: int) -> None:
            tell(str(source), _PAGES_AT_ONCE * page_bytes)

        reader.backup(writer, pages=_PAGES_AT_ONCE, progress=progress)


def copy_file(source: Path, target: Path, tell: Tell) -> Copied:
    """Copy a file that nobody is writing. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
    with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
        while piece := reader.read(_PIECE_BYTES):
            writer.write(piece)
            digest.update(piece)
            size += len(piece)
            tell(str(source), len(piece))
        writer.flush()
        flush(writer.fileno())
    return Copied(size, digest.hexdigest())


def copy_note(source: Path, target: Path, tell: Tell) -> Copied:
    """Copy a small file that may be rewritten meanwhile: read until two reads agree."""
    content = source.read_bytes()
    for _ in range(_READS_MAX):
        again = source.read_bytes()
        if again == content:
            break
        content = again
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _ONLY_OWNER)
    with os.fdopen(descriptor, "wb") as writer:
        writer.write(content)
        writer.flush()
        flush(writer.fileno())
    tell(str(source), len(content))
    return Copied(len(content), hashlib.sha256(content).hexdigest())


def digest_of(path: Path, tell: Tell) -> Copied:
    """The size and the digest of a file. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            tell(str(path), len(piece))
    return Copied(size, digest.hexdigest())
