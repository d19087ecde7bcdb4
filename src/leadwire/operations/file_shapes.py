"""The shapes of files on the wire."""

from typing import Annotated

import msgspec

from leadwire.operations.shapes import NumberLike


class FileUpload(msgspec.Struct):
    """The parts of the form."""

    uploadFiles: Annotated[str, msgspec.Meta(extra_json_schema={"format": "binary"})]
    FileType: NumberLike = 1


class UploadedFile(msgspec.Struct):
    s3FilePath: str
    """What AttachmentFile, AttachmentName of a note, or a field of type File takes."""
    uploadedFile: str
    """The file's name."""
