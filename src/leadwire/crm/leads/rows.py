"""A lead as it is stored, and reading one."""

from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, bindparam, select

from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit


class Lead(msgspec.Struct, frozen=True):
    """A stored lead: the values that callers wrote, and those that the system derived."""

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


def lead_from_row(row: Row[Any]) -> Lead:
    return Lead(
        row.lead_id,
        row.auto_id,
        row.score,
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
        row.last_modified_on,
        row.first_activity_id,
        row.first_activity_on,
        row.last_activity_id,
        row.last_activity_name,
        row.last_activity_on,
        msgspec.json.decode(row.fields, type=dict[str, str]),
    )


def get_lead(unit: Unit, lead_id: str) -> Lead | None:
    return first_lead(unit, _BY_ID, lead_id)


def first_lead(unit: Unit, statement: Select[Any], value: object) -> Lead | None:
    """The first lead that a statement of ``of_account`` finds for *value*."""
    row = unit.connection.execute(
        statement, {"account_id": unit.actor.account_id, "value": value}
    ).first()
    return None if row is None else lead_from_row(row)


def of_account() -> Select[Any]:
    """The leads of one account, to be narrowed by the parameter ``value``."""
    return select(leads).where(leads.c.account_id == bindparam("account_id"))


_BY_ID: Final = of_account().where(leads.c.lead_id == bindparam("value"))
