"""Operations on opportunities, of ``OpportunityManagement.svc``."""

from typing import Final

import msgspec

from leadwire.operations.activity_shapes import (
    ActivityRows,
    ActivitySetting,
    AnyPaging,
    EventRange,
    FieldObject,
)
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    ActivityField,
    ActivityType,
    ColumnList,
    Flag,
    LeadProperty,
    NumberLike,
    SortOrder,
    WriteResult,
)


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
    """*Status*: 0 done, 1 refused, and then nothing was changed."""

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
    """Body of Update; what is left out stays."""

    ProspectOpportunityId: str = ""
    RelatedProspectId: str = ""
    OpportunityEvent: NumberLike | None = None
    OpportunityNote: str | None = None
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


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


OpportunityRow = dict[str, str | None]
"""An opportunity as a flat object: every value is text or null."""


class OpportunityRows(msgspec.Struct, omit_defaults=True):
    """``List`` is left out when there are none."""

    RecordCount: int
    List: list[OpportunityRow] | msgspec.UnsetType = msgspec.UNSET


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


SERVICE: Final = "OpportunityManagement.svc"

_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_ACTIVITY_ID: Final = "5e0d9a52-41b7-4a7c-8f43-1f6f0c2f9b18"
_PAGING: Final = '"Paging":{"PageIndex":1,"PageSize":100}'
_ROWS: Final = f'{{"RecordCount":1,"List":[{{"OpportunityId":"{_ID}","Status":"Open"}}]}}'
_MISSING: Final = ("MXMandatoryAttributeMissingException", "MXInvalidEntityException")
_OPPORTUNITY_ID: Final = Parameter(
    "OpportunityId", "Id of the opportunity.", kind="id", required=True
)

