"""Pages of an account's rows."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Table, func, select

from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql, ordered

ALL_ROWS: Final = 2**31 - 1
"""As *rows_max*: a slice without an end."""


class Slice(msgspec.Struct, frozen=True):
    """One page of the matches. An empty *order_by* sorts newest first."""

    offset: int
    rows_max: int
    order_by: str = ""
    descending: bool = True


def counted_page(
    unit: Unit, table: Table, wanted: Sequence[Sql], *, order: Sql, part: Slice
) -> tuple[int, Sequence[Row[Any]]]:
    """Count the account's rows that match *wanted*, and read one slice of them.

    Ties of *order* are sorted newest first, then by key, so pages are stable.
    """
    own = (table.c.account_id == unit.actor.account_id, *wanted)
    total = unit.connection.execute(
        select(func.count()).select_from(table).where(*own)
    ).scalar_one()
    rows = unit.connection.execute(
        select(table)
        .where(*own)
        .order_by(ordered(order, descending=part.descending))
        .order_by(table.c.created_on.desc(), *table.primary_key.columns)
        .limit(part.rows_max)
        .offset(part.offset)
    ).all()
    return total, rows
