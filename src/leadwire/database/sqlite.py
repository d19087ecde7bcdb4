"""SQLite: open database files safely.

One connection writes and checkpoints. Every other connection only reads. SQLite 3.7.0 to 3.51.2 can
corrupt a WAL when two connections write or checkpoint at once.
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool, StaticPool

from leadwire.disk import synchronous

_BUSY_TIMEOUT_MS: Final = 10_000
_STEPS: Final = 10_000
"""Instructions of SQLite between two looks at the clock: about a millisecond."""

WRITER_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA wal_autocheckpoint=1000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-65536",  # KiB; the default 2 MB cannot hold a large index
    "PRAGMA temp_store=MEMORY",  # the undo pages of a savepoint would go to a file
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)
READER_PRAGMAS: Final = (
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA query_only=ON",
    "PRAGMA cache_size=-32768",
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)
# A rollback journal instead of a WAL, because several processes write, though rarely.
SHARED_PRAGMAS: Final = (
    "PRAGMA journal_mode=TRUNCATE",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}",
)

WATCHING_PRAGMAS: Final = ("PRAGMA query_only=ON", "PRAGMA busy_timeout=20")


def rows_changed(connection: Connection) -> int:
    """Rows inserted, changed or deleted since the connection opened."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver.total_changes


class SqliteDatabase:
    """The database in one file. The file must exist: no engine creates it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.place = str(path)

    def group_writer(self, account_rows: str) -> "SqliteGroupWriter":  # noqa: ARG002  # no locks
        return SqliteGroupWriter(self._path)

    def reader(self, *, connections: int) -> Engine:
        """Its connections can neither write nor checkpoint."""
        return _engine(
            self._path,
            "ro",
            READER_PRAGMAS,
            poolclass=QueuePool,
            pool_size=connections,
            max_overflow=0,
        )

    def shared(self) -> Engine:
        return _engine(self._path, "rw", SHARED_PRAGMAS, poolclass=QueuePool, pool_size=2)

    def builder(self) -> None:
        """A file has one writer, so an index is built by it."""

    def watching(self) -> Engine:
        """Raises after 20 ms of waiting for a lock, since its thread has other work."""
        return _engine(self._path, "rw", WATCHING_PRAGMAS, poolclass=StaticPool)

    def alone(self) -> Engine:
        return _engine(self._path, "rw", WRITER_PRAGMAS, poolclass=StaticPool)


class SqliteGroupWriter:
    """The one writing connection to a file. Only one process may have one at a time."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path, "rw", WRITER_PRAGMAS, poolclass=StaticPool)
        self.connection = self._engine.connect()
        # The driver's connection takes BEGIN, SAVEPOINT and COMMIT: SQLAlchemy's own transaction
        # objects would cost more than the statements they surround.
        self._driver: sqlite3.Connection = self.connection.connection.driver_connection  # type: ignore[assignment]
        self._is_limited = False

    def begin(self, accounts: Iterable[str]) -> None:  # noqa: ARG002  # one writer locks them all
        self._driver.execute("BEGIN IMMEDIATE")

    def savepoint(self, name: str) -> None:
        self._driver.execute(f"SAVEPOINT {name}")

    def undo_to(self, name: str) -> None:
        self._driver.execute(f"ROLLBACK TO {name}")
        self._driver.execute(f"RELEASE {name}")

    def release(self, name: str) -> None:
        self._driver.execute(f"RELEASE {name}")

    def finish(self) -> None:
        """Nothing is left: every statement has run."""

    def commit(self) -> None:
        try:
            self._driver.execute("COMMIT")
        except sqlite3.Error:
            self.undo()
            self._overwrite_failed()
            raise
        self.connection.rollback()  # ends SQLAlchemy's own view of it; touches nothing

    def limit(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        self._driver.set_progress_handler(lambda: time.monotonic() >= ends, _STEPS)
        self._is_limited = True

    def undo(self) -> None:
        if self._is_limited:
            self._driver.set_progress_handler(None, 0)
            self._is_limited = False
        with contextlib.suppress(sqlite3.Error):
            if self._driver.in_transaction:
                self._driver.execute("ROLLBACK")
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()
        self._engine.dispose()

    def _overwrite_failed(self) -> None:
        """Overwrite a failed commit with a small one.

        After a failed flush, the commit is still in the write-ahead log, hidden from this process.
        After a kill, the next start would apply it, though its callers got an error.
        docs/decisions/0015-two-writers.md says why the call log stops instead.
        """
        # If this fails too, the next commit writes to the same place.
        with contextlib.suppress(sqlite3.Error):
            [version] = self._driver.execute("PRAGMA user_version").fetchone()
            self._driver.execute(f"PRAGMA user_version = {version}")  # written, though the same


def _engine(path: Path, mode: str, pragmas: tuple[str, ...], **options: Any) -> Engine:  # noqa: ANN401
    address = f"{path.absolute().as_uri()}?mode={mode}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)

    engine = create_engine(
        f"sqlite+pysqlite:///{path}",
        creator=connect,
        hide_parameters=True,  # an exception in a log must not quote what a caller sent
        **options,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: object, _record: object) -> None:
        for pragma in (synchronous("FULL"), *pragmas):
            connection.execute(pragma)  # type: ignore[attr-defined]

    return engine
