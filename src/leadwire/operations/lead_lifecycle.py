"""Operations on what becomes of a lead: converted, marked, merged, deleted."""

from typing import Final

import msgspec

from leadwire.operations.leads import POST_UPDATED_LEAD
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import ActivityWrite, LeadProperty, StatusResult, WriteResult

SERVICE: Final = "LeadManagement.svc"


class EmailMark(msgspec.Struct):
    EmailAddress: str = ""
    Message: str = ""
    """Why; kept as a note on the lead."""


class HistoryRange(msgspec.Struct):
    ProspectId: str = ""
    FromDate: str = ""
    ToDate: str = ""
    StatusWebhookURL: str = ""


class LeadAndActivity(msgspec.Struct):
    """Body of ProspectActivity.svc/CreateCustom."""

    LeadDetails: list[LeadProperty] = []
    Activity: ActivityWrite | None = None


_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_ACTIVITY_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_ONE_ROW: Final = '{"Status":"Success","Message":{"AffectedRows":1}}'
_MARK_EXAMPLE: Final = '{"EmailAddress":"asha@example.com","Message":"Bounced twice"}'
_MARK_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidEntityException",
    "MXInvalidInputException",
)
_HISTORY_EXAMPLE: Final = (
    f'{{"ProspectId":"{_LEAD_ID}","FromDate":"2026-01-01 00:00:00","ToDate":"2026-01-31 23:59:59"}}'
)
_AT_ONCE: Final = (
    "It is done before the answer, and not only queued; StatusWebhookURL is not called."
)

OPERATIONS: Final = (
    Operation(
        name="Lead.Convert",
        service=SERVICE,
        path="Lead.Convert",
        method="POST",
        api_type="Lead",
        summary="Convert a visitor to a lead",
        parameters=(
            Parameter("leadId", "ProspectID of the visitor.", kind="id", required=True),
            POST_UPDATED_LEAD,
        ),
        body=list[LeadProperty],
        body_example='[{"Attribute":"Company","Value":"Acme"}]',
        result=WriteResult,
        result_example=_ONE_ROW,
        faults=(
            "MXDuplicateEntryException",
            "MXUnknownAttributeException",
            "MXInvalidInputException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
        ),
        notes=(
            "Websites are not tracked here: the lead of that id is updated, or the id refused.",
            "Lead.Capture makes a lead of a visitor's id.",
        ),
    ),
    Operation(
        name="Lead.Delete",
        service=SERVICE,
        path="Lead/Delete/ById",
        method="GET",
        api_type="Lead",
        summary="Delete a lead, with its activities, notes and memberships of lists",
        parameters=(Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(
            "MXUnAuthorizedAccessException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
        ),
        notes=("Off by default; the setting lead_delete allows it.",),
    ),
    Operation(
        name="Lead.Merge",
        service=SERVICE,
        path="Lead.Merge",
        method="POST",
        api_type="Lead",
        summary="Merge a lead into another",
        parameters=(
            Parameter("masterId", "ProspectID of the lead that stays.", kind="id", required=True),
            Parameter("childId", "ProspectID of the lead that goes.", kind="id", required=True),
        ),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
            "MXInvalidInputException",
        ),
        notes=(
            "The lead that stays keeps its values and gets none of the other's.",
            "It gets the other's activities, notes, memberships of lists and score.",
        ),
    ),
    Operation(
        name="ProspectActivity.CreateCustom",
        service="ProspectActivity.svc",
        path="CreateCustom",
        method="POST",
        api_type="Activity",
        summary="Create or update a lead, and post an activity on it",
        body=LeadAndActivity,
        body_example='{"LeadDetails":[{"Attribute":"EmailAddress","Value":"asha@example.com"},'
        '{"Attribute":"SearchBy","Value":"EmailAddress"}],'
        '"Activity":{"ActivityEvent":201,"ActivityNote":"Walked in"}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":'
        f'{{"Id":"{_ACTIVITY_ID}","RelatedId":"{_LEAD_ID}"}}}}',
        faults=(
            "MXDuplicateEntryException",
            "MXUnknownAttributeException",
            "MXInvalidInputException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidActivityException",
        ),
        notes=(
            "The answer's members are not public: Id is the activity's, RelatedId the lead's.",
            "Nothing is kept of either when the other is refused.",
            "LeadManagement.svc serves it under the same path, as one client calls it.",
        ),
        aliases=("/LeadManagement.svc/CreateCustom",),
    ),
    Operation(
        name="Lead.MarkEmailInvalid",
        service=SERVICE,
        path="MarkEmailInvalid",
        method="POST",
        api_type="Lead",
        summary="Mark the e-mail address of a lead invalid",
        body=EmailMark,
        body_example=_MARK_EXAMPLE,
        result=WriteResult,
        result_example=_ONE_ROW,
        faults=_MARK_FAULTS,
        notes=("Sets DoNotEmail; the Message is kept as a note on the lead.",),
    ),
    Operation(
        name="Lead.MarkEmailValid",
        service=SERVICE,
        path="MarkEmailValid",
        method="POST",
        api_type="Lead",
        summary="Mark the e-mail address of a lead valid",
        body=EmailMark,
        body_example=_MARK_EXAMPLE,
        result=WriteResult,
        result_example=_ONE_ROW,
        faults=_MARK_FAULTS,
        notes=("Clears DoNotEmail; the Message is kept as a note on the lead.",),
    ),
    Operation(
        name="Lead.DeleteStageChangeHistory",
        service=SERVICE,
        path="DeleteStageChangeHistory",
        method="POST",
        api_type="Lead",
        summary="Delete the history of stages of a lead",
        body=HistoryRange,
        body_example=_HISTORY_EXAMPLE,
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for delete stage change history has been queued."}}',
        faults=_MARK_FAULTS,
        notes=(_AT_ONCE,),
    ),
    Operation(
        name="Lead.DeleteUserAssignmentChangeHistory",
        service=SERVICE,
        path="DeleteUserAssignmentChangeHistory",
        method="POST",
        api_type="Lead",
        summary="Delete the history of owners of a lead",
        body=HistoryRange,
        body_example=_HISTORY_EXAMPLE,
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for delete user assignment change history has been queued."}}',
        faults=_MARK_FAULTS,
        notes=("Changes of owner are not kept as activities here: there is nothing to delete.",),
    ),
)
