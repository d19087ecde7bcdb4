"""The leads that a text mentions, by their ids and e-mail addresses."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import or_, select

from leadwire.crm.leads.rows import Lead, lead_from_row
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit

MENTIONED_MAX: Final = 50


class MentionedLead(NamedTuple):
    lead_id: str
    name: str
    """First and last name, else the e-mail address, else empty."""
    email: str


def mentioned_leads(
    unit: Unit, lead_ids: Sequence[str], emails: Sequence[str]
) -> list[MentionedLead]:
    """The account's leads with one of these ids or addresses, oldest first.

    At most MENTIONED_MAX of each are looked for.
    """
    ids = [lead_id.lower() for lead_id in lead_ids[:MENTIONED_MAX]]
    keys = [email.lower() for email in emails[:MENTIONED_MAX]]
    if not ids and not keys:
        return []
    rows = unit.connection.execute(
        select(leads)
        .where(
            leads.c.account_id == unit.actor.account_id,
            or_(leads.c.lead_id.in_(ids), leads.c.email_key.in_(keys)),
        )
        .order_by(leads.c.auto_id)
        .limit(MENTIONED_MAX)
    ).all()
    return [_mentioned(lead_from_row(tuple(row))) for row in rows]


def _mentioned(lead: Lead) -> MentionedLead:
    email = lead.values.get("EmailAddress", "")
    names = (lead.values.get("FirstName", ""), lead.values.get("LastName", ""))
    return MentionedLead(lead.lead_id, " ".join(filter(None, names)) or email, email)
