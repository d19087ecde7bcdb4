"""Send mails to one lead, or to the leads of a list."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from leadwire.crm.mails.mails import (
    Content,
    Sending,
    Sent,
    lead_of_recipient,
    send_to_lead,
    send_to_list,
    with_text,
)
from leadwire.crm.mails.outbox import MailDetails
from leadwire.crm.unit import Person, Unit
from leadwire.crm.values import is_email
from leadwire.dialect import incorrect
from leadwire.errors import SenderInvalid
from leadwire.operations.mails import CampaignWrite, MailResult, MailWrite
from leadwire.wire.endpoints.lead_printer import LeadPrinter, names_of
from leadwire.wire.members import date_time, is_set, required_member
from leadwire.wire.request import Endpoint, Request

_LEAD_OWNER = "leadowner"


async def send_to_a_lead(request: Request) -> MailResult:
    return await _send(request, purpose="sending email")


async def schedule_to_a_lead(request: Request) -> MailResult:
    return await _send(request, purpose="scheduling email")


async def send_campaign(request: Request) -> MailResult:
    body: CampaignWrite = request.body
    purpose = "sending campaign"
    list_id = body.ListId.strip().lower()
    content = Content(body.Subject, body.ContentHTML, body.ContentText)
    if content.is_empty:
        required_member(body.EmailLibraryName, "EmailLibraryName", purpose=purpose)
    else:
        required_member(body.Subject, "Subject", purpose=purpose)
    people = await _active_people(request)
    sending = Sending(
        call_id=request.call_id,
        sender=_sender(
            request, people, body.SenderType, body.Sender or body.From_UserIdEmailAddress
        ),
        people=people,
        content=await asyncio.to_thread(with_text, content),
        email_fields=names_of(body.RecipientEmailFields),
        due_on=_due_on(body.Schedule),
        details=MailDetails(
            template=body.EmailLibraryName.strip(),
            campaign=body.EmailCampaignName.strip(),
            category=body.EmailCategory.strip(),
            with_footer=is_set(body.IncludeEmailFooter),
        ),
        is_delivered=bool(request.services.settings.mail_smtp_host),
    )
    flat = LeadPrinter(await request.schema(), request.actor.people).flat
    sent: Sent = await request.write(lambda unit: send_to_list(unit, sending, list_id, flat))
    return MailResult(sent.sending_id, sent.members, sent.recipients)


async def _send(request: Request, *, purpose: str) -> MailResult:
    body: MailWrite = request.body
    content = _content(body, purpose=purpose)
    people = await _active_people(request)
    sending = Sending(
        call_id=request.call_id,
        sender=_sender(request, people, body.SenderType, body.Sender),
        people=people,
        content=await asyncio.to_thread(with_text, content),
        copies=_copies(body.CCEmailAddress),
        email_fields=names_of(body.RecipientEmailFields),
        due_on=_due_on(body.Schedule),
        details=MailDetails(
            template=body.EmailLibraryName.strip(),
            category=body.EmailCategory.strip(),
            with_footer=is_set(body.IncludeEmailFooter),
        ),
        is_delivered=bool(request.services.settings.mail_smtp_host),
    )
    flat = LeadPrinter(await request.schema(), request.actor.people).flat

    def work(unit: Unit) -> Sent:
        lead = lead_of_recipient(unit, body.RecipientType.strip(), body.Recipient.strip())
        return send_to_lead(unit, sending, lead, flat)

    sent: Sent = await request.write(work)
    return MailResult(sent.sending_id, sent.members, sent.recipients)


def _content(body: MailWrite, *, purpose: str) -> Content:
    """Raise ParameterMissing for an empty mail, InputInvalid for an invalid EmailType."""
    kind = body.EmailType.strip().lower()
    if kind not in ("", "html", "template"):
        raise incorrect("EmailType", fix="Send Html or Template.")
    content = Content(body.Subject, body.ContentHTML, body.ContentText)
    if kind == "template":
        required_member(body.EmailLibraryName, "EmailLibraryName", purpose=purpose)
    else:
        required_member(body.Subject, "Subject", purpose=purpose)
        required_member(body.ContentHTML or body.ContentText, "ContentHTML", purpose=purpose)
    return content


async def _active_people(request: Request) -> dict[str, Person]:
    users = await asyncio.to_thread(request.services.access.users, request.actor.account_id)
    return {user.user_id: Person(user.name, user.email) for user in users if user.is_active}


def _sender(
    request: Request, people: Mapping[str, Person], sender_type: str, sender: str
) -> Person | None:
    """The sender; None for the owner of each lead. Raises SenderInvalid."""
    kind, sender = sender_type.strip().lower(), sender.strip().lower()
    found = None
    if kind == _LEAD_OWNER:
        return None
    if kind == "apicaller":
        found = people.get(request.actor.user_id)
    elif kind == "userid":
        found = people.get(sender)
    elif kind in ("useremailaddress", "user"):  # the latter in the documentation of campaigns
        found = next((p for p in people.values() if p.email.lower() == sender), None)
        found = found or (people.get(sender) if kind == "user" else None)
    if found is None:
        raise SenderInvalid(
            "Invalid Sender details.",
            location="body.Sender",
            fix="Send UserId or UserEmailAddress with an active user's, APICaller or LeadOwner.",
        )
    return found


def _copies(text: str) -> Sequence[str]:
    addresses = [part.strip() for part in text.split(",") if part.strip()]
    if not all(map(is_email, addresses)):
        raise incorrect(
            "CCEmailAddress", fix="Send addresses of the form name@host, with commas between them."
        )
    return addresses


def _due_on(schedule: str) -> int | None:
    return date_time(schedule.strip(), "Schedule") if schedule.strip() else None


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "SendEmailToLead": send_to_a_lead,
    "SendCampaignToList": send_campaign,
    "ScheduleEmailToLead": schedule_to_a_lead,
    "SendMail": send_to_a_lead,
}
