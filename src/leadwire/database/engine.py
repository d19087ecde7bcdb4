"""Opening an SQLite database the one way that is safe here.

One connection writes and checkpoints; every other one only reads and never checkpoints. SQLite
3.7.0 to 3.51.2 can corrupt a WAL when two connections write or checkpoint at once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error)
"""What a statement raises, by way of SQLAlchemy or of the driver."""

_BUSY_TIMEOUT_MS: Final = 10_000

WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=1000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-65536",  # KiB at most; SQLite's own 2 MB hold no index of 100,000 rows
    "PRAGMA temp_store=MEMORY",  # the pages of a savepoint's undo would be written to a file
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)
READER_PRAGMAS: Final = (
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA query_only=ON",
    "PRAGMA cache_size=-32768",
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)
# A rollback journal instead of a WAL: rarely written, and by several processes.
SHARED_PRAGMAS: Final = (
    "PRAGMA journal_mode=TRUNCATE",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)

WATCHING_PRAGMAS: Final = ("PRAGMA query_only=ON", "PRAGMA busy_timeout=20")


def writer_engine(path: Path) -> Engine:
    """The engine of the one writing connection; transactions are begun by its owner.

    No engine makes a file: a database that is missing raises, and is not replaced by an empty one.
    """
    return _engine(path, "rw", WRITER_PRAGMAS, poolclass=StaticPool)


def reader_engine(path: Path, *, connections: int) -> Engine:
    """An engine whose connections can neither write nor checkpoint; for use from worker threads."""
    return _engine(
        path, "ro", READER_PRAGMAS, poolclass=QueuePool, pool_size=connections, max_overflow=0
    )


def shared_engine(path: Path) -> Engine:
    """The engine of a small database that several processes may change, by ``transaction``."""
    return _engine(path, "rw", SHARED_PRAGMAS, poolclass=QueuePool, pool_size=2)


def watching_engine(path: Path) -> Engine:
    """The engine of one connection that asks a shared database again and again if it changed.

    It waits 20 ms for a lock, and raises then: its thread has other things to do.
    """
    return _engine(path, "rw", WATCHING_PRAGMAS, poolclass=StaticPool)


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit at the end of the block, or undo everything when it raises."""
    with engine.connect() as connection:
        # Read-then-write in a deferred transaction fails at once with SQLITE_BUSY_SNAPSHOT.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.commit()


def _engine(path: Path, mode: str, pragmas: tuple[str, ...], **options: Any) -> Engine:  # noqa: ANN401
    address = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)

    engine = create_engine(f"sqlite+pysqlite:///{path}", creator=connect, **options)

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(pragma)  # type: ignore[attr-defined]

    return engine
