"""Opportunities as the wire prints them, as flat rows and field by field."""

from collections.abc import Mapping, Sequence
from typing import Final

from leadwire.crm.activities.fields import NOTE_FIELD
from leadwire.crm.opportunities.reads import Opportunity
from leadwire.crm.unit import Person
from leadwire.dates import Moment
from leadwire.operations.opportunities import OpportunityDetails, OpportunityRow, OpportunityRows
from leadwire.operations.shapes import ColumnList
from leadwire.wire.endpoints.activity_printer import filled_fields
from leadwire.wire.endpoints.lead_printer import ALL_COLUMNS, names_of
from leadwire.wire.endpoints.row_columns import chosen_columns
from leadwire.wire.members import counted
from leadwire.wire.request import Request

_CONTACT: Final = ("FirstName", "LastName", "EmailAddress", "Phone")
_OF_OWNER: Final[tuple[str, ...]] = ("P_OwnerId", "P_OwnerIdName", "P_OwnerIdEmailAddress")
"""Columns of the lead's owner."""
_LAST: Final = ("Status", "Owner")
_SYSTEM: Final[tuple[str, ...]] = (
    *("OpportunityId", "RelatedProspectId", "OpportunityEvent", "OpportunityEventType"),
    *("ProspectActivityAutoId", "TrackingNormalized", *_LAST, "OwnerName", "OpportunityNote"),
    *("CreatedOn", "CreatedBy", "CreatedByName", "ModifiedOn", "ModifiedBy", "ModifiedByName"),
)
"""Columns of every row, after the requested columns."""


async def opportunity_rows(
    request: Request, total: int, found: Sequence[Opportunity], columns: ColumnList | None
) -> OpportunityRows:
    """The rows of one page, each with *columns* or with every column of it and its lead."""
    moment = request.moment
    rows = [opportunity_row(kept, request.actor.people, moment) for kept in found]
    names = names_of(columns.Include_CSV) if columns else []
    lead_ids = [kept.lead_id for kept in found]
    always = _SYSTEM
    if not names or ALL_COLUMNS in names:
        names = ["ProspectId", *_CONTACT, ALL_COLUMNS, *names]
        always = _OF_OWNER
    return counted(
        OpportunityRows, total, await chosen_columns(request, rows, lead_ids, names, always=always)
    )


def opportunity_row(
    kept: Opportunity, people: Mapping[str, Person], moment: Moment
) -> OpportunityRow:
    """The opportunity without its lead: declared fields, and other fields with a value."""
    declared = {field.schema_name: None for field in kept.type.fields}
    fields = {**declared, **kept.fields}
    return {
        "OpportunityId": kept.opportunity_id,
        "RelatedProspectId": kept.lead_id,
        "OpportunityEvent": str(kept.type.event_code),
        "OpportunityEventType": str(kept.type.kind),
        "ProspectActivityAutoId": str(kept.number),
        "TrackingNormalized": None,
        **{name: value for name, value in fields.items() if name not in _LAST},
        **{name: fields.get(name) for name in _LAST},
        "OwnerName": _name(people, fields.get("Owner")),
        "OpportunityNote": kept.note or None,
        "CreatedOn": moment(kept.happened_on),
        "CreatedBy": kept.created_by,
        "CreatedByName": _name(people, kept.created_by),
        "ModifiedOn": moment(kept.modified_on),
        "ModifiedBy": kept.modified_by,
        "ModifiedByName": _name(people, kept.modified_by),
    }


def opportunity_details(kept: Opportunity) -> OpportunityDetails:
    values = {**kept.fields, NOTE_FIELD: kept.note or None}
    return OpportunityDetails(
        kept.opportunity_id,
        kept.lead_id,
        kept.type.name,
        kept.type.name,
        f"/Date({kept.happened_on}+0000)/",
        f"/Date({kept.modified_on}+0000)/",
        filled_fields(kept.type, values),
    )


def _name(people: Mapping[str, Person], user_id: str | None) -> str | None:
    person = people.get(user_id or "")
    return person.name if person else None
