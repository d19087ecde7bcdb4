"""Post activities, and read the activities of a lead."""

from typing import Final

from msgspec import UNSET

from leadwire.crm.activities.activities import KeptActivity, Posted
from leadwire.crm.activities.reads import activities_of_lead
from leadwire.crm.activities.writes import post_checked
from leadwire.crm.leads.attributes import LeadWrite, check_attributes
from leadwire.crm.leads.writes import create_lead, find_lead
from leadwire.crm.unit import Unit
from leadwire.dialect import mandatory
from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.shapes import (
    Activities,
    Activity,
    ActivityAttachment,
    ActivitySearch,
    ActivityWrite,
    OffsetPaging,
    WriteMessage,
    WriteResult,
)
from leadwire.wire.endpoints.activity_forms import event_sought, part_of, posting
from leadwire.wire.endpoints.activity_printer import activity_object
from leadwire.wire.endpoints.files import url_of
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import counted, is_set
from leadwire.wire.request import Endpoint, Request


async def create(request: Request) -> WriteResult:
    body: ActivityWrite = request.body
    wanted = posting(body)
    lead_id = body.RelatedProspectId.strip().lower()
    if not lead_id and not body.EmailAddress.strip():
        raise mandatory(
            "RelatedProspectId",
            purpose="posting activity",
            fix="Send the lead's id as RelatedProspectId, or its EmailAddress.",
        )
    contact = None if lead_id else await _contact(request, body)

    def post(unit: Unit) -> Posted:
        target = lead_id if contact is None else _lead_of_contact(unit, contact)
        return post_checked(unit, target, wanted)

    posted: Posted = await request.write(post)
    message = WriteMessage(Id=posted.activity_id)
    if is_set(body.IncludeLeadScore):
        message.LeadScore = str(posted.lead_score)
    return success(message)


async def retrieve(request: Request) -> Activities:
    lead_id = request.parameter("leadId").lower()
    body: ActivitySearch = request.body or ActivitySearch()
    code = event_sought(body.Parameter.ActivityEvent) if body.Parameter else None
    paging = body.Paging or OffsetPaging()
    part = part_of(request.operation, AnyPaging(Offset=paging.Offset, RowCount=paging.RowCount))
    total, rows = await request.read(
        lambda unit: activities_of_lead(
            unit, lead_id, event_code=code, offset=part.offset, rows_max=part.rows_max
        )
    )
    moment = request.moment
    printed = [activity_object(row, moment) for row in rows]
    if is_set(request.parameter("getFileURL")):
        for kept, activity in zip(rows, printed, strict=True):
            _give_addresses(request, kept, activity)
    return counted(Activities, total, printed)


def _give_addresses(request: Request, kept: KeptActivity, activity: Activity) -> None:
    activity.Attachments = [
        ActivityAttachment(
            Id=attachment.attachment_id,
            AttachmentName=attachment.name,
            Description=attachment.description,
            AttachmentFile=url_of(request, attachment.url),
        )
        for attachment in kept.attachments
    ]
    if activity.ActivityFields is not UNSET:
        activity.ActivityFields = {
            name: None if value is None else url_of(request, value)
            for name, value in activity.ActivityFields.items()
        }


async def _contact(request: Request, body: ActivityWrite) -> LeadWrite:
    members = ("EmailAddress", "FirstName", "LastName", "Phone")
    given = [(name, getattr(body, name)) for name in members if getattr(body, name).strip()]
    attributes_max = request.services.settings.attributes_max
    return check_attributes(await request.schema(), given, attributes_max=attributes_max)


def _lead_of_contact(unit: Unit, contact: LeadWrite) -> str:
    lead = find_lead(unit, "EmailAddress", contact.values["EmailAddress"])
    return create_lead(unit, contact) if lead is None else lead.lead_id


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "ProspectActivity.Create": create,
    "ProspectActivity.Retrieve": retrieve,
}
