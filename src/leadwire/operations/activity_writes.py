"""Operations that change activities, and many at once, of ``ProspectActivity.svc``."""

from functools import partial
from typing import Final

from leadwire.operations.activity_shapes import (
    ActivityDeletion,
    ActivityUpdate,
    AttachmentWrite,
    BulkActivity,
    BulkResult,
    NoticeResult,
)
from leadwire.operations.operation import Operation, Parameter, documented, reported
from leadwire.operations.shapes import WriteResult
from leadwire.operations.shared import EXAMPLE_ACTIVITY_ID, EXAMPLE_LEAD_ID, PROSPECT_ACTIVITY

_WRITTEN: Final = f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_ACTIVITY_ID}"}}}}'
_FIELDS: Final = '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Yes"}]'
_ROW_FAULTS: Final = ("MXInvalidInputException",)
_ROW_NOTE: Final = (
    "A refused row changes nothing and has the reason. The other rows are carried out."
)

_row = partial(Operation, service=PROSPECT_ACTIVITY, api_type="Activity")

OPERATIONS: Final = (
    _row(
        name="CustomActivity.Update",
        purpose="updating activity",
        mandatory=("ProspectActivityId",),
        path="CustomActivity/Update",
        summary="Update an activity",
        body=ActivityUpdate,
        body_example=f'{{"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","ActivityEvent":201,'
        f'"ActivityNote":"Called again",{_FIELDS}}}',
        result=WriteResult,
        result_example=_WRITTEN,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
            "MXInvalidActivityException",
            "MXInvalidActivityFieldsException",
            "MXInvalidInputException",
        ),
        repeated="safe",
        evidence=documented("update-activity"),
        notes=("Only custom activities and phone calls can be updated. Omitted members stay.",),
    ),
    _row(
        name="Bulk.CustomActivity.Add.ByLeadId",
        purpose="posting activities",
        path="Bulk/CustomActivity/Add/ByLeadId",
        summary="Post activities in bulk, by the ids of their leads",
        body=list[BulkActivity],
        body_example=f'[{{"RelatedProspectId":"{EXAMPLE_LEAD_ID}","ActivityEvent":201,'
        f'"ActivityNote":"Called back","ActivityOwnerEmail":"asha@example.com",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","ActivityCreated":true}}]}}',
        faults=_ROW_FAULTS,
        limit_class="bulk",
        rows_max=25,
        evidence=documented("post-bulk-activities-on-leads"),
        notes=(_ROW_NOTE,),
    ),
    _row(
        name="Bulk.CustomActivity.Add.ByLeadField",
        purpose="posting activities",
        path="Bulk/CustomActivity/Add/ByLeadField",
        aliases=("Bulk/CustomActivity/Add/ByUniqueField",),
        summary="Post activities in bulk, by a field of their leads",
        parameters=(
            Parameter(
                "searchBy", "Schema name of the field that identifies the lead.", required=True
            ),
        ),
        body=list[BulkActivity],
        body_example='[{"SearchByValue":"asha@example.com","ActivityEvent":201,'
        f'"ActivityNote":"Called back",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","ActivityCreated":true}}]}}',
        faults=(*_ROW_FAULTS, "MXMandatoryAttributeMissingException"),
        limit_class="bulk",
        rows_max=25,
        evidence=documented("post-activities-to-leads-in-bulk-using-unique-lead-fields"),
        notes=(
            _ROW_NOTE,
            "If several leads have the value, the oldest is used. No lead is created.",
        ),
    ),
    _row(
        name="Bulk.CustomActivity.Update",
        purpose="updating activities",
        path="Bulk/CustomActivity/Update",
        summary="Update activities in bulk",
        body=list[ActivityUpdate],
        body_example=f'[{{"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}",'
        f'"ActivityNote":"Called again",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","ActivityUpdated":true}}]}}',
        faults=_ROW_FAULTS,
        limit_class="bulk",
        rows_max=25,
        repeated="safe",
        evidence=documented("bulk-update-activities"),
        notes=(_ROW_NOTE,),
    ),
    _row(
        name="DeleteActivities",
        purpose="deleting activities",
        mandatory=("ProspectId",),
        path="DeleteActivities",
        summary="Delete custom activities of a lead",
        body=ActivityDeletion,
        body_example=f'{{"ProspectId":"{EXAMPLE_LEAD_ID}","ActivityEventList":["201"],'
        '"FromDate":"2026-01-01 00:00:00","ToDate":"2026-01-31 23:59:59"}',
        result=NoticeResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for delete activities has been queued."}}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
            "MXInvalidActivityException",
            "MXInvalidEntityReferenceException",
        ),
        repeated="safe",
        evidence=documented("delete-activities"),
        notes=(
            "The work is complete when the call is answered. Locked activities are not deleted.",
            "StatusWebhookURL is accepted and not called. The lead's score does not change.",
        ),
    ),
    _row(
        name="CustomActivity.Lock",
        purpose="locking activity",
        path="CustomActivity/Lock",
        summary="Lock an activity, so that it cannot be changed or deleted",
        parameters=(Parameter("activityId", "Id of the activity.", kind="id", required=True),),
        result=WriteResult,
        result_example=_WRITTEN,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
        ),
        repeated="unsafe",
        evidence=documented("lock-an-activity"),
        notes=(
            "Activities of every type can be locked. LeadSquared requires a setting of the type.",
        ),
    ),
    _row(
        name="Attachment.Add",
        purpose="adding attachment",
        mandatory=("ProspectActivityId", "AttachmentName", "AttachmentFile"),
        path="Attachment/Add",
        summary="Attach a file to an activity",
        body=AttachmentWrite,
        body_example=f'{{"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","AttachmentName":"plan.pdf",'
        '"Description":"Floor plan","AttachmentFile":"https://files.example.com/plan.pdf"}',
        result=WriteResult,
        result_example=_WRITTEN,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
            "MXInvalidEntityException",
        ),
        evidence=reported("integrations that attach files"),
        notes=("AttachmentFile is the s3FilePath of File.Upload, or another address.",),
    ),
)
