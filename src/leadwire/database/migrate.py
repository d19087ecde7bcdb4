"""Bringing a database to the newest version of its tables.

A new database is made from the tables as they are; an older one is brought up to date by
Alembic's scripts. Each set of tables (access, crm) has its scripts beside it and a version
table of its own, so that both may share one database.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from leadwire.database.engine import transaction
from leadwire.database.mark import MARK_INSERT, MARK_TABLE, Mark, make_empty_file, read_mark
from leadwire.errors import SetupError

if TYPE_CHECKING:
    import sqlite3


class Schema(NamedTuple):
    """A set of tables, the version they are, and the scripts that lead there."""

    tables: MetaData
    version: str
    version_table: str
    scripts: Path


def upgrade(engine: Engine, schema: Schema) -> None:
    """Make the tables, or run the scripts that the database has not seen; all or nothing.

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
        elif current != schema.version:
            _run_scripts(connection, schema, current)


def is_current(engine: Engine, schema: Schema) -> bool:
    """Whether ``upgrade`` has nothing to do."""
    with engine.connect() as connection:
        return _current(connection, _versions(schema)) == schema.version


def make_database(
    path: Path, schema: Schema, folder_id: str, *, engine_of: Callable[[Path], Engine]
) -> None:
    """Make the database of a new data folder; what a killed start left of it is completed."""
    make_empty_file(path)
    engine = engine_of(path)
    try:
        upgrade(engine, schema)
        _put_mark(engine, Mark(folder_id, path.name))
    finally:
        engine.dispose()


def _put_mark(engine: Engine, mark: Mark) -> None:
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


def _run_scripts(connection: Connection, schema: Schema, current: str | None) -> None:
    # Alembic takes longer to import than the server takes to start: only when there is work.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(schema.scripts))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    if current is not None and current not in {s.revision for s in directory.walk_revisions()}:
        raise SetupError(
            f"{connection.engine.url.database} was written by a newer leadwire "
            f"(version {current}): install that one, or use another data folder."
        )
    environment = EnvironmentContext(
        config,
        directory,
        fn=lambda revision, _context: directory._upgrade_revs("head", revision),  # noqa: SLF001
    )
    with environment:
        environment.configure(connection=connection, version_table=schema.version_table)
        environment.run_migrations()
