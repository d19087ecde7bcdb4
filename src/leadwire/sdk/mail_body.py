"""What a mail is made of, and the bodies that send one."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TypedDict

from leadwire.sdk import writing
from leadwire.sdk.errors import ValueUnfit


class MailFields(TypedDict, total=False):
    """A mail. Its sender is the caller, unless one of the three senders is named."""

    subject: str
    html: str
    text: str
    template: str
    sender_email_address: str
    sender_id: str
    from_owner: bool
    cc: Iterable[str]
    email_fields: Iterable[str]
    with_footer: bool
    category: str
    due_on: datetime


_NAMES: Final = {
    "subject": "Subject",
    "html": "ContentHTML",
    "text": "ContentText",
    "template": "EmailLibraryName",
    "with_footer": "IncludeEmailFooter",
    "category": "EmailCategory",
}


def mail_body(mail: MailFields) -> dict[str, Any]:
    """The members that mails to a lead and to a list have. Raises ValueUnfit."""
    writing.only(mail, tuple(MailFields.__annotations__))
    members: dict[str, Any] = {_NAMES[name]: mail[name] for name in _NAMES if name in mail}  # type: ignore[literal-required]  # each is a member
    kind, sender = _sender(mail)
    return writing.without_none(
        {
            "SenderType": kind,
            "Sender": sender,
            **members,
            "RecipientEmailFields": _joined(mail.get("email_fields"), schema=True),
            "Schedule": writing.moment_text(mail.get("due_on")),
        }
    )


def lead_mail_body(lead_id: str, email_address: str, mail: MailFields) -> dict[str, Any]:
    """A mail to one lead, named by its id or its address. Raises ValueUnfit."""
    if bool(lead_id) == bool(email_address):
        raise ValueUnfit("A mail goes to a lead: pass either lead_id or email_address.")
    return {
        "RecipientType": "LeadId" if lead_id else "LeadEmailAddress",
        "Recipient": lead_id or email_address,
        "EmailType": "Template" if mail.get("template") else "Html",
        "CCEmailAddress": _joined(mail.get("cc"), schema=False) or "",
        **mail_body(mail),
    }


def _sender(mail: MailFields) -> tuple[str, str]:
    address, user_id = mail.get("sender_email_address"), mail.get("sender_id")
    if sum(map(bool, (address, user_id, mail.get("from_owner")))) > 1:
        raise ValueUnfit("Name one sender: sender_email_address, sender_id or from_owner.")
    if address:
        return "UserEmailAddress", address
    if user_id:
        return "UserId", user_id
    return ("LeadOwner" if mail.get("from_owner") else "APICaller"), ""


def _joined(names: Iterable[str] | None, *, schema: bool) -> str | None:
    if names is None:
        return None
    if isinstance(names, str):
        raise ValueUnfit("Pass a list, not one text.")
    return ",".join(map(writing.schema_name, names) if schema else names)
