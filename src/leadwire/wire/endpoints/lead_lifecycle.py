"""Convert, mark, merge and delete leads."""

from typing import Final

from leadwire.crm.activities.activities import Posted
from leadwire.crm.activities.writes import post_checked
from leadwire.crm.leads.capture import create_or_update_lead
from leadwire.crm.leads.removal import (
    delete_lead,
    delete_stage_history,
    merge_leads,
    merged_children,
)
from leadwire.crm.leads.visitors import convert_visitor
from leadwire.crm.leads.writes import mark_email, require_lead
from leadwire.crm.unit import Unit
from leadwire.dialect import invalid, mandatory, not_passed
from leadwire.errors import DeleteDisabled
from leadwire.operations.lead_lifecycle import (
    EmailMark,
    HistoryRange,
    LeadAndActivity,
    MergeAuditQuery,
)
from leadwire.operations.shapes import FlatLead, StatusResult, WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import posting
from leadwire.wire.endpoints.lead_printer import LeadPrinter
from leadwire.wire.endpoints.lead_writes import checked_write, success
from leadwire.wire.members import date_time, required_member
from leadwire.wire.request import Endpoint, Request


def done() -> StatusResult:
    return StatusResult()


async def convert(request: Request) -> WriteResult:
    lead_id = request.parameter("leadId").lower()
    write = await checked_write(request, request.body)
    await request.update(lambda unit: convert_visitor(unit, lead_id, write))
    return success(WriteMessage(AffectedRows=1))


async def delete(request: Request) -> StatusResult:
    if not request.services.settings.lead_delete:
        raise DeleteDisabled
    lead_id = request.parameter("leadId").lower()
    await request.write(lambda unit: delete_lead(unit, lead_id))
    return done()


async def merge(request: Request) -> StatusResult:
    master_id = request.parameter("masterId").lower()
    child_id = request.parameter("childId").lower()
    await request.write(lambda unit: merge_leads(unit, master_id, child_id))
    return done()


async def merged(request: Request) -> list[FlatLead]:
    body: MergeAuditQuery = request.body
    if body.Parameter is None:
        fix = 'Send {"Parameter": {"MergeAuditId": …}}.'
        raise not_passed("Parameter", fix=fix)
    purpose = "retrieving merged leads"
    audit_id = required_member(body.Parameter.MergeAuditId, "MergeAuditId", purpose=purpose)
    found = await request.read(lambda unit: merged_children(unit, audit_id.lower()))
    printer = LeadPrinter(await request.schema(), request.actor.people)
    return [printer.flat(lead) for lead in found]


async def create_with_activity(request: Request) -> WriteResult:
    body: LeadAndActivity = request.body
    if body.Activity is None:
        raise mandatory(
            "Activity",
            purpose="posting activity",
            fix="Send Activity, with an ActivityEvent, beside LeadDetails.",
        )
    wanted = posting(body.Activity)
    write = await checked_write(request, body.LeadDetails)

    def post(unit: Unit) -> tuple[Posted, str]:
        lead_id = create_or_update_lead(unit, write).lead_id
        return post_checked(unit, lead_id, wanted), lead_id

    posted, lead_id = await request.write(post)
    return success(WriteMessage(Id=posted.activity_id, RelatedId=lead_id))


async def mark_email_invalid(request: Request) -> WriteResult:
    return await _mark_email(request, is_valid=False)


async def mark_email_valid(request: Request) -> WriteResult:
    return await _mark_email(request, is_valid=True)


async def delete_stages(request: Request) -> WriteResult:
    lead_id, from_ms, to_ms = _history(request.body)
    await request.write(
        lambda unit: delete_stage_history(unit, lead_id, from_ms=from_ms, to_ms=to_ms)
    )
    return _queued("stage change history")


async def delete_owners(request: Request) -> WriteResult:
    lead_id, _, _ = _history(request.body)
    await request.read(lambda unit: require_lead(unit, lead_id, "body.ProspectId"))
    return _queued("user assignment change history")


async def _mark_email(request: Request, *, is_valid: bool) -> WriteResult:
    body: EmailMark = request.body
    email = body.EmailAddress.strip()
    reason = body.Message.strip()
    await request.write(lambda unit: mark_email(unit, email, is_valid=is_valid, reason=reason))
    return success(WriteMessage(AffectedRows=1))


def _history(body: HistoryRange) -> tuple[str, int | None, int | None]:
    """The lead and the time range, whose ends may be open."""
    lead_id = body.ProspectId.strip().lower()
    from_ms = date_time(body.FromDate, "FromDate") if body.FromDate else None
    to_ms = date_time(body.ToDate, "ToDate") if body.ToDate else None
    if from_ms is not None and to_ms is not None and from_ms > to_ms:
        raise invalid(
            "FromDate",
            "FromDate can't be greater than ToDate.",
            fix="Send the earlier of the two as FromDate.",
        )
    return lead_id, from_ms, to_ms


def _queued(what: str) -> WriteResult:
    return success(WriteMessage(Message=f"Your request for delete {what} has been queued."))


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Lead.Convert": convert,
    "Lead.Delete": delete,
    "Lead.Merge": merge,
    "GetMergedChildLeadsByAuditId": merged,
    "ProspectActivity.CreateCustom": create_with_activity,
    "Lead.MarkEmailInvalid": mark_email_invalid,
    "Lead.MarkEmailValid": mark_email_valid,
    "Lead.DeleteStageChangeHistory": delete_stages,
    "Lead.DeleteUserAssignmentChangeHistory": delete_owners,
}
