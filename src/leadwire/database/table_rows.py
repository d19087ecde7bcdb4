"""Rows of a table in the order of its key, the same on both engines: read, digest and insert them.

Columns and tables whose ``info`` is ``DERIVED`` are left out: a server makes their content anew.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, MetaData, Table, func, literal, select, tuple_

from leadwire.database.database import POSTGRESQL, SQLITE, StatementFailed, reason_of
from leadwire.database.expressions import DERIVED

if TYPE_CHECKING:
    import sqlite3

_FIRST_ROWS: Final = 100
_ROWS_MAX: Final = 5_000
_BATCH_BYTES: Final = 4_194_304

Row = Sequence[Any]
"""The values of ``columns_of`` a table, in their order: texts, whole numbers, bytes or None."""

Key = tuple[Any, ...]
"""The values of a row's primary key."""


class TableDigest(NamedTuple):
    rows: int
    sha256: str
    """Of every row in the order of the key: the same on both engines for the same rows."""


class Batch(NamedTuple):
    rows: Sequence[Row]
    encoded: Sequence[bytes]
    """The text of each row, from which the digest is made."""

    @property
    def size(self) -> int:
        """Bytes of the encoded rows."""
        return sum(map(len, self.encoded))


def tables_of(tables: MetaData) -> list[Table]:
    """The tables with rows to copy, each after the tables that it refers to."""
    return [table for table in tables.sorted_tables if table.info != DERIVED]


def columns_of(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.info != DERIVED]


def key_of(table: Table, row: Row) -> Key:
    """The values of the primary key in *row*."""
    values = dict(zip((column.name for column in columns_of(table)), row, strict=True))
    return tuple(values[column.name] for column in table.primary_key)


def count_rows(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def last_key(connection: Connection, table: Table) -> Key | None:
    """The greatest key in the table; None for a table without rows."""
    keys = list(table.primary_key)
    newest = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1))
    found = newest.first()
    return None if found is None else tuple(found)


def batches(connection: Connection, table: Table, *, after: Key | None = None) -> Iterator[Batch]:
    """The rows behind the key *after*, in the order of the key; a few MiB at a time."""
    limit = _FIRST_ROWS
    keys = list(table.primary_key)
    while True:
        wanted = select(*columns_of(table)).order_by(*keys).limit(limit)
        if after is not None:
            values = (literal(value, key.type) for key, value in zip(keys, after, strict=True))
            wanted = wanted.where(tuple_(*keys) > tuple_(*values))
        rows = [tuple(row) for row in connection.execute(wanted)]
        if not rows:
            return
        batch = Batch(rows, [msgspec.json.encode(row) for row in rows])
        yield batch
        after = key_of(table, rows[-1])
        limit = max(1, min(_ROWS_MAX, _BATCH_BYTES * len(rows) // batch.size))


def digest_of(rows: Iterable[Batch]) -> TableDigest:
    """The digest of all rows of a table."""
    digest, count = hashlib.sha256(), 0
    for batch in rows:
        count += len(batch.rows)
        for line in batch.encoded:
            digest.update(line + b"\n")
    return TableDigest(count, digest.hexdigest())


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Row], *, renumbered: bool = False
) -> None:
    """Insert rows as ``batches`` yields them, in the transaction of *connection*.

    *renumbered* rows get new sequence numbers, in their order. Raises sqlite3.Error and
    StatementFailed.
    """
    names = [column.name for column in columns_of(table)]
    counted = table.autoincrement_column
    if renumbered and counted is not None:
        place = names.index(counted.name)
        del names[place]
        rows = [(*row[:place], *row[place + 1 :]) for row in rows]
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.dialect.name == SQLITE:
        file: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        marks = ", ".join("?" for _ in names)
        statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})'  # noqa: S608  # our own names
        file.executemany(statement, rows)
        return
    import psycopg  # noqa: PLC0415  # an extra

    server: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        with server.cursor().copy(f'COPY "{table.name}" ({columns}) FROM STDIN'.encode()) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise StatementFailed(f"{table.name}: {reason_of(error)}") from None


def finish_tables(connection: Connection, tables: Sequence[Table]) -> None:
    """Let the database count on from the last numbers, and know how many rows there are."""
    for table in tables:
        if connection.dialect.name == POSTGRESQL:
            _set_sequence(connection, table)
        connection.exec_driver_sql(f'ANALYZE "{table.name}"')


def _set_sequence(connection: Connection, table: Table) -> None:
    counted = table.autoincrement_column
    if counted is None:
        return
    last = connection.execute(select(func.max(counted))).scalar()
    if last is not None:
        sequence = func.pg_get_serial_sequence(table.name, counted.name)
        connection.execute(select(func.setval(sequence, last)))


def text_without_place(row: Row) -> str | None:
    """What PostgreSQL cannot keep of *row*, or cannot read later; None: it keeps all of it."""
    for value in row:
        if isinstance(value, str) and (found := _unkept(value)):
            return found
    return None


def _unkept(text: str) -> str | None:
    if "\0" in text:
        return "a NUL character"
    if "\\u" in text and text[:1] in ("{", "["):
        # PostgreSQL keeps the document, but then fails to read any of its members.
        try:
            document = json.dumps(json.loads(text), ensure_ascii=False)
        except ValueError:
            return None  # a text that only begins as a document does
        if "\\u0000" in document.replace("\\\\", ""):
            return "a NUL character"
        if any("\ud800" <= character <= "\udfff" for character in document):
            return "half of a surrogate pair"
    return None
