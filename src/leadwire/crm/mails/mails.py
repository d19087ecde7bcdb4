"""Mails to leads: choose recipients, write the text, and queue it in the outbox."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import insert

from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.lists import leads_of_list
from leadwire.crm.mails.outbox import RECORDED, WAITING, MailDetails
from leadwire.crm.mails.text import TOKEN_START, merged_html, merged_line, merged_text, text_of_html
from leadwire.crm.pages import Slice
from leadwire.crm.tables import mails
from leadwire.crm.unit import Person, Unit
from leadwire.dialect import invalid, too_many
from leadwire.errors import AttributesUnknown, InputInvalid, MailUndeliverable, SenderInvalid

CAMPAIGN_LEADS_MAX: Final = 10_000
SENDING_CHARACTERS_MAX: Final = 200_000_000
"""Bytes of all mails of one call. Other writes wait until all of them are stored."""
TOKENS_MAX: Final = 1_000
"""Size of each part of a mail, since a short token can expand to a long value."""

Flat = Callable[[Lead], Mapping[str, str | None]]
"""A lead's attributes as text, by name."""


class Content(msgspec.Struct, frozen=True):
    """The content of a mail, with mail-merge tokens."""

    subject: str
    html: str
    text: str

    @property
    def is_empty(self) -> bool:
        return not (self.html or self.text)


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to send. *sender* None sends as the owner of each lead.

    *people* are the active users by id. *is_delivered* says whether a mail server is configured.
    Without one, mails are only recorded. An empty mail is only recorded too. The text of *content*
    is sent unchanged, even if it is empty: see ``with_text``.
    """

    call_id: str
    sender: Person | None
    people: Mapping[str, Person]
    content: Content
    copies: Sequence[str] = ()
    email_fields: Sequence[str] = ()
    due_on: int | None = None
    details: MailDetails = MailDetails()
    is_delivered: bool = False


class Sent(msgspec.Struct, frozen=True):
    sending_id: str
    members: int
    recipients: int


def with_text(content: Content) -> Content:
    """Add a plain text of the HTML to *content*. Slow for a large content."""
    if content.text:
        return content
    return msgspec.structs.replace(content, text=text_of_html(content.html))


def lead_of_recipient(unit: Unit, recipient_type: str, recipient: str) -> Lead:
    """Find a recipient. Raises InputInvalid, in LeadSquared's words, for an unknown lead."""
    lead = None
    if recipient_type.lower() == "leadid":
        lead = get_lead(unit, recipient.lower())
    elif recipient_type.lower() == "leademailaddress" and recipient:
        lead = find_lead(unit, "EmailAddress", recipient)
    if lead is None:
        raise InputInvalid(
            f"No lead found with RecipientType: {recipient_type} and Recipient: {recipient}",
            location="body.Recipient",
            fix="Send LeadId or LeadEmailAddress, and what a lead of this account has.",
        )
    return lead


def send_to_lead(unit: Unit, sending: Sending, lead: Lead, flat: Flat) -> Sent:
    """Queue a mail to *lead*.

    Raises SenderInvalid, AttributesUnknown for a field of another kind than e-mail, and
    MailUndeliverable if the lead has no address or opted out.
    """
    addresses = _addresses(unit, sending)(lead)
    if not addresses:
        raise MailUndeliverable(
            "Email could not be delivered: the lead has no e-mail address, or DoNotEmail is set.",
            location="body.Recipient",
            fix="Set the lead's EmailAddress, or DoNotEmail to false.",
        )
    if _sender(sending, lead) is None:
        raise SenderInvalid("Invalid Sender details.", location="body.Sender")
    return _keep(unit, sending, [lead], flat)


