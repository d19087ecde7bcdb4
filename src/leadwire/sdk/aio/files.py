"""Files: uploaded, to be attached to activities and notes."""

from pathlib import Path
from typing import Any

from leadwire.sdk import reading
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bodies import file_place, upload_form
from leadwire.sdk.models.file import UploadedFile


class AsyncFiles(AsyncResource):
    """Files. They are held in memory while they are sent; no log has their content."""

    async def upload(self, file: str | Path | bytes, *, name: str | None = None) -> UploadedFile:
        """Put a file there; its ``path`` is what attachments take.

        *file* is a path, or the content itself with a *name*. Not repeatable.
        """
        return await self._call(
            "File.Upload", reading.one(UploadedFile), form=upload_form(file, name)
        )

    async def download(self, path: str) -> bytes:
        """The content of a file of this account, by its path or address. Raises NotFound.

        An operation of leadwire: LeadSquared gives files at addresses of their own.
        """
        return await self._call("File.Download", _content, query={"file": file_place(path)})


def _content(body: Any) -> bytes:  # noqa: ANN401  # what the flow hands to every reader
    if not isinstance(body, bytes):
        raise reading.Unshaped
    return body
