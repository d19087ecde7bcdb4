"""Operations that read activities across leads, of ``ProspectActivity.svc``."""

from typing import Final

from leadwire.operations.activity_shapes import (
    ActivityChanges,
    ActivityDetails,
    ActivityRows,
    AdvancedSearch,
    ChangeSearch,
    EventSearch,
    RecentActivities,
    ReferenceSearch,
    ReferencingActivities,
)
from leadwire.operations.operation import Operation, Parameter

SERVICE: Final = "ProspectActivity.svc"

_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_RANGE: Final = '"FromDate":"2026-01-01 00:00:00","ToDate":"2026-01-31 23:59:59"'
_PAGING: Final = '"Paging":{"PageIndex":1,"PageSize":100}'
_ROWS: Final = (
    f'{{"RecordCount":1,"List":[{{"ProspectActivityId":"{_ID}","ActivityEvent":"201"}}]}}'
)

OPERATIONS: Final = (
    Operation(
        name="GetActivityDetails",
        service=SERVICE,
        path="GetActivityDetails",
        method="GET",
        api_type="Activity",
        summary="Get an activity, field by field",
        parameters=(Parameter("activityId", "Id of the activity.", kind="id", required=True),),
        result=ActivityDetails,
        result_example=f'{{"ID":"{_ID}","Name":"Demo","DisplayName":"Demo","Fields":[]}}',
        faults=("MXMandatoryAttributeMissingException", "MXUnknownProspectActivityException"),
    ),
    Operation(
        name="CustomActivity.RetrieveByActivityEvent",
        service=SERVICE,
        path="CustomActivity/RetrieveByActivityEvent",
        method="POST",
        api_type="Activity",
        summary="Get the activities of one type that changed in a range of time",
        body=EventSearch,
        body_example=f'{{"Parameter":{{{_RANGE},"ActivityEvent":201,"RemoveEmptyValue":true}},'
        f'{_PAGING},"Sorting":{{"ColumnName":"CreatedOn","Direction":1}}}}',
        result=ActivityRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException",),
        notes=(
            "Compares ModifiedOn; both ends belong to the range. At most 1,000 rows a page.",
            "A code that no type has finds nothing.",
        ),
    ),
    Operation(
        name="ProspectActivity.RetrieveRecentlyModified",
        service=SERVICE,
        path="RetrieveRecentlyModified",
        method="POST",
        api_type="Activity",
        summary="Get the activities of every type that changed in a range of time",
        body=EventSearch,
        body_example=f'{{"Parameter":{{{_RANGE}}},{_PAGING}}}',
        result=RecentActivities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXInvalidInputException",),
        evidence="L",
        notes=("The answer's shape is taken from ProspectActivity.Retrieve.",),
    ),
    Operation(
        name="RetrieveActivityChange",
        service=SERVICE,
        path="RetrieveActivityChange",
        method="POST",
        api_type="Activity",
        summary="Get the history of changes of activities",
        body=ChangeSearch,
        body_example=f'{{"Parameter":{{{_RANGE},"ActivityID":"{_ID}"}},{_PAGING}}}',
        result=ActivityChanges,
        result_example='{"RecordCount":0,"Activities":[]}',
        faults=("MXInvalidInputException",),
        notes=(
            "Updates and deletions are kept, in the transaction of the change itself.",
            "ActivityEvents or ActivityID, not both; neither: every activity.",
            "The members of a change are not public: ChangeType, and old and new values.",
        ),
    ),
    Operation(
        name="Activity.Retrieve.BySearchParameter",
        service=SERVICE,
        path="Activity/Retrieve/BySearchParameter",
        method="POST",
        api_type="Activity",
        summary="Search the activities of one type by conditions",
        body=AdvancedSearch,
        body_example='{"ActivityEvent":201,"AdvancedSearch":"{\\"GrpConOp\\":\\"And\\",'
        '\\"Conditions\\":[{\\"Type\\":\\"Activity\\",\\"ConOp\\":\\"and\\",\\"RowCondition\\":['
        '{\\"SubConOp\\":\\"And\\",\\"LSO\\":\\"ActivityEvent\\",\\"LSO_Type\\":\\"PAEvent\\",'
        '\\"Operator\\":\\"eq\\",\\"RSO\\":\\"201\\"}]}]}",'
        f'{_PAGING},"Columns":{{"Include_CSV":"ProspectActivityId"}}}}',
        result=ActivityRows,
        result_example=_ROWS,
        faults=(
            "MXUnAuthorizedAccessException",
            "MXInvalidInputException",
            "MXInvalidActivityException",
        ),
        notes=(
            "Administrators only. Date-times are in UTC; QueryTimeZone has no effect.",
            "Conditions of Type Activity, in groups; anything else is refused.",
            "Operators: eq, neq, gt, gte, lt, lte, between (RSO: value TO value), in, lik, nlik.",
        ),
    ),
    Operation(
        name="GetLeadReferences",
        service=SERVICE,
        path="GetLeadReferences",
        method="POST",
        api_type="Activity",
        summary="Get the activities of other leads that refer to a lead",
        parameters=(Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),),
        body=ReferenceSearch,
        body_optional=True,
        body_example='{"Parameter":{"ActivityEvent":201},"Paging":{"PageIndex":1,"PageSize":50},'
        '"Sorting":{"ColumnName":"ModifiedOn","Direction":0}}',
        result=ReferencingActivities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        notes=("A reference is the lead's id in any field. At most 50 rows a page.",),
    ),
)
