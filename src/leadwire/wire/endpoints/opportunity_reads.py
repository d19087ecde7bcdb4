"""Reading opportunities and their types."""

from collections.abc import Mapping, Sequence
from typing import Final

from leadwire.crm.activities.fields import NOTE_FIELD
from leadwire.crm.conditions.sql import sql_of
from leadwire.crm.opportunities.reads import (
    Opportunity,
    activities_of_opportunity,
    find_opportunities,
    get_opportunity,
    opportunities_modified_between,
    opportunities_of_lead,
)
from leadwire.crm.opportunities.types import OPPORTUNITY_TYPES, opportunity_type
from leadwire.crm.tables import opportunities
from leadwire.crm.unit import Person, Unit
from leadwire.operations.activity_shapes import ActivityRows, ActivitySetting
from leadwire.operations.opportunities import (
    OpportunityDetails,
    OpportunityEnabled,
    OpportunityPage,
    OpportunityRange,
    OpportunityRow,
    OpportunityRows,
    OpportunitySearch,
    OpportunityTimeSearch,
)
from leadwire.operations.shapes import ActivityType, ColumnList, DateRange
from leadwire.wire.endpoints.activity_forms import event_code, part_of
from leadwire.wire.endpoints.activity_printer import Moment, field_objects, filled_fields, moment_of
from leadwire.wire.endpoints.activity_reads import activity_rows, conditions_about
from leadwire.wire.endpoints.activity_types import listed_type
from leadwire.wire.endpoints.lead_printer import columns_of
from leadwire.wire.endpoints.row_columns import chosen_columns
from leadwire.wire.members import counted, date_range
from leadwire.wire.request import Endpoint, Request


async def of_lead(request: Request) -> OpportunityRows:
    lead_id = request.parameter("leadId").lower()
    code = event_code(request.parameter("opportunityType"))
    body: OpportunityPage = request.body or OpportunityPage()
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(
        lambda unit: opportunities_of_lead(
            unit, lead_id, event_code=-1 if code is None else code, part=part
        )
    )
    return await _rows(request, total, rows, body.Columns)


async def details(request: Request) -> OpportunityDetails:
    opportunity_id = request.parameter("OpportunityId")
    kept: Opportunity = await request.read(lambda unit: get_opportunity(unit, opportunity_id))
    return opportunity_details(kept)


async def recently_modified(request: Request) -> OpportunityRows:
    body: OpportunityTimeSearch = request.body
    parameter = body.Parameter or OpportunityRange()
    dates = DateRange(parameter.FromDate, parameter.ToDate)
    wanted = date_range(None if body.Parameter is None else dates)
    code = event_code(parameter.OpportunityEventCode or parameter.ActivityEvent)
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(
        lambda unit: opportunities_modified_between(
            unit, from_ms=wanted.from_ms, to_ms=wanted.to_ms, event_code=code, part=part
        )
    )
    return await _rows(request, total, rows, body.Columns)


async def by_search_parameter(request: Request) -> OpportunityRows:
    body: OpportunitySearch = request.body
    kind = opportunity_type(event_code(body.OpportunityEventCode))
    conditions = conditions_about(body.AdvancedSearch, "opportunity", kind.event_code)
    part = part_of(request.operation, body.Paging, body.Sorting)

    def find(unit: Unit) -> tuple[int, list[Opportunity]]:
        of_type = opportunities.c.event_code == kind.event_code
        return find_opportunities(unit, [of_type, sql_of(unit, conditions, "opportunity")], part)

    total, rows = await request.read(find)
    return await _rows(request, total, rows, body.Columns)


async def types(_request: Request) -> list[ActivityType]:
    return [listed_type(kind) for kind in OPPORTUNITY_TYPES.values()]


async def type_metadata(request: Request) -> ActivitySetting:
    code = request.parameter("code")
    kind = opportunity_type(event_code(code))
    return ActivitySetting(kind.type_id, kind.name, kind.name, kind.score, field_objects(kind))


async def activities(request: Request) -> ActivityRows:
    opportunity_id = request.parameter("OpportunityId")
    body: OpportunityPage = request.body or OpportunityPage()
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(
        lambda unit: activities_of_opportunity(unit, opportunity_id, part)
    )
    return await activity_rows(request, total, rows, columns=body.Columns, shape=ActivityRows)


async def is_enabled(_request: Request) -> OpportunityEnabled:
    return OpportunityEnabled()


async def _rows(
    request: Request, total: int, rows: Sequence[Opportunity], columns: ColumnList | None
) -> OpportunityRows:
    moment = moment_of(request.services.settings)
    flat = [opportunity_row(row, request.actor.people, moment) for row in rows]
    names = None if columns is None else columns_of(columns.Include_CSV)
    if names is not None:
        lead_ids = [row.lead_id for row in rows]
        flat = await chosen_columns(request, flat, lead_ids, names, always=_SYSTEM)
    return counted(OpportunityRows, total, flat)


_SYSTEM: Final = (
    "OpportunityId",
    "RelatedProspectId",
    "Status",
    "Owner",
    "CreatedOn",
    "ModifiedOn",
)
"""Columns of every answer, whatever was asked for."""
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


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "GetOpportunitiesOfLead": of_lead,
    "GetOpportunityDetails": details,
    "Opportunity.RetrieveRecentlyModified": recently_modified,
    "Opportunity.Retrieve.BySearchParameter": by_search_parameter,
    "GetOpportunityTypes": types,
    "GetOpportunityTypeMetadata": type_metadata,
    "GetActivitiesOfOpportunity": activities,
    "IsOpportunityEnabled": is_enabled,
}
