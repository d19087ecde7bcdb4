"""Statements on the way of every write: compiled once, and given to the driver as they are.

SQLAlchemy looks a statement up, builds a context and wraps the result at every execution; for one
row that is several times what SQLite does. Nothing but hot statements needs this.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.dml import UpdateBase

from leadwire.errors import LeadwireError


class ConstraintBroken(LeadwireError):
    """The database refused a row; the text names the constraint's columns as ``table.column``."""


def rows_changed(connection: Connection) -> int:
    """Rows that were inserted, changed or deleted since the connection was opened."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver.total_changes


class Prepared:
    """One statement that changes data. *columns* are those that it writes from its values.

    It runs in the transaction of a writer's unit, and may be shared by threads.
    """

    def __init__(self, statement: UpdateBase, *, columns: Iterable[str] = ()) -> None:
        # The dialect of every SQLite engine here: "?" in the order of the text.
        compiled = statement.compile(dialect=sqlite.dialect(), column_keys=sorted(columns) or None)
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """What the statement returns. Raises ConstraintBroken, and has then changed nothing."""
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            return driver.execute(self._sql, [values[name] for name in self._names]).fetchall()
        except sqlite3.IntegrityError as error:
            raise ConstraintBroken(str(error)) from None
