"""Access data that a call may change and that is put back: for calls that are run again."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from leadwire.access.store import AccessStore


@contextmanager
def rehearsed_access(access: AccessStore) -> Iterator[AccessStore]:
    """A store with the data of *access*. Its changes are seen by itself alone, and then undone.

    After its first change, others that change access data wait until the block ends; readers do
    not. Methods may run in other threads, one at a time.
    """
    shared = copy.copy(access)
    engine = _OneTransaction(access.engine)
    shared.engine = engine  # type: ignore[assignment]  # the two members of an engine that it uses
    try:
        yield shared
    finally:
        engine.undo()


class _OneTransaction:
    """Stands in for an engine. The first change begins the one transaction that all see then."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.dialect = engine.dialect
        self._changed: Connection | None = None

    @contextmanager
    def connect(self) -> Iterator["_Part"]:
        """A connection, or a part of the transaction, undone unless it says COMMIT."""
        if self._changed is None:
            with self._first() as part:
                yield part
            return
        part = _Part(self._changed, begins=False)
        self._changed.exec_driver_sql("SAVEPOINT rehearsed")
        try:
            yield part
        finally:
            if not part.is_committed:
                self._changed.exec_driver_sql("ROLLBACK TO SAVEPOINT rehearsed")
            self._changed.exec_driver_sql("RELEASE SAVEPOINT rehearsed")

    @contextmanager
    def _first(self) -> Iterator["_Part"]:
        connection = self._engine.connect()
        part = _Part(connection, begins=True)
        try:
            yield part
        finally:
            if part.is_committed:
                self._changed = connection  # its transaction stays open
            else:
                _end(connection, has_begun=part.has_begun)

    def undo(self) -> None:
        if self._changed is not None:
            _end(self._changed, has_begun=True)
            self._changed = None


def _end(connection: Connection, *, has_begun: bool) -> None:
    try:
        if has_begun:
            connection.exec_driver_sql("ROLLBACK")
    finally:
        connection.close()


class _Part:
    """A connection that cannot commit. It begins a transaction only if it *begins* the one."""

    def __init__(self, connection: Connection, *, begins: bool) -> None:
        self._connection = connection
        self._begins = begins
        self.has_begun = False
        self.is_committed = False

    def exec_driver_sql(self, statement: str, *arguments: Any) -> Any:  # noqa: ANN401  # as given
        if statement == "COMMIT":
            self.is_committed = True
            return None
        if statement.startswith("BEGIN"):
            if not self._begins:
                return None
            self.has_begun = True
        return self._connection.exec_driver_sql(statement, *arguments)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # all else is the connection's
        if name in ("begin", "commit", "rollback", "close"):
            raise AttributeError(name)
        return getattr(self._connection, name)
