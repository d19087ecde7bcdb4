"""Operations on lists of leads, of ``LeadManagement.svc`` and ``LeadSegmentation.svc``."""

from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import WriteResult

MANAGEMENT: Final = "LeadManagement.svc"
SEGMENTATION: Final = "LeadSegmentation.svc"


class ListRow(msgspec.Struct):
    ListId: str
    ListName: str
    ListDescription: str
    ListType: str
    """``static`` or ``dynamic``."""
    MemberCount: int


class ListWrite(msgspec.Struct):
    """Body of CreateEmptyList."""

    Name: str = ""
    Description: str = ""


class Membership(msgspec.Struct):
    """Body of AddLeadsToStaticList."""

    listId: str = ""  # the wire's own spelling
    leadIds: list[str] = []  # the wire's own spelling


class MemberCount(msgspec.Struct):
    Count: int


_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_LIST_ID: Final = "9d2b7c1e-3f64-4a8e-8b1d-7c5e2f9a0b31"
_LIST_PARAMETER: Final = Parameter("listId", "Id of the list.", kind="id", required=True)
_LEAD_PARAMETER: Final = Parameter("leadId", "ProspectID of the lead.", kind="id", required=True)
_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidEntityException",
    "MXInvalidInputException",
)

OPERATIONS: Final = (
    Operation(
        name="Lists.Get",
        service=MANAGEMENT,
        path="Lists.Get",
        method="GET",
        api_type="List",
        summary="Get the lists of the account",
        parameters=(
            Parameter("PageIndex", "Which page, from 1; a page has 500 lists."),
            Parameter(
                "ListType",
                "0 static, 1 dynamic, 2 refreshable; there are none of the last kind here.",
                kind="choice",
                choices=("0", "1", "2"),
            ),
            Parameter("SearchText", "Stands in the name, without regard to case."),
        ),
        result=list[ListRow],
        result_example=f'[{{"ListId":"{_LIST_ID}","ListName":"Callbacks","ListDescription":"",'
        '"ListType":"static","MemberCount":2}]',
        faults=("MXInvalidInputException",),
        notes=("The first is All Leads, a dynamic list that every account has.",),
    ),
    Operation(
        name="List.Create",
        service=SEGMENTATION,
        path="CreateEmptyList",
        method="POST",
        api_type="List",
        summary="Create an empty static list",
        body=ListWrite,
        body_example='{"Name":"Callbacks","Description":"To be called back today"}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LIST_ID}"}}}}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXDuplicateEntityNameException",
            "MXInvalidInputException",
        ),
    ),
    Operation(
        name="List.AddLeads",
        service=SEGMENTATION,
        path="AddLeadsToStaticList",
        method="POST",
        api_type="List",
        summary="Add leads to a static list",
        body=Membership,
        body_example=f'{{"listId":"{_LIST_ID}","leadIds":["{_LEAD_ID}"]}}',
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Message":"Successfully added 1 lead(s) to list"}}',
        faults=_FAULTS,
        notes=(
            "Leads that are in the list already are not counted.",
            "An id that is no lead's refuses the call; at most 1,000 ids.",
        ),
    ),
    Operation(
        name="List.AddLead",
        service=MANAGEMENT,
        path="AddLeadToStaticList",
        method="POST",
        api_type="List",
        summary="Add a lead to a static list",
        parameters=(_LIST_PARAMETER, _LEAD_PARAMETER),
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LEAD_ID}","AffectedRows":1}}}}',
        faults=_FAULTS,
        notes=("Id is the lead's. AffectedRows is 0 when it was in the list already.",),
    ),
    Operation(
        name="List.RemoveLead",
        service=SEGMENTATION,
        path="RemoveLeadFromStaticList",
        method="GET",
        api_type="List",
        summary="Remove a lead from a static list",
        parameters=(_LIST_PARAMETER, _LEAD_PARAMETER),
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Message":"Successfully removed lead from list"}}',
        faults=_FAULTS,
    ),
    Operation(
        name="List.Empty",
        service=SEGMENTATION,
        path="Lists/EmptyStaticList",
        method="GET",
        api_type="List",
        summary="Remove every lead from a static list",
        parameters=(_LIST_PARAMETER,),
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LIST_ID}"}}}}',
        faults=_FAULTS,
        notes=("Id is the list's.",),
    ),
    Operation(
        name="List.CheckLead",
        service=MANAGEMENT,
        path="List.CheckLead",
        method="GET",
        api_type="List",
        summary="Check whether a lead is in a list",
        parameters=(_LIST_PARAMETER, _LEAD_PARAMETER),
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"IsSuccessful":true}}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence="I",
        notes=("The answer is not public: IsSuccessful says whether the lead is in the list.",),
    ),
    Operation(
        name="List.MemberCount",
        service=MANAGEMENT,
        path="List/Retrieve/MemberCount",
        method="GET",
        api_type="List",
        summary="Count the leads of a list",
        parameters=(_LIST_PARAMETER,),
        result=MemberCount,
        result_example='{"Count":2}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence="L",
        notes=("LeadSegmentation.svc serves it under the same path.",),
        aliases=("/LeadSegmentation.svc/List/Retrieve/MemberCount",),
    ),
)
