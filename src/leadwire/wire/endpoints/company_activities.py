"""Posting and reading the activities of companies."""

from typing import Final

from leadwire.crm.activities.types import KIND_CUSTOM
from leadwire.crm.companies.activities import (
    EVENTS,
    CompanyActivity,
    activities_of_company,
    get_company_activity,
    post_company_activity,
)
from leadwire.dates import Moment
from leadwire.operations.companies import (
    CompanyActivityRow,
    CompanyActivityRows,
    CompanyActivitySearch,
    CompanyActivityWrite,
)
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import event_code, fields_of, part_of
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import counted, date_range, date_time
from leadwire.wire.request import Endpoint, Request


async def create(request: Request) -> WriteResult:
    body: CompanyActivityWrite = request.body
    company_id = body.RelatedCompanyId.strip()
    code = event_code(body.ActivityEvent)
    happened_on = None
    if body.ActivityDateTime:
        happened_on = date_time(body.ActivityDateTime, "ActivityDateTime")
    fields = fields_of(body.Fields or [])
    activity_id: str = await request.write(
        lambda unit: post_company_activity(
            unit, company_id, code, note=body.ActivityNote, happened_on=happened_on, fields=fields
        )
    )
    return success(WriteMessage(Id=activity_id))


async def retrieve(request: Request) -> CompanyActivityRows:
    company_id = request.parameter("companyId")
    body: CompanyActivitySearch = request.body or CompanyActivitySearch()
    dates = date_range(body.Parameter) if body.Parameter else None
    part = part_of(request.operation, body.Paging)
    total, rows = await request.read(
        lambda unit: activities_of_company(
            unit,
            company_id,
            from_ms=dates.from_ms if dates else None,
            to_ms=dates.to_ms if dates else None,
            part=part,
        )
    )
    moment = request.moment
    return counted(CompanyActivityRows, total, [_row(request, row, moment) for row in rows])


async def by_id(request: Request) -> CompanyActivityRow:
    activity_id = request.parameter("activityId") or request.parameter("id")
    kept = await request.read(lambda unit: get_company_activity(unit, activity_id))
    return _row(request, kept, request.moment)


def _row(request: Request, kept: CompanyActivity, moment: Moment) -> CompanyActivityRow:
    people = request.actor.people
    creator, modifier = people.get(kept.created_by), people.get(kept.modified_by)
    return CompanyActivityRow(
        kept.activity_id,
        kept.company_id,
        kept.event_code,
        kept.note,
        moment(kept.happened_on),
        KIND_CUSTOM,
        creator.name if creator else None,
        EVENTS[kept.event_code],
        moment(kept.created_on),
        moment(kept.modified_on),
        kept.created_by,
        kept.modified_by,
        modifier.name if modifier else None,
        kept.fields,
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "CompanyActivity.Create": create,
    "CompanyActivity.Retrieve": retrieve,
    "CompanyActivity.RetrieveById": by_id,
}
