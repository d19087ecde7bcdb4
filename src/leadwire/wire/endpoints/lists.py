"""Static lists and their members."""

from typing import Final

from leadwire.crm.lists import (
    LeadList,
    ListKind,
    add_to_list,
    create_list,
    empty_list,
    find_lists,
    get_list,
    is_member,
    lists_of_lead,
    remove_from_list,
)
from leadwire.dialect import incorrect, not_passed
from leadwire.operations.lists import ListRow, ListWrite, MemberCount, Membership
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import whole_number
from leadwire.wire.request import Endpoint, Request

_KINDS: Final[dict[str, ListKind | None]] = {"": None, "0": "static", "1": "dynamic"}
_REFRESHABLE: Final = "2"


async def all_lists(request: Request) -> list[ListRow]:
    index = whole_number(request.parameter("PageIndex") or 1, "PageIndex", least=1)
    list_type = request.parameter("ListType")
    text = request.parameter("SearchText")
    if list_type == _REFRESHABLE:
        return []
    if list_type not in _KINDS:
        raise incorrect("ListType", location="query.ListType", fix="Send 0, 1 or 2.")
    found: list[LeadList] = await request.read(
        lambda unit: find_lists(unit, text=text, kind=_KINDS[list_type], page=index)
    )
    return [_row(found_list) for found_list in found]


async def of_lead(request: Request) -> list[ListRow]:
    lead_id = request.parameter("leadId").lower()
    found: list[LeadList] = await request.read(lambda unit: lists_of_lead(unit, lead_id))
    return [_row(found_list) for found_list in found]


def _row(found: LeadList) -> ListRow:
    return ListRow(found.list_id, found.name, found.description, found.kind, found.members)


async def create(request: Request) -> WriteResult:
    body: ListWrite = request.body
    name = body.Name.strip()
    description = body.Description.strip()
    list_id: str = await request.write(lambda unit: create_list(unit, name, description))
    return success(WriteMessage(Id=list_id))


async def add_leads(request: Request) -> WriteResult:
    body: Membership = request.body
    list_id = body.listId.strip().lower()
    lead_ids = [lead_id.strip().lower() for lead_id in body.leadIds]
    if not lead_ids:
        raise not_passed("any lead", location="leadIds", fix="Send leadIds.")
    added: int = await request.write(lambda unit: add_to_list(unit, list_id, lead_ids))
    return success(WriteMessage(Message=f"Successfully added {added} lead(s) to list"))


async def add_lead(request: Request) -> WriteResult:
    list_id, lead_id = _list_and_lead(request)
    added: int = await request.write(lambda unit: add_to_list(unit, list_id, [lead_id]))
    return success(WriteMessage(Id=lead_id, AffectedRows=added))


async def remove_lead(request: Request) -> WriteResult:
    list_id, lead_id = _list_and_lead(request)
    await request.write(lambda unit: remove_from_list(unit, list_id, lead_id))
    return success(WriteMessage(Message="Successfully removed lead from list"))


async def empty(request: Request) -> WriteResult:
    list_id = request.parameter("ListId").lower()
    await request.write(lambda unit: empty_list(unit, list_id))
    return success(WriteMessage(Id=list_id))


async def check_lead(request: Request) -> WriteResult:
    list_id, lead_id = _list_and_lead(request)
    found: bool = await request.read(lambda unit: is_member(unit, list_id, lead_id))
    return success(WriteMessage(IsSuccessful=found))


async def member_count(request: Request) -> MemberCount:
    list_id = request.parameter("listId").lower()
    found: LeadList = await request.read(lambda unit: get_list(unit, list_id))
    return MemberCount(found.members)


def _list_and_lead(request: Request) -> tuple[str, str]:
    list_id = request.parameter("listId").lower()
    return list_id, request.parameter("leadId").lower()


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Lists.Get": all_lists,
    "Lists.GetByLeadId": of_lead,
    "List.Create": create,
    "List.AddLeads": add_leads,
    "List.AddLead": add_lead,
    "List.RemoveLead": remove_lead,
    "List.Empty": empty,
    "List.CheckLead": check_lead,
    "List.MemberCount": member_count,
}
