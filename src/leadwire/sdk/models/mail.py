"""What sending a mail reports."""

from leadwire.sdk.rows import Identity, Row, whole


class MailSent(Row):
    """*id* is of the sending; *recipient_count* counts the leads that get a mail."""

    __slots__ = ()

    id = Identity("ID")
    member_count = whole("MemberCount")
    recipient_count = whole("TotalRecipient")
