"""What ``leadwire doctor`` finds about the database on a server. Changes nothing."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, inspect, text

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.database.migrate import newer_version
from leadwire.database.places import Place
from leadwire.database.unfinished import is_unfinished
from leadwire.errors import SetupError

_OLDEST_VERSION: Final = 140_000
"""PostgreSQL 14, as ``server_version_num`` has it."""


class Finding(NamedTuple):
    """The result of one check."""

    state: Literal["ok", "note", "wrong"]
    what: str
    detail: str


def server_findings(place: Place) -> Iterator[Finding]:
    """Stops at a server that cannot be reached."""
    try:
        engine = place.crm.alone()
    except SetupError as error:
        yield Finding("wrong", "database", str(error))
        return
    try:
        with engine.connect() as connection:
            yield Finding("ok", "database", place.crm.place)
            for check in (_version, _schemas, _pg_trgm, _flushes, _replication):
                yield from check(connection)
    except DATABASE_ERRORS as error:
        yield Finding(
            "wrong",
            "database",
            f"{place.crm.place} cannot be used ({reason_of(error)}): start it, or correct "
            "LEADWIRE_DATABASE_URL",
        )
    finally:
        engine.dispose()


def _version(connection: Connection) -> Iterator[Finding]:
    is_old = int(_setting(connection, "server_version_num")) < _OLDEST_VERSION
    yield Finding(
        "wrong" if is_old else "ok",
        "PostgreSQL",
        _setting(connection, "server_version") + (": install 14 or newer" if is_old else ""),
    )


def _schemas(connection: Connection) -> Iterator[Finding]:
    if is_unfinished(connection):
        yield Finding(
            "wrong", "tables", "a copy is unfinished: run the same 'leadwire db copy' again"
        )
    for schema in (ACCESS, CRM):
        what = schema.version_table
        if not inspect(connection).has_table(what):
            yield Finding("note", what, "no tables yet: 'leadwire serve' makes them")
            continue
        version = str(connection.exec_driver_sql(f"SELECT version_num FROM {what}").scalar())  # noqa: S608  # our own name
        if newer := newer_version("the database", version, schema):
            yield Finding("wrong", what, newer)
        elif version != schema.version:
            yield Finding("note", what, f"{version}: the next start brings it to {schema.version}")
        else:
            yield Finding("ok", what, version)


def _pg_trgm(connection: Connection) -> Iterator[Finding]:
    wanted = text("SELECT extversion FROM pg_extension WHERE extname = 'pg_trgm'")
    version = connection.execute(wanted).scalar()
    if version is None:
        yield Finding(
            "note",
            "pg_trgm",
            "missing: quick search reads every lead. The database's administrator should run "
            "'CREATE EXTENSION pg_trgm'",
        )
    else:
        yield Finding("ok", "pg_trgm", str(version))


def _flushes(connection: Connection) -> Iterator[Finding]:
    """Whether an answered write is on the server's disk."""
    for name, good in (
        ("fsync", ("on",)),
        ("synchronous_commit", ("on", "local", "remote_write", "remote_apply")),
        ("full_page_writes", ("on",)),
    ):
        value = _setting(connection, name)
        yield Finding(
            "ok" if value in good else "wrong",
            name,
            value if value in good else f"{value}: a crash loses answered writes. Set it to 'on'",
        )


def _replication(connection: Connection) -> Iterator[Finding]:
    replicas = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_replication").scalar()
    if not replicas:
        yield Finding("ok", "replication", "no replica is connected")
    elif not _setting(connection, "synchronous_standby_names"):
        yield Finding(
            "note",
            "replication",
            f"{replicas} replica(s), none synchronous: a failover may lose answered writes. Set "
            "synchronous_standby_names to prevent that",
        )
    elif _setting(connection, "synchronous_commit") == "local":
        yield Finding(
            "note",
            "replication",
            "synchronous_commit is 'local', so that no replica is waited for: a failover may lose "
            "answered writes",
        )
    else:
        yield Finding("ok", "replication", f"{replicas} replica(s), synchronous")


def _setting(connection: Connection, name: str) -> str:
    wanted = text("SELECT current_setting(:name)")
    return str(connection.execute(wanted, {"name": name}).scalar_one())
