"""Leads by their ids or by a list, and the owner of a lead."""

import asyncio
from typing import TYPE_CHECKING, Final

from leadwire.crm.leads.attributes import LEAD_ID_NAMES, searchable_name
from leadwire.crm.leads.by_conditions import LeadFilter, find_leads
from leadwire.crm.leads.search import leads_by_ids
from leadwire.crm.leads.writes import find_lead
from leadwire.dialect import incorrect, not_passed, too_many
from leadwire.errors import InputInvalid
from leadwire.operations.lead_retrieval import (
    FlatLeads,
    IdsParameters,
    IdsSearch,
    LeadOwner,
    ListParameters,
    ListSearch,
)
from leadwire.operations.shapes import ColumnList, ListedLead, ListedLeads, ListedValue
from leadwire.wire.advanced_search import parse_search
from leadwire.wire.endpoints.lead_reads import page_of_properties, printer_of, refuse_lead_type
from leadwire.wire.members import counted, page_within, sliced
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.crm.leads.rows import Lead

_ADMINISTRATOR: Final = "Administrator"
_LEAD_ID: Final = "leadid"
_BEHAVIOURS: Final = ("", "0", "1", "2")


async def by_ids(request: Request) -> FlatLeads:
    body: IdsSearch = request.body
    lead_ids = (body.SearchParameters or IdsParameters()).LeadIds
    columns = body.Columns.Include_CSV if body.Columns else None
    if not lead_ids:
        raise not_passed("LeadIds")
    if columns is None:
        raise not_passed("Include_CSV")
    refuse_lead_type(body)
    if len(lead_ids) > request.operation.rows_max:
        raise too_many("LeadIds", request.operation.rows_max)
    index, size = page_within(request.operation, body.Paging)
    wanted = [lead_id.strip().lower() for lead_id in lead_ids]
    part = sliced(index, size, None)
    total, leads = await request.read(lambda unit: leads_by_ids(unit, wanted, part))
    printer = await printer_of(request, ColumnList(columns))
    return counted(FlatLeads, total, [printer.flat(lead) for lead in leads])


async def by_parameters(request: Request) -> ListedLeads:
    body: ListSearch = request.body
    refuse_lead_type(body)
    parameters = body.SearchParameters or ListParameters()
    wanted = _wanted(parameters)
    for name in ("RetrieveBehaviour", "RetrieveBehavior"):
        if str(getattr(parameters, name)).strip() not in _BEHAVIOURS:
            raise incorrect(name, fix="Send 0, 1 or 2.")
    index, size = page_of_properties(request.operation, body.Paging)
    part = sliced(index, size, body.Sorting)
    total, leads = await request.search(lambda unit: find_leads(unit, wanted, part))
    printer = await printer_of(request, body.Columns)
    return counted(ListedLeads, total, [_row(printer.flat(lead)) for lead in leads])


def _wanted(parameters: ListParameters) -> LeadFilter:
    """Read the query. Raises InputInvalid if *parameters* are empty or invalid."""
    list_id = parameters.ListId.strip().lower()
    member = "AdvancedSearchTextNew"
    text = parameters.AdvancedSearchTextNew
    if text is None and parameters.AdvancedSearchText is not None:
        member, text = "AdvancedSearchText", parameters.AdvancedSearchText
    conditions = parse_search(text, member) if text and text.strip() else None
    words = (parameters.SearchText or "").strip()
    if not (list_id or conditions or words):
        fix = "Send a ListId of Lists.Get, or conditions as AdvancedSearchTextNew."
        raise not_passed("ListId", fix=fix)
    return LeadFilter(list_id, words, conditions)


async def owner(request: Request) -> list[LeadOwner]:
    identifier = request.parameter("LeadIdentifier")
    value = request.parameter("value")
    name = await _lead_field(request, identifier)
    if name == "ProspectID":
        value = value.lower()
    lead: Lead | None = await request.read(lambda unit: find_lead(unit, name, value))
    if lead is None:
        return []
    users = await asyncio.to_thread(request.services.access.users, request.actor.account_id)
    return [
        LeadOwner(
            UserId=user.user_id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            TimeZone="UTC",
            IsAdministrator=user.role == _ADMINISTRATOR,
            Role=user.role,
            IsPhoneCallAgent=False,
            UserType=0,
            StatusCode=int(not user.is_active),
        )
        for user in users
        if user.user_id == lead.values.get("OwnerId")
    ]


async def _lead_field(request: Request, identifier: str) -> str:
    if identifier in LEAD_ID_NAMES or identifier.lower() == _LEAD_ID:
        return "ProspectID"
    try:
        return searchable_name(await request.schema(), identifier) or ""
    except InputInvalid:
        raise incorrect(
            "LeadIdentifier",
            location="query.LeadIdentifier",
            fix="Name a lead field such as LeadId, EmailAddress or Phone.",
        ) from None


def _row(properties: dict[str, str | None]) -> ListedLead:
    properties |= {"CanUpdate": "true"}
    return ListedLead([ListedValue(name, value) for name, value in properties.items()])


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Leads.RetrieveByIds": by_ids,
    "Leads.RetrieveBySearchParameter": by_parameters,
    "LeadOwner.Get": owner,
}
