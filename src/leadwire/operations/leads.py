"""Operations on leads, of ``LeadManagement.svc``."""

from typing import Final

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    FlatLead,
    LeadFieldMetadata,
    LeadProperty,
    LeadRows,
    LeadSearch,
    RecentlyModified,
    WriteResult,
)

SERVICE: Final = "LeadManagement.svc"

_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_FLAT_EXAMPLE: Final = (
    f'[{{"ProspectID":"{_LEAD_ID}","FirstName":"Asha","EmailAddress":"asha@example.com"}}]'
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
POST_UPDATED_LEAD: Final = Parameter(
    "postUpdatedLead",
    "Whether webhooks hear of the update, and of its fields; absent: they do not.",
    kind="boolean",
)

WRITES: Final = (
    Operation(
        name="Lead.Create",
        service=SERVICE,
        path="Lead.Create",
        method="POST",
        api_type="Lead",
        summary="Create a lead",
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LEAD_ID}"}}}}',
        faults=_WRITE_FAULTS,
        notes=(
            "At least one of FirstName, LastName, EmailAddress and Phone is needed.",
            "Attributes that leadwire derives itself stay as they are; X-Leadwire-Ignored tells.",
        ),
    ),
    Operation(
        name="Lead.Capture",
        service=SERVICE,
        path="Lead.Capture",
        method="POST",
        api_type="Lead",
        summary="Capture a lead: create, or update the one that matches",
        parameters=(
            Parameter(
                "LeadUpdateBehavior",
                "What an update may touch; absent: everything that was sent.",
                kind="choice",
                choices=("DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields"),
            ),
        ),
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LEAD_ID}",'
        f'"RelatedId":"{_LEAD_ID}","IsCreated":true}}}}',
        faults=_WRITE_FAULTS,
        notes=(
            "A Lead Capture activity (event 23) is posted by every call.",
            "RelatedId is the ProspectID that was sent, else the lead's own id.",
        ),
    ),
    Operation(
        name="Lead.CreateOrUpdate",
        service=SERVICE,
        path="Lead.CreateOrUpdate",
        method="POST",
        api_type="Lead",
        summary="Create a lead, or update the one found by SearchBy",
        parameters=(POST_UPDATED_LEAD,),
        body=list[LeadProperty],
        body_example=_ATTRIBUTES_EXAMPLE[:-1] + ',{"Attribute":"SearchBy","Value":"EmailAddress"}]',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LEAD_ID}","AffectedRows":1}}}}',
        faults=_WRITE_FAULTS,
        notes=("Without SearchBy: by e-mail address, then by phone.",),
    ),
    Operation(
        name="Lead.Update",
        service=SERVICE,
        path="Lead.Update",
        method="POST",
        api_type="Lead",
        summary="Update a lead",
        parameters=(
            Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),
            POST_UPDATED_LEAD,
        ),
        body=list[LeadProperty],
        body_example='[{"Attribute":"mx_City","Value":"Pune"}]',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
    ),
)

READS: Final = (
    Operation(
        name="Leads.GetById",
        service=SERVICE,
        path="Leads.GetById",
        method="GET",
        api_type="Lead",
        summary="Get a lead by its id",
        parameters=(Parameter("id", "ProspectID of the lead.", kind="id"),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        notes=("Nothing found is an empty array, never a 404.",),
    ),
    Operation(
        name="Leads.GetByEmailaddress",
        service=SERVICE,
        path="Leads.GetByEmailaddress",
        method="GET",
        api_type="Lead",
        summary="Get a lead by its e-mail address",
        parameters=(Parameter("emailaddress", "The address, without regard to case."),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        notes=("A parameter by another name finds nothing: an empty array.",),
    ),
    Operation(
        name="RetrieveLeadByPhoneNumber",
        service=SERVICE,
        path="RetrieveLeadByPhoneNumber",
        method="GET",
        api_type="Lead",
        summary="Get a lead by its phone number",
        parameters=(Parameter("phone", "Phone or Mobile, with or without the country's code."),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        notes=(
            "Several matches: the lead with the latest activity.",
            "Numbers are compared by their digits; 10 or more trailing digits that agree match.",
        ),
    ),
    Operation(
        name="Leads.GetByQuickSearch",
        service=SERVICE,
        path="Leads.GetByQuickSearch",
        method="GET",
        api_type="Lead",
        summary="Find leads by a piece of text, as the search box does",
        parameters=(Parameter("key", "The text to look for."),),
        result=list[FlatLead],
        result_example=_FLAT_EXAMPLE,
        notes=("Looks in the fields whose metadata says ShowInQuickSearch; at most 100 leads.",),
    ),
    Operation(
        name="Leads.Get",
        service=SERVICE,
        path="Leads.Get",
        method="POST",
        api_type="Lead",
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
        notes=(
            "Operators: =, <>, >, <, >=, <=, LIKE (% is the wildcard) and IN (commas).",
            "A page has at most 1,000 leads; a larger PageSize is cut to that.",
        ),
    ),
    Operation(
        name="Leads.RecentlyModified",
        service=SERVICE,
        path="Leads.RecentlyModified",
        method="POST",
        api_type="Lead",
        summary="Get the leads that changed in a range of time",
        body=RecentlyModified,
        body_example='{"Parameter":{"FromDate":"2026-01-01 00:00:00",'
        '"ToDate":"2026-01-31 23:59:59"},"Paging":{"PageIndex":1,"PageSize":100}}',
        result=LeadRows,
        result_example='{"RecordCount":1,"Leads":[{"LeadPropertyList":['
        f'{{"Attribute":"ProspectID","Value":"{_LEAD_ID}"}}]}}]}}',
        faults=("MXInvalidInputException", "MXMandatoryFieldMissingException"),
        notes=("Compares LeadLastModifiedOn; both ends belong to the range.",),
    ),
)

METADATA: Final = (
    Operation(
        name="LeadsMetaData.Get",
        service=SERVICE,
        path="LeadsMetaData.Get",
        method="GET",
        api_type="Lead",
        summary="Get the lead fields and their properties",
        parameters=(
            Parameter("schemaName", "Only this field."),
            Parameter("excludeOptionSets", "1 leaves the options of dropdowns out.", "boolean"),
        ),
        result=list[LeadFieldMetadata],
        result_example='[{"SchemaName":"Phone","DisplayName":"Phone Number","DataType":"Phone"}]',
    ),
)

OPERATIONS: Final = (*WRITES, *READS, *METADATA)
