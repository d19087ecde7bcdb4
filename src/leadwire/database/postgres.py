"""PostgreSQL: the second engine, for the CRM's and the access data.

A group of units runs at READ COMMITTED and locks one row per account. So each account has one
writer at a time, over all processes. The rules rely on that, as on SQLite. Needs the extra
``postgres`` (psycopg).
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool

from leadwire.database.address import read_address
from leadwire.database.batch import Batch, flush_batch
from leadwire.database.database import (
    APPLICATION_NAME,
    OutcomeUnknown,
    StatementFailed,
    reason_of,
)

_STATEMENT_MS: Final = 30_000
_LOCK_MS: Final = 10_000
_POOL_SECONDS: Final = 10
_CONNECT_SECONDS: Final = 10
_GLANCE_SECONDS: Final = 2
"""For a connection whose thread has other work. The driver's least."""
_CONNECTION: Final = {
    "application_name": APPLICATION_NAME,
    "connect_timeout": _CONNECT_SECONDS,
    # A host that vanished without a word would otherwise keep a thread for a quarter of an hour.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # ms
}
"""The address may say otherwise."""
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_ASK_SECONDS: Final = 20.0
"""How long a writer asks a lost server whether it committed."""
_ASK_AGAIN_SECONDS: Final = 0.25
_WHICH_SERVER: Final = (
    "SELECT system_identifier, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) "
    "FROM pg_control_system()"
)
"""The cluster and its timeline. A standby that took over has another timeline."""


class PostgresDatabase:
    """A database on a server. *url*: ``postgresql://user:password@host:port/name``.

    With *pooled*, connections go through a pooler that gives each transaction another server
    connection (PgBouncer's transaction mode): no statement is prepared, and no session is set up.
    Raises SetupError for an invalid PostgreSQL address.
    """

    def __init__(self, url: str, *, pooled: bool = False) -> None:
        self._address = read_address(url)
        self._pooled = pooled
        self.place = self._address.shown

    def group_writer(self, account_rows: str) -> "PostgresGroupWriter":
        return PostgresGroupWriter(lambda: self._engine(poolclass=StaticPool), account_rows)

    def reader(self, *, connections: int) -> Engine:
        return self._engine(
            poolclass=_ClosingPool,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=_POOL_SECONDS,
        )

    def shared(self) -> Engine:
        return self._engine(
            poolclass=_ClosingPool, pool_size=2, pool_pre_ping=True, pool_timeout=_POOL_SECONDS
        )

    def builder(self) -> Engine:
        return self._engine(statement_ms=0, lock_ms=0, poolclass=StaticPool)

    def watching(self) -> Engine:
        return self._engine(
            statement_ms=_GLANCE_SECONDS * 1_000,
            lock_ms=_GLANCE_SECONDS * 1_000,
            own={"connect_timeout": _GLANCE_SECONDS},
            poolclass=_ClosingPool,
            pool_size=1,
            pool_pre_ping=True,
        )

    def alone(self) -> Engine:
        return self._engine(statement_ms=0, poolclass=StaticPool)

    def _engine(
        self,
        *,
        statement_ms: int = _STATEMENT_MS,
        lock_ms: int = _LOCK_MS,
        own: Mapping[str, Any] = _NOTHING,
        **pool: Any,  # noqa: ANN401  # options of SQLAlchemy's pools
    ) -> Engine:
        """*own* are parameters of its connections that the address cannot change."""
        parameters = {**_CONNECTION, **self._address.parameters, "client_encoding": "UTF8", **own}
        if self._pooled:
            parameters["prepare_threshold"] = None
        else:
            parameters["options"] = (
                f"{self._address.options} -c statement_timeout={statement_ms} "
                f"-c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout={_STATEMENT_MS}"
            )
        return create_engine(
            # SQLAlchemy would read the address otherwise than libpq, and not every one.
            URL.create("postgresql+psycopg", database=self.place),
            creator=partial(psycopg.connect, **parameters),
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,  # an exception in a log must not quote what a caller sent
            **pool,
        )


class _ClosingPool(QueuePool):
    """Closes connections that come back after ``dispose``: of reads that outlive a stop."""

    _sqla_logger_namespace = "sqlalchemy.pool"  # else it writes into leadwire's own log
    _is_disposed = False

    def dispose(self) -> None:
        self._is_disposed = True
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._is_disposed:
            super().dispose()


