"""Operations that send mails to leads, of ``EmailMarketing.svc``."""

from typing import Final

import msgspec

from leadwire.operations.operation import Operation
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
    """*ID* is of the sending; *TotalRecipient* counts the leads that get a mail."""

    ID: str
    MemberCount: int
    TotalRecipient: int


SERVICE: Final = "EmailMarketing.svc"

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
    "Without mail_smtp_host mails are recorded only: the console's Outbox shows them.",
    "@{Lead:FirstName,there} becomes the lead's value, or the text after the comma.",
    "A mail of a template says nothing here unless content is sent along: it is recorded only.",
)
_LEAD_NOTES: Final = (
    *_NOTES,
    "Goes to RecipientEmailFields, names with commas; without them to every e-mail field.",
)

OPERATIONS: Final = (
    Operation(
        name="SendEmailToLead",
        service=SERVICE,
        path="SendEmailToLead",
        method="POST",
        api_type="Email",
        summary="Send a mail to a lead",
        body=MailWrite,
        body_example=f"{{{_MAIL}}}",
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        notes=(*_LEAD_NOTES, "With Schedule it goes out then; one in the past goes out now."),
    ),
    Operation(
        name="SendCampaignToList",
        service=SERVICE,
        path="SendCampaignToList",
        method="POST",
        api_type="Email",
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
        notes=(
            *_NOTES,
            "Leads without an address, or with DoNotEmail, are no recipients.",
            "At most 10,000 leads.",
        ),
    ),
    Operation(
        name="ScheduleEmailToLead",
        service=SERVICE,
        path="ScheduleEmailToLead",
        method="POST",
        api_type="Email",
        summary="Send a mail to a lead at a given time",
        body=MailWrite,
        body_example=f'{{{_MAIL},"Schedule":"2026-01-02 03:04:05"}}',
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        evidence="S",
        notes=(
            *_LEAD_NOTES,
            "Only the name is known: as SendEmailToLead, and Schedule is mandatory.",
        ),
    ),
    Operation(
        name="SendMail",
        service=SERVICE,
        path="SendMail",
        method="POST",
        api_type="Email",
        summary="Send a mail to a lead",
        body=MailWrite,
        body_example=f"{{{_MAIL}}}",
        result=MailResult,
        result_example=_RESULT,
        faults=(*_FAULTS, "MXMailDeliveryException"),
        evidence="S",
        notes=(*_LEAD_NOTES, "Only the name is known: as SendEmailToLead."),
    ),
)
