"""The rows of one account in a database: read them, and put them back.

Rows of another account are never touched. What a server derives by itself (the index of quick
search) is dropped, and made anew in the background.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from leadwire.access import tables as access
from leadwire.crm import tables as crm
from leadwire.crm.leads.trigram_index import forget_words
from leadwire.database.table_rows import Row, columns_of, insert_rows, key_of, tables_of

Rows = Mapping[str, list[Row]]
"""The rows of an account by table, in the order of their keys."""

_PARENTS: Final = {
    "webhook_events": crm.webhook_deliveries.c.delivery_id,
    "webhook_attempts": crm.webhook_deliveries.c.delivery_id,
    "group_users": access.sales_groups.c.group_id,
    "secrets": access.keys.c.key_id,
    "invitations": access.users.c.user_id,
}
"""Tables without the account's id, and the column that leads to it."""
_ACCESS_TABLES: Final = (
    access.users,
    access.sales_groups,
    access.group_users,
    access.check_ins,
    access.keys,
    access.secrets,
    access.invitations,
    access.async_keys,
    access.chosen_settings,
)
"""What a reset puts back, parents first. Sessions and the audit trail stay."""
_QUEUES: Final = frozenset(
    {"webhook_deliveries", "webhook_events", "webhook_attempts", "async_calls"}
)
_SHARED: Final = frozenset({"lead_field_uses"})
"""Tables of all accounts together."""


def crm_rows(connection: Connection, account_id: str) -> Rows:
    """All rows of the account in the CRM's database."""
    return {t.name: _read(connection, t, account_id) for t in _crm_tables()}


def replace_crm_rows(connection: Connection, account_id: str, rows: Rows) -> None:
    """Let the account have *rows* and no others, in the transaction of *connection*."""
    forget_words(connection, account_id)
    # Rows that refer to a parent go first: the parent says whose they are.
    for table in sorted(_crm_tables(), key=lambda table: "account_id" in table.c):
        connection.execute(delete(table).where(_of_account(table, account_id)))
    for table in _crm_tables():
        if found := rows.get(table.name):
            insert_rows(connection, table, found, renumbered=True)


def access_rows(connection: Connection, account_id: str) -> Rows:
    """The account's users, groups, keys and chosen settings."""
    return {t.name: _read(connection, t, account_id) for t in _ACCESS_TABLES}


def replace_access_rows(connection: Connection, account_id: str, rows: Rows) -> bool:
    """As ``replace_crm_rows``. Touches only rows that differ. Returns whether any did."""
    now = access_rows(connection, account_id)
    if now == rows:
        return False
    for table in reversed(_ACCESS_TABLES):
        kept = {key_of(table, row) for row in rows[table.name]}
        for row in now[table.name]:
            if (key := key_of(table, row)) not in kept:
                _forget(connection, table, key)
    for table in _ACCESS_TABLES:
        before = {key_of(table, row): row for row in now[table.name]}
        for row in rows[table.name]:
            _bring_back(connection, table, row, before.get(key_of(table, row)))
    return True


def drop_users(connection: Connection, account_id: str, ids: Sequence[str]) -> None:
    """Remove users that have neither keys nor groups."""
    owned = access.users.c.account_id == account_id
    connection.execute(delete(access.users).where(owned, access.users.c.user_id.in_(ids)))


def moved(rows: Rows, ids: Mapping[str, str]) -> Rows:
    """*rows* with each id replaced, wherever it stands, and without queues.

    The jobs of a queue have ids that are unique on a server.
    """
    return {
        name: [tuple(_with_ids(value, ids) for value in row) for row in found]
        for name, found in rows.items()
        if name not in _QUEUES
    }


def _with_ids(value: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401  # a column's value
    if isinstance(value, str):
        for old, new in ids.items():
            value = value.replace(old, new)
    return value


def _forget(connection: Connection, table: Table, key: tuple[Any, ...]) -> None:
    if table is access.users:
        owned = access.sessions.c.user_id == key[0]
        connection.execute(delete(access.sessions).where(owned))
    connection.execute(delete(table).where(_is_key(table, key)))


def _bring_back(connection: Connection, table: Table, row: Row, before: Row | None) -> None:
    if before == row:
        return
    values = dict(zip((column.name for column in columns_of(table)), row, strict=True))
    if before is None:
        connection.execute(table.insert().values(**values))
    else:
        is_it = _is_key(table, key_of(table, row))
        connection.execute(table.update().where(is_it).values(**values))


def _is_key(table: Table, key: tuple[Any, ...]) -> ColumnElement[bool]:
    pairs = zip(table.primary_key, key, strict=True)
    conditions = [column == value for column, value in pairs]
    found: ColumnElement[bool] = conditions[0]
    for condition in conditions[1:]:
        found &= condition
    return found


def _crm_tables() -> list[Table]:
    return [table for table in tables_of(crm.METADATA) if table.name not in _SHARED]


def _read(connection: Connection, table: Table, account_id: str) -> list[Row]:
    wanted = select(*columns_of(table)).where(_of_account(table, account_id))
    return [tuple(row) for row in connection.execute(wanted.order_by(*table.primary_key))]


def _of_account(table: Table, account_id: str) -> ColumnElement[bool]:
    if "account_id" in table.c:
        return table.c.account_id == account_id
    parent = _PARENTS[table.name]
    owned = select(parent).where(parent.table.c.account_id == account_id)
    return table.c[parent.name].in_(owned)
