# Made by scripts/sdk from leadwire/sdk/aio/files.py: change that file instead.
"""Files: uploaded, to be attached to activities and notes."""

from pathlib import Path
from typing import Any

from leadwire.sdk import reading
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import file_place, upload_form
from leadwire.sdk.models.file import UploadedFile


class Files(Resource):
    """Files. They are held in memory while they are sent; no log has their content."""

    def upload(self, file: str | Path | bytes, *, name: str | None = None) -> UploadedFile:
        """Put a file there; its ``path`` is what attachments take.

        *file* is a path, or the content itself with a *name*. Not repeatable.
        """
        return self._call("File.Upload", reading.one(UploadedFile), form=upload_form(file, name))

    def download(self, path: str) -> bytes:
        """The content of a file of this account, by its path or address. Raises NotFound.

        An operation of leadwire: LeadSquared gives files at addresses of their own.
        """
        return self._call("File.Download", _content, query={"file": file_place(path)})


def _content(body: Any) -> bytes:  # noqa: ANN401  # what the flow hands to every reader
    if not isinstance(body, bytes):
        raise reading.Unshaped
    return body
