"""Hot statements: compiled once per engine, and passed to the driver unchanged.

For each execution SQLAlchemy looks up the statement, builds a context and wraps the result. For one
row that takes several times as long as the database.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, Select

from leadwire.database.batch import flush_batch
from leadwire.database.database import SQLITE, StatementFailed, reason_of


def run(connection: Connection, sql: str, parameters: Sequence[Any] = ()) -> Any:  # noqa: ANN401
    """Pass *sql* to the driver unchanged, and return its cursor. Raises UNAVAILABLE errors."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == SQLITE:
        return driver.execute(sql, parameters)
    flush_batch(connection)
    try:
        return driver.execute(sql, parameters or None)
    except connection.dialect.loaded_dbapi.Error as error:
        raise StatementFailed(reason_of(error)) from error


class _Compiled(NamedTuple):
    sql: str
    names: tuple[str, ...]
    """The parameters, in the order of the text."""
    fixed: Mapping[str, Any]
    """Constant values of the statement."""
    has_rows: bool
    """Whether it returns rows."""


class Prepared:
    """One statement. *columns* are the columns that it writes.

    It runs in the connection's transaction. Safe to share between threads.
    """

    def __init__(self, statement: ClauseElement, *, columns: Iterable[str] = ()) -> None:
        self._statement = statement
        self._columns = sorted(columns) or None
        self._compiled: dict[str, _Compiled] = {}

    def execute(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows that the statement returns. Raises what ``DATABASE_ERRORS`` names."""
        compiled = self._compiled.get(connection.dialect.name) or self._compile(connection)
        fixed = compiled.fixed
        parameters = [values[n] if n in values else fixed[n] for n in compiled.names]
        cursor = run(connection, compiled.sql, parameters)
        return cursor.fetchall() if compiled.has_rows else []

    def _compile(self, connection: Connection) -> _Compiled:
        # Positions instead of names, because drivers take a list without conversion.
        dialect: Any = type(connection.dialect)
        style = "qmark" if connection.dialect.name == SQLITE else "format"
        compiled: Any = self._statement.compile(
            dialect=dialect(paramstyle=style), column_keys=self._columns
        )
        found = _Compiled(
            str(compiled),
            tuple(compiled.positiontup or ()),
            dict(compiled.params),
            isinstance(self._statement, Select) or bool(compiled.effective_returning),
        )
        self._compiled[connection.dialect.name] = found
        return found
