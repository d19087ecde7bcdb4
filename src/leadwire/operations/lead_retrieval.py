"""Operations that read leads by ids, by a list, and their owner; of ``LeadManagement.svc``."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    ColumnList,
    FlatLead,
    LeadRows,
    NumberLike,
    PageNumber,
    SortOrder,
)

SERVICE: Final = "LeadManagement.svc"


class IdsParameters(msgspec.Struct):
    LeadIds: list[str] = []


class IdsSearch(msgspec.Struct):
    """Body of Leads/Retrieve/ByIds."""

    SearchParameters: IdsParameters | None = None
    Columns: ColumnList | None = None
    Paging: PageNumber | None = None


class FlatLeads(msgspec.Struct, omit_defaults=True):
    """``Leads`` is left out when there are none."""

    RecordCount: int
    Leads: list[FlatLead] | UnsetType = UNSET


class ListParameters(msgspec.Struct):
    ListId: str = ""
    RetrieveBehaviour: NumberLike = ""
    """0, 1 or 2. The count is always exact here."""
    RetrieveBehavior: NumberLike = ""


class ListSearch(msgspec.Struct):
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


_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_LIST_ID: Final = "9d2b7c1e-3f64-4a8e-8b1d-7c5e2f9a0b31"

OPERATIONS: Final = (
    Operation(
        name="Leads.RetrieveByIds",
        service=SERVICE,
        path="Leads/Retrieve/ByIds",
        method="POST",
        api_type="Lead",
        summary="Get leads by their ids",
        body=IdsSearch,
        body_example=f'{{"SearchParameters":{{"LeadIds":["{_LEAD_ID}"]}},'
        '"Columns":{"Include_CSV":"FirstName,ProspectStage"},'
        '"Paging":{"PageIndex":1,"PageSize":1000}}',
        result=FlatLeads,
        result_example='{"RecordCount":1,"Leads":[{"FirstName":"Asha","ProspectStage":"Prospect"}]}',
        faults=("MXInvalidInputException",),
        notes=(
            "LeadIds and Include_CSV are mandatory; at most 10,000 ids, and rows on a page.",
            "The leads come in the order of their ids.",
        ),
    ),
    Operation(
        name="Leads.RetrieveBySearchParameter",
        service=SERVICE,
        path="Leads/Retrieve/BySearchParameter",
        method="POST",
        api_type="List",
        summary="Get the leads of a list",
        body=ListSearch,
        body_example=f'{{"SearchParameters":{{"ListId":"{_LIST_ID}","RetrieveBehaviour":"0"}},'
        '"Columns":{"Include_CSV":"ProspectAutoId,EmailAddress"},'
        '"Sorting":{"ColumnName":"CreatedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=LeadRows,
        result_example='{"RecordCount":1,"Leads":[{"LeadPropertyList":['
        '{"Attribute":"ProspectAutoId","Value":"1"}]}]}',
        faults=(
            "MXInvalidInputException",
            "MXInvalidEntityException",
            "MXMandatoryFieldMissingException",
        ),
        notes=(
            "RetrieveBehaviour is accepted in both spellings; RecordCount is always exact.",
            "A page has at most 5,000 leads.",
        ),
    ),
    Operation(
        name="LeadOwner.Get",
        service=SERVICE,
        path="LeadOwner.Get",
        method="GET",
        api_type="Lead",
        summary="Get the owner of a lead",
        parameters=(
            Parameter(
                "LeadIdentifier",
                "The field to find the lead by: LeadId, EmailAddress, Phone or another.",
                required=True,
            ),
            Parameter("value", "What that field holds.", required=True),
        ),
        result=list[LeadOwner],
        result_example='[{"UserId":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10",'
        '"FirstName":"Asha","EmailAddress":"asha@example.com"}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidInputException"),
        notes=("A lead that does not exist has no owner: an empty array.",),
    ),
)
