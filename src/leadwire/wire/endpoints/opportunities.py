"""Capturing, updating and deleting opportunities."""

from typing import Final

import msgspec
from msgspec import UNSET

from leadwire.crm.activities.writes import user_id_of
from leadwire.crm.bulk_rows import RowDone
from leadwire.crm.leads.attributes import LeadWrite, searchable_name
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.opportunities.opportunities import (
    Capture,
    CapturedOpportunity,
    OnDuplicate,
    OpportunityRevision,
    capture_of_lead,
    capture_opportunity,
    delete_opportunity,
    revise_opportunity,
)
from leadwire.crm.unit import Unit
from leadwire.dialect import invalid, mandatory
from leadwire.errors import CrmError, InputInvalid, LeadReferenceMissing, ValueDuplicate
from leadwire.operations.opportunities import (
    CaptureDetail,
    CaptureResult,
    OpportunityBulkResult,
    OpportunityBulkRow,
    OpportunityCapture,
    OpportunityOfLead,
    OpportunityUpdate,
    OpportunityWrite,
)
from leadwire.operations.shapes import LeadProperty, WriteMessage, WriteResult
from leadwire.settings import Settings
from leadwire.wire.endpoints.activity_forms import event_code, fields_of
from leadwire.wire.endpoints.bulk_calls import done_rows
from leadwire.wire.endpoints.lead_writes import checked_write, success
from leadwire.wire.faults import exception_type_of
from leadwire.wire.members import date_time, is_set, required_member
from leadwire.wire.request import Endpoint, Request

DONE, REFUSED = 0, 1
CREATED, DUPLICATE_POSTED = 1, 3


async def capture(request: Request) -> CaptureResult:
    """The answer reports a refusal by the domain. Only a misshapen body is a fault."""
    try:
        captured = await _captured(request, request.body)
    except ValueDuplicate as error:
        text = "Duplicate entries are not allowed., while creating or updating the lead"
        return _refused(request, error, text)
    except CrmError as error:
        return _refused(request, error, str(error))
    created = captured.opportunity_id if captured.is_created else None
    known = None if captured.is_created else captured.opportunity_id
    action = CREATED if captured.is_created else DUPLICATE_POSTED
    return CaptureResult(
        Status=DONE,
        PrimaryAction=0,
        SecondaryAction=0,
        IsUnique=captured.is_created,
        CreatedOpportunityId=created,
        ConflictedOpportunityId=known,
        RequestId=request.call_id,
        ExceptionType=None,
        ExceptionMessage=None,
        AdditionalDetails=[CaptureDetail(captured.activity_id, action)]
        if captured.activity_id
        else [],
    )


async def update(request: Request) -> WriteResult:
    revision = _revision(request.body)
    opportunity_id: str = await request.write(lambda unit: revise_opportunity(unit, revision))
    return success(WriteMessage(Id=opportunity_id))


async def bulk_update(request: Request) -> OpportunityBulkResult:
    def revise(unit: Unit, row: OpportunityUpdate) -> str:
        return revise_opportunity(unit, _revision(row))

    done = await done_rows(request, revise, one="opportunity", many="opportunities")
    rows = [_row(number, row) for number, row in enumerate(done, 1)]
    for row in rows:
        row.OpportunityUpdated = row.ExceptionType is UNSET
    return OpportunityBulkResult(rows)


async def bulk_add_by_lead_field(request: Request) -> OpportunityBulkResult:
    name = searchable_name(await request.schema(), request.parameter("SearchBy")) or ""
    settings = request.services.settings

    def add(unit: Unit, row: OpportunityOfLead) -> str:
        purpose = request.operation.purpose
        value = required_member(row.SearchByValue, "SearchByValue", purpose=purpose)
        lead = find_lead(unit, name, value)
        if lead is None:
            raise LeadReferenceMissing("Lead not found", location="body.SearchByValue")
        wanted = _capture(settings, row)
        email = row.OpportunityOwnerEmail.strip()
        if email:
            owner_id = user_id_of(unit, email, "OpportunityOwnerEmail")
            fields = {**wanted.fields, "Owner": owner_id}
            wanted = msgspec.structs.replace(wanted, fields=fields)
        return capture_of_lead(unit, lead.lead_id, wanted).opportunity_id

    done = await done_rows(request, add, one="opportunity", many="opportunities")
    rows = [_row(number, row) for number, row in enumerate(done, 1)]
    for row in rows:
        row.OpportunityCreated = row.ExceptionType is UNSET
    return OpportunityBulkResult(rows)


