"""Indexes on lead fields, created on demand and kept as configured."""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError

from leadwire.crm.leads.columns import ALWAYS_INDEXED, INDEX_PREFIX, index_of
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.schema import DEFAULT_SCHEMA, LeadSchema, load_schema
from leadwire.crm.tables import lead_fields
from leadwire.database.database import POSTGRESQL, SQLITE


def bring_next_index(connection: Connection, schema_names: Iterable[str]) -> bool:
    """Create one missing index or drop one unwanted index. Returns False when all is done.

    *schema_names* are the fields to index. An index serves all accounts. A name that is a number in
    one account and a text in another gets two indexes. Unknown names are ignored.

    On PostgreSQL the connection has no transaction: callers read and write meanwhile. An index that
    a killed process left unfinished is dropped and made again. If another process builds one, this
    waits for a second. Raises what ``DATABASE_ERRORS`` names.
    """
    if connection.dialect.name != SQLITE and connection.exec_driver_sql(_UNDER_WAY).first():
        time.sleep(_LOOK_AGAIN_SECONDS)
        return True
    schemas = schemas_of(connection)
    wanted = dict(
        index
        for name in schema_names
        for schema in schemas
        if (field := schema.by_name.get(name)) is not None
        and (index := index_of(field, connection.dialect)) is not None
    )
    rows = connection.exec_driver_sql(_MADE[connection.dialect.name])
    made = {row.name: row.statement for row in rows}
    try:
        return _change_next(connection, wanted, made)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _MET_ANOTHER:
            raise
    time.sleep(_LOOK_AGAIN_SECONDS)
    return True


def _change_next(
    connection: Connection, wanted: Mapping[str, str], made: Mapping[str, str]
) -> bool:
    for name, statement in made.items():
        if wanted.get(name) != statement:
            connection.exec_driver_sql(f'{_DROP[connection.dialect.name]} "{name}"')
            return True
    for name, statement in wanted.items():
        if name not in made:
            connection.exec_driver_sql(statement)
            if connection.dialect.name != SQLITE:
                # PostgreSQL rewrites the statement, so a comment on the index keeps the original.
                quoted = statement.replace("'", "''")
                connection.exec_driver_sql(f"COMMENT ON INDEX \"{name}\" IS '{quoted}'")
            return True
    return False


def has_index(connection: Connection, field: LeadField) -> bool:
    """Whether *field* has an index."""
    if field.schema_name in ALWAYS_INDEXED:
        return True
    index = index_of(field, connection.dialect)
    if index is None:
        return False
    name, _ = index
    return connection.execute(_HAS[connection.dialect.name], {"name": name}).first() is not None


def schemas_of(connection: Connection) -> list[LeadSchema]:
    """The lead schemas of all accounts."""
    account_ids = connection.execute(select(lead_fields.c.account_id).distinct()).scalars()
    return [DEFAULT_SCHEMA, *(load_schema(connection, one) for one in account_ids.all())]


_HAS: Final = {
    SQLITE: text("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = :name"),
    POSTGRESQL: text(
        "SELECT 1 FROM pg_class JOIN pg_index ON indexrelid = oid "
        "WHERE indrelid = 'leads'::regclass AND relname = :name AND indisvalid"
    ),
}
_MADE: Final = {
    SQLITE: "SELECT name, sql AS statement FROM sqlite_master WHERE type = 'index' "  # noqa: S608
    f"AND name GLOB '{INDEX_PREFIX}*'",
    POSTGRESQL: "SELECT relname AS name, "  # noqa: S608
    "CASE WHEN indisvalid THEN obj_description(oid, 'pg_class') END AS statement "
    "FROM pg_class JOIN pg_index ON indexrelid = oid "
    f"WHERE indrelid = 'leads'::regclass AND starts_with(relname, '{INDEX_PREFIX}')",
}
_DROP: Final = {SQLITE: "DROP INDEX", POSTGRESQL: "DROP INDEX CONCURRENTLY IF EXISTS"}
_UNDER_WAY: Final = (
    "SELECT 1 FROM pg_stat_progress_create_index "
    "WHERE datname = current_database() AND relid = 'leads'::regclass"
)
_MET_ANOTHER: Final = ("23505", "40P01", "42704", "42P01", "42P07")
"""PostgreSQL's codes when two processes make or drop an index at the same instant: the name is
taken or gone, or each waits for the other. The next look finds what the other has done."""
_LOOK_AGAIN_SECONDS: Final = 1.0
