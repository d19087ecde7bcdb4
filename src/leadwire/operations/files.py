"""Operations on files. The service has a host of its own for them; here they are on the same."""

from functools import partial
from typing import Annotated, Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, inferred, reported
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


SERVICE: Final = "File"
_ID: Final = "4a0c8f4e-7d0b-4f0a-9a0e-2b8a1c7f5d31"
DOWNLOAD_PATH: Final = f"/{SERVICE}/Download"


_row = partial(Operation, service="File", api_type="File", root="")

OPERATIONS: Final = (
    _row(
        name="File.Upload",
        path="Upload",
        summary="Upload a file, to attach it later",
        body=FileUpload,
        is_form=True,
        body_example='{"FileType":"1","uploadFiles":"@plan.pdf"}',
        result=UploadedFile,
        result_example=f'{{"s3FilePath":"{DOWNLOAD_PATH}?file={_ID}/plan.pdf",'
        '"uploadedFile":"plan.pdf"}',
        faults=("MXMandatoryAttributeMissingException",),
        evidence=reported("integrations that upload files"),
        notes=(
            "The body is multipart/form-data with one file in the part uploadFiles.",
            "FileType and other parts are accepted and have no effect.",
            "Files are stored in the data folder. The call log has their size, not their content.",
        ),
    ),
    _row(
        name="File.Download",
        path="Download",
        summary="Get an uploaded file",
        parameters=(
            Parameter("file", "Id and name of the file, as in s3FilePath.", required=True),
        ),
        result=bytes,
        result_media="application/octet-stream",
        result_example='"…"',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=inferred("File.Upload"),
        notes=("Only callers of the same account get it. Browsers download it and never show it.",),
    ),
)
