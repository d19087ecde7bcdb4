"""Reading opportunities and their types."""

from typing import Final

from leadwire.crm.conditions.sql import sql_of
from leadwire.crm.leads.attributes import searchable_name
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.opportunities.reads import (
    Opportunity,
    activities_of_opportunity,
    find_opportunities,
    get_opportunity,
    opportunities_by_id,
    opportunities_modified_between,
    opportunities_of_lead,
)
from leadwire.crm.opportunities.types import OPPORTUNITY_TYPES, opportunity_type
from leadwire.crm.tables import opportunities
from leadwire.crm.unit import Unit
from leadwire.crm.values import scalar_text
from leadwire.dialect import incorrect, mandatory, not_passed, too_many
from leadwire.operations.activity_shapes import ActivityRows, ActivitySetting
from leadwire.operations.opportunities import (
    OpportunitiesOfType,
    OpportunityDetails,
    OpportunityEnabled,
    OpportunityIds,
    OpportunityIdSearch,
    OpportunityPage,
    OpportunityRange,
    OpportunityRows,
    OpportunitySearch,
    OpportunityTimeSearch,
    UniqueFieldSearch,
)
from leadwire.operations.shapes import ActivityType, Criteria, DateRange
from leadwire.wire.endpoints.activity_forms import event_code, event_sought, part_of
from leadwire.wire.endpoints.activity_printer import field_objects
from leadwire.wire.endpoints.activity_reads import activity_rows, conditions_about
from leadwire.wire.endpoints.activity_types import listed_type
from leadwire.wire.endpoints.lead_printer import names_of
from leadwire.wire.endpoints.opportunity_printer import (
    opportunity_details,
    opportunity_row,
    opportunity_rows,
)
from leadwire.wire.endpoints.row_columns import chosen_columns
from leadwire.wire.members import date_range, required_member
from leadwire.wire.request import Endpoint, Request


async def of_lead(request: Request) -> OpportunityRows:
    lead_id = request.parameter("leadId").lower()
    kind = request.parameter("opportunityType")
    code = event_sought(kind)
    body: OpportunityPage = request.body or OpportunityPage()
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(
        lambda unit: opportunities_of_lead(unit, lead_id, event_code=code, part=part)
    )
    return await opportunity_rows(request, total, rows, body.Columns)


async def by_unique_lead_field(request: Request) -> OpportunityRows:
    body: UniqueFieldSearch = request.body
    criteria = body.Parameter or Criteria()
    if criteria.SqlOperator.strip() != "=":
        raise incorrect("SqlOperator", location="Parameter.SqlOperator", fix="Send =.")
    name = searchable_name(await request.schema(), criteria.LookupName.strip()) or ""
    value = scalar_text(criteria.LookupValue).strip()
    part = part_of(request.operation, body.Paging, body.Sorting)

    def find(unit: Unit) -> tuple[int, list[Opportunity]]:
        lead = find_lead(unit, name, value)
        if lead is None:
            return 0, []
        return opportunities_of_lead(unit, lead.lead_id, event_code=None, part=part)

    total, rows = await request.search(find)
    return await opportunity_rows(request, total, rows, body.Columns)


async def by_id(request: Request) -> list[OpportunitiesOfType]:
    body: OpportunityIdSearch = request.body
    if not body.SearchParameters:
        raise not_passed("SearchParameters", fix="Send an array with one element for each type.")
    most = request.operation.rows_max
    if sum(len(part.ProspectActivityId) for part in body.SearchParameters) > most:
        raise too_many("ProspectActivityId", most, fix=f"Send at most {most} ids in a call.")
    return [await _of_type(request, part) for part in body.SearchParameters]


async def _of_type(request: Request, part: OpportunityIds) -> OpportunitiesOfType:
    purpose = request.operation.purpose
    code = required_member(str(part.EventCode or ""), "EventCode", purpose=purpose)
    if not part.ProspectActivityId:
        raise mandatory("ProspectActivityId", purpose=purpose)
    csv = "" if part.Columns is None else part.Columns.Include_CSV
    names = names_of(required_member(csv, "Columns", purpose=purpose))
    ids = list(dict.fromkeys(given.strip().lower() for given in part.ProspectActivityId))
    known: dict[str, Opportunity] = await request.read(
        lambda unit: opportunities_by_id(unit, ids, event_code=event_code(code))
    )
    found = [known[one] for one in ids if one in known]
    rows = [opportunity_row(kept, request.actor.people, request.moment) for kept in found]
    wanted = ("ProspectId", "EmailAddress", "ProspectActivityId", *names)
    lead_ids = [kept.lead_id for kept in found]
    rows = await chosen_columns(request, rows, lead_ids, wanted, always=())
    return OpportunitiesOfType(code, len(rows), rows)


async def details(request: Request) -> OpportunityDetails:
    opportunity_id = request.parameter("OpportunityId")
    kept: Opportunity = await request.read(lambda unit: get_opportunity(unit, opportunity_id))
    return opportunity_details(kept)


async def recently_modified(request: Request) -> OpportunityRows:
    body: OpportunityTimeSearch = request.body
    parameter = body.Parameter or OpportunityRange()
    dates = DateRange(parameter.FromDate, parameter.ToDate)
    wanted = date_range(None if body.Parameter is None else dates)
    code = event_sought(parameter.OpportunityEventCode or parameter.ActivityEvent)
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.search(
        lambda unit: opportunities_modified_between(
            unit, from_ms=wanted.from_ms, to_ms=wanted.to_ms, event_code=code, part=part
        )
    )
    return await opportunity_rows(request, total, rows, body.Columns)


async def by_search_parameter(request: Request) -> OpportunityRows:
    body: OpportunitySearch = request.body
    kind = opportunity_type(event_code(body.OpportunityEventCode))
    conditions = conditions_about(body.AdvancedSearch, "opportunity", kind.event_code)
    part = part_of(request.operation, body.Paging, body.Sorting)

    def find(unit: Unit) -> tuple[int, list[Opportunity]]:
        of_type = opportunities.c.event_code == kind.event_code
        return find_opportunities(unit, [of_type, sql_of(unit, conditions, "opportunity")], part)

    total, rows = await request.search(find)
    return await opportunity_rows(request, total, rows, body.Columns)


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


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "GetOpportunitiesOfLead": of_lead,
    "GetOpportunitiesByUniqueLeadField": by_unique_lead_field,
    "GetOpportunitiesById": by_id,
    "GetOpportunityDetails": details,
    "Opportunity.RetrieveRecentlyModified": recently_modified,
    "Opportunity.Retrieve.BySearchParameter": by_search_parameter,
    "GetOpportunityTypes": types,
    "GetOpportunityTypeMetadata": type_metadata,
    "GetActivitiesOfOpportunity": activities,
    "IsOpportunityEnabled": is_enabled,
}
