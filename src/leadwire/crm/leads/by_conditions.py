"""Leads by a list, by words and by conditions."""

import msgspec

from leadwire.crm.conditions.model import Conditions
from leadwire.crm.conditions.sql import sql_of
from leadwire.crm.leads.quick_search import has_text
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.search import leads_and_count
from leadwire.crm.lists import members_of_list
from leadwire.crm.pages import Slice
from leadwire.crm.unit import Unit


class LeadFilter(msgspec.Struct, frozen=True):
    """Conditions that must all hold. An empty text or None is not a condition."""

    list_id: str = ""
    words: str = ""
    conditions: Conditions | None = None


def find_leads(unit: Unit, wanted: LeadFilter, part: Slice) -> tuple[int, list[Lead]]:
    """The number of leads that match *wanted*, and a slice of them.

    Raises Missing for an unknown list, and InputInvalid for invalid conditions.
    """
    found = members_of_list(unit, wanted.list_id) if wanted.list_id else []
    if wanted.words:
        found.append(has_text(unit, wanted.words))
    if wanted.conditions is not None:
        found.append(sql_of(unit, wanted.conditions, "lead"))
    return leads_and_count(unit, part, *found)
