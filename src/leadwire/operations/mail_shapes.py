"""The JSON of mails to leads."""

import msgspec

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
