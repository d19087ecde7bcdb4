"""Notes on leads."""

from collections.abc import AsyncIterator
from typing import Any, Final

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.note import Note
from leadwire.sdk.reading import Page

PAGE_MAX: Final = BY_NAME["Note.Retrieve"].page_max

_BY_CREATION: Final = "CreatedOn"


class AsyncNotes(AsyncResource):
    """Notes."""

    async def create(
        self, lead_id: str, note: str, *, attachment_url: str | None = None
    ) -> Written:
        """Write a note on a lead and return its ``id``. *attachment_url* addresses a file."""
        body = {"RelatedProspectId": lead_id, "Note": note, "AttachmentName": attachment_url}
        return await self._call(
            "Note.Create", reading.message(Written), body=writing.without_none(body)
        )

    async def of_lead(
        self,
        lead_id: str,
        *,
        note_id: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Note]:
        """One page of the notes of a lead, at most 1,000 rows; or one of its notes."""
        parameter = writing.without_none({"RelatedId": lead_id, "Id": note_id})
        body: dict[str, Any] = {
            "Parameter": parameter,
            "Sorting": writing.sorting(_BY_CREATION, descending=descending),
            "Paging": writing.paging(page, page_size, of="Note.Retrieve"),
        }
        return await self._call("Note.Retrieve", reading.page(Note, "List"), body=body)

    async def iter_of_lead(self, lead_id: str, *, page_size: int = 100) -> AsyncIterator[Note]:
        """Every note of a lead, oldest first, fetched page by page."""

        async def fetch(index: int, size: int) -> Page[Note]:
            return await self.of_lead(lead_id, descending=False, page=index, page_size=size)

        async for note in self._every(fetch, page_size, lambda row: row.id):
            yield note

    async def update(
        self,
        lead_id: str,
        note_id: str,
        note: str | None = None,
        *,
        attachment_url: str | None = None,
    ) -> Written:
        """Change a note, its attachment or both."""
        body = {
            "RelatedProspectId": lead_id,
            "ProspectNoteId": note_id,
            "Note": note,
            "AttachmentName": attachment_url,
        }
        return await self._call(
            "Note.Update", reading.message(Written), body=writing.without_none(body)
        )

    async def delete(self, lead_id: str, note_id: str) -> Written:
        """Delete a note. Raises NotFound."""
        return await self._call(
            "Note.Delete",
            reading.message(Written),
            query={"prospectId": lead_id, "NoteId": note_id},
        )
