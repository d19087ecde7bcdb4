"""One database, for the CRM or the access data: the interface of both engines.

SQLite is the default (``database.sqlite``); PostgreSQL is the second engine
(``database.postgres``). The rules in ``crm`` and ``access`` run unchanged on both. Those two
modules and ``database.expressions`` contain every difference.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from leadwire.errors import LeadwireError

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
"""Engine names, as in SQLAlchemy's dialects."""

APPLICATION_NAME: Final = "leadwire"
"""How PostgreSQL's list of connections names ours."""


class StatementFailed(LeadwireError):
    """PostgreSQL refused a statement or disconnected. The text says which."""


DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, StatementFailed)
"""Errors of a statement, from SQLAlchemy or from a driver."""
UNAVAILABLE: Final = (
    OperationalError,
    sqlite3.OperationalError,
    StatementFailed,
    NoConnectionFree,
)
"""Errors of the environment: a full disk, a lock, a lost connection, an exhausted pool."""

_BEGIN_WRITE: Final = {
    # A deferred transaction that reads and then writes fails at once with SQLITE_BUSY_SNAPSHOT.
    SQLITE: "BEGIN IMMEDIATE",
    # Programs that change access data take turns, as they do on SQLite. The number is ours alone.
    POSTGRESQL: "BEGIN; SELECT pg_advisory_xact_lock(7305808869229538660)",
}
_BEGIN_READ: Final = {
    SQLITE: "BEGIN",
    POSTGRESQL: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


class OutcomeUnknown(LeadwireError):
    """The connection was lost during a commit, so its outcome is unknown."""


class GroupWriter(Protocol):
    """The connection of a ``Writer``, for its thread alone.

    The rules run on ``connection`` between ``begin`` and ``commit``. Methods raise what
    ``DATABASE_ERRORS`` names.
    """

    @property
    def connection(self) -> Connection: ...

    def begin(self, accounts: Iterable[str]) -> None:
        """Begin a transaction that excludes other writers for *accounts*."""
        ...

    def savepoint(self, name: str) -> None: ...

    def undo_to(self, name: str) -> None:
        """Roll back to the savepoint and release it."""
        ...

    def release(self, name: str) -> None: ...

    def finish(self) -> None:
        """Run what the units left for later. Raises as a statement of a unit does."""
        ...

    def commit(self) -> None:
        """Return once everything is durable. Raise if nothing was stored.

        Raises OutcomeUnknown if the outcome cannot be determined.
        """
        ...

    def limit(self, seconds: float) -> None:
        """Let a statement of this transaction fail that runs *seconds* from now."""
        ...

    def undo(self) -> None:
        """Roll back the transaction, if there is one. Raises nothing."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """One database of leadwire, with an engine for each kind of use."""

    place: str
    """Its name in messages: the file, or the server's address without a password."""

    def group_writer(self, account_rows: str) -> GroupWriter:
        """The connection of the one ``Writer`` of this process.

        *account_rows* is the table with a row per account, which writers lock.
        """
        ...

    def reader(self, *, connections: int) -> Engine:
        """An engine whose connections cannot write; for worker threads."""
        ...

    def shared(self) -> Engine:
        """The engine of a small database that several programs change through ``transaction``."""
        ...

    def builder(self) -> Engine | None:
        """The engine of a connection that builds indexes while the writer goes on.

        Its statements may take hours. None: only the writer can build them.
        """
        ...

    def watching(self) -> Engine:
        """The engine of one connection that looks for changes, and gives up after 2 s at most."""
        ...

    def alone(self) -> Engine:
        """An engine to create or migrate tables while no server runs."""
        ...


def data_version(connection: Connection) -> int | None:
    """A number that differs after another connection changed the database.

    None on PostgreSQL, which has no such number: anything may have changed.
    """
    if connection.dialect.name != SQLITE:
        return None
    return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())


def reason_of(error: BaseException) -> str:
    """The database's message, without the statement or the row, which may hold a caller's data."""
    cause = getattr(error, "orig", None) or error
    # PostgreSQL puts rows into the details that follow its message.
    message = getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause)
    # With several addresses, psycopg says the last failure, and then all of them.
    _, _, failures = message.partition("All failures were:")
    return " ".join((failures or message).split()).removeprefix("- ").rstrip(".")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit at the end of the block, or roll back if it raises.

    Blocks of all programs run in sequence.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql(_BEGIN_WRITE[engine.dialect.name])
        yield connection
        connection.exec_driver_sql("COMMIT")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements all read the state after one commit."""
    with begin_snapshot(engine) as connection:
        yield connection


def begin_snapshot(engine: Engine) -> Connection:
    """As ``snapshot``; the caller closes the connection."""
    try:
        return _begin_snapshot(engine)
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
        # The server restarted between reads. Nothing was read yet, so a retry is safe.
        return _begin_snapshot(engine)


def _begin_snapshot(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.exec_driver_sql(_BEGIN_READ[engine.dialect.name])
    except BaseException:
        connection.close()
        raise
    return connection
