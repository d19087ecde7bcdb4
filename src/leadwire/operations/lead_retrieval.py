"""Operations that read leads by ids, by a list, and their owner; of ``LeadManagement.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented
from leadwire.operations.shapes import (
    ByLeadType,
    ColumnList,
    FlatLead,
    ListedLeads,
    NumberLike,
    PageNumber,
    SortOrder,
)
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_MANAGEMENT


class IdsParameters(msgspec.Struct):
    LeadIds: list[str] = []


class IdsColumns(msgspec.Struct):
    Include_CSV: str | None = None
    """Mandatory; empty or ``*``: all."""


class IdsSearch(ByLeadType):
    """Body of Leads/Retrieve/ByIds."""

    SearchParameters: IdsParameters | None = None
    Columns: IdsColumns | None = None
    Paging: PageNumber | None = None


class FlatLeads(msgspec.Struct, omit_defaults=True):
    """``Leads`` is omitted if there are none."""

    RecordCount: int
    Leads: list[FlatLead] = []


class ListParameters(msgspec.Struct):
    """One of the first four is mandatory; of several, all must hold."""

    ListId: str = ""
    AdvancedSearchTextNew: str | None = None
    """Conditions: the text that LeadSquared's web client sends."""
    AdvancedSearchText: str | None = None
    """Another name of it."""
    SearchText: str | None = None
    """As in quick search."""
    DefinitionType: NumberLike | None = None
    """Has no effect."""
    RetrieveBehaviour: NumberLike = ""
    """0, 1 or 2. The count is always exact here."""
    RetrieveBehavior: NumberLike = ""


class ListSearch(ByLeadType):
    """Body of Leads/Retrieve/BySearchParameter."""

    SearchParameters: ListParameters | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class LeadOwner(msgspec.Struct):
    UserId: str
    FirstName: str
    LastName: str
    EmailAddress: str
    TimeZone: str
    IsAdministrator: bool
    Role: str
    IsPhoneCallAgent: bool
    UserType: int
    StatusCode: int
    """0 is active, 1 inactive."""


_LIST_ID: Final = "9d2b7c1e-3f64-4a8e-8b1d-7c5e2f9a0b31"

_lead_management_lead = partial(Operation, service=LEAD_MANAGEMENT, api_type="Lead")
_lead_management_list = partial(Operation, service=LEAD_MANAGEMENT, api_type="List")

OPERATIONS: Final = (
    _lead_management_lead(
        name="Leads.RetrieveByIds",
        path="Leads/Retrieve/ByIds",
        summary="Get leads by their ids",
        body=IdsSearch,
        body_example=f'{{"SearchParameters":{{"LeadIds":["{EXAMPLE_LEAD_ID}"]}},'
        '"Columns":{"Include_CSV":"FirstName,ProspectStage"},'
        '"Paging":{"PageIndex":1,"PageSize":1000}}',
        result=FlatLeads,
        result_example='{"RecordCount":1,"Leads":[{"FirstName":"Asha","ProspectStage":"Prospect"}]}',
        faults=("MXInvalidInputException",),
        rows_max=10_000,
        page_max=10_000,
        repeated="safe",
        evidence=documented("get-leads-in-bulk-by-ids"),
        notes=(
            "LeadIds and Include_CSV are mandatory.",
            "The leads have the order of LeadIds.",
        ),
    ),
    _lead_management_list(
        name="Leads.RetrieveBySearchParameter",
        path="Leads/Retrieve/BySearchParameter",
        summary="Get the leads of a list, or of conditions",
        body=ListSearch,
        body_example=f'{{"SearchParameters":{{"ListId":"{_LIST_ID}","RetrieveBehaviour":"0"}},'
        '"Columns":{"Include_CSV":"ProspectAutoId,EmailAddress"},'
        '"Sorting":{"ColumnName":"CreatedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=ListedLeads,
        result_example='{"RecordCount":1,"Leads":[{"LeadPropertyList":['
        '{"Attribute":"ProspectAutoId","Value":"1","Fields":null}]}]}',
        faults=(
            "MXInvalidInputException",
            "MXInvalidEntityException",
            "MXMandatoryFieldMissingException",
        ),
        page_max=5_000,
        repeated="safe",
        evidence=documented("get-leads-in-a-list-2"),
        notes=(
            "RetrieveBehaviour and RetrieveBehavior are accepted. RecordCount is always exact.",
            "Without a ListId, AdvancedSearchTextNew or SearchText finds the leads.",
        ),
    ),
    _lead_management_lead(
        name="LeadOwner.Get",
        purpose="retrieving lead owner",
        path="LeadOwner.Get",
        summary="Get the owner of a lead",
        parameters=(
            Parameter(
                "LeadIdentifier",
                "The field that identifies the lead: LeadId, EmailAddress, Phone or another field.",
                required=True,
            ),
            Parameter("value", "The value of that field.", required=True),
        ),
        result=list[LeadOwner],
        result_example='[{"UserId":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10",'
        '"FirstName":"Asha","EmailAddress":"asha@example.com"}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        evidence=documented("get-details-of-a-lead-owner"),
        notes=("If the lead does not exist, the answer is an empty array.",),
    ),
)
