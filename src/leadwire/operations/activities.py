"""Operations on activities, of ``ProspectActivity.svc``."""

from functools import partial
from typing import Final

from leadwire.operations.operation import Operation, Parameter, RecordedDates, documented, reported
from leadwire.operations.shapes import (
    Activities,
    ActivitySearch,
    ActivityType,
    ActivityWrite,
    WriteResult,
)
from leadwire.operations.shared import (
    EXAMPLE_ACTIVITY_ID,
    EXAMPLE_LEAD_ID,
    LEAD_ID,
    PROSPECT_ACTIVITY,
)

_row = partial(Operation, service=PROSPECT_ACTIVITY, api_type="Activity")

OPERATIONS: Final = (
    _row(
        name="ActivityTypes.Get",
        path="ActivityTypes.Get",
        summary="Get the activity types",
        result=list[ActivityType],
        result_example='[{"ActivityEvent":22,"ActivityEventName":"Outbound Phone Call Activity"}]',
        evidence=reported("integrations that read the types of their accounts"),
        notes=("The full shape of an element is not public. Integrations use these members.",),
    ),
    _row(
        name="ProspectActivity.Create",
        purpose="posting activity",
        path="Create",
        summary="Post an activity on a lead, by its id or its e-mail address",
        body=ActivityWrite,
        body_example=f'{{"RelatedProspectId":"{EXAMPLE_LEAD_ID}",'
        '"ActivityEvent":201,"ActivityNote":"Called back",'
        '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Yes"}]}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_ACTIVITY_ID}"}}}}',
        faults=(
            "MXInvalidActivityException",
            "MXInvalidActivityFieldsException",
            "MXInvalidEntityReferenceException",
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
        ),
        evidence=documented("post-an-activity-to-lead"),
        notes=(
            "EmailAddress may replace RelatedProspectId. An unknown lead is then created.",
            "Parameters of the URL are ignored.",
            "Fields are checked against the type: mandatory fields, data types and options.",
            "ValidateDropDownOptions=true accepts any text for a dropdown, as documented.",
        ),
    ),
    _row(
        name="ProspectActivity.Retrieve",
        recorded_dates=RecordedDates("seconds", documented("get-activities-of-a-lead")),
        purpose="retrieving activities",
        path="Retrieve",
        summary="Get the activities of a lead",
        parameters=(
            LEAD_ID,
            Parameter(
                "getFileURL",
                "true: list attachments with the address of each file.",
                kind="boolean",
            ),
        ),
        body=ActivitySearch,
        body_optional=True,
        body_example='{"Parameter":{"ActivityEvent":201},"Paging":{"Offset":"0","RowCount":"10"}}',
        result=Activities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-activities-of-a-lead"),
        notes=(
            "Offset is the number of rows to skip. RowCount defaults to 25.",
            "With getFileURL=true, activities have Attachments and file fields have addresses.",
        ),
    ),
)
