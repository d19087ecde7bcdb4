"""Opportunities as the wire prints them: as flat rows, and field by field."""

from collections.abc import Mapping
from typing import Final

from leadwire.crm.activity_fields import NOTE_FIELD
from leadwire.crm.opportunity_reads import Opportunity
from leadwire.crm.unit import Person
from leadwire.operations.opportunity_shapes import OpportunityDetails, OpportunityRow
from leadwire.wire.flat_activity import Moment, filled_fields

_LAST: Final = ("Status", "Owner")


def opportunity_row(
    kept: Opportunity, people: Mapping[str, Person], moment: Moment
) -> OpportunityRow:
    """The fields that its type declares or that it has, between what every opportunity has."""
    declared = {field.schema_name: None for field in kept.type.fields}
    fields = {**declared, **kept.fields}
    owner = people.get(fields.get("Owner") or "")
    return {
        "OpportunityId": kept.opportunity_id,
        "RelatedProspectId": kept.lead_id,
        **{name: value for name, value in fields.items() if name not in _LAST},
        **{name: fields.get(name) for name in _LAST},
        "OwnerName": owner.name if owner else None,
        "OpportunityNote": kept.note or None,
        "CreatedOn": moment(kept.happened_on),
        "ModifiedOn": moment(kept.modified_on),
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
