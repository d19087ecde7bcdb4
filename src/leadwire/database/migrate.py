"""Bringing a database to the newest version of its tables, with Alembic.

Each set of tables (access, crm) has its scripts beside it and a version table of its own, so
that both may share one database.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from leadwire.errors import SetupError


def upgrade(engine: Engine, *, scripts: Path, version_table: str, head: str) -> None:
    """Run the scripts that *engine*'s database has not seen; all of them, or none of a failed one.

    Raises SetupError when the database was written by a newer leadwire.
    """
    current = _current(engine, version_table)
    if current == head:
        return
    # Alembic takes longer to import than the server takes to start: only when there is work.
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    if current is not None and current not in {s.revision for s in directory.walk_revisions()}:
        raise SetupError(
            f"{engine.url.database} was written by a newer leadwire (version {current}): "
            "install that one, or use another data folder."
        )
    environment = EnvironmentContext(
        config,
        directory,
        fn=lambda revision, _context: directory._upgrade_revs("head", revision),  # noqa: SLF001
    )
    with engine.connect() as connection, environment:
        environment.configure(connection=connection, version_table=version_table)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        environment.run_migrations()
        connection.exec_driver_sql("COMMIT")


def _current(engine: Engine, version_table: str) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(version_table):
            return None
        return connection.execute(
            text(f"SELECT version_num FROM {version_table}")  # noqa: S608  # a name of ours
        ).scalar()
