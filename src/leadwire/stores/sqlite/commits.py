"""Transactions of the call store, and what is known after one that failed."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_TAKEN_BACK: Final = frozenset(
    (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR_WRITE)
)
"""After these the log ends before the commit, whoever reads it."""


class CommitInDoubt(sqlite3.OperationalError):
    """A commit failed when its frames were in the log: most likely the flush failed.

    This process does not see them, the next one may. Linux may also show frames that it will never
    write. So nothing may be added behind them: the writer stops, and the next start begins with
    ``flush_log``.
    """


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: committed at the end, or as if nothing had happened.

    Raises CommitInDoubt when it is not known which of the two.
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
    """A transaction that need not be on the disk at its end, because losing it loses no call.

    A loss of power takes all of it back, and it is done another time. The next commit of calls
    brings it to the disk, or says that it did not. A checkpoint would not say: it waits until then.
    """
    connection.execute("PRAGMA synchronous = NORMAL")
    [pages] = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    try:
        with transaction(connection):
            yield
    finally:
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
        connection.execute("PRAGMA synchronous = FULL")


@contextmanager
def committing() -> Iterator[None]:
    """Around a statement that commits by itself. Raises CommitInDoubt as ``transaction`` does."""
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
