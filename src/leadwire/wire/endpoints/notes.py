"""Notes on leads."""

from typing import Final
from urllib.parse import urlsplit

from leadwire.crm.notes import Note, create_note, delete_note, notes_of_lead, update_note
from leadwire.dates import format_ms
from leadwire.dialect import mandatory
from leadwire.operations.notes import (
    NoteChange,
    NoteParameters,
    NoteRow,
    NoteRows,
    NoteSearch,
    NoteWrite,
)
from leadwire.operations.shapes import StatusResult, WriteMessage, WriteResult
from leadwire.wire.endpoints.lead_lifecycle import done
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import page_within, sliced
from leadwire.wire.request import Endpoint, Request


async def create(request: Request) -> WriteResult:
    body: NoteWrite = request.body
    lead_id = body.RelatedProspectId.strip()
    text = body.Note.strip()
    attachment = body.AttachmentName.strip()
    note_id: str = await request.write(
        lambda unit: create_note(unit, lead_id.lower(), text, attachment=attachment)
    )
    return success(WriteMessage(Id=note_id))


async def retrieve(request: Request) -> NoteRows:
    body: NoteSearch = request.body
    parameter = body.Parameter or NoteParameters()
    lead_id = parameter.RelatedId.strip().lower()
    note_id = parameter.Id.strip().lower()
    index, size = page_within(request.operation, body.Paging)
    part = sliced(index, size, body.Sorting)
    found = await request.read(
        lambda unit: notes_of_lead(unit, lead_id, note_id=note_id, part=part)
    )
    return NoteRows([_row(note) for note in found])


async def update(request: Request) -> StatusResult:
    body: NoteChange = request.body
    lead_id = body.RelatedProspectId.strip()
    note_id = body.ProspectNoteId.strip()
    text = body.Note.strip() if body.Note is not None else ""
    attachment = body.AttachmentName.strip() if body.AttachmentName is not None else None
    if not text and not attachment:
        raise mandatory(
            "Note' or 'AttachmentName",
            purpose=request.operation.purpose,
            location="Note",
            fix="Send Note, AttachmentName or both.",
        )
    await request.write(
        lambda unit: update_note(
            unit, lead_id.lower(), note_id.lower(), text=text or None, attachment=attachment
        )
    )
    return done()


async def delete(request: Request) -> StatusResult:
    lead_id = request.parameter("prospectId").lower()
    note_id = request.parameter("NoteId").lower()
    await request.write(lambda unit: delete_note(unit, lead_id, note_id))
    return done()


def _row(note: Note) -> NoteRow:
    return NoteRow(
        ProspectNoteId=note.note_id,
        RelatedProspectId=note.lead_id,
        Note=note.text,
        AttachmentName=_file_name(note.attachment),
        AttachmentURL=note.attachment or None,
        CreatedBy=note.created_by,
        CreatedByName=note.created_by_name,
        CreatedOn=format_ms(note.created_on),
        ModifiedOn=format_ms(note.modified_on),
    )


def _file_name(address: str) -> str | None:
    if not address:
        return None
    try:
        path = urlsplit(address).path
    except ValueError:  # not an address
        return address
    return path.rstrip("/").rpartition("/")[2] or address


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Note.Create": create,
    "Note.Retrieve": retrieve,
    "Note.Update": update,
    "Note.Delete": delete,
}