def send_to_list(unit: Unit, sending: Sending, list_id: str, flat: Flat) -> Sent:
    """Queue a mail to every lead of a list that can receive one.

    Raises Missing, AttributesUnknown, and InputInvalid if the list or the mails are too large.
    """
    members, leads = leads_of_list(
        unit, list_id, Slice(0, CAMPAIGN_LEADS_MAX, "ProspectAutoId", descending=False)
    )
    if members > CAMPAIGN_LEADS_MAX:
        raise too_many(
            "Leads of the list",
            CAMPAIGN_LEADS_MAX,
            location="ListId",
            fix=f"Send to lists of at most {CAMPAIGN_LEADS_MAX} leads.",
        )
    return _keep(unit, sending, leads, flat)


def _keep(unit: Unit, sending: Sending, leads: Sequence[Lead], flat: Flat) -> Sent:
    sending_id = unit.ids.guid()
    _check_size(sending.content, len(leads))
    addresses_of = _addresses(unit, sending)
    rows = [
        _row(unit, sending, sending_id, sender, lead, addresses, flat(lead))
        for lead in leads
        if (addresses := addresses_of(lead)) and (sender := _sender(sending, lead)) is not None
    ]
    if rows:
        unit.connection.execute(insert(mails), rows)
        unit.queued.add(sending_id)
    return Sent(sending_id, len(leads), len(rows))


def _check_size(content: Content, leads: int) -> None:
    parts = (content.subject, content.html, content.text)
    if any(part.count(TOKEN_START) > TOKENS_MAX for part in parts):
        raise invalid(
            "ContentHTML",
            f"A mail can not have more than {TOKENS_MAX} tokens.",
            fix="Send a mail with fewer mail-merge tokens.",
        )
    if sum(map(len, parts)) * leads > SENDING_CHARACTERS_MAX:
        raise invalid(
            "ContentHTML",
            f"The mails can not have more than {SENDING_CHARACTERS_MAX} characters together.",
            fix="Send a shorter mail, or to fewer leads at once.",
        )


def _row(  # noqa: PLR0913, PLR0917  # the columns of a mail come from all of them
    unit: Unit,
    sending: Sending,
    sending_id: str,
    sender: Person,
    lead: Lead,
    addresses: Sequence[str],
    values: Mapping[str, str | None],
) -> dict[str, Any]:
    content = sending.content
    due_on = unit.now_ms if sending.due_on is None else max(sending.due_on, unit.now_ms)
    waits = sending.is_delivered and not content.is_empty
    return {
        "account_id": unit.actor.account_id,
        "mail_id": unit.ids.guid(),
        "sending_id": sending_id,
        "call_id": sending.call_id,
        "lead_id": lead.lead_id,
        "created_on": unit.now_ms,
        "created_by": unit.actor.user_id,
        "sender_name": sender.name,
        "sender_email": sender.email,
        "recipients": msgspec.json.encode(addresses).decode(),
        "copies": msgspec.json.encode(sending.copies).decode(),
        "subject": merged_line(content.subject, values),
        "html": merged_html(content.html, values),
        "text": merged_text(content.text, values),
        "details": msgspec.json.encode(sending.details).decode(),
        "due_on": due_on,
        "state": WAITING if waits else RECORDED,
        "attempts": 0,
        "next_attempt_on": due_on if waits else None,
        "finished_on": None,
        "problem": "",
    }


def _sender(sending: Sending, lead: Lead) -> Person | None:
    """The sender of a mail to *lead*; None if the lead's owner is not an active user."""
    return sending.sender or sending.people.get(lead.values.get("OwnerId", ""))


def _addresses(unit: Unit, sending: Sending) -> Callable[[Lead], list[str]]:
    """The addresses in the named fields of a lead, else in every e-mail field."""
    names = [field.schema_name for field in unit.schema.fields if field.data_type == "Email"]
    if sending.email_fields:
        unknown = [name for name in sending.email_fields if name not in names]
        if unknown:
            raise AttributesUnknown(unknown)
        names = list(sending.email_fields)

    def of_lead(lead: Lead) -> list[str]:
        if lead.values.get("DoNotEmail") == "1":
            return []
        found: dict[str, str] = {}
        for name in names:
            address = lead.values.get(name)
            if address:
                found.setdefault(address.lower(), address)
        return list(found.values())

    return of_lead
