"""Lists of leads, and notes on leads."""

from leadwire.sdk.rows import Identity, Row, moment, text, whole


class LeadList(Row):
    """*kind*: ``static`` or ``dynamic``."""

    __slots__ = ()

    id = Identity("ListId")
    name = text("ListName")
    description = text("ListDescription")
    kind = text("ListType")
    member_count = whole("MemberCount")


class Note(Row):
    __slots__ = ()

    id = Identity("ProspectNoteId")
    lead_id = text("RelatedProspectId")
    note = text("Note")
    attachment_name = text("AttachmentName")
    attachment_url = text("AttachmentURL")
    created_by = text("CreatedBy")
    created_by_name = text("CreatedByName")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")
