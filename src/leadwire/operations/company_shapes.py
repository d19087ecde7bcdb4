"""The JSON of companies and their activities."""

import msgspec

from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.shapes import (
    ActivityField,
    AttributeValue,
    ColumnList,
    Criteria,
    DateRange,
    LeadProperty,
    NumberLike,
    SortOrder,
)


class CompanyTypeName(msgspec.Struct):
    CompanyTypeName: str = ""


class CompanyWrite(msgspec.Struct):
    """Body of Company.Create."""

    CompanyType: CompanyTypeName | None = None
    CompanyProperties: list[LeadProperty] | None = None


class CompanyChange(msgspec.Struct):
    """Body of Company.Update; what is left out stays."""

    CompanyProperties: list[LeadProperty] | None = None


class CompanyOptions(msgspec.Struct):
    SearchBy: str = ""
    """CompanyName, CompanyNumber or CompanyIdentifier."""
    CollisionResolutionStrategy: str = ""
    """FillMissingFields, OverwriteAllFields or IgnoreDuplicate."""


class CompanyBulkWrite(msgspec.Struct):
    """Body of Company/Bulk/CreateOrUpdate."""

    CompanyType: CompanyTypeName | None = None
    Options: CompanyOptions | None = None
    Companies: list[list[LeadProperty]] = []


class CompanyBulkRow(msgspec.Struct, omit_defaults=True):
    """What became of a row, in the order of the rows."""

    RowNumber: int
    CompanyId: str
    CompanyCreated: bool
    CompanyUpdated: bool
    AffectedRows: int
    ExceptionType: str | msgspec.UnsetType = msgspec.UNSET
    ErrorMessage: str | msgspec.UnsetType = msgspec.UNSET


class CompanyDates(DateRange):
    DateField: str = "ModifiedOn"


class CompanyQuery(msgspec.Struct):
    CompanyType: CompanyTypeName | None = None
    SearchText: str = ""
    DateRange: CompanyDates | None = None
    FilterBy: Criteria | None = None


class CompanySearch(msgspec.Struct):
    """Body of Company.Get."""

    Query: CompanyQuery | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class CompanyRow(msgspec.Struct):
    companyPropertyList: list[AttributeValue]


class CompanyRows(msgspec.Struct, omit_defaults=True):
    """``Companies`` is left out when there are none."""

    RecordCount: int
    Companies: list[CompanyRow] | msgspec.UnsetType = msgspec.UNSET


class CompanyActivityWrite(msgspec.Struct):
    """Body of CompanyActivity.svc/Create."""

    RelatedCompanyId: str = ""
    ActivityEvent: NumberLike | None = None
    ActivityNote: str = ""
    ActivityDateTime: str = ""
    Fields: list[ActivityField] | None = None


class CompanyActivitySearch(msgspec.Struct):
    Parameter: DateRange | None = None
    Paging: AnyPaging | None = None


class CompanyActivityRow(msgspec.Struct):
    CompanyActivityId: str
    RelatedCompanyId: str
    ActivityEvent: int
    ActivityNote: str
    ActivityDateTime: str
    ActivityType: int
    CreatedByName: str | None
    ActivityDisplayName: str
    CreatedOn: str
    ModifiedOn: str
    CreatedBy: str
    ModifiedBy: str
    ModifiedByName: str | None
    ActivityFields: dict[str, str | None]


class CompanyActivityRows(msgspec.Struct):
    RecordCount: int
    CompanyActivities: list[CompanyActivityRow]
