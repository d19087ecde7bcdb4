"""Capturing, updating and deleting opportunities."""

from typing import Final

from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.opportunities.opportunities import (
    Capture,
    CapturedOpportunity,
    OnDuplicate,
    OpportunityRevision,
    capture_opportunity,
    delete_opportunity,
    revise_opportunity,
)
from leadwire.dialect import invalid, mandatory
from leadwire.errors import CrmError, InputInvalid, ValueDuplicate
from leadwire.operations.opportunities import (
    CaptureDetail,
    CaptureResult,
    OpportunityCapture,
    OpportunityUpdate,
    OpportunityWrite,
)
from leadwire.operations.shapes import LeadProperty, WriteMessage, WriteResult
from leadwire.wire.endpoints.activity_forms import event_code, fields_of
from leadwire.wire.endpoints.lead_writes import checked_write, success
from leadwire.wire.faults import exception_type_of
from leadwire.wire.members import date_time, is_set
from leadwire.wire.request import Endpoint, Request

DONE, REFUSED = 0, 1
CREATED, DUPLICATE_POSTED = 1, 3


async def capture(request: Request) -> CaptureResult:
    """Whatever the domain refuses is told in the answer; only what is no such body is a fault."""
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
    body: OpportunityUpdate = request.body
    opportunity_id = body.ProspectOpportunityId.strip()
    if body.OpportunityNote is None and not body.Fields:
        raise invalid(
            "Fields",
            "Opportunity Field value cannot be empty",
            fix="Send Fields, or OpportunityNote.",
        )
    # A text that is no code is another type than the opportunity's, whatever that is.
    code = event_code(body.OpportunityEvent)
    unknown = -1 if body.OpportunityEvent is not None else None
    revision = OpportunityRevision(
        opportunity_id=opportunity_id.lower(),
        lead_id=body.RelatedProspectId.strip().lower(),
        event_code=unknown if code is None else code,
        note=body.OpportunityNote,
        fields=fields_of(body.Fields or []),
        any_option=is_set(body.ValidateDropDownOptions),
    )
    await request.write(lambda unit: revise_opportunity(unit, revision))
    return success(WriteMessage(Id=revision.opportunity_id))


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
    wanted = _capture(body.Opportunity)
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


def _capture(body: OpportunityWrite) -> Capture:
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
}
