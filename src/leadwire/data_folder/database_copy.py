"""Copy leads and access data between a data folder's files and a server; compare two places.

Rows are copied in the order of their keys, in batches that are each one transaction, so a copy that
was killed continues behind the last key of each table. The note ``unfinished_copy`` stands in the
target until every table has the digest of its source: no server starts on a target with the note.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple, Self

from sqlalchemy import Engine, Table, select

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.data_folder.making import usable
from leadwire.data_folder.presence import refuse_running_servers
from leadwire.data_folder.server_database import (
    compare_with_database,
    prepare_server_database,
)
from leadwire.database.database import transaction
from leadwire.database.mark import Mark, make_empty_file
from leadwire.database.migrate import Schema, is_current, put_mark, upgrade
from leadwire.database.places import Place
from leadwire.database.table_rows import (
    Batch,
    TableDigest,
    batches,
    digest_of,
    finish_tables,
    insert_rows,
    key_of,
    last_key,
    tables_of,
    text_without_place,
)
from leadwire.database.unfinished import UNFINISHED, is_unfinished
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import (
    ACCESS_NAME,
    CALLS_FOLDER,
    CRM_NAME,
    Identity,
    read_identity,
)
from leadwire.stores.sqlite.days import WriterLock

Tell = Callable[[str, int], None]
"""Called with what is done now, and the bytes done of it."""
Digests = dict[str, TableDigest]
"""By the name of the table, in the order in which tables are copied."""
_SCHEMAS: Final = (ACCESS, CRM)
_NAMED_MAX: Final = 10
"""Rows that PostgreSQL cannot keep, and that a message names."""


class Copied(NamedTuple):
    digests: Digests
    """Of the target, and of its source."""
    rows_copied: int
    """By this run: an earlier one may have copied the others."""


def copy_databases(source: Place, target: Place, tell: Tell) -> Copied:
    """Copy every table of *source* to *target*, one on a server and one in files of one folder.

    The target is empty or holds an unfinished copy; one that holds the same rows already stays as
    it is. Raises SetupError while a server runs, for a target with other rows, for keys of another
    folder, and for texts that PostgreSQL cannot keep. Raises LeadwireError when the target's
    digests differ from the source's afterwards.
    """
    folder = source.folder
    identity = read_identity(folder)
    with usable(target), _stopped(source, target):
        _prepare_target(target, identity)
        with _Side(source) as one, _Side(target) as other:
            with usable(source):
                one.refuse_other_tables(identity)
                wanted = one.digests(tell, look=_refuse_texts if target.on_server else None)
            if not other.begin(wanted, tell):
                return Copied(wanted, 0)
            rows = other.fill_from(one, tell)
            other.tidy()
            _refuse_differences(wanted, other.digests(tell), target)
            other.end(identity)
    return Copied(wanted, rows)


def digests_of(place: Place, tell: Tell) -> Digests:
    """Counts and digests of every table. Raises SetupError for tables of another version."""
    with usable(place), _Side(place) as side:
        side.refuse_other_tables(read_identity(place.folder))
        return side.digests(tell)


@contextmanager
def _stopped(source: Place, target: Place) -> Iterator[None]:
    """No server writes to the folder or to the database during the block."""
    server = source if source.on_server else target
    with usable(server):
        refuse_running_servers(server)
    try:
        lock = WriterLock(source.folder / CALLS_FOLDER)
    except SetupError:
        raise SetupError(
            f"A server runs on {source.folder}: stop it, copy, and start it again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _prepare_target(target: Place, identity: Identity) -> None:
    if target.on_server:
        prepare_server_database(target, identity)
        return
    for name in (ACCESS_NAME, CRM_NAME):
        make_empty_file(target.folder / name)
    with _Side(target) as side:
        side.make_tables()


class _Side:
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
        """Raise SetupError for tables of another version, or of a folder with other keys."""
        for schema in _SCHEMAS:
            if not is_current(self._engine(schema), schema):
                raise SetupError(
                    f"The tables in {self._place.crm.place} are missing, or of another version: "
                    "start this leadwire's server on them once, and stop it."
                )
        if self._place.on_server:
            compare_with_database(self._place, identity)

    def digests(self, tell: Tell, *, look: Callable[[Table, Batch], None] | None = None) -> Digests:
        found: Digests = {}

        def seen(table: Table, batch: Batch) -> None:
            if look is not None:
                look(table, batch)
            tell(f"reading {table.name} of {self._place.crm.place}", batch.size)

        for table, engine in self.tables():
            tell(f"reading {table.name} of {self._place.crm.place}", 0)
            with engine.connect() as connection:
                found[str(table.name)] = digest_of(connection, table, seen)
        return found

    def begin(self, wanted: Digests, tell: Tell) -> bool:
        """Note that a copy has begun; False: the rows of *wanted* are all there already.

        Raises SetupError when the place holds other rows.
        """
        with self.crm.connect() as connection:
            if is_unfinished(connection):
                return True
        if any(_has_rows(engine, table) for table, engine in self.tables()):
            if self.digests(tell) == wanted:
                return False
            raise SetupError(
                f"{self._place.crm.place} holds other accounts or leads than the source. "
                "Copy to an empty database, or move the folder's access.sqlite and crm.sqlite away."
            )
        with transaction(self.crm) as connection:
            UNFINISHED.create(connection)
        return True

    def fill_from(self, source: "_Side", tell: Tell) -> int:
        """Copy the rows behind the last key of each table; how many they were."""
        count = 0
        for (table, engine), (_, from_engine) in zip(self.tables(), source.tables(), strict=True):
            what = f"copying {table.name}"
            tell(what, 0)
            with engine.connect() as connection:
                after = last_key(connection, table)
            with from_engine.connect() as reading:
                for batch in batches(reading, table, after=after):
                    with transaction(engine) as connection:
                        insert_rows(connection, table, batch.rows)
                    count += len(batch.rows)
                    tell(what, batch.size)
        return count

    def tidy(self) -> None:
        for schema in _SCHEMAS:
            with self._engine(schema).connect() as connection:
                finish_tables(connection, tables_of(schema.tables))

    def end(self, identity: Identity) -> None:
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


def _has_rows(engine: Engine, table: Table) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(*table.primary_key).limit(1)).first() is not None


def _refuse_texts(table: Table, batch: Batch) -> None:
    """Raise SetupError with the rows of *batch* that PostgreSQL cannot keep."""
    found = [
        f"{table.name} {', '.join(map(str, key_of(table, row)))}: {unkept}"
        for row in batch.rows
        if (unkept := text_without_place(row)) is not None
    ]
    if found:
        more = f", and {len(found) - _NAMED_MAX} more" if len(found) > _NAMED_MAX else ""
        raise SetupError(
            "PostgreSQL cannot keep the text of these rows, so nothing was copied. Change them "
            f"first (table, key, what it holds): {'; '.join(found[:_NAMED_MAX])}{more}."
        )


def _refuse_differences(wanted: Digests, found: Digests, target: Place) -> None:
    if differing := differences(wanted, found):
        raise LeadwireError(
            f"The copy in {target.crm.place} differs from its source in {', '.join(differing)}: "
            "the source was changed after the copy began. Empty the target, and copy again."
        )


def differences(one: Digests, other: Digests) -> list[str]:
    """The names of tables whose rows differ."""
    return [name for name in one if one[name] != other[name]]
