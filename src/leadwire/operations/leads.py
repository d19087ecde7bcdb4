"""Operations on leads, of ``LeadManagement.svc``."""

from functools import partial
from typing import Final, Literal, get_args

from leadwire.operations.operation import Operation, Parameter, documented, reported, seen
from leadwire.operations.shapes import (
    FlatLead,
    LeadFieldMetadata,
    LeadProperty,
    LeadRows,
    LeadSearch,
    RecentlyModified,
    WriteResult,
)
from leadwire.operations.shared import (
    EXAMPLE_LEAD_ID,
    LEAD_ID,
    LEAD_MANAGEMENT,
    PATTERN_CHARACTERS_MAX,
    POST_UPDATED_LEAD,
    SEARCH_VALUES_MAX,
)

UpdateBehavior = Literal["DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields"]
Operator = Literal["=", "<>", ">", "<", ">=", "<=", "LIKE", "IN"]

SYSTEM_FIELDS: Final = frozenset(
    {
        *("CanUpdate", "CompanyType", "CompanyTypeName", "CreatedBy", "CreatedByName"),
        *("CreatedOn", "DeletionStatusCode", "FirstLandingPageSubmissionDate"),
        *("FirstLandingPageSubmissionId", "IsLead", "LastVisitDate", "LeadConversionDate"),
        *("LeadLastModifiedOn", "ModifiedBy", "ModifiedByName", "ModifiedOn"),
        *("NotableEventdate", "OwnerIdEmailAddress", "OwnerIdName", "ProspectActivityDate_Max"),
        *("ProspectActivityDate_Min", "ProspectActivityId_Max", "ProspectActivityId_Min"),
        *("ProspectActivityName_Max", "Score", "StatusCode"),
    }
)
"""Fields of every account that the system writes. A write drops a caller's value in silence.

Without the ids of a lead, by which a write may find it."""

_FLAT_EXAMPLE: Final = (
    f'[{{"ProspectID":"{EXAMPLE_LEAD_ID}","FirstName":"Asha","EmailAddress":"asha@example.com"}}]'
)
_ATTRIBUTES_EXAMPLE: Final = (
    '[{"Attribute":"FirstName","Value":"Asha"},'
    '{"Attribute":"EmailAddress","Value":"asha@example.com"}]'
)
_WRITE_FAULTS: Final = (
    "MXDuplicateEntryException",
    "MXUnknownAttributeException",
    "MXInvalidInputException",
    "MXMandatoryAttributeMissingException",
)

_row = partial(Operation, service=LEAD_MANAGEMENT, api_type="Lead")

WRITES: Final = (
    _row(
        name="Lead.Create",
        purpose="creating lead",
        path="Lead.Create",
        summary="Create a lead",
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_LEAD_ID}"}}}}',
        faults=_WRITE_FAULTS,
        repeated="refused",
        evidence=documented("create-a-lead"),
        notes=(
            "At least one of FirstName, LastName, EmailAddress and Phone is required.",
            "Derived attributes are ignored; the header X-Leadwire-Ignored names them.",
        ),
    ),
    _row(
        name="Lead.Capture",
        purpose="capturing lead",
        path="Lead.Capture",
        summary="Capture a lead: create, or update the one that matches",
        parameters=(
            Parameter(
                "LeadUpdateBehavior",
                "Which fields an update may change. Default: every field that was sent.",
                kind="choice",
                choices=get_args(UpdateBehavior),
            ),
        ),
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_LEAD_ID}",'
        f'"RelatedId":"{EXAMPLE_LEAD_ID}","IsCreated":true}}}}',
        faults=_WRITE_FAULTS,
        evidence=documented("capture-lead"),
        notes=(
            "Every call posts a Lead Capture activity (event 23).",
            "RelatedId is the ProspectID that was sent. If none was sent, it is the lead's id.",
        ),
    ),
    _row(
        name="Lead.CreateOrUpdate",
        purpose="creating or updating lead",
        path="Lead.CreateOrUpdate",
        summary="Create a lead, or update the one found by SearchBy",
        parameters=(POST_UPDATED_LEAD,),
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE[:-1] + ',{"Attribute":"SearchBy","Value":"EmailAddress"}]',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_LEAD_ID}",'
        f'"AffectedRows":1}}}}',
        faults=_WRITE_FAULTS,
        repeated="safe with a key",
        evidence=documented("create-or-update"),
        notes=("Without SearchBy, the lead is searched by e-mail address, then by phone.",),
    ),
    _row(
        name="Lead.Update",
        purpose="updating lead",
        path="Lead.Update",
        summary="Update a lead",
        parameters=(
            LEAD_ID,
            POST_UPDATED_LEAD,
        ),
        body=list[LeadProperty],
        body_example='[{"Attribute":"mx_City","Value":"Pune"}]',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        repeated="safe",
        evidence=documented("update-a-lead"),
    ),
)