class PostgresGroupWriter:
    """The write connection of one ``Writer``. Reconnects after a lost connection."""

    def __init__(self, make_engine: Callable[[], Engine], account_rows: str) -> None:
        self._make_engine = make_engine
        self._lock = (
            f"SELECT pg_current_xact_id()::text FROM {account_rows} "  # noqa: S608  # our own name
            "WHERE account_id = ANY(%s) ORDER BY account_id FOR UPDATE"
        )
        self._make_rows = (
            f"INSERT INTO {account_rows} (account_id) SELECT unnest(%s::text[]) "
            "ON CONFLICT DO NOTHING"
        )
        self._engine: Engine | None = None
        self._transaction_id = ""
        self._server: tuple[Any, ...] | None = None
        self._open()

    def begin(self, accounts: Iterable[str]) -> None:
        try:
            self._begin(sorted(accounts))
        except StatementFailed:
            if not self._driver.closed:
                raise
            # The server restarted between writes. Nothing has run yet, so a retry is safe.
            self._open()
            self._begin(sorted(accounts))

    def _begin(self, accounts: list[str]) -> None:
        self._batch.drop()
        self._run("BEGIN")
        locked = self._run(self._lock, accounts).fetchall()
        if len(locked) < len(accounts):  # the first change of an account
            self._run(self._make_rows, accounts)
            locked = self._run(self._lock, accounts).fetchall()
        self._transaction_id = locked[0][0]
        self._batch.is_open = True

    def savepoint(self, name: str) -> None:
        self._batch.is_open = False  # its rows would belong to several savepoints
        self._run(f"SAVEPOINT {name}")

    def undo_to(self, name: str) -> None:
        self._run(f"ROLLBACK TO {name}")
        self._run(f"RELEASE {name}")

    def release(self, name: str) -> None:
        self._run(f"RELEASE {name}")

    def finish(self) -> None:
        self._batch.flush()

    def commit(self) -> None:
        """Raises OutcomeUnknown if the server cannot determine the outcome."""
        try:
            done = self._run("COMMIT")
        except StatementFailed as error:
            if not self._driver.closed or not self._was_committed(error):
                self.undo()
                raise
            return
        if done.statusmessage != "COMMIT":
            # PostgreSQL answers a COMMIT after a failed statement with ROLLBACK, and no error.
            raise StatementFailed("a statement failed, and the transaction was undone")

    def limit(self, seconds: float) -> None:
        self._run(f"SET LOCAL statement_timeout = {int(seconds * 1_000)}")

    def undo(self) -> None:
        self._batch.drop()
        with contextlib.suppress(psycopg.Error):
            self._driver.rollback()

    def close(self) -> None:
        if self._engine is not None:
            self.connection.close()
            self._engine.dispose()

    def _open(self) -> None:
        with contextlib.suppress(Exception):
            self.close()
        self._engine = self._make_engine()
        event.listen(self._engine, "before_cursor_execute", lambda c, *_: flush_batch(c))
        self.connection: Connection = self._engine.connect()
        self._batch = Batch(self.connection)
        self._driver: psycopg.Connection[Any] = self.connection.connection.driver_connection  # type: ignore[assignment]
        self._server = self._which_server()

    def _which_server(self) -> tuple[Any, ...] | None:
        """None if it does not say: managed servers may forbid it, and standbys cannot."""
        try:
            return self._run(_WHICH_SERVER).fetchone()
        except StatementFailed:
            return None

    def _run(self, statement: str, *parameters: object) -> psycopg.Cursor[Any]:
        try:
            return self._driver.execute(statement.encode(), parameters or None)
        except psycopg.Error as error:
            raise StatementFailed(reason_of(error)) from error

    def _was_committed(self, error: Exception) -> bool:
        """Reconnect, and ask the server for the outcome of the last transaction."""
        transaction_id, server = self._transaction_id, self._server
        give_up = time.monotonic() + _ASK_SECONDS
        while time.monotonic() < give_up:
            try:
                self._open()
                found = self._run("SELECT pg_xact_status(%s::xid8)", transaction_id).fetchone()
                status = found[0] if found else None
            except Exception:  # noqa: BLE001  # it is not there yet, whatever it says
                status = "in progress"
            if status in ("committed", "aborted") and server and server == self._server:
                return bool(status == "committed")
            if status != "in progress":
                break  # another server gives the number to a transaction of its own
            time.sleep(_ASK_AGAIN_SECONDS)
        raise OutcomeUnknown(
            f"The connection was lost during a commit ({error}). The change may have been stored."
        )
