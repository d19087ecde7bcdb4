"""Operations on a lead's life: convert, mark, merge, delete."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented
from leadwire.operations.shapes import (
    ActivityWrite,
    FlatLead,
    LeadProperty,
    StatusResult,
    WriteResult,
)
from leadwire.operations.shared import (
    EXAMPLE_ACTIVITY_ID,
    EXAMPLE_LEAD_ID,
    LEAD_ID,
    LEAD_MANAGEMENT,
    POST_UPDATED_LEAD,
    PROSPECT_ACTIVITY,
)


class EmailMark(msgspec.Struct):
    EmailAddress: str = ""
    Message: str = ""
    """The reason; stored as a note on the lead."""


class MergeAudit(msgspec.Struct):
    MergeAuditId: str = ""
    """Id of the activity LeadsMerged (3003) of the lead that remained."""


class MergeAuditQuery(msgspec.Struct):
    Parameter: MergeAudit | None = None


class HistoryRange(msgspec.Struct):
    ProspectId: str = ""
    FromDate: str = ""
    ToDate: str = ""
    StatusWebhookURL: str = ""


class LeadAndActivity(msgspec.Struct):
    """Body of ProspectActivity.svc/CreateCustom."""

    LeadDetails: list[LeadProperty] = []
    Activity: ActivityWrite | None = None


_ONE_ROW: Final = '{"Status":"Success","Message":{"AffectedRows":1}}'
_MARK_EXAMPLE: Final = '{"EmailAddress":"asha@example.com","Message":"Bounced twice"}'
_MARK_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidEntityException",
    "MXInvalidInputException",
)
_HISTORY_EXAMPLE: Final = (
    f'{{"ProspectId":"{EXAMPLE_LEAD_ID}",'
    '"FromDate":"2026-01-01 00:00:00","ToDate":"2026-01-31 23:59:59"}'
)
_AT_ONCE: Final = "The work is complete when the call is answered. StatusWebhookURL is not called."

_lead_management = partial(Operation, service=LEAD_MANAGEMENT, api_type="Lead")
_prospect_activity = partial(Operation, service=PROSPECT_ACTIVITY, api_type="Activity")

OPERATIONS: Final = (
    _lead_management(
        name="Lead.Convert",
        purpose="converting lead",
        path="Lead.Convert",
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
        repeated="safe",
        evidence=documented("visitor-to-lead"),
        notes=(
            "A visitor that Web.Visit made known becomes a lead with the visitor's id.",
            "If a lead has the id, it is updated. Lead.Capture takes any visitor's id.",
        ),
    ),
    _lead_management(
        name="Lead.Delete",
        purpose="deleting lead",
        path="Lead/Delete/ById",
        summary="Delete a lead, with its activities, notes and memberships of lists",
        parameters=(LEAD_ID,),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(
            "MXUnAuthorizedAccessException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
        ),
        repeated="unsafe",
        evidence=documented("lead-delete"),
        notes=("It is off by default. The setting lead_delete enables it.",),
    ),
    _lead_management(
        name="Lead.Merge",
        purpose="merging leads",
        path="Lead.Merge",
        posts_nothing=True,
        summary="Merge a lead into another",
        parameters=(
            Parameter("masterId", "ProspectID of the lead that remains.", kind="id", required=True),
            Parameter(
                "childId",
                "ProspectID of the lead that is merged into the other and deleted.",
                kind="id",
                required=True,
            ),
        ),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
            "MXInvalidInputException",
        ),
        evidence=documented("merge-leads"),
        notes=(
            "The remaining lead keeps its values and gets no values of the other lead.",
            "It gets the other lead's activities, notes, list memberships and score.",
            "An activity of event 3003 tells of the merge. Its id is the MergeAuditId.",
        ),
    ),
    _lead_management(
        name="GetMergedChildLeadsByAuditId",
        path="GetMergedChildLeadsByAuditId",
        summary="Get the lead that a merge deleted",
        body=MergeAuditQuery,
        body_example=f'{{"Parameter":{{"MergeAuditId":"{EXAMPLE_ACTIVITY_ID}"}}}}',
        result=list[FlatLead],
        result_example=f'[{{"ProspectID":"{EXAMPLE_LEAD_ID}","FirstName":"Asha"}}]',
        faults=("MXInvalidInputException", "MXMandatoryAttributeMissingException"),
        repeated="safe",
        evidence=documented("get-info-on-merged-child-leads"),
        notes=(
            "An element has every field of the lead as it was before the merge.",
            "If no merge has the id, nothing is found.",
        ),
    ),
    _prospect_activity(
        name="ProspectActivity.CreateCustom",
        purpose="posting activity",
        mandatory=("Activity",),
        path="CreateCustom",
        summary="Create or update a lead, and post an activity on it",
        body=LeadAndActivity,
        body_example='{"LeadDetails":[{"Attribute":"EmailAddress","Value":"asha@example.com"},'
        '{"Attribute":"SearchBy","Value":"EmailAddress"}],'
        '"Activity":{"ActivityEvent":201,"ActivityNote":"Walked in"}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":'
        f'{{"Id":"{EXAMPLE_ACTIVITY_ID}","RelatedId":"{EXAMPLE_LEAD_ID}"}}}}',
        faults=(
            "MXDuplicateEntryException",
            "MXUnknownAttributeException",
            "MXInvalidInputException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidActivityException",
        ),
        evidence=documented("create-lead-and-activity"),
        notes=(
            "The answer's members are not public. Id is the activity's id, RelatedId the lead's.",
            "If the lead or the activity is refused, neither is stored.",
            "It is also served below LeadManagement.svc, where one client calls it.",
        ),
        aliases=("/LeadManagement.svc/CreateCustom",),
    ),
    _lead_management(
        name="Lead.MarkEmailInvalid",
        purpose="marking lead",
        mandatory=("EmailAddress",),
        path="MarkEmailInvalid",
        summary="Mark the e-mail address of a lead invalid",
        body=EmailMark,
        body_example=_MARK_EXAMPLE,
        result=WriteResult,
        result_example=_ONE_ROW,
        faults=_MARK_FAULTS,
        evidence=documented("mark-lead-valid"),
        notes=("It sets DoNotEmail and stores the Message as a note on the lead.",),
    ),
    _lead_management(
        name="Lead.MarkEmailValid",
        purpose="marking lead",
        mandatory=("EmailAddress",),
        path="MarkEmailValid",
        summary="Mark the e-mail address of a lead valid",
        body=EmailMark,
        body_example=_MARK_EXAMPLE,
        result=WriteResult,
        result_example=_ONE_ROW,
        faults=_MARK_FAULTS,
        evidence=documented("mark-lead-valid"),
        notes=("It clears DoNotEmail and stores the Message as a note on the lead.",),
    ),
    _lead_management(
        name="Lead.DeleteStageChangeHistory",
        purpose="deleting history",
        mandatory=("ProspectId",),
        path="DeleteStageChangeHistory",
        summary="Delete the history of stages of a lead",
        body=HistoryRange,
        body_example=_HISTORY_EXAMPLE,
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for delete stage change history has been queued."}}',
        faults=_MARK_FAULTS,
        repeated="safe",
        evidence=documented("delete-a-leads-stage-change-history"),
        notes=(_AT_ONCE,),
    ),
    _lead_management(
        name="Lead.DeleteUserAssignmentChangeHistory",
        purpose="deleting history",
        mandatory=("ProspectId",),
        path="DeleteUserAssignmentChangeHistory",
        summary="Delete the history of owners of a lead",
        body=HistoryRange,
        body_example=_HISTORY_EXAMPLE,
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for delete user assignment change history has been queued."}}',
        faults=_MARK_FAULTS,
        repeated="safe",
        evidence=documented("delete-leads-owner-change-history"),
        notes=("leadwire does not record owner changes as activities, so nothing is deleted.",),
    ),
)
