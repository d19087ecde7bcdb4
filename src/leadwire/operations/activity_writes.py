"""Operations that change activities, and many at once, of ``ProspectActivity.svc``."""

from typing import Final

from leadwire.operations.activity_shapes import (
    ActivityDeletion,
    ActivityUpdate,
    AttachmentWrite,
    BulkActivity,
    BulkResult,
    NoticeResult,
)
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import WriteResult

SERVICE: Final = "ProspectActivity.svc"

_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_WRITTEN: Final = f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}'
_FIELDS: Final = '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Yes"}]'
_ROW_FAULTS: Final = ("MXInvalidInputException",)
_ROW_NOTE: Final = (
    "At most 25 rows, each for itself: a row that is refused says why, and the others stand."
)

OPERATIONS: Final = (
    Operation(
        name="CustomActivity.Update",
        service=SERVICE,
        path="CustomActivity/Update",
        method="POST",
        api_type="Activity",
        summary="Update an activity",
        body=ActivityUpdate,
        body_example=f'{{"ProspectActivityId":"{_ID}","ActivityEvent":201,'
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
        notes=("Custom activities and phone calls; what is left out stays.",),
    ),
    Operation(
        name="Bulk.CustomActivity.Add.ByLeadId",
        service=SERVICE,
        path="Bulk/CustomActivity/Add/ByLeadId",
        method="POST",
        api_type="Activity",
        summary="Post activities in bulk, by the ids of their leads",
        body=list[BulkActivity],
        body_example=f'[{{"RelatedProspectId":"{_LEAD_ID}","ActivityEvent":201,'
        f'"ActivityNote":"Called back","ActivityOwnerEmail":"asha@example.com",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{_ID}","ActivityCreated":true}}]}}',
        faults=_ROW_FAULTS,
        limit_class="bulk",
        notes=(_ROW_NOTE,),
    ),
    Operation(
        name="Bulk.CustomActivity.Add.ByLeadField",
        service=SERVICE,
        path="Bulk/CustomActivity/Add/ByLeadField",
        aliases=("Bulk/CustomActivity/Add/ByUniqueField",),
        method="POST",
        api_type="Activity",
        summary="Post activities in bulk, by a field of their leads",
        parameters=(
            Parameter("searchBy", "Schema name of the field to find leads by.", required=True),
        ),
        body=list[BulkActivity],
        body_example='[{"SearchByValue":"asha@example.com","ActivityEvent":201,'
        f'"ActivityNote":"Called back",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{_ID}","ActivityCreated":true}}]}}',
        faults=(*_ROW_FAULTS, "MXMandatoryAttributeMissingException"),
        limit_class="bulk",
        notes=(_ROW_NOTE, "Of several leads with the value the oldest; none is created."),
    ),
    Operation(
        name="Bulk.CustomActivity.Update",
        service=SERVICE,
        path="Bulk/CustomActivity/Update",
        method="POST",
        api_type="Activity",
        summary="Update activities in bulk",
        body=list[ActivityUpdate],
        body_example=f'[{{"ProspectActivityId":"{_ID}","ActivityNote":"Called again",{_FIELDS}}}]',
        result=BulkResult,
        result_example='{"Response":[{"RowNumber":1,'
        f'"ProspectActivityId":"{_ID}","ActivityUpdated":true}}]}}',
        faults=_ROW_FAULTS,
        limit_class="bulk",
        notes=(_ROW_NOTE,),
    ),
    Operation(
        name="DeleteActivities",
        service=SERVICE,
        path="DeleteActivities",
        method="POST",
        api_type="Activity",
        summary="Delete custom activities of a lead",
        body=ActivityDeletion,
        body_example=f'{{"ProspectId":"{_LEAD_ID}","ActivityEventList":["201"],'
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
        notes=(
            "Done when the call is answered, whatever the sentence says; locked ones stay.",
            "StatusWebhookURL is accepted and not called. The lead's score stays as it is.",
        ),
    ),
    Operation(
        name="CustomActivity.Lock",
        service=SERVICE,
        path="CustomActivity/Lock",
        method="GET",
        api_type="Activity",
        summary="Lock an activity, so that nobody changes or deletes it",
        parameters=(Parameter("activityId", "Id of the activity.", kind="id", required=True),),
        result=WriteResult,
        result_example=_WRITTEN,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
        ),
        notes=("Every type can be locked; the service wants it enabled for the type first.",),
    ),
    Operation(
        name="Attachment.Add",
        service=SERVICE,
        path="Attachment/Add",
        method="POST",
        api_type="Activity",
        summary="Attach a file to an activity",
        body=AttachmentWrite,
        body_example=f'{{"ProspectActivityId":"{_ID}","AttachmentName":"plan.pdf",'
        '"Description":"Floor plan","AttachmentFile":"https://files.example.com/plan.pdf"}',
        result=WriteResult,
        result_example=_WRITTEN,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXUnknownProspectActivityException",
            "MXOperationNotAllowedException",
            "MXInvalidEntityException",
        ),
        evidence="L",
        notes=("AttachmentFile is the s3FilePath of File.Upload, or an address elsewhere.",),
    ),
)
