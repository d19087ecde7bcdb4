"""Changing, locking and deleting activities, and posting and changing many at once."""

from collections.abc import Callable
from typing import Any, Final

from leadwire.crm.activities.writes import (
    Deletion,
    Revision,
    attach,
    delete_activities,
    lock_activity,
    post_checked,
    revise_activity,
)
from leadwire.crm.bulk_rows import RowDone
from leadwire.crm.leads.attributes import searchable_name
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.unit import Unit
from leadwire.dialect import not_passed, too_many
from leadwire.errors import LeadReferenceMissing
from leadwire.operations.activity_shapes import (
    ActivityBulkRow,
    ActivityDeletion,
    ActivityUpdate,
    AttachmentWrite,
    BulkActivity,
    BulkResult,
    Notice,
    NoticeResult,
)
from leadwire.operations.shapes import DateRange, WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import EVENTS_MAX, event_code, fields_of, posting
from leadwire.wire.endpoints.bulk_calls import done_rows
from leadwire.wire.endpoints.files import check_path
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.faults import exception_type_of
from leadwire.wire.members import date_range, date_time, is_set, required_member
from leadwire.wire.request import Endpoint, Request

DELETE_NOTICE: Final = "Your request for delete activities has been queued."


async def update(request: Request) -> WriteResult:
    revision = _revision(request.body)
    await request.write(lambda unit: revise_activity(unit, revision))
    return success(WriteMessage(Id=revision.activity_id))


async def lock(request: Request) -> WriteResult:
    activity_id = request.parameter("activityId")
    locked: str = await request.write(lambda unit: lock_activity(unit, activity_id))
    return success(WriteMessage(Id=locked))


async def add_attachment(request: Request) -> WriteResult:
    body: AttachmentWrite = request.body
    activity_id, name = body.ProspectActivityId.strip(), body.AttachmentName.strip()
    url = body.AttachmentFile.strip()
    await check_path(request, url, "body.AttachmentFile")
    attachment_id: str = await request.write(
        lambda unit: attach(unit, activity_id, name=name, description=body.Description, url=url)
    )
    return success(WriteMessage(Id=attachment_id))


async def delete(request: Request) -> NoticeResult:
    body: ActivityDeletion = request.body
    lead_id = body.ProspectId.strip().lower()
    if not body.ActivityEventList:
        raise not_passed(
            "any ActivityEvent",
            location="ActivityEventList",
            fix="Send the codes of custom activity types.",
        )
    if len(body.ActivityEventList) > EVENTS_MAX:
        raise too_many("ActivityEventList", EVENTS_MAX)
    codes = dict.fromkeys(event_code(value) for value in body.ActivityEventList)
    from_ms = date_time(body.FromDate, "FromDate") if body.FromDate else None
    to_ms = date_time(body.ToDate, "ToDate") if body.ToDate else None
    if body.FromDate and body.ToDate:
        date_range(DateRange(body.FromDate, body.ToDate))
    deletion = Deletion(lead_id, [-1 if code is None else code for code in codes], from_ms, to_ms)
    await request.write(lambda unit: delete_activities(unit, deletion))
    return NoticeResult("Success", Notice(DELETE_NOTICE))


async def bulk_add_by_lead_id(request: Request) -> BulkResult:
    def post(unit: Unit, row: BulkActivity) -> str:
        lead_id = required_member(
            row.RelatedProspectId, "RelatedProspectId", purpose="posting activity"
        )
        wanted = posting(row, owner_email=row.ActivityOwnerEmail.strip())
        return post_checked(unit, lead_id.lower(), wanted).activity_id

    return await _bulk(request, post, created=True)


async def bulk_add_by_lead_field(request: Request) -> BulkResult:
    named = request.parameter("searchBy")
    schema_name = searchable_name(await request.schema(), named) or ""

    def post(unit: Unit, row: BulkActivity) -> str:
        value = required_member(row.SearchByValue, "SearchByValue", purpose="posting activity")
        lead = find_lead(unit, schema_name, value)
        if lead is None:
            raise LeadReferenceMissing("Lead not found", location="body.SearchByValue")
        wanted = posting(row, owner_email=row.ActivityOwnerEmail.strip())
        return post_checked(unit, lead.lead_id, wanted).activity_id

    return await _bulk(request, post, created=True)


async def bulk_update(request: Request) -> BulkResult:
    def revise(unit: Unit, row: ActivityUpdate) -> str:
        revision = _revision(row)
        revise_activity(unit, revision)
        return revision.activity_id

    return await _bulk(request, revise, created=False)


async def _bulk(request: Request, work: Callable[[Unit, Any], str], *, created: bool) -> BulkResult:
    done = await done_rows(request, work, one="activity", many="activities")
    return BulkResult([_row(number, row, created=created) for number, row in enumerate(done, 1)])


def _row(number: int, done: RowDone[str], *, created: bool) -> ActivityBulkRow:
    is_done = done.error is None
    row = ActivityBulkRow(number, done.result or "")
    if created:
        row.ActivityCreated = is_done
    else:
        row.ActivityUpdated = is_done
    if done.error is not None:
        row.ExceptionType = exception_type_of(done.error)
        row.ExceptionMessage = str(done.error)
    return row


def _revision(body: ActivityUpdate) -> Revision:
    activity_id = required_member(
        body.ProspectActivityId, "ProspectActivityId", purpose="updating activity"
    )
    # A text that is not a code differs from the activity's event in any case.
    code = event_code(body.ActivityEvent)
    unknown = -1 if body.ActivityEvent is not None else None
    return Revision(
        activity_id=activity_id.lower(),
        event_code=unknown if code is None else code,
        note=body.ActivityNote,
        fields=fields_of(body.Fields or []),
        any_option=is_set(body.ValidateDropDownOptions),
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "CustomActivity.Update": update,
    "Bulk.CustomActivity.Add.ByLeadId": bulk_add_by_lead_id,
    "Bulk.CustomActivity.Add.ByLeadField": bulk_add_by_lead_field,
    "Bulk.CustomActivity.Update": bulk_update,
    "DeleteActivities": delete,
    "CustomActivity.Lock": lock,
    "Attachment.Add": add_attachment,
}
