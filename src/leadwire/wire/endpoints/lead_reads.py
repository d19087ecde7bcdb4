"""Finding and reading leads."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from leadwire.crm.leads.quick_search import quick_search
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.leads.search import Criterion, lead_by_phone, leads_modified_between, search_leads
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.values import GUID, scalar_text
from leadwire.dialect import incorrect
from leadwire.errors import PageTooLarge
from leadwire.operations import Operation
from leadwire.operations.shapes import (
    AttributeValue,
    ByLeadType,
    ColumnList,
    Criteria,
    FlatLead,
    LeadRow,
    LeadRows,
    LeadSearch,
    PageNumber,
    RecentlyModified,
)
from leadwire.wire.endpoints.lead_printer import LeadPrinter, columns_of
from leadwire.wire.members import counted, date_range, page, sliced
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.crm.pages import Slice

_NAME_MAX: Final = 100
"""So much of an unknown name is told. A longer one is no name."""


async def get_by_id(request: Request) -> list[FlatLead]:
    lead_id = request.parameter("id").lower()
    if GUID.fullmatch(lead_id) is None:
        return []
    return await _one(request, await request.read(lambda unit: get_lead(unit, lead_id)))


async def get_by_email(request: Request) -> list[FlatLead]:
    # An address sent with a bare + arrives with a blank, which no address holds.
    email = request.parameter("emailaddress").replace(" ", "+")
    if not email:
        return []
    lead = await request.read(lambda unit: find_lead(unit, "EmailAddress", email))
    return await _one(request, lead)


async def get_by_phone(request: Request) -> list[FlatLead]:
    phone = request.parameter("phone")
    return await _one(request, await request.read(lambda unit: lead_by_phone(unit, phone)))


async def get_by_quick_search(request: Request) -> list[FlatLead]:
    key = request.parameter("key")
    leads: list[Lead] = await request.search(lambda unit: quick_search(unit, key))
    printer = await printer_of(request)
    return [printer.flat(lead) for lead in leads]


async def search(request: Request) -> list[FlatLead]:
    body: LeadSearch = request.body or LeadSearch()
    refuse_lead_type(body)
    index, size = page(body.Paging)
    size_max = request.operation.page_max
    if size > size_max:
        size = size_max
        request.notice(f"PageSize was cut to {size_max}")
    part = sliced(index, size, body.Sorting)
    criterion = _criterion(body.Parameter)
    leads: list[Lead] = await request.search(lambda unit: search_leads(unit, criterion, part))
    printer = await printer_of(request, body.Columns)
    if criterion is not None:
        await _tell_unknown(request, criterion.schema_name)
    return [printer.flat(lead) for lead in leads]


async def recently_modified(request: Request) -> LeadRows:
    body: RecentlyModified = request.body
    refuse_lead_type(body)
    wanted = date_range(body.Parameter)
    index, size = page_of_properties(request.operation, body.Paging)
    part: Slice = sliced(index, size, body.Sorting)
    total, leads = await request.search(
        lambda unit: leads_modified_between(
            unit, from_ms=wanted.from_ms, to_ms=wanted.to_ms, part=part
        )
    )
    printer = await printer_of(request, body.Columns)
    return counted(LeadRows, total, [_row(printer, lead, total) for lead in leads])


async def _one(request: Request, lead: Lead | None) -> list[FlatLead]:
    return [] if lead is None else [(await printer_of(request)).flat(lead)]


def refuse_lead_type(body: ByLeadType) -> None:
    """Raise InputInvalid for a search of one Object Type: an account has none here."""
    name = (body.Attribute or "").strip()
    if name:
        fix = "Leave Attribute and Value out: there are no Object Types, and all leads are of one."
        raise incorrect(name, location="Attribute", fix=fix)


def page_of_properties(operation: Operation, paging: PageNumber | None) -> tuple[int, int]:
    """As ``page_within``, for property lists. Raises PageTooLarge instead of InputInvalid."""
    index, size = page(paging)
    if size > operation.page_max:
        raise PageTooLarge(
            f"Page size can not be larger than {operation.page_max}.",
            location="body.Paging.PageSize",
            fix=f"Send a PageSize of at most {operation.page_max}, and follow with PageIndex.",
        )
    return index, size


async def printer_of(request: Request, columns: ColumnList | None = None) -> LeadPrinter:
    """The printer for leads of the caller's account, with *columns* or all."""
    names = None if columns is None else columns_of(columns.Include_CSV)
    schema = await request.schema()
    for unknown in (name for name in names or () if schema.sought(name) is None):
        request.notice(f"{_no_field(schema, unknown)}: the column is left out.")
        break  # one is enough to find the others
    return LeadPrinter(schema, request.actor.people, names)


async def _tell_unknown(request: Request, schema_name: str) -> None:
    """Say that a search by no field of the account matches nothing, which an empty page hides."""
    schema = await request.schema()
    field = schema.by_name.get(schema_name)
    if field is None or field.hidden:
        request.notice(f"{_no_field(schema, schema_name)}: nothing matches.")


def _no_field(schema: LeadSchema, name: str) -> str:
    """The start of a notice that *name* is no field, with the nearest one."""
    near = get_close_matches(name[:_NAME_MAX], schema.by_name, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"There is no lead field {name[:_NAME_MAX]}{hint}"


def _criterion(criteria: Criteria | None) -> Criterion | None:
    if criteria is None or not criteria.LookupName:
        return None
    value = scalar_text(criteria.LookupValue)
    return Criterion(criteria.LookupName, criteria.SqlOperator, value)


def _row(printer: LeadPrinter, lead: Lead, total: int) -> LeadRow:
    """A property list. Each includes ``CanUpdate`` and the query's ``Total``."""
    properties = printer.flat(lead)
    properties |= {"CanUpdate": "true", "Total": str(total)}
    return LeadRow([AttributeValue(name, value) for name, value in properties.items()])


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Leads.GetById": get_by_id,
    "Leads.GetByEmailaddress": get_by_email,
    "RetrieveLeadByPhoneNumber": get_by_phone,
    "Leads.GetByQuickSearch": get_by_quick_search,
    "Leads.Get": search,
    "Leads.RecentlyModified": recently_modified,
}
