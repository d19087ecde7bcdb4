"""Revisions bring an old database to the tables of a new one, whole or not at all.

leadwire has one revision. The second one here is only the test's, in a folder of its own.
"""

import gc
import io
import random  # noqa: TID251  # a replayable power loss
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sim import vfs
from sim.disk import Disk
from sqlalchemy import Column, Connection, Engine, Index, MetaData, Table, Text, inspect, text
from support import leadwire

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.database.database import DATABASE_ERRORS, transaction
from leadwire.database.mark import make_empty_file
from leadwire.database.migrate import Schema, run_revisions, upgrade
from leadwire.database.sqlite import SqliteDatabase
from leadwire.errors import SetupError

_SCHEMAS = pytest.mark.parametrize("schema", [ACCESS, CRM], ids=["access", "crm"])
_ENGINES: Final = {
    ACCESS.version_table: SqliteDatabase.shared,
    CRM.version_table: SqliteDatabase.alone,
}
_TABLES: Final = {ACCESS.version_table: "accounts", CRM.version_table: "counters"}
"""The table that the second revision changes."""
_ROWS: Final = {
    ACCESS.version_table: "INSERT INTO accounts VALUES ('a', 1001, 'Acme', 0)",
    CRM.version_table: "INSERT INTO counters (account_id, last_auto_id) VALUES ('a', 7)",
}
_SECOND: Final = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("{table}", sa.Column("mood", sa.Text, nullable=False, server_default=""))
    op.create_table("moods", sa.Column("mood", sa.Text, primary_key=True))
    op.create_index("{table}_by_mood", "{table}", ["mood"])
    op.execute("UPDATE {table} SET mood = 'good'")
    {last}
