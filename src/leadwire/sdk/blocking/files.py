# Made by scripts/sdk from leadwire/sdk/aio/files.py: change that file instead.
"""Files: upload and download attachments of activities and notes."""

from pathlib import Path
from typing import Any

from leadwire.sdk import reading
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import file_place, upload_form
from leadwire.sdk.models.file import UploadedFile


class Files(Resource):
    """Files. Each is held in memory while it is sent. No log keeps the content."""

    def upload(self, file: str | Path | bytes, *, name: str | None = None) -> UploadedFile:
        """Upload a file. Attachments take the ``path`` of the result.

        *file* is a path, or the content itself with a *name*. Not repeatable.
        """
        return self._call("File.Upload", reading.one(UploadedFile), form=upload_form(file, name))

    def download(self, path: str) -> bytes:
        """The content of a file of this account, by its path or address. Raises NotFound.

        Only leadwire has this operation: LeadSquared serves files at separate addresses.
        """
        return self._call("File.Download", _content, query={"file": file_place(path)})


def _content(body: Any) -> bytes:  # noqa: ANN401  # every reader takes any JSON
    if not isinstance(body, bytes):
        raise reading.UnexpectedShape
    return body
