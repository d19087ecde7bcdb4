"""Migrate a database to the newest version of its tables.

A new database gets the current tables. An older one runs Alembic's revisions. Each set of tables
(access, crm) has separate revisions and a separate version table, so both can share a database.

The version table also says since which version the tables are readable. So servers of two versions
may share a PostgreSQL database, while the older ones are replaced: see docs/postgresql.md.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from leadwire.database.database import transaction
from leadwire.database.mark import MARK_INSERT, MARK_TABLE, Mark, make_empty_file, read_mark
from leadwire.errors import SetupError

if TYPE_CHECKING:
    import sqlite3


class Schema(NamedTuple):
    """A set of tables, with its version and its revisions."""

    tables: MetaData
    version: str
    """The last revision: four digits, so that versions compare as text."""
    readable_since: str
    """The oldest version whose leadwire may go on with these tables."""
    version_table: str
    revisions: Path
    """An Alembic folder, with the revisions in ``versions``."""


class Version(NamedTuple):
    """What a database says about a set of its tables."""

    number: str
    readable_since: str


def upgrade(engine: Engine, schema: Schema) -> None:
    """Create the tables, or run the missing revisions, in one transaction.

    Tables that a newer leadwire made stay as they are, if this one may go on with them. Raises
    SetupError if it may not.
    """
    if is_usable(engine, schema):
        return
    versions = _versions(schema)
    with transaction(engine) as connection:
        current = version_of(connection, schema)  # another process may have migrated it meanwhile
        if current is None:
            schema.tables.create_all(connection)
            versions.create(connection)
            connection.execute(
                versions.insert().values(
                    version_num=schema.version, readable_since=schema.readable_since
                )
            )
        elif newer := newer_version(engine.url.database, current, schema):
            raise SetupError(newer)
        elif current.number < schema.version:
            run_revisions(connection, schema)


def newer_version(database: object, found: Version, schema: Schema) -> str | None:
    """The message for a database that only a newer leadwire reads; None for any other."""
    if found.readable_since <= schema.version:
        return None
    return (
        f"{database} was written by a newer leadwire (version {found.number}, this one reads "
        f"{schema.version}): install that leadwire."
    )


def is_usable(engine: Engine, schema: Schema) -> bool:
    """Whether ``upgrade`` has nothing to do: the tables are current, or newer and readable."""
    with engine.connect() as connection:
        found = version_of(connection, schema)
    return found is not None and found.readable_since <= schema.version <= found.number


def make_database(path: Path, engine: Engine, schema: Schema, folder_id: str) -> None:
    """Create the database file of a data folder, or complete one from a killed start.

    *engine* belongs to that file. It is disposed at the end.
    """
    make_empty_file(path)
    try:
        upgrade(engine, schema)
        put_mark(engine, Mark(folder_id, path.name))
    finally:
        engine.dispose()


def put_mark(engine: Engine, mark: Mark) -> None:
    """A database that carries a mark keeps it."""
    with transaction(engine) as connection:
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        if read_mark(driver) is None:
            driver.execute(MARK_TABLE)
            driver.execute(MARK_INSERT, mark)


def _versions(schema: Schema) -> Table:
    return Table(
        schema.version_table,
        MetaData(),
        Column("version_num", String(32), primary_key=True),
        Column("readable_since", String(32), nullable=False, server_default=""),
    )


def version_of(connection: Connection, schema: Schema) -> Version | None:
    """What the database says; None: it has no such tables."""
    versions = _versions(schema)
    if not inspect(connection).has_table(versions.name):
        return None
    found = connection.execute(select(versions.c.version_num, versions.c.readable_since)).first()
    return Version(*found) if found else None


def run_revisions(connection: Connection, schema: Schema) -> None:
    """Run the missing revisions in the transaction of *connection*."""
    # Imported only when needed, because Alembic takes longer to import than the server to start.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    versions = _versions(schema)
    versions.create(connection, checkfirst=True)  # Alembic would make it without our column
    config = Config()
    # Escaped, because the configuration reads "%" as the start of a reference.
    config.set_main_option("script_location", str(schema.revisions).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    environment = EnvironmentContext(
        config,
        directory,
        fn=lambda revision, _context: directory._upgrade_revs("head", revision),  # noqa: SLF001
    )
    with environment:
        environment.configure(connection=connection, version_table=schema.version_table)
        environment.run_migrations()
    connection.execute(versions.update().values(readable_since=schema.readable_since))
