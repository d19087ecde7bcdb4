"""Operations on opportunities, of ``OpportunityManagement.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.activity_shapes import (
    ActivityRows,
    ActivitySetting,
    AnyPaging,
    EventRange,
    FieldObject,
)
from leadwire.operations.operation import (
    Operation,
    Parameter,
    RecordedDates,
    documented,
    inferred,
    reported,
)
from leadwire.operations.shapes import (
    ActivityField,
    ActivityType,
    ColumnList,
    Criteria,
    Flag,
    LeadProperty,
    NumberLike,
    SortOrder,
    WriteResult,
)
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_ID


class OpportunityWrite(msgspec.Struct):
    OpportunityEventCode: NumberLike | None = None
    OpportunityNote: str = ""
    OpportunityDateTime: str = ""
    UpdateEmptyFields: Flag = False
    OverwriteFields: Flag = False
    DoNotPostDuplicateActivity: Flag = False
    DoNotChangeOwner: Flag = False
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class OpportunityCapture(msgspec.Struct):
    """Body of Capture."""

    LeadDetails: list[LeadProperty] | None = None
    Opportunity: OpportunityWrite | None = None


class CaptureDetail(msgspec.Struct):
    """*PostDeDupActionPerformed*: 1 created, 3 the activity of a duplicate posted."""

    ActivityId: str
    PostDeDupActionPerformed: int


class CaptureResult(msgspec.Struct):
    """*Status*: 0 done, 1 refused without any change."""

    Status: int
    PrimaryAction: int
    SecondaryAction: int
    IsUnique: bool
    CreatedOpportunityId: str | None
    ConflictedOpportunityId: str | None
    RequestId: str
    ExceptionType: str | None
    ExceptionMessage: str | None
    AdditionalDetails: list[CaptureDetail]


class OpportunityUpdate(msgspec.Struct):
    """Body of Update. Omitted members stay."""

    ProspectOpportunityId: str = ""
    RelatedProspectId: str = ""
    OpportunityEvent: NumberLike | None = None
    OpportunityEventCode: NumberLike | None = None
    """As *OpportunityEvent*; so named in bulk."""
    OpportunityNote: str | None = None
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class OpportunityOfLead(OpportunityWrite):
    """A row of Bulk/Add/ByLeadField."""

    SearchByValue: str = ""
    OpportunityOwnerEmail: str = ""


class OpportunityBulkRow(msgspec.Struct, omit_defaults=True):
    """The outcome of a row, in the order of the rows."""

    RowNumber: int
    ProspectOpportunityId: str
    OpportunityCreated: bool | msgspec.UnsetType = msgspec.UNSET
    OpportunityUpdated: bool | msgspec.UnsetType = msgspec.UNSET
    ExceptionType: str | msgspec.UnsetType = msgspec.UNSET
    ExceptionMessage: str | msgspec.UnsetType = msgspec.UNSET


class OpportunityBulkResult(msgspec.Struct):
    Response: list[OpportunityBulkRow]


class OpportunityPage(msgspec.Struct):
    """Body of GetOpportunitiesOfLead and GetActivitiesOfOpportunity."""

    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class OpportunityRange(EventRange):
    OpportunityEventCode: NumberLike | None = None


class OpportunityTimeSearch(msgspec.Struct):
    """Body of RetrieveRecentlyModified."""

    Parameter: OpportunityRange | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class OpportunitySearch(msgspec.Struct):
    """*AdvancedSearch* is JSON text: groups of conditions."""

    OpportunityEventCode: NumberLike | None = None
    AdvancedSearch: str = ""
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class UniqueFieldSearch(msgspec.Struct):
    """Body of GetOpportunitiesByUniqueLeadField. The only operator is ``=``."""

    Parameter: Criteria | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class OpportunityIds(msgspec.Struct):
    """Opportunities of one type. All three members are mandatory."""

    EventCode: NumberLike | None = None
    ProspectActivityId: list[str] = []
    Columns: ColumnList | None = None


class OpportunityIdSearch(msgspec.Struct):
    """Body of GetOpportunitiesById."""

    SearchParameters: list[OpportunityIds] = []


OpportunityRow = dict[str, str | None]
"""An opportunity as a flat object: every value is text or null."""


class OpportunityRows(msgspec.Struct, omit_defaults=True):
    """``List`` is omitted if there are none."""

    RecordCount: int
    List: list[OpportunityRow] = []


class OpportunitiesOfType(msgspec.Struct):
    EventCode: str
    RecordCount: int
    Opportunities: list[OpportunityRow]


class OpportunityDetails(msgspec.Struct):
    OpportunityId: str
    RelatedProspectId: str
    Name: str
    """The type's."""
    DisplayName: str
    CreatedOn: str
    ModifiedOn: str
    Fields: list[FieldObject]


