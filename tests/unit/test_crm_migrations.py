"""The CRM's database: made new or brought up to date, its tables are the same."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table, inspect

from leadwire.crm.tables import SCHEMA
from leadwire.database.engine import writer_engine
from leadwire.database.migrate import Schema, upgrade
from leadwire.errors import SetupError

Shape = dict[str, object]


def shape_of(engine: Engine) -> Shape:
    """Columns, primary keys and indexes of every table."""
    inspector = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted(
                (str(index["name"]), tuple(index["column_names"]), bool(index["unique"]))
                for index in inspector.get_indexes(table)
            ),
        }
        for table in sorted(inspector.get_table_names())
        if table != SCHEMA.version_table
    }


def versions() -> list[str]:
    """The scripts' versions, in their order."""
    return sorted(path.name[:4] for path in (SCHEMA.scripts / "versions").glob("[0-9]*.py"))


def migrated(path: Path, start: str) -> Shape:
    """The shape of a database that stood at *start* and ran the scripts from there."""
    engine = writer_engine(path)
    try:
        _stand_at(engine, start)
        upgrade(engine, SCHEMA)
        return shape_of(engine)
    finally:
        engine.dispose()


def _stand_at(engine: Engine, version: str) -> None:
    from alembic.migration import MigrationContext  # noqa: PLC0415  # slow to import
    from alembic.operations import Operations  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    scripts = ScriptDirectory(str(SCHEMA.scripts))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for name in versions():
                if name <= version:
                    scripts.get_revision(name).module.upgrade()
        table = Table(SCHEMA.version_table, MetaData(), Column("version_num", String(32)))
        table.create(connection)
        connection.execute(table.insert().values(version_num=version))
        connection.commit()


@pytest.mark.parametrize("start", versions())
def test_every_older_database_becomes_what_a_new_one_is(tmp_path: Path, start: str) -> None:
    """The scripts and the tables lead to the same columns, keys and indexes."""
    engine = writer_engine(tmp_path / "new.sqlite")
    try:
        upgrade(engine, SCHEMA)
        new = shape_of(engine)
    finally:
        engine.dispose()
    assert migrated(tmp_path / "old.sqlite", start) == new


def test_the_tables_are_of_the_newest_script() -> None:
    """A script without a raised version would never run."""
    assert SCHEMA.version == versions()[-1]


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    """Whatever a newer leadwire keeps, this one must not write to it."""
    engine = writer_engine(tmp_path / "crm.sqlite")
    try:
        upgrade(engine, Schema(SCHEMA.tables, "9999", SCHEMA.version_table, SCHEMA.scripts))
        with pytest.raises(SetupError, match="newer leadwire"):
            upgrade(engine, SCHEMA)
    finally:
        engine.dispose()
