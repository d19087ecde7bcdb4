"""Notes on leads."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from leadwire.crm.pages import Slice
from leadwire.crm.tables import leads, notes
from leadwire.crm.unit import Unit
from leadwire.dialect import incorrect, too_long
from leadwire.errors import LeadReferenceMissing, Missing

TEXT_CHARACTERS_MAX: Final = 20_000
ATTACHMENT_CHARACTERS_MAX: Final = 2_000

_COLUMNS: Final = {
    "CreatedOn": notes.c.created_on,
    "ModifiedOn": notes.c.modified_on,
    "CreatedByName": notes.c.created_by_name,
    "Note": notes.c.text,
}


class Note(msgspec.Struct, frozen=True):
    """*attachment* is the address of a file, or empty."""

    note_id: str
    lead_id: str
    text: str
    attachment: str
    created_on: int
    created_by: str
    created_by_name: str
    modified_on: int


def create_note(unit: Unit, lead_id: str, text: str, *, attachment: str = "") -> str:
    """Store a note, mark the lead as changed, and return the note's id.

    Raises LeadReferenceMissing, and InputInvalid if the text is too long.
    """
    _check_length(text, attachment)
    touched = unit.connection.execute(
        update(leads)
        .where(leads.c.account_id == unit.actor.account_id, leads.c.lead_id == lead_id)
        .values(last_modified_on=unit.now_ms)
    ).rowcount
    if not touched:
        raise LeadReferenceMissing(
            "Lead not found",
            location="body.RelatedProspectId",
            fix="Send the ProspectID of a lead of this account.",
        )
    note_id = unit.ids.guid()
    unit.connection.execute(
        insert(notes),
        {
            "account_id": unit.actor.account_id,
            "note_id": note_id,
            "lead_id": lead_id,
            "text": text,
            "attachment": attachment,
            "created_on": unit.now_ms,
            "created_by": unit.actor.user_id,
            "created_by_name": unit.actor.name,
            "modified_on": unit.now_ms,
            "modified_by": unit.actor.user_id,
        },
    )
    return note_id


def update_note(
    unit: Unit, lead_id: str, note_id: str, *, text: str | None, attachment: str | None
) -> None:
    """Update a note; None keeps a value. Raises Missing; InputInvalid if the text is too long."""
    _check_length(text or "", attachment or "")
    changes = {"text": text, "attachment": attachment}
    changed = unit.connection.execute(
        update(notes)
        .where(*_one(unit, lead_id, note_id))
        .values(
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            **{name: value for name, value in changes.items() if value is not None},
        )
    ).rowcount
    if not changed:
        raise _missing("body.ProspectNoteId")


def delete_note(unit: Unit, lead_id: str, note_id: str) -> None:
    """Raises Missing."""
    deleted = unit.connection.execute(delete(notes).where(*_one(unit, lead_id, note_id))).rowcount
    if not deleted:
        raise _missing("query.NoteId")


def notes_of_lead(unit: Unit, lead_id: str, *, note_id: str, part: Slice) -> Sequence[Note]:
    """A slice of the lead's notes, or with *note_id* only that note.

    Raises InputInvalid for an invalid sort column.
    """
    column = _COLUMNS.get(part.order_by or "CreatedOn")
    if column is None:
        raise incorrect(
            "Sorting ColumnName",
            location="Sorting.ColumnName",
            fix=f"Send one of {', '.join(_COLUMNS)}.",
        )
    wanted = [notes.c.account_id == unit.actor.account_id, notes.c.lead_id == lead_id]
    if note_id:
        wanted.append(notes.c.note_id == note_id)
    rows = unit.connection.execute(
        select(notes)
        .where(*wanted)
        .order_by(column.desc() if part.descending else column.asc(), notes.c.note_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    return [note_from_row(row) for row in rows]


def _one(unit: Unit, lead_id: str, note_id: str) -> list[ColumnElement[bool]]:
    return [
        notes.c.account_id == unit.actor.account_id,
        notes.c.note_id == note_id,
        notes.c.lead_id == lead_id,
    ]


def note_from_row(row: Row[Any]) -> Note:
    return Note(
        row.note_id,
        row.lead_id,
        row.text,
        row.attachment,
        row.created_on,
        row.created_by,
        row.created_by_name,
        row.modified_on,
    )


def _check_length(text: str, attachment: str) -> None:
    for member, value, characters_max in (
        ("Note", text, TEXT_CHARACTERS_MAX),
        ("AttachmentName", attachment, ATTACHMENT_CHARACTERS_MAX),
    ):
        if len(value) > characters_max:
            raise too_long(member, characters_max)


def _missing(location: str) -> Missing:
    return Missing(
        "note",
        location=location,
        fix="Send the id of a note of this lead, as RetrieveNote shows it.",
    )
