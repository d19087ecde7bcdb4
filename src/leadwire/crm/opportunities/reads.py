"""Reading opportunities: by id, of a lead, by time of change, and by conditions."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, select

from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.activities.fields import NOTE_FIELD, SLOTS
from leadwire.crm.activities.reads import find_activities
from leadwire.crm.activities.types import ActivityType
from leadwire.crm.opportunities.types import OPPORTUNITY_TYPES
from leadwire.crm.pages import Slice, counted_page
from leadwire.crm.tables import activities, opportunities
from leadwire.crm.unit import Unit
from leadwire.database.expressions import member_text
from leadwire.dialect import incorrect
from leadwire.errors import Missing

Sql = Any
"""An SQL expression; SQLAlchemy gives them no narrower type."""

_COLUMNS: Final[dict[str, Sql]] = {
    "OpportunityId": opportunities.c.opportunity_id,
    "ProspectOpportunityId": opportunities.c.opportunity_id,
    "ProspectActivityId": opportunities.c.opportunity_id,
    "ProspectActivityAutoId": opportunities.c.number,
    "OpportunityEvent": opportunities.c.event_code,
    "RelatedProspectId": opportunities.c.lead_id,
    "OpportunityEventCode": opportunities.c.event_code,
    "ActivityEvent": opportunities.c.event_code,
    "CreatedOn": opportunities.c.happened_on,
    "CreatedBy": opportunities.c.created_by,
    "ModifiedOn": opportunities.c.modified_on,
    "ModifiedBy": opportunities.c.modified_by,
    "OpportunityNote": opportunities.c.note,
    NOTE_FIELD: opportunities.c.note,
}
_NUMBER_DIGITS_MAX: Final = 18
_JSON_FIELDS: Final = frozenset({*SLOTS, "Status", "Owner"})


class Opportunity(msgspec.Struct, frozen=True):
    opportunity_id: str
    number: int
    """Number within the account, from 1, shared with activities. Never reused."""
    lead_id: str
    type: ActivityType
    note: str
    happened_on: int
    created_by: str
    modified_on: int
    modified_by: str
    fields: dict[str, str | None]


def get_opportunity(unit: Unit, opportunity_id: str) -> Opportunity:
    """Find an opportunity by id or, for a text of digits, by number. Raises Missing."""
    by_number = opportunity_id.isascii() and opportunity_id.isdecimal()
    wanted = (
        opportunities.c.number == int(opportunity_id)
        if by_number and len(opportunity_id) <= _NUMBER_DIGITS_MAX
        else opportunities.c.opportunity_id == opportunity_id.lower()
    )
    row = unit.connection.execute(_own(unit).where(wanted)).first()
    if row is None:
        raise Missing(
            "opportunity",
            message="Opportunity does not exist",
            location="OpportunityId",
            fix="Send the id of an opportunity.",
        )
    return opportunity_from_row(row)


def opportunities_of_lead(
    unit: Unit, lead_id: str, *, event_code: int | None, part: Slice
) -> tuple[int, list[Opportunity]]:
    """The number of a lead's opportunities, of one type or of all, and a slice of them."""
    wanted: list[Sql] = [opportunities.c.lead_id == lead_id]
    if event_code is not None:
        wanted.append(opportunities.c.event_code == event_code)
    return find_opportunities(unit, wanted, part)


def opportunities_by_id(
    unit: Unit, ids: Sequence[str], *, event_code: int | None
) -> dict[str, Opportunity]:
    """The opportunities of one type with these ids, by id. Unknown ids are left out."""
    rows = unit.connection.execute(
        _own(unit).where(
            opportunities.c.opportunity_id.in_(ids), opportunities.c.event_code == event_code
        )
    )
    return {row.opportunity_id: opportunity_from_row(row) for row in rows}


def opportunities_modified_between(
    unit: Unit, *, from_ms: int, to_ms: int, event_code: int | None, part: Slice
) -> tuple[int, list[Opportunity]]:
    """Opportunities changed from *from_ms* to *to_ms* inclusive, of one type or of all."""
    wanted: list[Sql] = [opportunities.c.modified_on.between(from_ms, to_ms)]
    if event_code is not None:
        wanted.append(opportunities.c.event_code == event_code)
    return find_opportunities(unit, wanted, part)


def find_opportunities(
    unit: Unit, wanted: Sequence[Sql], part: Slice
) -> tuple[int, list[Opportunity]]:
    """The number of opportunities that match *wanted*, and a slice in a stable order."""
    order = opportunity_column(part.order_by or "ModifiedOn", location="Sorting.ColumnName")
    total, rows = counted_page(unit, opportunities, wanted, order=order, part=part)
    return total, [opportunity_from_row(row) for row in rows]


def activities_of_opportunity(
    unit: Unit, opportunity_id: str, part: Slice
) -> tuple[int, list[KeptActivity]]:
    """The number of activities that belong to an opportunity, and a slice.

    Raises Missing.
    """
    kept = get_opportunity(unit, opportunity_id)
    return find_activities(unit, [activities.c.opportunity_id == kept.opportunity_id], part)


def opportunity_column(name: str, *, location: str) -> Sql:
    """The SQL of a column or field of opportunities. Raises InputInvalid for any other name.

    A field's name becomes part of the statement, so it must be a known name.
    """
    column = _COLUMNS.get(name)
    if column is not None:
        return column
    if name in _JSON_FIELDS:
        return member_text(opportunities.c.fields, name)
    raise incorrect(
        location.rpartition(".")[2],
        location=location,
        fix="Send CreatedOn, ModifiedOn or the schema name of a field of the opportunity.",
    )


def all_of_lead(unit: Unit, lead_id: str, event_code: int) -> list[Opportunity]:
    """The lead's opportunities of a type, the oldest first."""
    rows = unit.connection.execute(
        _own(unit)
        .where(opportunities.c.lead_id == lead_id, opportunities.c.event_code == event_code)
        .order_by(opportunities.c.created_on, opportunities.c.opportunity_id)
    )
    return [opportunity_from_row(row) for row in rows]


def _own(unit: Unit) -> Select[Any]:
    return select(opportunities).where(opportunities.c.account_id == unit.actor.account_id)


def opportunity_from_row(row: Row[Any]) -> Opportunity:
    return Opportunity(
        row.opportunity_id,
        row.number,
        row.lead_id,
        OPPORTUNITY_TYPES[row.event_code],
        row.note,
        row.happened_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
        msgspec.json.decode(row.fields, type=dict[str, str | None]),
    )
