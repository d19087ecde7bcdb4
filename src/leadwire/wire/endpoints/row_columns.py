"""Select the columns of rows that belong to leads."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

import msgspec

from leadwire.crm.companies.companies import get_company
from leadwire.crm.leads.field_sets import split_member
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.unit import Unit
from leadwire.operations.shapes import FlatLead
from leadwire.wire.endpoints.companies import company_row
from leadwire.wire.endpoints.lead_printer import ALL_COLUMNS, LeadPrinter
from leadwire.wire.request import Request

_LEAD: Final = "P_"
_COMPANY: Final = "C_"
_ALIASES: Final = {
    "Note": "ActivityEvent_Note",
    "ActivityTime": "CreatedOn",
    "ProspectId": "RelatedProspectId",
    "ProspectActivityId": "OpportunityId",
}
"""Other names of columns."""
_Members = dict[str, str | None]


async def chosen_columns(
    request: Request,
    rows: Sequence[FlatLead],
    lead_ids: Sequence[str],
    names: Sequence[str],
    *,
    always: Sequence[str],
) -> list[FlatLead]:
    """Each row with *names* and then *always*, each a member, null when the row has no value.

    ``*`` in *names* selects every column of the rows. *lead_ids* are the leads of *rows*. A name
    with ``P_`` is a column of the lead, one with ``C_`` of the lead's company. Any other name that
    a row does not have is a column of the lead, too. ``set~member`` is a member of a custom field
    set. Names may be in any letter case; the answer spells a known name as the schema does.
    """
    every = dict.fromkeys(name for row in rows for name in row)
    expanded = (every if name == ALL_COLUMNS else (name,) for name in names)
    wanted = list(dict.fromkeys((*chain.from_iterable(expanded), *always)))
    joined: Mapping[str, FlatLead] = {}
    if any(name not in row for row in rows for name in wanted):
        joined = await _joined(request, set(lead_ids), with_company=_asks(wanted, _COMPANY))
    names_known = chain(*joined.values(), _ALIASES, every)
    known = {name.lower(): name for name in names_known}
    wanted = list(dict.fromkeys(known.get(name.lower(), name) for name in wanted))
    return [
        {name: _value(name, row, joined.get(lead_id, {}), known) for name in wanted}
        for row, lead_id in zip(rows, lead_ids, strict=True)
    ]


def _value(name: str, row: FlatLead, of_lead: FlatLead, known: Mapping[str, str]) -> str | None:
    if name in row:
        return row[name]
    if name in _ALIASES and _ALIASES[name] in row:
        return row[_ALIASES[name]]
    holder, member = split_member(name)
    if not member:
        return of_lead.get(name)
    holder = known.get(holder.lower(), holder)
    text = row.get(holder, of_lead.get(holder))
    return msgspec.json.decode(text, type=_Members).get(member) if text else None


def _asks(names: Sequence[str], prefix: str) -> bool:
    return any(name.upper().startswith(prefix) for name in names)


async def _joined(
    request: Request, lead_ids: set[str], *, with_company: bool
) -> Mapping[str, FlatLead]:
    """By lead: its columns, with and without prefix, and its company's with prefix."""
    people = request.actor.people
    printer = LeadPrinter(await request.schema(), people)

    def read(unit: Unit) -> dict[str, FlatLead]:
        found: dict[str, FlatLead] = {}
        for lead_id in lead_ids:
            lead = get_lead(unit, lead_id)
            if lead is None:
                continue
            flat = printer.flat(lead)
            found[lead_id] = flat | {_LEAD + name: value for name, value in flat.items()}
            company_id = lead.values.get("RelatedCompanyId") if with_company else None
            if company_id:
                company = get_company(unit, company_id, location="Columns.Include_CSV")
                row = company_row(company, people)
                found[lead_id] |= {_COMPANY + name: value for name, value in row.items()}
        return found

    joined: dict[str, FlatLead] = await request.read(read)
    return joined