OPERATIONS: Final = (
    Operation(
        name="Opportunity.Capture",
        service=SERVICE,
        path="Capture",
        method="POST",
        api_type="Opportunity",
        summary="Capture an opportunity of a lead, which is created or updated",
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
        notes=(
            "Answers 200 when it is refused, too: Status 0 is done, 1 refused; never 2, in part.",
            "What is refused changes nothing. A body of another shape is answered with 400.",
            "SearchBy is ProspectId, not ProspectID. Without it as Lead.CreateOrUpdate.",
            "With __UseUserDefinedGuid__ a new lead gets the ProspectID that was sent.",
            "A duplicate: the lead has an open one of the same type and name (mx_Custom_1).",
            "That one stays as it is without UpdateEmptyFields or OverwriteFields.",
            "ActivityId is that of Opportunity Captured, or of Duplicate Opportunity Detected.",
            "RequestId is the id of the call; PrimaryAction and SecondaryAction are always 0.",
        ),
    ),
    Operation(
        name="Opportunity.Update",
        service=SERVICE,
        path="Update",
        method="POST",
        api_type="Opportunity",
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
        notes=(
            "What is left out stays.",
            "RelatedProspectId and OpportunityEvent, when sent, must be the opportunity's.",
        ),
    ),
    Operation(
        name="GetOpportunitiesOfLead",
        service=SERVICE,
        path="GetOpportunitiesOfLead",
        method="POST",
        api_type="Opportunity",
        summary="Get the opportunities of a lead",
        parameters=(
            Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),
            Parameter("opportunityType", "Code of the opportunity type.", required=True),
        ),
        body=OpportunityPage,
        body_optional=True,
        body_example=f'{{"Columns":{{"Include_CSV":"OpportunityId,Status"}},{_PAGING}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        notes=("A lead, or a type, that there is not has none. At most 1,000 rows a page.",),
    ),
    Operation(
        name="GetOpportunityDetails",
        service=SERVICE,
        path="GetOpportunityDetails",
        method="GET",
        evidence="L",
        api_type="Opportunity",
        summary="Get an opportunity, field by field",
        parameters=(_OPPORTUNITY_ID,),
        result=OpportunityDetails,
        result_example=f'{{"OpportunityId":"{_ID}","RelatedProspectId":"{_LEAD_ID}",'
        '"Name":"Opportunity","DisplayName":"Opportunity",'
        '"CreatedOn":"/Date(1767323045000+0000)/","ModifiedOn":"/Date(1767323045000+0000)/",'
        '"Fields":[]}',
        faults=_MISSING,
        notes=("Of the members beside Fields only the form of the dates is known.",),
    ),
    Operation(
        name="Opportunity.RetrieveRecentlyModified",
        service=SERVICE,
        path="RetrieveRecentlyModified",
        method="POST",
        api_type="Opportunity",
        summary="Get the opportunities that changed in a range of time",
        body=OpportunityTimeSearch,
        body_example='{"Parameter":{"FromDate":"2026-01-01 00:00:00",'
        f'"ToDate":"2026-01-31 23:59:59","OpportunityEventCode":12000}},{_PAGING}}}',
        result=OpportunityRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException",),
        evidence="L",
        notes=(
            "Compares ModifiedOn; both ends belong to the range. At most 1,000 rows a page.",
            "The type is optional, as OpportunityEventCode or ActivityEvent.",
        ),
    ),
    Operation(
        name="Opportunity.Retrieve.BySearchParameter",
        service=SERVICE,
        path="Retrieve/BySearchParameter",
        method="POST",
        api_type="Opportunity",
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
        evidence="L",
        notes=(
            "Conditions as in Activity.Retrieve.BySearchParameter, of Activity or Opportunity.",
            "Every role may search.",
        ),
    ),
    Operation(
        name="GetOpportunityTypes",
        service=SERVICE,
        path="GetOpportunityTypes",
        method="GET",
        evidence="I",
        api_type="Opportunity",
        summary="Get the opportunity types",
        result=list[ActivityType],
        result_example='[{"ActivityEvent":12000,"ActivityEventName":"Opportunity"}]',
        notes=("The shape of an element is taken from ActivityTypes.Get.",),
    ),
    Operation(
        name="GetOpportunityTypeMetadata",
        service=SERVICE,
        path="GetOpportunityTypeMetadata",
        method="GET",
        evidence="I",
        api_type="Opportunity",
        summary="Get an opportunity type with its fields",
        parameters=(Parameter("code", "Code of the opportunity type.", required=True),),
        result=ActivitySetting,
        result_example=f'{{"ID":"{_ID}","Name":"Opportunity","DisplayName":"Opportunity",'
        '"Score":0,"Fields":[]}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidActivityException"),
        notes=("The answer's shape is taken from CustomActivity.GetActivitySetting.",),
    ),
    Operation(
        name="GetActivitiesOfOpportunity",
        service=SERVICE,
        path="GetActivitiesOfOpportunity",
        method="POST",
        api_type="Opportunity",
        summary="Get the activities of an opportunity",
        parameters=(_OPPORTUNITY_ID,),
        body=OpportunityPage,
        body_optional=True,
        body_example=f"{{{_PAGING}}}",
        result=ActivityRows,
        result_example=f'{{"RecordCount":1,"List":[{{"ProspectActivityId":"{_ACTIVITY_ID}",'
        '"ActivityEvent":"33"}]}',
        faults=(*_MISSING, "MXInvalidInputException"),
        evidence="L",
        notes=("The documentation has it as GET; the service answers that with 405.",),
    ),
    Operation(
        name="Opportunity.Delete",
        service=SERVICE,
        path="Delete",
        method="GET",
        evidence="L",
        api_type="Opportunity",
        summary="Delete an opportunity",
        parameters=(Parameter("Id", "Id of the opportunity.", kind="id", required=True),),
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"IsSuccessful":true}}',
        faults=_MISSING,
        notes=("Its activities stay with the lead; its tasks stay, and are about nothing then.",),
    ),
    Operation(
        name="IsOpportunityEnabled",
        service=SERVICE,
        path="IsOpportunityEnabled",
        method="GET",
        api_type="Opportunity",
        summary="Ask whether the account has opportunities",
        parameters=(Parameter("orgId", "Accepted; the answer is about the caller's account."),),
        result=OpportunityEnabled,
        result_example='{"OpportunityManagement":"Enabled"}',
    ),
)
