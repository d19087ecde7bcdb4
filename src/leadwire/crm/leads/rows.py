"""A stored lead, and how to read one."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec
from sqlalchemy import Column, bindparam, select

from leadwire.crm.leads.columns import COLUMNS, LEAD_AGE
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit
from leadwire.database.prepared import Prepared


class Lead(msgspec.Struct, frozen=True):
    """A stored lead: written values and derived values."""

    lead_id: str
    auto_id: int
    score: int
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str
    last_modified_on: int
    first_activity_id: str | None
    first_activity_on: int | None
    last_activity_id: str | None
    last_activity_name: str | None
    last_activity_on: int | None
    values: dict[str, str]
    """Text by schema name, without the empty ones."""


_COLUMNS: Final = leads.c.keys()
_derived: Final = itemgetter(*(_COLUMNS.index(f) for f in Lead.__struct_fields__[:-1]))
_FIELDS: Final = _COLUMNS.index("fields")


def lead_from_row(row: Sequence[Any]) -> Lead:
    """Make a lead from a row. *row* has the table's columns, in order."""
    values = msgspec.json.decode(row[_FIELDS], type=dict[str, str])
    return Lead(*_derived(row), values=values)  # type: ignore[misc]  # of a known length


def value_of(lead: Lead, field: LeadField) -> str | int | None:
    """The value of *field*: text, or milliseconds since 1970 UTC for a derived time."""
    column = COLUMNS.get(field.schema_name)
    if column is not None:
        value: str | int | None = getattr(lead, column.key)
        return value
    if field.derived and not field.kept:
        return field.default
    return lead.values.get(field.schema_name, field.default)


def get_lead(unit: Unit, lead_id: str) -> Lead | None:
    return first_lead(unit, _BY_ID, lead_id)


def first_lead(unit: Unit, statement: Prepared, value: object) -> Lead | None:
    """The first lead that a statement of ``leads_by`` finds for *value*."""
    rows = statement.execute(unit.connection, {"account_id": unit.actor.account_id, "value": value})
    return lead_from_row(rows[0]) if rows else None


def leads_by(column: Column[Any]) -> Prepared:
    """Select an account's leads by a value of *column*, oldest first."""
    return Prepared(
        select(leads)
        .where(leads.c.account_id == bindparam("account_id"), column == bindparam("value"))
        .order_by(LEAD_AGE)
        .limit(1)
    )


_BY_ID: Final = leads_by(leads.c.lead_id)
