"""Quick search: leads by a piece of text, as one types it into a search box."""

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
"""Characters that JSON escapes, and the blank: it stands between the two names of a full name."""


def quick_search(unit: Unit, text: str) -> list[Lead]:
    """The leads in whose quick-search fields, or full name, *text* stands; newest change first."""
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
    """The condition that *text* stands in a quick-search field of a lead, or in its full name."""
    names = unit.schema.by_name
    full_name = func.coalesce(field_text(names["FirstName"]), "") + " "
    full_name += func.coalesce(field_text(names["LastName"]), "")
    found = or_(
        contains(full_name, text),
        *(contains(field_text(f), text) for f in unit.schema.quick_search),
    )
    if not _IN_JSON.search(text):
        # The document holds the text as it is: a look at the whole rules most leads out.
        found = and_(contains(leads.c.fields, text), found)
    return found
