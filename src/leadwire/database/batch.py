"""Rows that the units of one group insert with one statement. Only on PostgreSQL.

There a statement costs several times what its row does. So a unit adds its row to the batch of the
connection. The batch is inserted before the group's next statement, whatever it is. So each unit
finds every row that was written before it.
"""

from collections.abc import Collection, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection

from leadwire.database.database import SQLITE

if TYPE_CHECKING:
    from leadwire.database.prepared import Prepared

_BATCH: Final = "batch"


class RowInsert(NamedTuple):
    """How to insert rows of one kind. Both statements have the parameter ``of_account``.

    They return a row for each row that they inserted.
    """

    one: "Prepared"
    """Takes a row's values as parameters."""
    many: "Prepared"
    """Takes ``rows``, a JSON array of objects, each with its ``place`` from 1."""


class RowRefused(Exception):
    """A row of a batch was not inserted. The batch does not know which, nor why.

    Not a LeadwireError, because no rule may handle it: the group's units must run again.
    """


class Batch:
    """The batch of a connection that writes. It takes rows while *is_open*."""

    def __init__(self, connection: Connection) -> None:
        self.is_open = False
        self._connection = connection
        self._rows: dict[tuple[RowInsert, str], list[Mapping[str, Any]]] = {}
        self._keys: set[Hashable] = set()
        connection.info[_BATCH] = self

    def add(
        self,
        insert: RowInsert,
        account_id: str,
        row: Mapping[str, Any],
        keys: Collection[Hashable],
    ) -> None:
        """Insert *row* before the next statement.

        Rows that have one of *keys* in common are never in one statement.
        """
        if not self._keys.isdisjoint(keys):
            self.flush()
        self._keys.update(keys)
        self._rows.setdefault((insert, account_id), []).append(row)

    def flush(self) -> None:
        """Insert the rows. Raises RowRefused, and what ``DATABASE_ERRORS`` names."""
        while self._rows:
            (insert, account_id), rows = self._rows.popitem()
            self._keys.clear()
            values: dict[str, Any] = {"of_account": account_id}
            if len(rows) == 1:
                inserted = insert.one.execute(self._connection, {**values, **rows[0]})
            else:
                placed = [{**row, "place": place} for place, row in enumerate(rows, 1)]
                values["rows"] = msgspec.json.encode(placed).decode()
                inserted = insert.many.execute(self._connection, values)
            if len(inserted) < len(rows):
                raise RowRefused

    def drop(self) -> None:
        """Forget the rows, and take no more."""
        self.is_open = False
        self._rows.clear()
        self._keys.clear()


def open_batch(connection: Connection) -> Batch | None:
    """The batch that takes rows now. None: the caller must insert its row itself."""
    if connection.dialect.name == SQLITE:
        return None
    batch = connection.info.get(_BATCH)
    return batch if batch is not None and batch.is_open else None


def flush_batch(connection: Connection) -> None:
    """As ``Batch.flush``, for a connection that may have no batch."""
    batch: Batch | None = connection.info.get(_BATCH)
    if batch is not None:
        batch.flush()


@contextmanager
def without_batch(connection: Connection) -> Iterator[None]:
    """Let each statement of the block insert its own row at once."""
    batch = open_batch(connection)
    if batch is None:
        yield
        return
    batch.is_open = False
    try:
        yield
    finally:
        batch.is_open = True
