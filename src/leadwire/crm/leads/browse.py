"""Leads as a person looks through them: by a few words and a few values, page by page."""

from typing import Final

import msgspec
from sqlalchemy import func, select

from leadwire.crm.leads.columns import LEAD_ROW, plain
from leadwire.crm.leads.quick_search import has_text
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.search import lead_condition, leads_where, own_leads
from leadwire.crm.leads.trigram_search import candidates, is_candidate
from leadwire.crm.lists import members_of_list
from leadwire.crm.pages import Slice
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql

COUNTED_MAX: Final = 10_000
"""Nobody pages further, and a count of all matches would read them all."""


class LeadBrowse(msgspec.Struct, frozen=True):
    """What must all hold. An empty text or None is not a condition."""

    words: str = ""
    """Part of a quick-search field or of the full name."""
    values: tuple[tuple[str, str], ...] = ()
    """Schema names with the value that each must have."""
    list_id: str = ""
    created_from_ms: int | None = None
    created_until_ms: int | None = None
    modified_from_ms: int | None = None
    modified_until_ms: int | None = None
    """The ends of ranges are not part of them."""


class LeadsFound(msgspec.Struct, frozen=True):
    leads: tuple[Lead, ...]
    count: int
    """At most COUNTED_MAX + 1."""


def browse_leads(unit: Unit, wanted: LeadBrowse, part: Slice) -> LeadsFound:
    """A slice of the leads that match *wanted*.

    Raises Missing for an unknown list, InputInvalid for an unknown field or a wrong value.
    """
    are_few = False
    conditions = _conditions(unit, wanted)
    if wanted.words:
        conditions.append(has_text(unit, wanted.words))
        possible = candidates(unit.connection, unit.actor.account_id, wanted.words)
        if possible.ranges is not None:
            are_few = True
            conditions.append(is_candidate(unit.connection, possible, unit.actor.account_id))
    found = leads_where(unit, part, *conditions, are_few=are_few)
    few = select(LEAD_ROW).select_from(leads).where(own_leads(unit), *conditions)
    count = select(func.count()).select_from(few.limit(COUNTED_MAX + 1).subquery())
    return LeadsFound(tuple(found), unit.connection.execute(count).scalar_one())


def _has_value(unit: Unit, schema_name: str, value: str) -> Sql:
    """The empty text finds leads without a value."""
    field = unit.schema.by_name.get(schema_name)
    if not value and field is not None and not field.hidden:
        return plain(field).is_(None)
    return lead_condition(unit, schema_name, "eq", value)


def _conditions(unit: Unit, wanted: LeadBrowse) -> list[Sql]:
    found = [_has_value(unit, name, value) for name, value in wanted.values]
    if wanted.list_id:
        found += members_of_list(unit, wanted.list_id)
    for column, from_ms, until_ms in (
        (leads.c.created_on, wanted.created_from_ms, wanted.created_until_ms),
        (leads.c.last_modified_on, wanted.modified_from_ms, wanted.modified_until_ms),
    ):
        if from_ms is not None:
            found.append(column >= from_ms)
        if until_ms is not None:
            found.append(column < until_ms)
    return found
