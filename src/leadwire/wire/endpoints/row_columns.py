"""The columns that a caller asks for, of rows that belong to leads."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from leadwire.crm.companies.companies import get_company
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
"""Other words for columns of rows."""


async def chosen_columns(
    request: Request,
    rows: Sequence[FlatLead],
    lead_ids: Sequence[str],
    names: Sequence[str],
    *,
    always: Sequence[str],
) -> list[FlatLead]:
    """Each row with *names* and then *always*, each a member, null when the row has no value.

    ``*`` among *names* stands for every column of the rows. *lead_ids* are the leads of *rows*.
    A name with ``P_`` is a column of the lead, one with ``C_`` of the lead's company. Any other
    name that a row does not have is a column of the lead, too.
    """
    every = dict.fromkeys(name for row in rows for name in row)
    expanded = (every if name == ALL_COLUMNS else (name,) for name in names)
    wanted = list(dict.fromkeys((*chain.from_iterable(expanded), *always)))
    joined: Mapping[str, FlatLead] = {}
    if any(name not in row for row in rows for name in wanted):
        joined = await _joined(request, set(lead_ids), with_company=_asks(wanted, _COMPANY))
    return [
        {
            name: row.get(name, row.get(_ALIASES.get(name, ""), joined.get(lead_id, {}).get(name)))
            for name in wanted
        }
        for row, lead_id in zip(rows, lead_ids, strict=True)
    ]


def _asks(names: Sequence[str], prefix: str) -> bool:
    return any(name.startswith(prefix) for name in names)


async def _joined(
    request: Request, lead_ids: set[str], *, with_company: bool
) -> Mapping[str, FlatLead]:
    """By lead: its columns, with and without prefix, and those of its company with theirs."""
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
