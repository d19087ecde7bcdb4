"""The rows of one place, a data folder's files or a database on a server: compare and copy them.

Rows are copied in the order of their keys, in batches that are each one transaction, so a copy that
was killed continues behind the last key of each table. The note ``unfinished_copy`` stands in the
target until every table has the digest of its source: no server starts on a target with the note.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from typing import Final, Self

from sqlalchemy import Engine, Table, inspect, select

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.access.tables import accounts
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.data_folder.making import usable
from leadwire.data_folder.server_database import compare_with_database
from leadwire.database.database import transaction
from leadwire.database.mark import Mark
from leadwire.database.migrate import Schema, put_mark, upgrade, version_of
from leadwire.database.places import Place
from leadwire.database.table_rows import (
    Batch,
    Key,
    TableDigest,
    batches,
    count_rows,
    digest_of,
    finish_tables,
    insert_rows,
    key_of,
    last_key,
    tables_of,
)
from leadwire.database.unfinished import UNFINISHED, is_unfinished
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import ACCESS_NAME, CRM_NAME, Identity

Tell = Callable[[str, int, int], None]
"""Called with what is done now, how many rows of it are done, and how many there are."""
Look = Callable[[Table, Batch], None]
Digests = dict[str, TableDigest]
"""By the name of the table, in the order in which tables are copied."""
_SCHEMAS: Final = (ACCESS, CRM)


def differences(one: Digests, other: Digests) -> list[str]:
    """The names of tables whose rows differ."""
    return [name for name in one if one[name] != other[name]]


class Side:
    """Both sets of tables of one place, over one connection for each database. Close it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.crm = place.crm.alone()
        self._access = self.crm if place.on_server else place.access.shared()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for engine in {self.crm, self._access}:
            with suppress(Exception):
                engine.dispose()

    def make_tables(self) -> None:
        for schema in _SCHEMAS:
            upgrade(self._engine(schema), schema)

    def refuse_other_tables(self, identity: Identity) -> None:
        """Raise SetupError for missing tables, and those of another version or other keys."""
        for schema in _SCHEMAS:
            with self._engine(schema).connect() as connection:
                found = version_of(connection, schema)
            if found is None:
                raise SetupError(
                    f"There are no tables in {self._place.crm.place}: correct the address, or copy "
                    "leads, users and keys there."
                )
            if found.number != schema.version:
                raise SetupError(
                    f"The tables in {self._place.crm.place} are of another version: start this "
                    "leadwire's server on them once, and stop it."
                )
        if self._place.on_server:
            compare_with_database(self._place, identity)

    def digests(self, tell: Tell, *, look: Look | None = None) -> Digests:
        found: Digests = {}
        for table, engine in self.tables():
            what = f"reading {table.name} of {self._place.crm.place}"
            with engine.connect() as connection:
                progress = _Progress(tell, what, of=count_rows(connection, table))
                rows = batches(connection, table)
                found[str(table.name)] = digest_of(_seen(rows, table, progress, look))
        return found

    def keyed_rows(self, name: str) -> Generator[tuple[Key, bytes], None, None]:
        """The key of each row and its text, in the order of the keys. Close it."""
        table, engine = next(found for found in self.tables() if found[0].name == name)
        with closing(self.batches(table, engine)) as found:
            for batch in found:
                for row, line in zip(batch.rows, batch.encoded, strict=True):
                    yield key_of(table, row), line

    def has_accounts(self) -> bool:
        with self._access.connect() as connection:
            is_made = inspect(connection).has_table(accounts.name)
        return is_made and _has_rows(self._access, accounts)

    def is_full(self) -> bool:
        """Whether the place has rows that are not of an unfinished copy."""
        with self.crm.connect() as connection:
            if is_unfinished(connection):
                return False
        return any(_has_rows(engine, table) for table, engine in self.tables())

    def refuse_other_rows(self, wanted: Digests, tell: Tell) -> None:
        """Raise SetupError when the place's rows are not those of *wanted*."""
        if differing := differences(wanted, self.digests(tell)):
            raise SetupError(
                f"{self._place.crm.place} holds other accounts or leads than the source, in "
                f"{', '.join(differing)}. Copy to an empty database, or move the folder's "
                "access.sqlite and crm.sqlite away."
            )

    def take(self, source: "Side", wanted: Digests, identity: Identity, tell: Tell) -> int:
        """Copy every row that is missing here. Returns how many they were."""
        with transaction(self.crm) as connection:
            UNFINISHED.create(connection, checkfirst=True)
        try:
            with usable(self._place):
                rows = self._fill_from(source, wanted, tell)
                self._tidy()
                found = self.digests(tell)
        except SetupError as error:
            raise SetupError(
                f"{error} The copy is unfinished: run the same command again, and it continues."
            ) from error
        if differing := differences(wanted, found):
            raise LeadwireError(
                f"The copy in {self._place.crm.place} differs from its source in "
                f"{', '.join(differing)}: the source was changed after the copy began. Empty the "
                "target, and copy again."
            )
        self._end(identity)
        return rows

    def _fill_from(self, source: "Side", wanted: Digests, tell: Tell) -> int:
        """Copy the rows behind the last key of each table. Returns how many they were."""
        count = 0
        for (table, engine), (_, from_engine) in zip(self.tables(), source.tables(), strict=True):
            with engine.connect() as connection:
                after = last_key(connection, table)
                done = count_rows(connection, table)
            progress = _Progress(tell, f"copying {table.name}", done, of=wanted[table.name].rows)
            with closing(source.batches(table, from_engine, after=after)) as found:
                for batch in found:
                    with transaction(engine) as connection:
                        insert_rows(connection, table, batch.rows)
                    count += len(batch.rows)
                    progress.add(len(batch.rows))
        return count

    def batches(
        self, table: Table, engine: Engine, *, after: Key | None = None
    ) -> Generator[Batch, None, None]:
        """As ``table_rows.batches``; close it. Raises SetupError for an error of this place."""
        with usable(self._place), engine.connect() as connection:
            yield from batches(connection, table, after=after)

    def _tidy(self) -> None:
        for schema in _SCHEMAS:
            with self._engine(schema).connect() as connection:
                finish_tables(connection, tables_of(schema.tables))

    def _end(self, identity: Identity) -> None:
        """Let servers start on the place."""
        if not self._place.on_server:
            put_mark(self._access, Mark(identity.folder_id, ACCESS_NAME))
            put_mark(self.crm, Mark(identity.folder_id, CRM_NAME))
        with transaction(self.crm) as connection:
            UNFINISHED.drop(connection)

    def _engine(self, schema: Schema) -> Engine:
        return self._access if schema is ACCESS else self.crm

    def tables(self) -> list[tuple[Table, Engine]]:
        return [
            (table, self._engine(schema))
            for schema in _SCHEMAS
            for table in tables_of(schema.tables)
        ]


class _Progress:
    """Tells how many rows of one table are done."""

    def __init__(self, tell: Tell, what: str, done: int = 0, *, of: int) -> None:
        self._tell = tell
        self._what = what
        self._done = done
        self._of = of
        self.add(0)

    def add(self, rows: int) -> None:
        self._done += rows
        self._tell(self._what, self._done, self._of)


def _seen(
    rows: Iterator[Batch], table: Table, progress: _Progress, look: Look | None
) -> Iterator[Batch]:
    for batch in rows:
        if look is not None:
            look(table, batch)
        progress.add(len(batch.rows))
        yield batch


def _has_rows(engine: Engine, table: Table) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(*table.primary_key).limit(1)).first() is not None