"""


def engine_of(path: Path, schema: Schema) -> Engine:
    make_empty_file(path)
    return _ENGINES[schema.version_table](SqliteDatabase(path))


@contextmanager
def opened(path: Path, schema: Schema) -> Iterator[Engine]:
    engine = engine_of(path, schema)
    try:
        yield engine
    finally:
        engine.dispose()


def second_version(
    schema: Schema, folder: Path, *, last: str = "", readable_since: str = "0002"
) -> Schema:
    """*schema* as a later leadwire has it: with a second revision, which ends with *last*."""
    revisions = Path(shutil.copytree(schema.revisions, folder / "migrations"))
    table = _TABLES[schema.version_table]
    second = revisions / "versions" / "0002_second.py"
    second.write_text(_SECOND.format(table=table, last=last))
    tables = MetaData()
    for one in schema.tables.tables.values():
        one.to_metadata(tables)
    changed = tables.tables[table]
    changed.append_column(Column("mood", Text, nullable=False, server_default=""))
    Index(f"{table}_by_mood", changed.c.mood)
    Table("moods", tables, Column("mood", Text, primary_key=True))
    return schema._replace(
        tables=tables, version="0002", readable_since=readable_since, revisions=revisions
    )


def described(connection: Connection, schema: Schema) -> dict[str, object]:
    """The version, and each table with its columns, keys and indexes, in a form that compares."""
    inspector = inspect(connection)
    version = connection.execute(text(f"SELECT version_num FROM {schema.version_table}"))  # noqa: S608
    return {"version": version.scalars().all()} | {
        table: {
            "columns": [
                (column["name"], str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            ],
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "foreign keys": sorted(
                (tuple(key["constrained_columns"]), key["referred_table"])
                for key in inspector.get_foreign_keys(table)
            ),
            "unique": sorted(
                tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)
            ),
            "indexes": sorted(
                (index["name"], tuple(index["column_names"]), index["unique"])
                for index in inspector.get_indexes(table)
            ),
        }
        for table in inspector.get_table_names()
        if table != schema.version_table
    }


def found(path: Path, schema: Schema) -> dict[str, object]:
    with opened(path, schema) as engine, engine.connect() as connection:
        return described(connection, schema)


def old_database(path: Path, schema: Schema) -> Path:
    """A database of the first version with a row in it, closed."""
    with opened(path, schema) as engine:
        upgrade(engine, schema)
        with transaction(engine) as connection:
            connection.execute(text(_ROWS[schema.version_table]))
    return path


def new_database(path: Path, schema: Schema) -> dict[str, object]:
    with opened(path, schema) as engine:
        upgrade(engine, schema)
    return found(path, schema)


@_SCHEMAS
def test_the_first_revision_makes_exactly_the_tables_of_a_new_database(
    schema: Schema, tmp_path: Path
) -> None:
    """The same version, tables, columns, types, keys and indexes."""
    with opened(tmp_path / "old.sqlite", schema) as old, transaction(old) as connection:
        run_revisions(connection, schema)
    made = new_database(tmp_path / "new.sqlite", schema)
    assert found(tmp_path / "old.sqlite", schema) == made
    assert made.keys() == {"version", *schema.tables.tables}
    assert made["version"] == [schema.version]


@_SCHEMAS
def test_a_second_revision_changes_the_tables_and_keeps_the_rows(
    schema: Schema, tmp_path: Path
) -> None:
    """An old database then has exactly the tables of a new one."""
    second = second_version(schema, tmp_path)
    path = old_database(tmp_path / "old.sqlite", schema)
    with opened(path, schema) as engine:
        upgrade(engine, second)
        with engine.connect() as connection:
            moods = connection.execute(text(f"SELECT mood FROM {_TABLES[schema.version_table]}"))  # noqa: S608
            assert moods.scalars().all() == ["good"]
    after = found(path, schema)
    assert after["version"] == ["0002"]
    assert after == new_database(tmp_path / "new.sqlite", second)


@_SCHEMAS
def test_upgrading_twice_changes_nothing(schema: Schema, tmp_path: Path) -> None:
    """The server migrates nothing when there is nothing to do."""
    before = new_database(tmp_path / "twice.sqlite", schema)
    assert new_database(tmp_path / "twice.sqlite", schema) == before


@_SCHEMAS
def test_a_revision_that_fails_leaves_the_old_database(schema: Schema, tmp_path: Path) -> None:
    """What it did before its error is undone, and a mended one can run."""
    failing = second_version(schema, tmp_path, last='op.execute("INSERT INTO missing VALUES (1)")')
    path = old_database(tmp_path / "old.sqlite", schema)
    before = found(path, schema)
    with opened(path, schema) as engine, pytest.raises(DATABASE_ERRORS):
        upgrade(engine, failing)
    assert found(path, schema) == before


@_SCHEMAS
def test_an_older_leadwire_refuses_a_newer_folder_in_one_sentence(
    schema: Schema, data_folder: Path, tmp_path: Path
) -> None:
    """It says which file, both versions and what to do, and changes nothing."""
    path = data_folder / f"{schema.version_table.removesuffix('_version')}.sqlite"
    with opened(path, schema) as engine:
        upgrade(engine, second_version(schema, tmp_path))
    sentence = (
        f"{path} was written by a newer leadwire (version 0002, this one reads 0001): "
        "install that leadwire."
    )
    before = found(path, schema)
    with opened(path, schema) as engine, pytest.raises(SetupError) as caught:
        upgrade(engine, schema)
    assert str(caught.value) == sentence
    result = leadwire("serve", "--data", str(data_folder), "--port", "0")
    assert result.exit_code != 0
    assert result.stderr == f"Error: {sentence}\n"
    assert gc.isenabled()
    assert found(path, schema) == before


@pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")
@_SCHEMAS
@pytest.mark.parametrize("image_of", [Disk.image_after_kill, Disk.image_after_power_loss])
def test_a_killed_migration_leaves_the_old_tables_or_the_new(
    schema: Schema, image_of: Callable[[Disk, Path], Path], tmp_path: Path
) -> None:
    """At each event on the disk; and the next start completes it."""
    second = second_version(schema, tmp_path)
    old = old_database(tmp_path / "old.sqlite", schema)
    before, after = dumped(old), migrated(Path(shutil.copy(old, tmp_path / "new.sqlite")), second)
    assert before != after
    outcomes = []
    for died_at in range(1, 1_000):
        folder = tmp_path / f"run-{died_at}"
        folder.mkdir()
        path = Path(shutil.copy(old, folder / "one.sqlite"))
        disk = migrate_and_die(path, second, died_at)
        image = image_of(disk, tmp_path / f"image-{died_at}") / path.name
        left = dumped(image)
        assert left in (before, after), f"died at event {died_at}: {disk.trace[-1]}"
        assert migrated(image, second) == after
        outcomes.append(left == after)
        if not disk.is_dead:
            break
    assert not outcomes[0]
    assert outcomes[-1], "a migration that nothing stops is made"


def dumped(path: Path) -> list[str]:
    """Tables and rows as SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def migrated(path: Path, schema: Schema) -> list[str]:
    with opened(path, schema) as engine:
        upgrade(engine, schema)
    return dumped(path)


def migrate_and_die(path: Path, schema: Schema, event: int) -> Disk:
    """Upgrade the database at *path*; its disk dies at that *event*, if there are so many."""
    disk = Disk(path.parent, chance=random.Random(event))  # noqa: S311
    disk.at_event = lambda number: disk.die() if number == event else None
    with disk.mounted():
        engine = engine_of(path, schema)
        try:
            with suppress(*DATABASE_ERRORS):
                upgrade(engine, schema)
        finally:
            engine.dispose()
    return disk


@_SCHEMAS
def test_the_revisions_can_be_told_to_another_database(schema: Schema) -> None:
    """They hold types, and no text that only SQLite knows: PostgreSQL's statements follow."""
    config = Config()
    config.set_main_option("script_location", str(schema.revisions))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    with closing(io.StringIO()) as told:
        environment = EnvironmentContext(
            config,
            directory,
            fn=lambda revision, _context: directory._upgrade_revs("head", revision),
            as_sql=True,
        )
        with environment:
            environment.configure(dialect_name="postgresql", output_buffer=told)
            environment.run_migrations()
        statements = told.getvalue()
    for table in schema.tables.tables:
        assert f"CREATE TABLE {table} (" in statements
