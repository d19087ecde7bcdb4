"""Lists of leads."""

from leadwire.sdk.rows import Identity, Row, text, whole


class LeadList(Row):
    """*kind*: ``static`` or ``dynamic``."""

    __slots__ = ()

    id = Identity("ListId")
    name = text("ListName")
    description = text("ListDescription")
    kind = text("ListType")
    member_count = whole("MemberCount")
