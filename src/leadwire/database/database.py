"""One database, of the CRM or of the access data: what both engines can do.

SQLite is the default (``database.sqlite``); PostgreSQL is the second engine
(``database.postgres``). The rules in ``crm`` and ``access`` run on both unchanged. Whatever the
two engines spell differently stands in those modules and in ``database.expressions``.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from leadwire.errors import LeadwireError

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"
"""Names of engines, as SQLAlchemy's dialects have them."""

APPLICATION_NAME: Final = "leadwire"
"""How PostgreSQL's list of connections names ours."""


class StatementFailed(LeadwireError):
    """PostgreSQL refused a statement, or went away. The text says which."""


DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error, StatementFailed)
"""What a statement raises, by way of SQLAlchemy or of a driver."""
UNAVAILABLE: Final = (OperationalError, sqlite3.OperationalError, StatementFailed)
"""Those that are no mistake of ours: a full disk, a lock, a server that went away."""

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
    """The server went away while it committed, and cannot say what became of the changes."""


class GroupWriter(Protocol):
    """The connection of a ``Writer``, for its thread alone.

    The rules run on ``connection`` between ``begin`` and ``commit``. Methods raise what
    ``DATABASE_ERRORS`` names.
    """

    @property
    def connection(self) -> Connection: ...

    def begin(self, accounts: Iterable[str]) -> None:
        """Begin a transaction in which no other writer changes what belongs to *accounts*."""
        ...

    def savepoint(self, name: str) -> None: ...

    def undo_to(self, name: str) -> None:
        """Undo what was written since the savepoint, and forget the savepoint."""
        ...

    def release(self, name: str) -> None: ...

    def commit(self) -> None:
        """Return once everything is durable. Raise when nothing was kept.

        Raises OutcomeUnknown when nobody can say.
        """
        ...

    def undo(self) -> None:
        """End the transaction, if there is one, without keeping anything. Raises nothing."""
        ...

    def close(self) -> None: ...


class Database(Protocol):
    """One database of a leadwire: its engines, for the different ways of using it."""

    place: str
    """How messages name it: the file, or the server's address without a password."""

    def group_writer(self, account_rows: str) -> GroupWriter:
        """The connection of the one ``Writer`` of this process.

        *account_rows* names the table with one row for each account, which writers lock.
        """
        ...

    def reader(self, *, connections: int) -> Engine:
        """An engine whose connections cannot write; for worker threads."""
        ...

    def shared(self) -> Engine:
        """The engine of a small database that several programs change, by ``transaction``."""
        ...

    def watching(self) -> Engine:
        """The engine of one connection that asks again and again whether something changed."""
        ...

    def alone(self) -> Engine:
        """An engine to make the tables, or to change them, while no server runs."""
        ...


def data_version(connection: Connection) -> int:
    """Another number once another connection has changed the database.

    On PostgreSQL, which has no such number, another one each half second.
    """
    if connection.dialect.name == SQLITE:
        return int(connection.exec_driver_sql("PRAGMA data_version").scalar_one())
    return int(time.monotonic() * 2)


def reason_of(error: BaseException) -> str:
    """What the database said, without the statement: that may hold what a caller sent."""
    return " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit at the end of the block, or undo everything when it raises.

    Blocks of all programs run one after the other.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql(_BEGIN_WRITE[engine.dialect.name])
        yield connection
        connection.exec_driver_sql("COMMIT")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements all read the state that one commit left behind."""
    with begin_snapshot(engine) as connection:
        yield connection


def begin_snapshot(engine: Engine) -> Connection:
    """As ``snapshot``; the caller closes the connection."""
    try:
        return _begin_snapshot(engine)
    except OperationalError as error:
        if not error.connection_invalidated:
            raise
        # The server was started again while nobody read, so nothing was read yet.
        return _begin_snapshot(engine)


def _begin_snapshot(engine: Engine) -> Connection:
    connection = engine.connect()
    try:
        connection.exec_driver_sql(_BEGIN_READ[engine.dialect.name])
    except BaseException:
        connection.close()
        raise
    return connection
