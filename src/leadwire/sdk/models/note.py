"""Notes on leads."""

from leadwire.sdk.rows import Identity, Row, moment, text


class Note(Row):
    """A note on a lead."""

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
