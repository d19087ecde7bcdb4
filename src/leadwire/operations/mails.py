"""Operations that send mails to leads, of ``EmailMarketing.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, documented, seen
from leadwire.operations.shapes import Flag


class MailWrite(msgspec.Struct):
    """Body of SendEmailToLead and its siblings."""

    SenderType: str = ""
    """UserId, UserEmailAddress, APICaller or LeadOwner."""
    Sender: str = ""
    CCEmailAddress: str = ""
    RecipientType: str = ""
    """LeadId or LeadEmailAddress."""
    RecipientEmailFields: str = ""
    Recipient: str = ""
    EmailType: str = ""
    """Html or Template."""
    EmailLibraryName: str = ""
    ContentHTML: str = ""
    ContentText: str = ""
    Subject: str = ""
    IncludeEmailFooter: Flag = False
    Schedule: str = ""
    EmailCategory: str = ""


class CampaignWrite(msgspec.Struct):
    """Body of SendCampaignToList."""

    SenderType: str = ""
    Sender: str = ""
    From_UserIdEmailAddress: str = ""
    ListId: str = ""
    EmailCampaignName: str = ""
    EmailLibraryName: str = ""
    ContentHTML: str = ""
    ContentText: str = ""
    Subject: str = ""
    RecipientEmailFields: str = ""
    IncludeEmailFooter: Flag = False
    Schedule: str = ""
    EmailCategory: str = ""


class MailResult(msgspec.Struct):
    """*ID* identifies the sending. *TotalRecipient* counts the leads that receive it."""

    ID: str
    MemberCount: int
    TotalRecipient: int


_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"
_RESULT: Final = f'{{"ID":"{_ID}","MemberCount":1,"TotalRecipient":1}}'
_MAIL: Final = (
    '"SenderType":"UserEmailAddress","Sender":"asha@example.com",'
    '"RecipientType":"LeadEmailAddress","Recipient":"ravi@example.com","EmailType":"Html",'
    '"ContentHTML":"<p>Welcome @{Lead:FirstName,there}</p>","Subject":"Welcome"'
)
_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidInputException",
    "MXUnknownAttributeException",
)
_NOTES: Final = (
    "Without the setting mail_smtp_host, mails are not sent. The console's Outbox shows them.",
    "@{Lead:FirstName,there} is replaced by the lead's value, or by the text after the comma.",
    "leadwire has no mail templates: a mail without content is recorded and not sent.",
)
_LEAD_NOTES: Final = (
    *_NOTES,
    "RecipientEmailFields lists e-mail fields, with commas. Default: every e-mail field.",
)

_row = partial(Operation, service="EmailMarketing.svc", api_type="Email")

OPERATIONS: Final = (
    _row(
        name="SendEmailToLead",
        path="SendEmailToLead",
        summary="Send a mail to a lead",
        body=MailWrite,
        body_example=f"{{{_MAIL}}}",
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        evidence=documented("send-an-email-to-a-lead"),
        notes=(
            *_LEAD_NOTES,
            "With Schedule, the mail is sent at that time. A time in the past means now.",
        ),
    ),
    _row(
        name="SendCampaignToList",
        purpose="sending campaign",
        mandatory=("ListId",),
        path="SendCampaignToList",
        summary="Send a mail to every lead of a list",
        body=CampaignWrite,
        body_example='{"EmailLibraryName":"Welcome","SenderType":"User",'
        '"From_UserIdEmailAddress":"asha@example.com",'
        f'"ListId":"{_ID}","EmailCampaignName":"Spring","Subject":"Spring",'
        '"ContentHTML":"<p>Hello @{Lead:FirstName,there}</p>","IncludeEmailFooter":true}',
        result=MailResult,
        result_example='{"ID":"0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11","MemberCount":9,'
        '"TotalRecipient":6}',
        faults=(*_FAULTS, "MXInvalidEntityException"),
        limit_class="bulk",
        evidence=documented("send-email-campaign"),
        notes=(
            *_NOTES,
            "Leads without an address, or with DoNotEmail, get no mail.",
            "The list may have at most 10,000 leads.",
        ),
    ),
    _row(
        name="ScheduleEmailToLead",
        purpose="scheduling email",
        mandatory=("Schedule",),
        path="ScheduleEmailToLead",
        summary="Send a mail to a lead at a given time",
        body=MailWrite,
        body_example=f'{{{_MAIL},"Schedule":"2026-01-02 03:04:05"}}',
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        evidence=seen("a client in PHP"),
        notes=(
            *_LEAD_NOTES,
            "Only the name is known. It works as SendEmailToLead; Schedule is mandatory.",
        ),
    ),
    _row(
        name="SendMail",
        path="SendMail",
        summary="Send a mail to a lead",
        body=MailWrite,
        body_example=f"{{{_MAIL}}}",
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        evidence=seen("a client in PHP"),
        notes=(*_LEAD_NOTES, "Only the name is known. It works as SendEmailToLead."),
    ),
)
