"""Operations on activity types, of ``ProspectActivity.svc``."""

from typing import Final

from leadwire.operations.activity_shapes import (
    ActivitySetting,
    DropdownOptions,
    OptionsQuery,
    TypeUpdate,
    TypeWrite,
)
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import StatusResult, WriteResult

SERVICE: Final = "ProspectActivity.svc"

_FIELD: Final = (
    '{"SchemaName":"mx_Custom_1","DisplayName":"Mode","Value":null,"DataType":"String",'
    '"IsMandatory":false,"ShowInForm":true,"Sequence":1,"OptionSet":null}'
)

OPERATIONS: Final = (
    Operation(
        name="CustomActivity.GetActivitySetting",
        service=SERVICE,
        path="CustomActivity/GetActivitySetting",
        method="GET",
        api_type="Activity",
        summary="Get an activity type with its fields",
        parameters=(Parameter("code", "Code of the activity type.", required=True),),
        result=ActivitySetting,
        result_example='{"ID":"6a1f0c3e-52d1-4a0b-8c86-0d9f6f5f7a11","Name":"Site Visit",'
        '"DisplayName":"Site Visit","Score":10,"Fields":[]}',
        faults=("MXInvalidActivityException", "MXMandatoryAttributeMissingException"),
        notes=("Every type has ActivityEvent_Note, Status and Owner, then what it declares.",),
    ),
    Operation(
        name="ActivityType.Create",
        service=SERVICE,
        path="CreateType",
        method="POST",
        api_type="Activity",
        summary="Create a custom activity type",
        body=TypeWrite,
        body_example='{"ActivityEventName":"Demo Done","Score":5,"Direction":0,'
        f'"Fields":[{_FIELD}]}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"Id":"203"}}',
        faults=("MXInvalidInputException", "MXDuplicateEntryException"),
        notes=(
            "Id is the new type's code, as text; codes count up from the last one in use.",
            "OptionSet is JSON text of an array of options, or that array.",
            "What the web client alone uses, such as TrackLocation, is accepted without effect.",
        ),
    ),
    Operation(
        name="ActivityType.Update",
        service=SERVICE,
        path="CustomActivityType/Update",
        method="POST",
        api_type="Activity",
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
        notes=(
            "What is left out stays. A field replaces the one of its SchemaName; others stay.",
            "System types cannot be changed.",
        ),
    ),
    Operation(
        name="ActivityField.Dropdown.Options.Get",
        service=SERVICE,
        path="ActivityField/Dropdown/Options/Get",
        method="POST",
        api_type="Activity",
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
        notes=(
            "Without Paging every option. The members of an option are those of OptionSet.",
            "Dropdowns inside a custom field set are not kept.",
        ),
    ),
)
