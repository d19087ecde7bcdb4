"""Bringing a database to the newest version of its tables.

A new database is made from the tables as they are; an older one is brought up to date by
Alembic's revisions. Each set of tables (access, crm) has its revisions beside it and a version
table of its own, so that both may share one database.
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
    """A set of tables, the version they are, and the revisions that lead there."""

    tables: MetaData
    version: str
    """The last revision: four digits, so that versions compare as text."""
    version_table: str
    revisions: Path
    """A folder as Alembic wants it, with the revisions in ``versions``."""


def upgrade(engine: Engine, schema: Schema) -> None:
    """Make the tables, or run the revisions that the database has not seen; all or nothing.

    Raises SetupError when the database was written by a newer leadwire.
    """
    if is_current(engine, schema):
        return
    versions = _versions(schema)
    with transaction(engine) as connection:
        current = _current(connection, versions)  # another process may have been here first
        if current is None:
            schema.tables.create_all(connection)
            versions.create(connection)
            connection.execute(versions.insert().values(version_num=schema.version))
        elif newer := newer_version(engine.url.database, current, schema):
            raise SetupError(newer)
        else:
            run_revisions(connection, schema)


def newer_version(database: object, version: str, schema: Schema) -> str | None:
    """What to say of a database that a newer leadwire wrote; None for one of *schema* or older."""
    if version <= schema.version:
        return None
    return (
        f"{database} was written by a newer leadwire (version {version}, this one reads "
        f"{schema.version}): install that leadwire."
    )


def is_current(engine: Engine, schema: Schema) -> bool:
    """Whether ``upgrade`` has nothing to do."""
    with engine.connect() as connection:
        return _current(connection, _versions(schema)) == schema.version


def make_database(path: Path, engine: Engine, schema: Schema, folder_id: str) -> None:
    """Make the file of a new data folder; what a killed start left of it is completed.

    *engine* is of that file, and is disposed of.
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
        schema.version_table, MetaData(), Column("version_num", String(32), primary_key=True)
    )


def _current(connection: Connection, versions: Table) -> str | None:
    if not inspect(connection).has_table(versions.name):
        return None
    return connection.execute(select(versions.c.version_num)).scalar()


def run_revisions(connection: Connection, schema: Schema) -> None:
    """Run every revision that the database has not seen, in the transaction of *connection*."""
    # Alembic takes longer to import than the server takes to start: only when there is work.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    # The configuration takes "%" for the start of a reference.
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
