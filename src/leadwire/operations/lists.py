"""Operations on lists of leads, of ``LeadManagement.svc`` and ``LeadSegmentation.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented, inferred, reported, seen
from leadwire.operations.shapes import WriteResult
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_ID, LEAD_MANAGEMENT


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


_LIST_ID: Final = "9d2b7c1e-3f64-4a8e-8b1d-7c5e2f9a0b31"
_LIST_PARAMETER: Final = Parameter("listId", "Id of the list.", kind="id", required=True)
_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidEntityException",
    "MXInvalidInputException",
)

_lead_management = partial(Operation, service=LEAD_MANAGEMENT, api_type="List")
_lead_segmentation = partial(Operation, service="LeadSegmentation.svc", api_type="List")

OPERATIONS: Final = (
    _lead_management(
        name="Lists.Get",
        path="Lists.Get",
        summary="Get the lists of the account",
        parameters=(
            Parameter("PageIndex", "Number of the page, from 1."),
            Parameter(
                "ListType",
                "0 static, 1 dynamic, 2 refreshable. No list is refreshable in leadwire.",
                kind="choice",
                choices=("0", "1", "2"),
            ),
            Parameter("SearchText", "Text that the name contains, in any letter case."),
        ),
        result=list[ListRow],
        result_example=f'[{{"ListId":"{_LIST_ID}","ListName":"Callbacks","ListDescription":"",'
        '"ListType":"static","MemberCount":2}]',
        faults=("MXInvalidInputException",),
        page_max=500,
        evidence=documented("retrieve-all-lists"),
        notes=(
            "Every account has the static list Starred Leads and the dynamic list All Leads.",
            "They are the first lists.",
        ),
    ),
    _lead_segmentation(
        name="Lists.GetByLeadId",
        purpose="retrieving lists of lead",
        path="Lists.GetByLeadId",
        summary="Get the lists that a lead is in",
        parameters=(LEAD_ID,),
        result=list[ListRow],
        result_example=f'[{{"ListId":"{_LIST_ID}","ListName":"Callbacks","ListDescription":"",'
        '"ListType":"static","MemberCount":2}]',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=inferred("Lists.Get"),
        notes=(
            "Public code shows the path. Its answer is not public. A row is as in Lists.Get.",
            "All Leads, which holds every lead, is the last list.",
        ),
        in_sdk=False,
    ),
    _lead_segmentation(
        name="List.Create",
        purpose="creating list",
        mandatory=("Name",),
        path="CreateEmptyList",
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
        repeated="refused",
        evidence=documented("create-empty-static-list"),
    ),
    _lead_segmentation(
        name="List.AddLeads",
        purpose="adding leads to list",
        mandatory=("listId",),
        path="AddLeadsToStaticList",
        summary="Add leads to a static list",
        body=Membership,
        body_example=f'{{"listId":"{_LIST_ID}","leadIds":["{EXAMPLE_LEAD_ID}"]}}',
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Message":"Successfully added 1 lead(s) to list"}}',
        faults=_FAULTS,
        rows_max=1_000,
        repeated="safe",
        evidence=documented("add-leads-to-a-static-list"),
        notes=(
            "Leads that are already in the list are not counted.",
            "If an id does not belong to a lead, the call is refused.",
        ),
    ),
    _lead_management(
        name="List.AddLead",
        purpose="adding lead to list",
        path="AddLeadToStaticList",
        posts_nothing=True,
        summary="Add a lead to a static list",
        parameters=(_LIST_PARAMETER, LEAD_ID),
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_LEAD_ID}",'
        f'"AffectedRows":1}}}}',
        faults=_FAULTS,
        repeated="safe",
        evidence=documented("add-lead"),
        notes=("Id is the lead's id. AffectedRows is 0 if the lead was already in the list.",),
    ),
    _lead_segmentation(
        name="List.RemoveLead",
        purpose="removing lead from list",
        path="RemoveLeadFromStaticList",
        summary="Remove a lead from a static list",
        parameters=(_LIST_PARAMETER, LEAD_ID),
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Message":"Successfully removed lead from list"}}',
        faults=_FAULTS,
        repeated="unsafe",
        evidence=documented("remove-lead-from-static-list"),
    ),
    _lead_segmentation(
        name="List.Empty",
        purpose="emptying list",
        path="Lists/EmptyStaticList",
        summary="Remove every lead from a static list",
        parameters=(_LIST_PARAMETER,),
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_LIST_ID}"}}}}',
        faults=_FAULTS,
        evidence=seen("a client in PHP"),
        notes=("Id is the list's id.",),
    ),
    _lead_management(
        name="List.CheckLead",
        purpose="checking lead in list",
        path="List.CheckLead",
        summary="Check whether a lead is in a list",
        parameters=(_LIST_PARAMETER, LEAD_ID),
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"IsSuccessful":true}}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=inferred("List.MemberCount"),
        notes=("The answer is not public. IsSuccessful says whether the lead is in the list.",),
    ),
    _lead_management(
        name="List.MemberCount",
        purpose="counting members",
        path="List/Retrieve/MemberCount",
        summary="Count the leads of a list",
        parameters=(_LIST_PARAMETER,),
        result=MemberCount,
        result_example='{"Count":2}',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=reported("a program that reads Count"),
        notes=("It is also served below LeadSegmentation.svc.",),
        aliases=("/LeadSegmentation.svc/List/Retrieve/MemberCount",),
    ),
)
