"""The faults of the database on a server: reported by ``doctor``, refused or warned of at a start.

Changes nothing.
"""

import logging
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, text

from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.database.database import DATABASE_ERRORS
from leadwire.database.migrate import newer_version, version_of
from leadwire.database.places import Place
from leadwire.database.remedies import explained
from leadwire.database.unfinished import is_unfinished
from leadwire.errors import SetupError

_log = logging.getLogger("leadwire")

_OLDEST_VERSION: Final = 140_000
"""PostgreSQL 14, as ``server_version_num`` has it."""


class Finding(NamedTuple):
    """The result of one check."""

    state: Literal["ok", "note", "wrong"]
    what: str
    detail: str


def server_findings(place: Place, *, has_data: bool) -> Iterator[Finding]:
    """Stops at a server that cannot be reached. *has_data*: the folder has been used with it."""
    try:
        engine = place.crm.alone()
    except SetupError as error:
        yield Finding("wrong", "database", str(error))
        return
    try:
        with engine.connect() as connection:
            yield Finding("ok", "database", place.crm.place)
            for check in _NEEDED:
                yield from check(connection)
            yield from _schemas(connection, has_data=has_data)
            for check in (_pg_trgm, *_AGAINST_LOSS):
                yield from check(connection)
    except DATABASE_ERRORS as error:
        detail = f"{place.crm.place} cannot be used: {explained(error)}"
        yield Finding("wrong", "database", detail.rstrip("."))
    finally:
        engine.dispose()


def refuse_unfit_server(connection: Connection, place: Place) -> None:
    """Raises SetupError for a server or a database that leadwire cannot work with."""
    for check in _NEEDED:
        for finding in check(connection):
            if finding.state == "wrong":
                raise SetupError(
                    f"Cannot use the database {place.crm.place}: {finding.what}: {finding.detail}."
                )


def warn_of_loss(connection: Connection) -> None:
    """Log a warning for each way in which a crash or a failover loses answered writes."""
    for check in _AGAINST_LOSS:
        for finding in check(connection):
            if finding.state != "ok":
                _log.warning("%s: %s.", finding.what, finding.detail)


def _version(connection: Connection) -> Iterator[Finding]:
    is_old = int(_setting(connection, "server_version_num")) < _OLDEST_VERSION
    yield Finding(
        "wrong" if is_old else "ok",
        "PostgreSQL",
        _setting(connection, "server_version") + (": install 14 or newer" if is_old else ""),
    )


def _encoding(connection: Connection) -> Iterator[Finding]:
    encoding = _setting(connection, "server_encoding")
    if encoding == "UTF8":
        yield Finding("ok", "encoding", encoding)
        return
    yield Finding(
        "wrong",
        "encoding",
        f"{encoding} cannot hold every text. Make a database with 'createdb --encoding=UTF8 "
        "--template=template0 NAME'",
    )


def _writable(connection: Connection) -> Iterator[Finding]:
    if connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar():
        yield Finding(
            "wrong",
            "standby",
            "it is a standby, which takes no writes. Name the primary in the address, or all "
            "hosts and target_session_attrs=read-write",
        )
    elif _setting(connection, "default_transaction_read_only") == "on":
        yield Finding(
            "wrong",
            "read-only",
            "default_transaction_read_only is on. Turn it off for this database and role",
        )


def _rights(connection: Connection) -> Iterator[Finding]:
    wanted = "SELECT current_user, current_schema, has_schema_privilege(current_schema, 'CREATE')"
    user, schema, may_create = connection.exec_driver_sql(wanted).one()
    if schema is None:
        yield Finding("wrong", "schema", f"none of search_path is there. Make one, owned by {user}")
    elif not may_create:
        yield Finding(
            "wrong",
            "rights",
            f"{user} may not make tables. Its administrator should run "
            f"'GRANT CREATE ON SCHEMA {schema} TO {user}'",
        )


def _schemas(connection: Connection, *, has_data: bool) -> Iterator[Finding]:
    if is_unfinished(connection):
        yield Finding(
            "wrong", "tables", "a copy is unfinished: run the same 'leadwire db copy' again"
        )
    for schema in (ACCESS, CRM):
        what = schema.version_table
        found = version_of(connection, schema)
        if found is None and has_data:
            yield Finding("wrong", what, "no tables: correct the address, or restore the dump")
        elif found is None:
            yield Finding("note", what, "no tables yet: the first start or the copy makes them")
        elif newer := newer_version("the database", found, schema):
            yield Finding("wrong", what, newer)
        elif found.number > schema.version:
            yield Finding("note", what, f"{found.number}: of a newer leadwire; this one may go on")
        elif found.number < schema.version:
            yield Finding("note", what, f"{found.number}: the next start brings {schema.version}")
        else:
            yield Finding("ok", what, found.number)


def _pg_trgm(connection: Connection) -> Iterator[Finding]:
    wanted = text(
        "SELECT installed_version, has_database_privilege(current_database(), 'CREATE') "
        "FROM pg_available_extensions WHERE name = 'pg_trgm'"
    )
    version, may_create = connection.execute(wanted).one_or_none() or ("", False)
    if version:
        yield Finding("ok", "pg_trgm", version)
        return
    if version is None and may_create:
        yield Finding("note", "pg_trgm", "missing: the next start adds it")
        return
    advice = "run 'CREATE EXTENSION pg_trgm'"
    if version == "":
        advice = f"install PostgreSQL's contrib package and {advice}"
    yield Finding(
        "note",
        "pg_trgm",
        f"missing: quick search reads every lead. The database's administrator should {advice}",
    )


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
            f"{replicas} replica(s), none synchronous: a failover may lose the last answered "
            "writes. Set synchronous_standby_names, so that each write waits for one",
        )
    elif _setting(connection, "synchronous_commit") == "local":
        yield Finding(
            "note",
            "replication",
            "synchronous_commit is 'local', so that no replica is waited for: a failover may lose "
            "the last answered writes. Set it to 'on'",
        )
    else:
        yield Finding("ok", "replication", f"{replicas} replica(s), synchronous")


_NEEDED: Final = (_version, _encoding, _writable, _rights)
_AGAINST_LOSS: Final = (_flushes, _replication)


def _setting(connection: Connection, name: str) -> str:
    wanted = text("SELECT current_setting(:name)")
    return str(connection.execute(wanted, {"name": name}).scalar_one())
