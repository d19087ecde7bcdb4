"""Operations that read activities across leads, of ``ProspectActivity.svc``."""

from functools import partial
from typing import Final

from leadwire.operations.activity_shapes import (
    ActivityChanges,
    ActivityRows,
    AdvancedSearch,
    ChangeSearch,
    EventSearch,
    FoundActivities,
    OneActivity,
    RecentActivities,
    ReferenceSearch,
    ReferencingActivities,
)
from leadwire.operations.operation import (
    Operation,
    Parameter,
    RecordedDates,
    documented,
    inferred,
    reported,
)
from leadwire.operations.shared import (
    EXAMPLE_ACTIVITY_ID,
    LEAD_ID,
    PROSPECT_ACTIVITY,
    SEARCH_VALUES_MAX,
)

_RANGE: Final = '"FromDate":"2026-01-01 00:00:00","ToDate":"2026-01-31 23:59:59"'
_PAGING: Final = '"Paging":{"PageIndex":1,"PageSize":100}'
_ROWS: Final = (
    '{"RecordCount":1,"List":['
    f'{{"ProspectActivityId":"{EXAMPLE_ACTIVITY_ID}","ActivityEvent":"201"}}]}}'
)

_row = partial(Operation, service=PROSPECT_ACTIVITY, api_type="Activity")

OPERATIONS: Final = (
    _row(
        name="GetActivityDetails",
        recorded_dates=RecordedDates("seconds", inferred("ProspectActivity.Retrieve")),
        purpose="retrieving activity details",
        path="GetActivityDetails",
        summary="Get an activity, field by field",
        parameters=(Parameter("activityId", "Id of the activity.", kind="id", required=True),),
        result=OneActivity,
        result_example=f'{{"ID":"{EXAMPLE_ACTIVITY_ID}","Name":"Demo","DisplayName":"Demo","Fields":[],'
        '"CreatedOnString":"2026-11-02 09:30:00.000"}',
        faults=("MXMandatoryAttributeMissingException", "MXUnknownProspectActivityException"),
        evidence=documented("get-activity-details"),
        notes=("Public code reads CreatedOnString. The page is cut off behind Fields.",),
    ),
    _row(
        name="CustomActivity.RetrieveByActivityEvent",
        recorded_dates=RecordedDates(
            "seconds", reported("integrations that read activities by event")
        ),
        path="CustomActivity/RetrieveByActivityEvent",
        summary="Get the activities of one type that changed in a range of time",
        body=EventSearch,
        body_example=f'{{"Parameter":{{{_RANGE},"ActivityEvent":201,"RemoveEmptyValue":true}},'
        f'{_PAGING},"Sorting":{{"ColumnName":"CreatedOn","Direction":1}}}}',
        result=ActivityRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException",),
        page_max=1_000,
        repeated="safe",
        evidence=documented("bulk-retrieve-activities-by-activity-event"),
        notes=(
            "It compares ModifiedOn. The range includes both ends.",
            "If no type has the code, nothing is found.",
        ),
    ),
    _row(
        name="ProspectActivity.RetrieveRecentlyModified",
        recorded_dates=RecordedDates(
            "seconds", reported("integrations that synchronise activities")
        ),
        path="RetrieveRecentlyModified",
        summary="Get the activities of every type that changed in a range of time",
        body=EventSearch,
        body_example=f'{{"Parameter":{{{_RANGE}}},{_PAGING}}}',
        result=RecentActivities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXInvalidInputException",),
        page_max=1_000,
        repeated="safe",
        evidence=reported("integrations that synchronise activities"),
        notes=("The shape of the answer is that of ProspectActivity.Retrieve.",),
    ),
    _row(
        name="RetrieveActivityChange",
        recorded_dates=RecordedDates(
            "seconds", inferred("ProspectActivity.RetrieveRecentlyModified")
        ),
        path="RetrieveActivityChange",
        summary="Get the history of changes of activities",
        body=ChangeSearch,
        body_example=f'{{"Parameter":{{{_RANGE},"ActivityID":"{EXAMPLE_ACTIVITY_ID}"}},{_PAGING}}}',
        result=ActivityChanges,
        result_example='{"RecordCount":0,"Activities":[]}',
        faults=("MXInvalidInputException",),
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-activity-change-history"),
        notes=(
            "Updates and deletions are recorded in the transaction of the change.",
            "Send ActivityEvents or ActivityID. Without both, every activity is searched.",
            "The members of a change are not public. ChangeType and the values are inferred.",
        ),
    ),
    _row(
        name="Activity.Retrieve.BySearchParameter",
        recorded_dates=RecordedDates("seconds", reported("integrations that search activities")),
        path="Activity/Retrieve/BySearchParameter",
        summary="Search the activities of one type by conditions",
        body=AdvancedSearch,
        body_example='{"ActivityEvent":201,"AdvancedSearch":"{\\"GrpConOp\\":\\"And\\",'
        '\\"Conditions\\":[{\\"Type\\":\\"Activity\\",\\"ConOp\\":\\"and\\",\\"RowCondition\\":['
        '{\\"SubConOp\\":\\"And\\",\\"LSO\\":\\"ActivityEvent\\",\\"LSO_Type\\":\\"PAEvent\\",'
        '\\"Operator\\":\\"eq\\",\\"RSO\\":\\"201\\"}]}]}",'
        f'{_PAGING},"Columns":{{"Include_CSV":"ProspectActivityId"}}}}',
        result=FoundActivities,
        result_example=_ROWS,
        faults=(
            "MXUnAuthorizedAccessException",
            "MXInvalidInputException",
            "MXInvalidActivityException",
        ),
        page_max=1_000,
        repeated="safe",
        evidence=documented("activity-advanced-search"),
        notes=(
            "Administrators only.",
            "AdvancedSearch is the text that LeadSquared's web client sends.",
            "Rows without a field or a value are skipped.",
            "Times are local to QueryTimeZone, in UTC without one.",
            "Types: Lead, Activity, Task, Opportunity, Account, Company, CompanyActivity, Lists.",
            "A condition of another type holds if the activity's lead has such a record.",
            "Operators: eq, neq, gt, gte, lt, lte, between (RSO: A TO B), in, lik, nlik, lik_s.",
            f"A search has at most {SEARCH_VALUES_MAX:,} values.",
            "P_ before a column names a column of the lead, C_ one of its company.",
        ),
    ),
    _row(
        name="GetLeadReferences",
        recorded_dates=RecordedDates("seconds", inferred("ProspectActivity.Retrieve")),
        purpose="retrieving lead references",
        path="GetLeadReferences",
        summary="Get the activities of other leads that refer to a lead",
        parameters=(LEAD_ID,),
        body=ReferenceSearch,
        body_optional=True,
        body_example='{"Parameter":{"ActivityEvent":201},"Paging":{"PageIndex":1,"PageSize":50},'
        '"Sorting":{"ColumnName":"ModifiedOn","Direction":0}}',
        result=ReferencingActivities,
        result_example='{"RecordCount":0,"ProspectActivities":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        page_max=50,
        repeated="safe",
        evidence=documented("get-activities-by-lead-reference"),
        notes=("An activity refers to a lead if any of its fields has the lead's id.",),
    ),
)
