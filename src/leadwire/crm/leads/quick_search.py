"""Quick search: find leads by a part of a text, as typed into a search box."""

import re
from typing import Final

from sqlalchemy import and_, func, or_, select

from leadwire.crm.leads.columns import LEAD_AGE, field_text
from leadwire.crm.leads.rows import Lead, lead_from_row
from leadwire.crm.leads.search import leads_where
from leadwire.crm.leads.trigram_search import candidates, is_candidate
from leadwire.crm.pages import Slice
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql, contains
from leadwire.operations import BY_NAME

QUICK_SEARCH_LEADS_MAX: Final = BY_NAME["Leads.GetByQuickSearch"].page_max
_IN_JSON: Final = re.compile(r'[\x00-\x20"\\\x7f]')
"""Characters that JSON escapes, and the blank, which separates the parts of a full name."""


def quick_search(unit: Unit, text: str) -> list[Lead]:
    """The leads with *text* in a quick-search field or full name, newest change first."""
    if not text:
        return []
    found = has_text(unit, text)
    possible = candidates(unit.connection, unit.actor.account_id, text)
    if possible.ranges is None:
        return leads_where(unit, Slice(0, QUICK_SEARCH_LEADS_MAX, "LeadLastModifiedOn"), found)
    rows = unit.connection.execute(
        select(leads)
        # Without a condition on the account: the planner would walk that index instead.
        .where(is_candidate(unit.connection, possible, unit.actor.account_id), found)
        .order_by(leads.c.last_modified_on.desc(), LEAD_AGE.desc())
        .limit(QUICK_SEARCH_LEADS_MAX)
    )
    return [lead_from_row(row) for row in rows]


def has_text(unit: Unit, text: str) -> Sql:
    """Match *text* in a quick-search field or the full name of a lead."""
    names = unit.schema.by_name
    full_name = func.coalesce(field_text(names["FirstName"]), "") + " "
    full_name += func.coalesce(field_text(names["LastName"]), "")
    found = or_(
        contains(full_name, text),
        *(contains(field_text(f), text) for f in unit.schema.quick_search),
    )
    if not _IN_JSON.search(text):
        # The document contains the text unescaped, so one test of it excludes most leads.
        found = and_(contains(leads.c.fields, text), found)
    return found