class OpportunityEnabled(msgspec.Struct):
    OpportunityManagement: str = "Enabled"


_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_ACTIVITY_ID: Final = "5e0d9a52-41b7-4a7c-8f43-1f6f0c2f9b18"
_PAGING: Final = '"Paging":{"PageIndex":1,"PageSize":100}'
_ROWS: Final = f'{{"RecordCount":1,"List":[{{"OpportunityId":"{_ID}","Status":"Open"}}]}}'
_MISSING: Final = ("MXMandatoryAttributeMissingException", "MXInvalidEntityException")
_ROW_NOTES: Final = (
    "With Columns, a row has those of the opportunity and the lead, then the system's columns.",
    "Each column is a member, and null without a value. P_ marks a column of the lead.",
)
_BULK_NOTES: Final = (
    "Each row is carried out or refused on its own.",
    "The answer is not public. It is that of the bulk calls of activities.",
)
_OPPORTUNITY_ID: Final = Parameter(
    "OpportunityId", "Id of the opportunity.", kind="id", required=True
)

_row = partial(Operation, service="OpportunityManagement.svc", api_type="Opportunity")

OPERATIONS: Final = (
    _row(
        name="Opportunity.Capture",
        purpose="capturing opportunity",
        path="Capture",
        summary="Create or update a lead and an opportunity of it",
        body=OpportunityCapture,
        body_example='{"LeadDetails":[{"Attribute":"EmailAddress","Value":"asha@example.com"},'
        '{"Attribute":"SearchBy","Value":"EmailAddress"}],"Opportunity":'
        '{"OpportunityEventCode":12000,"OpportunityNote":"Asked for an offer",'
        '"UpdateEmptyFields":true,"OverwriteFields":false,'
        '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Two flats"},'
        '{"SchemaName":"Status","Value":"Open"},{"SchemaName":"mx_Custom_2","Value":"New"}]}}',
        result=CaptureResult,
        result_example='{"Status":0,"PrimaryAction":0,"SecondaryAction":0,"IsUnique":true,'
        f'"CreatedOpportunityId":"{_ID}","ConflictedOpportunityId":null,'
        '"RequestId":"0199b7a2","ExceptionType":null,"ExceptionMessage":null,'
        f'"AdditionalDetails":[{{"ActivityId":"{_ACTIVITY_ID}","PostDeDupActionPerformed":1}}]}}',
        evidence=documented("capture-opportunities"),
        notes=(
            "A refused call is answered with 200 as well. Status is 0 (done) or 1 (refused).",
            "A refused call changes nothing. A body of another shape is answered with 400.",
            "SearchBy takes ProspectId, not ProspectID. Default: as in Lead.CreateOrUpdate.",
            "With __UseUserDefinedGuid__, a new lead gets the ProspectID that was sent.",
            "The setting opportunity_duplicates has the rule for duplicates. Default: none.",
            "By that rule, an open one of the lead with the same type and mx_Custom_1 is one.",
            "A duplicate is only updated with UpdateEmptyFields or OverwriteFields.",
            "ActivityId names the activity Opportunity Captured or Duplicate Opportunity Detected.",
            "Without Owner it has none, unless the setting opportunity_owner says otherwise.",
            "RequestId is the call id. PrimaryAction and SecondaryAction are always 0.",
        ),
    ),
    _row(
        name="Opportunity.Update",
        purpose="updating opportunity",
        mandatory=("ProspectOpportunityId",),
        path="Update",
        summary="Update an opportunity",
        body=OpportunityUpdate,
        body_example=f'{{"ProspectOpportunityId":"{_ID}","OpportunityNote":"Offer sent",'
        '"Fields":[{"SchemaName":"mx_Custom_2","Value":"Proposal"}]}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=(
            *_MISSING,
            "MXInvalidActivityException",
            "MXInvalidActivityFieldsException",
            "MXInvalidInputException",
        ),
        repeated="safe",
        evidence=documented("update-an-opportunity"),
        notes=(
            "Omitted members stay. The id may be the ProspectActivityAutoId.",
            "If RelatedProspectId or OpportunityEvent is sent, it must match the opportunity.",
        ),
    ),
    _row(
        name="GetOpportunitiesOfLead",
        recorded_dates=RecordedDates("seconds", inferred("CustomActivity.RetrieveByActivityEvent")),
        purpose="retrieving opportunities",
        path="GetOpportunitiesOfLead",
        summary="Get the opportunities of a lead",
        parameters=(
            LEAD_ID,
            Parameter("opportunityType", "Code of the opportunity type. Default: every type."),
        ),
        body=OpportunityPage,
        body_optional=True,
        body_example=f'{{"Columns":{{"Include_CSV":"OpportunityId,Status"}},{_PAGING}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-opportunities-by-lead-id"),
        notes=(
            "If the lead or the type does not exist, nothing is found.",
            *_ROW_NOTES,
        ),
    ),
    _row(
        name="GetOpportunitiesByUniqueLeadField",
        purpose="retrieving opportunities",
        mandatory=("Parameter.LookupName", "Parameter.LookupValue"),
        path="GetOpportunitiesByUniqueLeadField",
        summary="Get the opportunities of a lead, by a unique field of the lead",
        body=UniqueFieldSearch,
        body_example='{"Parameter":{"LookupName":"Phone","LookupValue":"+91-9000000001",'
        f'"SqlOperator":"="}},"Columns":{{"Include_CSV":"ProspectId,FirstName"}},{_PAGING}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-opportunities-by-unique-lead-field"),
        notes=(
            "If several leads have the value, it is about the oldest.",
            *_ROW_NOTES,
        ),
        in_sdk=False,
    ),
    _row(
        name="GetOpportunitiesById",
        recorded_dates=RecordedDates("US", documented("get-opportunities-in-bulk-by-ids")),
        purpose="retrieving opportunities",
        path="GetOpportunitiesById",
        summary="Get opportunities by their ids",
        body=OpportunityIdSearch,
        body_example=f'{{"SearchParameters":[{{"EventCode":"12000","ProspectActivityId":["{_ID}"],'
        '"Columns":{"Include_CSV":"CreatedOn,Status"}}]}',
        result=list[OpportunitiesOfType],
        result_example=f'[{{"EventCode":"12000","RecordCount":1,"Opportunities":'
        f'[{{"ProspectId":"{EXAMPLE_LEAD_ID}","EmailAddress":null,"ProspectActivityId":"{_ID}",'
        '"CreatedOn":"2026-01-02 03:04:05.000","Status":"Open"}]}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        rows_max=2_000,
        repeated="safe",
        evidence=documented("get-opportunities-in-bulk-by-ids"),
        notes=("Ids that no opportunity of the type has are left out.",),
        in_sdk=False,
    ),
    _row(
        name="Opportunity.Bulk.Update",
        purpose="updating opportunity",
        path="Bulk/Update/ByOpportunityId",
        summary="Update opportunities in bulk",
        body=list[OpportunityUpdate],
        body_example=f'[{{"ProspectOpportunityId":"{_ID}","OpportunityEventCode":12000,'
        '"Fields":[{"SchemaName":"Status","Value":"Won"}]}]',
        result=OpportunityBulkResult,
        result_example=f'{{"Response":[{{"RowNumber":1,"ProspectOpportunityId":"{_ID}",'
        '"OpportunityUpdated":true}]}',
        faults=("MXInvalidInputException",),
        rows_max=25,
        limit_class="bulk",
        repeated="safe",
        evidence=documented("bulk-update-opportunities"),
        notes=_BULK_NOTES,
        in_sdk=False,
    ),
    _row(
        name="Opportunity.Bulk.AddByLeadField",
        purpose="adding opportunities",
        path="Bulk/Add/ByLeadField",
        summary="Add opportunities to leads in bulk",
        parameters=(Parameter("SearchBy", "Field by which the leads are found.", required=True),),
        body=list[OpportunityOfLead],
        body_example='[{"SearchByValue":"+91-9000000001","OpportunityEventCode":12000,'
        '"OpportunityOwnerEmail":"asha@example.com",'
        '"Fields":[{"SchemaName":"mx_Custom_1","Value":"Two flats"}]}]',
        result=OpportunityBulkResult,
        result_example=f'{{"Response":[{{"RowNumber":1,"ProspectOpportunityId":"{_ID}",'
        '"OpportunityCreated":true}]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        rows_max=25,
        limit_class="bulk",
        repeated="unsafe",
        evidence=documented("add-opportunities-in-bulk"),
        notes=(*_BULK_NOTES, "A row whose lead does not exist is refused."),
        in_sdk=False,
    ),
    _row(
        name="GetOpportunityDetails",
        recorded_dates=RecordedDates("seconds", inferred("GetActivityDetails")),
        purpose="retrieving opportunity details",
        path="GetOpportunityDetails",
        summary="Get an opportunity, field by field",
        parameters=(_OPPORTUNITY_ID,),
        result=OpportunityDetails,
        result_example=f'{{"OpportunityId":"{_ID}","RelatedProspectId":"{EXAMPLE_LEAD_ID}",'
        '"Name":"Opportunity","DisplayName":"Opportunity",'
        '"CreatedOn":"/Date(1767323045000+0000)/","ModifiedOn":"/Date(1767323045000+0000)/",'
        '"Fields":[]}',
        faults=_MISSING,
        evidence=reported("integrations that read opportunities"),
        notes=("Only Fields and the form of the dates are known. The other members are inferred.",),
    ),
    _row(
        name="Opportunity.RetrieveRecentlyModified",
        recorded_dates=RecordedDates(
            "seconds", inferred("ProspectActivity.RetrieveRecentlyModified")
        ),
        path="RetrieveRecentlyModified",
        summary="Get the opportunities that changed in a range of time",
        body=OpportunityTimeSearch,
        body_example='{"Parameter":{"FromDate":"2026-01-01 00:00:00",'
        f'"ToDate":"2026-01-31 23:59:59","OpportunityEventCode":12000}},{_PAGING}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException",),
        page_max=1_000,
        repeated="safe",
        evidence=reported("integrations that synchronise opportunities"),
        notes=(
            "It compares ModifiedOn. The range includes both ends.",
            "The type is optional. It may be sent as OpportunityEventCode or ActivityEvent.",
        ),
    ),
    _row(
        name="Opportunity.Retrieve.BySearchParameter",
        recorded_dates=RecordedDates("seconds", inferred("Activity.Retrieve.BySearchParameter")),
        path="Retrieve/BySearchParameter",
        summary="Search the opportunities of one type by conditions",
        body=OpportunitySearch,
        body_example='{"OpportunityEventCode":12000,"AdvancedSearch":"{\\"GrpConOp\\":\\"And\\",'
        '\\"Conditions\\":[{\\"Type\\":\\"Activity\\",\\"ConOp\\":\\"and\\",\\"RowCondition\\":['
        '{\\"SubConOp\\":\\"And\\",\\"LSO\\":\\"ActivityEvent\\",\\"LSO_Type\\":\\"PAEvent\\",'
        '\\"Operator\\":\\"eq\\",\\"RSO\\":\\"12000\\"}]}]}",'
        f'{_PAGING},"Sorting":{{"ColumnName":"CreatedOn","Direction":"1"}}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException", "MXInvalidActivityException"),
        page_max=1_000,
        repeated="safe",
        evidence=reported("integrations that search opportunities"),
        notes=(
            "Conditions are as in Activity.Retrieve.BySearchParameter. Type may be Opportunity.",
            "Every role may search.",
        ),
    ),
    _row(
        name="GetOpportunityTypes",
        path="GetOpportunityTypes",
        summary="Get the opportunity types",
        result=list[ActivityType],
        result_example='[{"ActivityEvent":12000,"ActivityEventName":"Opportunity"}]',
        evidence=inferred("ActivityTypes.Get"),
        notes=("The shape of an element is that of ActivityTypes.Get.",),
    ),
    _row(
        name="GetOpportunityTypeMetadata",
        purpose="retrieving opportunity type",
        path="GetOpportunityTypeMetadata",
        summary="Get an opportunity type with its fields",
        parameters=(Parameter("code", "Code of the opportunity type.", required=True),),
        result=ActivitySetting,
        result_example=f'{{"ID":"{_ID}","Name":"Opportunity","DisplayName":"Opportunity",'
        '"Score":0,"Fields":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidActivityException"),
        evidence=inferred("CustomActivity.GetActivitySetting"),
        notes=("The shape of the answer is that of CustomActivity.GetActivitySetting.",),
    ),
    _row(
        name="GetActivitiesOfOpportunity",
        recorded_dates=RecordedDates("seconds", inferred("ProspectActivity.Retrieve")),
        purpose="retrieving activities",
        path="GetActivitiesOfOpportunity",
        summary="Get the activities of an opportunity",
        parameters=(_OPPORTUNITY_ID,),
        body=OpportunityPage,
        body_optional=True,
        body_example=f"{{{_PAGING}}}",
        result=ActivityRows,
        result_example=f'{{"RecordCount":1,"List":[{{"ProspectActivityId":"{_ACTIVITY_ID}",'
        '"ActivityEvent":"33"}]}',
        faults=(*_MISSING, "MXInvalidInputException"),
        page_max=1_000,
        repeated="safe",
        evidence=reported("integrations that met 405 for GET"),
        notes=("The documentation says GET, but LeadSquared answers GET with 405.",),
    ),
    _row(
        name="Opportunity.Delete",
        purpose="deleting opportunity",
        path="Delete",
        summary="Delete an opportunity",
        parameters=(Parameter("Id", "Id of the opportunity.", kind="id", required=True),),
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"IsSuccessful":true}}',
        faults=_MISSING,
        repeated="unsafe",
        evidence=reported("integrations that delete opportunities"),
        notes=("Its activities stay with the lead. Its tasks stay without a related entity.",),
    ),
    _row(
        name="IsOpportunityEnabled",
        path="IsOpportunityEnabled",
        summary="Check whether the account has opportunities",
        parameters=(
            Parameter("orgId", "Accepted and ignored. The answer is about the caller's account."),
        ),
        result=OpportunityEnabled,
        result_example='{"OpportunityManagement":"Enabled"}',
        evidence=documented("check-if-opportunity-feature-is-enabled"),
    ),
)
