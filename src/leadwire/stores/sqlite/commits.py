"""Transactions of the call store, and their state after a failure."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from leadwire.disk import synchronous

_TAKEN_BACK: Final = frozenset(
    (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR_WRITE)
)
"""After these errors no reader sees the commit."""


class CommitInDoubt(sqlite3.OperationalError):
    """A commit failed after its frames were written to the log: most likely the flush failed.

    This process does not see the frames, but the next process may. Linux may also show frames that
    it will never write to the disk. A frame added after them could be lost with them. So the writer
    stops, and the next start begins with ``flush_log``.
    """


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: committed at the end, or rolled back.

    Raises CommitInDoubt if the outcome is unknown.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        try:
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in _TAKEN_BACK:
                raise
            raise _doubt(error) from error
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def repeatable(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that may be lost when the power fails, because it only moves calls.

    It is not flushed. The next commit of calls flushes it, or raises. If the power fails before,
    all of it is undone, and it is repeated later. There is no checkpoint at its end: that would
    flush without saying whether it worked.
    """
    connection.execute(synchronous("NORMAL"))
    [pages] = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
        connection.execute(synchronous("FULL"))


@contextmanager
def committing() -> Iterator[None]:
    """Wrap a statement that commits by itself. Raises CommitInDoubt as ``transaction`` does."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode in _TAKEN_BACK:
            raise
        raise _doubt(error) from error


def _doubt(error: sqlite3.OperationalError) -> CommitInDoubt:
    doubt = CommitInDoubt(str(error))
    doubt.sqlite_errorcode = error.sqlite_errorcode
    doubt.sqlite_errorname = error.sqlite_errorname
    return doubt