READS: Final = (
    _row(
        name="Leads.GetById",
        purpose="retrieving lead",
        path="Leads.GetById",
        summary="Get a lead by its id",
        parameters=(Parameter("id", "ProspectID of the lead.", kind="id", required=True),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        evidence=reported("integrations that read leads by their ids"),
        notes=("If no lead has the id, the answer is an empty array, not a 404.",),
    ),
    _row(
        name="Leads.GetByEmailaddress",
        path="Leads.GetByEmailaddress",
        summary="Get a lead by its e-mail address",
        parameters=(Parameter("emailaddress", "The address, without regard to case."),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        evidence=documented("get-a-lead-by-email-id"),
        notes=(
            "If the parameter is missing or has another name, the answer is an empty array.",
            "Integrations that misspelled the parameter reported this.",
        ),
    ),
    _row(
        name="RetrieveLeadByPhoneNumber",
        purpose="retrieving lead",
        path="RetrieveLeadByPhoneNumber",
        summary="Get a lead by its phone number",
        parameters=(
            Parameter(
                "phone", "Phone or Mobile, with or without the country's code.", required=True
            ),
        ),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        evidence=documented("get-lead-by-phone"),
        notes=(
            "If several leads match, the answer has the one with the latest activity.",
            "Two numbers match when their last 10 or more digits are equal.",
        ),
    ),
    _row(
        name="Leads.GetByQuickSearch",
        purpose="searching leads",
        path="Leads.GetByQuickSearch",
        summary="Find leads by a piece of text, as the search box does",
        parameters=(Parameter("key", "The text to look for.", required=True),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        page_max=100,
        evidence=seen("an OpenAPI description by API Evangelist"),
        notes=("It searches the fields that have ShowInQuickSearch in their metadata.",),
    ),
    _row(
        name="Leads.Get",
        path="Leads.Get",
        summary="Search leads by a criterion",
        body=LeadSearch,
        body_optional=True,
        body_example='{"Parameter":{"LookupName":"mx_City","LookupValue":"Pune","SqlOperator":"="},'
        '"Columns":{"Include_CSV":"ProspectID,FirstName"},'
        '"Sorting":{"ColumnName":"CreatedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        faults=("MXInvalidEntityException", "MXInvalidInputException"),
        page_max=1_000,
        repeated="safe",
        evidence=documented("search-by-lead-criteria"),
        notes=(
            f"Operators: {', '.join(get_args(Operator))}.",
            "In LIKE, % is the wildcard. IN takes several values, separated by commas.",
            f"IN takes at most {SEARCH_VALUES_MAX:,} values.",
            f"The text of LIKE has at most {PATTERN_CHARACTERS_MAX:,} characters.",
            "A larger PageSize is cut to the limit; the header X-Leadwire-Notice says so.",
            "An unknown LookupName matches nothing, and X-Leadwire-Notice names it.",
        ),
    ),
    _row(
        name="Leads.RecentlyModified",
        path="Leads.RecentlyModified",
        summary="Get the leads that changed in a range of time",
        body=RecentlyModified,
        body_example='{"Parameter":{"FromDate":"2026-01-01 00:00:00",'
        '"ToDate":"2026-01-31 23:59:59"},"Paging":{"PageIndex":1,"PageSize":100}}',
        result=LeadRows,
        result_example='{"RecordCount":1,"Leads":[{"LeadPropertyList":['
        f'{{"Attribute":"ProspectID","Value":"{EXAMPLE_LEAD_ID}"}}]}}]}}',
        faults=("MXInvalidInputException", "MXMandatoryFieldMissingException"),
        page_max=5_000,
        repeated="safe",
        evidence=documented("get-leads-by-date-range"),
        notes=("It compares LeadLastModifiedOn. The range includes both ends.",),
    ),
)

METADATA: Final = (
    _row(
        name="LeadsMetaData.Get",
        path="LeadsMetaData.Get",
        summary="Get the lead fields and their properties",
        parameters=(
            Parameter("schemaName", "Only this field."),
            Parameter("excludeOptionSets", "1 omits the options of dropdowns.", "boolean"),
        ),
        result=list[LeadFieldMetadata],
        result_example='[{"SchemaName":"Phone","DisplayName":"Phone Number","DataType":"Phone"}]',
        evidence=documented("meta-data"),
    ),
)

OPERATIONS: Final = (*WRITES, *READS, *METADATA)
