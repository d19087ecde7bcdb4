"""Access data that a call may change and that is put back: for calls that are run again."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from leadwire.access.store import AccessStore
from leadwire.database.database import undone_transaction


@contextmanager
def rehearsed_access(access: AccessStore) -> Iterator[AccessStore]:
    """A store with the data of *access*. Its changes are seen by itself alone, and then undone.

    Other programs that change access data wait until the block ends; readers do not. Methods may
    run in other threads, one at a time.
    """
    shared = copy.copy(access)
    engine = _OneTransaction(access.engine)
    shared.engine = engine  # type: ignore[assignment]  # the two members of an engine that it uses
    try:
        yield shared
    finally:
        engine.undo()


class _OneTransaction:
    """Stands in for an engine. All its connections are parts of one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect
        self._connection: Connection | None = None

    @contextmanager
    def connect(self) -> Iterator["_Part"]:
        """A part of the transaction, which is undone unless it says COMMIT."""
        if self._connection is None:
            self._connection = undone_transaction(self._engine)
        part = _Part(self._connection)
        self._connection.exec_driver_sql("SAVEPOINT rehearsed")
        try:
            yield part
        finally:
            if not part.is_committed:
                self._connection.exec_driver_sql("ROLLBACK TO SAVEPOINT rehearsed")
            self._connection.exec_driver_sql("RELEASE SAVEPOINT rehearsed")

    def undo(self) -> None:
        if self._connection is not None:
            self._connection.exec_driver_sql("ROLLBACK")
            self._connection.close()
            self._connection = None


class _Part:
    """The connection, without the power to begin and end its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.is_committed = False

    def exec_driver_sql(self, statement: str, *arguments: Any) -> Any:  # noqa: ANN401  # as given
        if statement == "COMMIT":
            self.is_committed = True
            return None
        if statement.startswith("BEGIN"):
            return None
        return self._connection.exec_driver_sql(statement, *arguments)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all else is the connection's
        if name in ("begin", "commit", "rollback", "close"):
            raise AttributeError(name)
        return getattr(self._connection, name)
