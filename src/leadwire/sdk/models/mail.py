"""The result of sending a mail."""

from leadwire.sdk.rows import Identity, Row, whole


class MailSent(Row):
    """*id* identifies the sending. *recipient_count* counts the leads that receive it."""

    __slots__ = ()

    id = Identity("ID")
    member_count = whole("MemberCount")
    recipient_count = whole("TotalRecipient")
