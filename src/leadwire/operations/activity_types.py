"""Operations on activity types, of ``ProspectActivity.svc``."""

from functools import partial
from typing import Final

from leadwire.operations.activity_shapes import (
    ActivitySetting,
    DropdownOptions,
    OptionsQuery,
    TypeUpdate,
    TypeWrite,
)
from leadwire.operations.operation import Operation, Parameter, documented, reported
from leadwire.operations.shapes import StatusResult, WriteResult
from leadwire.operations.shared import PROSPECT_ACTIVITY

_FIELD: Final = (
    '{"SchemaName":"mx_Custom_1","DisplayName":"Mode","Value":null,"DataType":"String",'
    '"IsMandatory":false,"ShowInForm":true,"Sequence":1,"OptionSet":null}'
)

_row = partial(Operation, service=PROSPECT_ACTIVITY, api_type="Activity")

OPERATIONS: Final = (
    _row(
        name="CustomActivity.GetActivitySetting",
        purpose="retrieving activity setting",
        path="CustomActivity/GetActivitySetting",
        summary="Get an activity type with its fields",
        parameters=(Parameter("code", "Code of the activity type.", required=True),),
        result=ActivitySetting,
        result_example='{"ID":"6a1f0c3e-52d1-4a0b-8c86-0d9f6f5f7a11","Name":"Site Visit",'
        '"DisplayName":"Site Visit","Score":10,"Fields":[]}',
        faults=("MXInvalidActivityException", "MXMandatoryAttributeMissingException"),
        evidence=documented("get-details-of-activity-type"),
        notes=("Fields begins with ActivityEvent_Note, Status and Owner. The type's own follow.",),
    ),
    _row(
        name="ActivityType.Create",
        purpose="creating activity type",
        path="CreateType",
        summary="Create a custom activity type",
        body=TypeWrite,
        body_example='{"ActivityEventName":"Demo Done","Score":5,"Direction":0,'
        f'"Fields":[{_FIELD}]}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Id":"203"}}',
        faults=("MXInvalidInputException", "MXDuplicateEntryException"),
        evidence=documented("create-new-activity-type-api"),
        notes=(
            "Id is the code of the new type, as text. Codes increase by one.",
            "OptionSet is an array of options, or the same array as JSON text.",
            "Members for the web client, such as TrackLocation, are accepted and have no effect.",
        ),
    ),
    _row(
        name="ActivityType.Update",
        purpose="updating activity type",
        mandatory=("ID",),
        path="CustomActivityType/Update",
        summary="Update a custom activity type",
        body=TypeUpdate,
        body_example='{"ID":"6a1f0c3e-52d1-4a0b-8c86-0d9f6f5f7a11","Score":15,"EventDirection":1,'
        f'"Fields":[{_FIELD}]}}',
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
            "MXDuplicateEntryException",
        ),
        repeated="safe",
        evidence=documented("update-activity-type"),
        notes=(
            "Omitted members stay. A field replaces the field of the same SchemaName; others stay.",
            "System types cannot be changed.",
        ),
    ),
    _row(
        name="ActivityField.Dropdown.Options.Get",
        purpose="retrieving dropdown options",
        mandatory=("Parameter.SchemaName",),
        path="ActivityField/Dropdown/Options/Get",
        summary="Get the options of a dropdown field of an activity type",
        body=OptionsQuery,
        body_example='{"Parameter":{"SchemaName":"mx_Custom_1","ActivityEventCode":203},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=DropdownOptions,
        result_example='{"Options":[{"Text":"Open","Value":"Open","Order":0,"IsDefault":true}]}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidActivityException",
            "MXInvalidInputException",
        ),
        page_max=10_000,
        repeated="safe",
        evidence=reported("integrations that read options"),
        notes=(
            "Without Paging, the answer has every option. An option has the members of OptionSet.",
            "Dropdowns inside a custom field set are not supported.",
        ),
    ),
)
