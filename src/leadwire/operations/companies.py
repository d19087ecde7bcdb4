"""Operations on companies, of ``CompanyManagement.svc`` and ``CompanyActivity.svc``."""

from typing import Final

import msgspec

from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    ActivityField,
    AttributeValue,
    ColumnList,
    Criteria,
    DateRange,
    LeadProperty,
    NumberLike,
    SortOrder,
    WriteResult,
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


SERVICE: Final = "CompanyManagement.svc"
ACTIVITY_SERVICE: Final = "CompanyActivity.svc"

_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_MADE: Final = f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}'
_PAGING: Final = '"Paging":{"PageIndex":1,"PageSize":100}'
_MOMENT: Final = "2026-01-02 03:04:05.000"
_COMPANY_ID: Final = Parameter("companyId", "Id of the company.", kind="id", required=True)
_WRITE_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXUnknownAttributeException",
    "MXDuplicateEntryException",
    "MXInvalidDataTypeException",
    "MXInvalidEntityReferenceException",
    "MXInvalidInputException",
)

OPERATIONS: Final = (
    Operation(
        name="Company.Create",
        service=SERVICE,
        path="Company.Create",
        method="POST",
        api_type="Company",
        summary="Create a company",
        body=CompanyWrite,
        body_example='{"CompanyType":{"CompanyTypeName":"Partners"},"CompanyProperties":['
        '{"Attribute":"CompanyName","Value":"Acme"},{"Attribute":"City","Value":"Pune"}]}',
        result=WriteResult,
        result_example=_MADE,
        faults=_WRITE_FAULTS,
        notes=(
            "The types are the setting company_types; no call makes one.",
            "Names that start with mx_ are taken as text. Stage takes its options alone.",
        ),
    ),
    Operation(
        name="Company.Update",
        service=SERVICE,
        path="Company.Update",
        method="POST",
        api_type="Company",
        summary="Update a company",
        parameters=(_COMPANY_ID,),
        body=CompanyChange | list[LeadProperty],
        body_example='{"CompanyProperties":[{"Attribute":"City","Value":"Pune"}]}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        notes=("An array in place of the object is answered as the service does: refused.",),
    ),
    Operation(
        name="Company.BulkCreateOrUpdate",
        service=SERVICE,
        path="Company/Bulk/CreateOrUpdate",
        method="POST",
        api_type="Company",
        summary="Create or update up to 25 companies",
        body=CompanyBulkWrite,
        body_example='{"CompanyType":{"CompanyTypeName":"Vendors"},"Options":{'
        '"SearchBy":"CompanyName","CollisionResolutionStrategy":"FillMissingFields"},'
        '"Companies":[[{"Attribute":"CompanyName","Value":"Acme"}]]}',
        result=list[CompanyBulkRow],
        result_example=f'[{{"RowNumber":1,"CompanyId":"{_ID}","CompanyCreated":true,'
        '"CompanyUpdated":false,"AffectedRows":1}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        limit_class="bulk",
        notes=(
            "The answer's rows are taken from Lead/Bulk/CreateOrUpdate.",
            "SearchBy is CompanyName when left out; without a strategy fields are overwritten.",
            "A number is never chosen: a row with one that no company has is refused.",
        ),
    ),
    Operation(
        name="Company.Get",
        service=SERVICE,
        path="Company.Get",
        method="POST",
        api_type="Company",
        summary="Search the companies of one type",
        body=CompanySearch,
        body_example='{"Query":{"CompanyType":{"CompanyTypeName":"Partners"},'
        '"SearchText":"Acme","FilterBy":{"LookupName":"Stage","LookupValue":"Partner",'
        '"SqlOperator":"="}},"Columns":{"Include_CSV":"CompanyId,CompanyName"},'
        f'"Sorting":{{"ColumnName":"ModifiedOn","Direction":"1"}},{_PAGING}}}',
        result=CompanyRows,
        result_example='{"RecordCount":1,"Companies":[{"companyPropertyList":['
        '{"Attribute":"CompanyName","Value":"Acme"}]}]}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
            "MXInvalidEntityException",
        ),
        notes=(
            "DateRange compares CreatedOn or ModifiedOn; both ends belong to it.",
            "Operators as in Leads.Get. At most 1,000 rows a page.",
        ),
    ),
    Operation(
        name="CompanyActivity.Create",
        service=ACTIVITY_SERVICE,
        path="Create",
        method="POST",
        api_type="Company",
        summary="Post an activity on a company",
        body=CompanyActivityWrite,
        body_example=f'{{"RelatedCompanyId":"{_ID}","ActivityEvent":10001,'
        '"ActivityNote":"Met the board","Fields":[{"SchemaName":"mx_Custom_1","Value":"Yes"}]}',
        result=WriteResult,
        result_example=_MADE,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
            "MXInvalidActivityException",
            "MXInvalidInputException",
        ),
        notes=("10001 is a meeting, 10002 a phone call; no call makes other types.",),
    ),
    Operation(
        name="CompanyActivity.Retrieve",
        service=ACTIVITY_SERVICE,
        path="Retrieve",
        method="POST",
        api_type="Company",
        summary="Get the activities of a company",
        parameters=(_COMPANY_ID,),
        body=CompanyActivitySearch,
        body_optional=True,
        body_example='{"Parameter":{"FromDate":"2026-01-01 00:00:00",'
        f'"ToDate":"2026-01-31 23:59:59"}},{_PAGING}}}',
        result=CompanyActivityRows,
        result_example=f'{{"RecordCount":1,"CompanyActivities":[{{"CompanyActivityId":"{_ID}",'
        f'"RelatedCompanyId":"{_ID}","ActivityEvent":10001,"ActivityNote":"Met the board",'
        f'"ActivityDateTime":"{_MOMENT}","ActivityType":2,"CreatedByName":"Asha Rao",'
        f'"ActivityDisplayName":"Meeting","CreatedOn":"{_MOMENT}","ModifiedOn":"{_MOMENT}",'
        f'"CreatedBy":"{_ID}","ModifiedBy":"{_ID}","ModifiedByName":"Asha Rao",'
        '"ActivityFields":{"Status":"Active"}}]}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidEntityException",
            "MXInvalidInputException",
        ),
        notes=(
            "Compares ActivityDateTime; without Parameter every activity. Newest first.",
            "At most 1,000 rows a page.",
        ),
    ),
)
