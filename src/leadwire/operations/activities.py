"""Operations on activities, of ``ProspectActivity.svc``."""

from typing import Final

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    Activities,
    ActivitySearch,
    ActivityType,
    ActivityWrite,
    WriteResult,
)

SERVICE: Final = "ProspectActivity.svc"

OPERATIONS: Final = (
    Operation(
        name="ActivityTypes.Get",
        service=SERVICE,
        path="ActivityTypes.Get",
        method="GET",
        api_type="Activity",
        summary="Get the activity types",
        result=list[ActivityType],
        result_example='[{"ActivityEvent":22,"ActivityEventName":"Outbound Phone Call Activity"}]',
        evidence="L",
        notes=("The full shape of an element is not public; these members were seen in use.",),
    ),
    Operation(
        name="ProspectActivity.Create",
        service=SERVICE,
        path="Create",
        method="POST",
        api_type="Activity",
        summary="Post an activity on a lead, by its id or its e-mail address",
        body=ActivityWrite,
        body_example='{"RelatedProspectId":"b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10",'
        '"ActivityEvent":201,"ActivityNote":"Called back",'
        '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Yes"}]}',
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Id":"0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"}}',
        faults=(
            "MXInvalidActivityException",
            "MXInvalidActivityFieldsException",
            "MXInvalidEntityReferenceException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
        ),
        notes=(
            "With EmailAddress in place of RelatedProspectId an unknown lead is created.",
            "Parameters of the URL are ignored.",
            "Fields are checked as their type declares them: mandatory ones, data types, options.",
            "ValidateDropDownOptions takes any text for a dropdown, as documented.",
        ),
    ),
    Operation(
        name="ProspectActivity.Retrieve",
        service=SERVICE,
        path="Retrieve",
        method="POST",
        api_type="Activity",
        summary="Get the activities of a lead",
        parameters=(
            Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),
            Parameter(
                "getFileURL",
                "Whether attachments are listed, with the address of each file.",
                kind="boolean",
            ),
        ),
        body=ActivitySearch,
        body_optional=True,
        body_example='{"Parameter":{"ActivityEvent":201},"Paging":{"Offset":"0","RowCount":"10"}}',
        result=Activities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        notes=(
            "Offset counts rows from 0. Without RowCount 25 rows; at most 1,000.",
            "With getFileURL=true an activity has Attachments, and fields of files have addresses.",
        ),
    ),
)