def _row(number: int, done: RowDone[str]) -> OpportunityBulkRow:
    row = OpportunityBulkRow(number, done.result or "")
    if done.error is not None:
        row.ExceptionType = exception_type_of(done.error)
        row.ExceptionMessage = str(done.error)
    return row


def _revision(body: OpportunityUpdate) -> OpportunityRevision:
    opportunity_id = required_member(
        body.ProspectOpportunityId, "ProspectOpportunityId", purpose="updating opportunity"
    )
    if body.OpportunityNote is None and not body.Fields:
        raise invalid(
            "Fields",
            "Opportunity Field value cannot be empty",
            fix="Send Fields, or OpportunityNote.",
        )
    # A text that is not a number is the code of no type, so it never matches.
    given = body.OpportunityEventCode if body.OpportunityEvent is None else body.OpportunityEvent
    code = event_code(given)
    unknown = -1 if given is not None else None
    return OpportunityRevision(
        opportunity_id=opportunity_id.lower(),
        lead_id=body.RelatedProspectId.strip().lower(),
        event_code=unknown if code is None else code,
        note=body.OpportunityNote,
        fields=fields_of(body.Fields or []),
        any_option=is_set(body.ValidateDropDownOptions),
    )


async def delete(request: Request) -> WriteResult:
    opportunity_id = request.parameter("Id")
    await request.write(lambda unit: delete_opportunity(unit, opportunity_id))
    return success(WriteMessage(IsSuccessful=True))


async def _captured(request: Request, body: OpportunityCapture) -> CapturedOpportunity:
    if body.Opportunity is None:
        raise mandatory(
            "Opportunity",
            purpose="capturing opportunity",
            fix="Send Opportunity, with its OpportunityEventCode.",
        )
    wanted = _capture(request.services.settings, body.Opportunity)
    write = await _lead(request, body.LeadDetails or [])
    captured: CapturedOpportunity = await request.write(
        lambda unit: capture_opportunity(unit, write, wanted)
    )
    return captured


async def _lead(request: Request, properties: list[LeadProperty]) -> LeadWrite:
    for item in properties:
        if item.Attribute == "SearchBy" and item.Value == "ProspectID":
            raise InputInvalid(
                "Invalid SearchBy value provided",
                location="body.LeadDetails.SearchBy",
                fix="Here it is ProspectId.",
            )
    return await checked_write(request, properties)


def _capture(settings: Settings, body: OpportunityWrite) -> Capture:
    on_duplicate: OnDuplicate = "keep"
    if is_set(body.UpdateEmptyFields):
        on_duplicate = "fill"
    if is_set(body.OverwriteFields):
        if on_duplicate == "fill":
            raise InputInvalid(
                "OverwriteFields and UpdateEmptyFields both cannot be true",
                location="body.Opportunity.OverwriteFields",
                fix="Leave one of the two out.",
            )
        on_duplicate = "overwrite"
    happened_on = None
    if body.OpportunityDateTime:
        happened_on = date_time(body.OpportunityDateTime, "OpportunityDateTime")
    return Capture(
        event_code=event_code(body.OpportunityEventCode),
        note=body.OpportunityNote,
        happened_on=happened_on,
        fields=fields_of(body.Fields or []),
        any_option=is_set(body.ValidateDropDownOptions),
        on_duplicate=on_duplicate,
        post_duplicate=not is_set(body.DoNotPostDuplicateActivity),
        change_owner=not is_set(body.DoNotChangeOwner),
        find_duplicate=settings.opportunity_duplicates == "name",
        caller_owns=settings.opportunity_owner == "caller",
    )


def _refused(request: Request, error: CrmError, message: str) -> CaptureResult:
    return CaptureResult(
        Status=REFUSED,
        PrimaryAction=0,
        SecondaryAction=0,
        IsUnique=False,
        CreatedOpportunityId=None,
        ConflictedOpportunityId=None,
        RequestId=request.call_id,
        ExceptionType=exception_type_of(error),
        ExceptionMessage=message,
        AdditionalDetails=[],
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Opportunity.Capture": capture,
    "Opportunity.Update": update,
    "Opportunity.Delete": delete,
    "Opportunity.Bulk.Update": bulk_update,
    "Opportunity.Bulk.AddByLeadField": bulk_add_by_lead_field,
}
