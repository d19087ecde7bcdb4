"""Mails to leads and to lists of leads."""

from typing import Unpack

from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bodies import MailFields, lead_mail_body, mail_body
from leadwire.sdk.models.mail import MailSent


class AsyncMails(AsyncResource):
    """Mails: a *subject* with *html* and *text*, or a *template*. See ``MailFields`` for the rest.

    ``@{Lead:FirstName,there}`` becomes the lead's value, or the text after the comma. No call is
    repeatable: a second call sends a second mail.
    """

    async def send_to_lead(
        self, *, lead_id: str = "", email_address: str = "", **mail: Unpack[MailFields]
    ) -> MailSent:
        """Send a mail to one lead, now or at *due_on*. Raises NotAllowed if the lead opted out."""
        body = lead_mail_body(lead_id, email_address, mail)
        return await self._call("SendEmailToLead", reading.one(MailSent), body=body)

    async def send(
        self, *, lead_id: str = "", email_address: str = "", **mail: Unpack[MailFields]
    ) -> MailSent:
        """As ``send_to_lead``, through an operation that LeadSquared does not document."""
        body = lead_mail_body(lead_id, email_address, mail)
        return await self._call("SendMail", reading.one(MailSent), body=body)

    async def schedule(
        self, *, lead_id: str = "", email_address: str = "", **mail: Unpack[MailFields]
    ) -> MailSent:
        """As ``send_to_lead`` with *due_on*, through an operation that LeadSquared only names."""
        body = lead_mail_body(lead_id, email_address, mail)
        return await self._call("ScheduleEmailToLead", reading.one(MailSent), body=body)

    async def send_to_list(
        self, list_id: str, *, campaign: str | None = None, **mail: Unpack[MailFields]
    ) -> MailSent:
        """Send a mail to a list. ``recipient_count`` counts the leads that accept mails."""
        body = {"ListId": list_id, "EmailCampaignName": campaign, **mail_body(mail)}
        return await self._call(
            "SendCampaignToList", reading.one(MailSent), body=writing.without_none(body)
        )
