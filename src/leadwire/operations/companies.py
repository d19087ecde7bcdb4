"""Operations on companies, of ``CompanyManagement.svc`` and ``CompanyActivity.svc``."""

from functools import partial
from typing import Final, Literal

import msgspec

from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.operation import Operation, Parameter, RecordedDates, documented, inferred
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

UniqueField = Literal["CompanyName", "CompanyNumber", "CompanyIdentifier"]
OnCollision = Literal["FillMissingFields", "OverwriteAllFields", "IgnoreDuplicate"]
"""How to treat an existing company."""


class CompanyTypeName(msgspec.Struct):
    CompanyTypeName: str = ""


class CompanyWrite(msgspec.Struct):
    """Body of Company.Create."""

    CompanyType: CompanyTypeName | None = None
    CompanyProperties: list[LeadProperty] | None = None


class CompanyChange(msgspec.Struct):
    """Body of Company.Update. Omitted members stay."""

    CompanyProperties: list[LeadProperty] | None = None


class CompanyOptions(msgspec.Struct):
    SearchBy: str = ""
    """A UniqueField."""
    CollisionResolutionStrategy: str = ""
    """An OnCollision."""


class CompanyBulkWrite(msgspec.Struct):
    """Body of Company/Bulk/CreateOrUpdate."""

    CompanyType: CompanyTypeName | None = None
    Options: CompanyOptions | None = None
    Companies: list[list[LeadProperty]] = []


class CompanyBulkRow(msgspec.Struct, omit_defaults=True):
    """The result of one row, in the order of the rows."""

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
    """``Companies`` is omitted if there are none."""

    RecordCount: int
    Companies: list[CompanyRow] = []


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

_company_management = partial(Operation, service="CompanyManagement.svc", api_type="Company")
_company_activity = partial(Operation, service="CompanyActivity.svc", api_type="Company")

OPERATIONS: Final = (
    _company_management(
        name="Company.Create",
        purpose="creating company",
        path="Company.Create",
        summary="Create a company",
        body=CompanyWrite,
        body_example='{"CompanyType":{"CompanyTypeName":"Partners"},"CompanyProperties":['
        '{"Attribute":"CompanyName","Value":"Acme"},{"Attribute":"City","Value":"Pune"}]}',
        result=WriteResult,
        result_example=_MADE,
        faults=_WRITE_FAULTS,
        evidence=documented("create-an-account"),
        notes=(
            "The setting company_types lists the types. No operation makes one.",
            "Fields that start with mx_ hold text. Stage accepts only its options.",
        ),
    ),
    _company_management(
        name="Company.Update",
        purpose="updating company",
        path="Company.Update",
        summary="Update a company",
        parameters=(_COMPANY_ID,),
        body=CompanyChange | list[LeadProperty],
        body_example='{"CompanyProperties":[{"Attribute":"City","Value":"Pune"}]}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        repeated="safe",
        evidence=documented("update-an-account"),
        notes=("A bare array is refused, as LeadSquared does.",),
    ),
    _company_management(
        name="Company.BulkCreateOrUpdate",
        purpose="creating or updating companies",
        path="Company/Bulk/CreateOrUpdate",
        summary="Create or update companies in bulk",
        body=CompanyBulkWrite,
        body_example='{"CompanyType":{"CompanyTypeName":"Vendors"},"Options":{'
        '"SearchBy":"CompanyName","CollisionResolutionStrategy":"FillMissingFields"},'
        '"Companies":[[{"Attribute":"CompanyName","Value":"Acme"}]]}',
        result=list[CompanyBulkRow],
        result_example=f'[{{"RowNumber":1,"CompanyId":"{_ID}","CompanyCreated":true,'
        '"CompanyUpdated":false,"AffectedRows":1}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        limit_class="bulk",
        rows_max=25,
        repeated="safe",
        evidence=documented("create-or-update-accounts-in-bulk"),
        notes=(
            "The rows of the answer have the shape of Lead/Bulk/CreateOrUpdate.",
            "SearchBy defaults to CompanyName, CollisionResolutionStrategy to OverwriteAllFields.",
            "A row with a CompanyNumber that no company has is refused.",
        ),
    ),
    _company_management(
        name="Company.Get",
        path="Company.Get",
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
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-an-account"),
        notes=(
            "DateRange compares CreatedOn or ModifiedOn. It includes both ends.",
            "Leads.Get takes the same operators, with the same limits.",
        ),
    ),
    _company_activity(
        name="CompanyActivity.Create",
        purpose="posting activity on company",
        mandatory=("RelatedCompanyId",),
        path="Create",
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
        evidence=documented("post-an-activity-on-an-account"),
        notes=("10001 is a meeting, 10002 a phone call. No operation makes other types.",),
    ),
    _company_activity(
        name="CompanyActivity.Retrieve",
        recorded_dates=RecordedDates(
            "seconds", documented("retrieve-account-activities-by-account-id")
        ),
        purpose="retrieving activities of company",
        path="Retrieve",
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
        page_max=1_000,
        repeated="safe",
        evidence=documented("retrieve-account-activities-by-account-id"),
        notes=("It compares ActivityDateTime. Without Parameter, it finds all. Newest first.",),
    ),
    _company_activity(
        name="CompanyActivity.RetrieveById",
        recorded_dates=RecordedDates(
            "seconds", documented("retrieve-account-activities-by-account-id")
        ),
        purpose="retrieving activity of company",
        path="RetrieveById",
        summary="Get an activity of a company",
        parameters=(
            Parameter("activityId", "Id of the activity.", kind="id", required=True, also=("id",)),
        ),
        result=CompanyActivityRow,
        result_example=f'{{"CompanyActivityId":"{_ID}",'
        f'"RelatedCompanyId":"{_ID}","ActivityEvent":10001,"ActivityNote":"Met the board",'
        f'"ActivityDateTime":"{_MOMENT}","ActivityType":2,"CreatedByName":"Asha Rao",'
        f'"ActivityDisplayName":"Meeting","CreatedOn":"{_MOMENT}","ModifiedOn":"{_MOMENT}",'
        f'"CreatedBy":"{_ID}","ModifiedBy":"{_ID}","ModifiedByName":"Asha Rao",'
        '"ActivityFields":{"Status":"Active"}}',
        faults=("MXUnknownProspectActivityException",),
        evidence=inferred("CompanyActivity.Retrieve"),
        notes=("Only its name is public. The answer is a row of CompanyActivity.Retrieve.",),
        in_sdk=False,
    ),
)
