"""The scripts that bring an old database up to date end where a new one begins."""

from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, inspect, text

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.database.engine import transaction, writer_engine
from leadwire.database.mark import make_empty_file
from leadwire.database.migrate import Schema, _run_scripts, upgrade
from leadwire.errors import SetupError

_SCHEMAS = pytest.mark.parametrize("schema", [ACCESS, CRM], ids=["access", "crm"])


def engine_of(path: Path) -> Engine:
    make_empty_file(path)
    return writer_engine(path)


def described(connection: Connection, schema: Schema) -> dict[str, object]:
    """Every table with its columns, keys and indexes, in a form that compares."""
    inspector = inspect(connection)
    return {
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


@_SCHEMAS
def test_scripts_make_exactly_the_tables_of_a_new_database(schema: Schema, tmp_path: Path) -> None:
    """Columns, types, keys and indexes; and they leave the newest version's mark."""
    new, old = engine_of(tmp_path / "new.sqlite"), engine_of(tmp_path / "old.sqlite")
    try:
        upgrade(new, schema)
        with transaction(old) as connection:
            _run_scripts(connection, schema, None)
        with new.connect() as made, old.connect() as migrated:
            assert described(migrated, schema) == described(made, schema)
            assert described(made, schema).keys() == schema.tables.tables.keys()
            for connection in (made, migrated):
                versions = connection.execute(text(f"SELECT * FROM {schema.version_table}"))  # noqa: S608
                assert versions.scalars().all() == [schema.version]
    finally:
        new.dispose()
        old.dispose()


@_SCHEMAS
def test_upgrading_twice_changes_nothing(schema: Schema, tmp_path: Path) -> None:
    """A start of the server is no migration when there is nothing to do."""
    engine = engine_of(tmp_path / "twice.sqlite")
    try:
        upgrade(engine, schema)
        with engine.connect() as connection:
            before = described(connection, schema)
        upgrade(engine, schema)
        with engine.connect() as connection:
            assert described(connection, schema) == before
    finally:
        engine.dispose()


@_SCHEMAS
def test_a_database_of_a_newer_version_is_left_alone(schema: Schema, tmp_path: Path) -> None:
    """SetupError says what to do."""
    engine = engine_of(tmp_path / "newer.sqlite")
    try:
        upgrade(engine, schema)
        with transaction(engine) as connection:
            connection.execute(text(f"UPDATE {schema.version_table} SET version_num = '9999'"))  # noqa: S608
        with pytest.raises(SetupError, match="newer leadwire"):
            upgrade(engine, schema)
    finally:
        engine.dispose()
