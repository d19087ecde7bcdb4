"""Lead Distribution Analytics: the only operation outside ``/v2``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented
from leadwire.operations.shapes import FlatLead, PageNumber, Scalar, SortOrder
from leadwire.operations.users import UserConditionGroup


class LeadCondition(msgspec.Struct):
    LookupName: str = ""
    Operator: str = ""
    LookupValue: Scalar = None
    ConditionOperator: str | None = None
    """AND or OR: joins the next condition of the group."""


class LeadConditionGroup(msgspec.Struct):
    Condition: list[LeadCondition] = []
    GroupConditions: list["LeadConditionGroup"] = []
    GroupOperator: str | None = None


class DistributionFilter(msgspec.Struct):
    """*UserFilter* filters the leads' owners."""

    UserFilter: UserConditionGroup | None = None
    LeadFilter: LeadConditionGroup | None = None


class DateCondition(msgspec.Struct):
    DateField: str = ""
    FromDate: str = ""
    ToDate: str = ""


class ReportOutput(msgspec.Struct):
    Type: str = "list"
    IncludeCSV: str = ""


class DistributionSearch(msgspec.Struct):
    ReportFilter: DistributionFilter | None = None
    DateFilter: list[DateCondition] | None = None
    Output: ReportOutput | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class DistributionResult(msgspec.Struct):
    RecordCount: int
    Results: list[FlatLead]


_row = partial(Operation, service="Leads", api_type="Lead", root="")

OPERATIONS: Final = (
    _row(
        name="Leads.LeadDistribution",
        path="LeadDistribution/FilterByLeadField",
        summary="Get leads by conditions on their owners, their fields and a range of time",
        parameters=(
            Parameter(
                "ResponseFormat",
                "json, or csv for a CSV file.",
                kind="choice",
                choices=("json", "csv"),
            ),
        ),
        body=DistributionSearch,
        body_example='{"ReportFilter":{"UserFilter":{"GroupConditions":[{"Condition":['
        '{"LookupName":"Role","Operator":"eq","LookupValue":"Sales_User"}]}]},'
        '"LeadFilter":{"Condition":[{"LookupName":"ProspectStage","Operator":"eq",'
        '"LookupValue":"Prospect"}]}},'
        '"DateFilter":[{"DateField":"LeadCreatedOn","FromDate":"2026-01-01 00:00:00",'
        '"ToDate":"2026-01-31 23:59:59"}],'
        '"Output":{"Type":"list","IncludeCSV":"ProspectID,FirstName,ProspectStage"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=DistributionResult,
        result_example='{"RecordCount":1,"Results":[{"FirstName":"Asha",'
        '"ProspectStage":"Prospect"}]}',
        gives_csv=True,
        faults=("MXInvalidInputException",),
        limit_class="bulk",
        page_max=10_000,
        repeated="safe",
        evidence=documented("lead-distribution-analytics"),
        notes=(
            "Only Type list is supported. The form of the aggregate output is not public.",
            "UserFilter and LeadFilter have the form of User/AdvancedSearch.",
            "eq accepts several values, separated by commas.",
            "DateField is the schema name of a date field. The prefix Lead is optional.",
        ),
        aliases=("/Leads/LeadDistribution/FilterByLeadField",),
    ),
)
