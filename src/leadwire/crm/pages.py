"""A page of an account's rows, and how many there are in all."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Table, func, select

from leadwire.crm.lead_columns import Sql
from leadwire.crm.search import Slice
from leadwire.crm.unit import Unit


def counted_page(
    unit: Unit, table: Table, wanted: Sequence[Sql], *, order: Sql, part: Slice
) -> tuple[int, Sequence[Row[Any]]]:
    """The number of the account's rows that *wanted* holds for, and a slice of them.

    Ties of *order* are broken, the newest first and then by the key, so that pages are stable.
    """
    own = (table.c.account_id == unit.actor.account_id, *wanted)
    total = unit.connection.execute(
        select(func.count()).select_from(table).where(*own)
    ).scalar_one()
    rows = unit.connection.execute(
        select(table)
        .where(*own)
        .order_by(order.desc() if part.descending else order.asc())
        .order_by(table.c.created_on.desc(), *table.primary_key.columns)
        .limit(part.rows_max)
        .offset(part.offset)
    ).all()
    return total, rows
