"""Operations on files. The service has a host of its own for them; here they are on the same."""

from typing import Annotated, Final

import msgspec

from leadwire.operations.operation import Operation, Parameter
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


OPERATIONS: Final = (
    Operation(
        name="File.Upload",
        root="",
        service=SERVICE,
        path="Upload",
        method="POST",
        api_type="File",
        summary="Put a file here, to be attached",
        body=FileUpload,
        is_form=True,
        body_example='{"FileType":"1","uploadFiles":"@plan.pdf"}',
        result=UploadedFile,
        result_example=f'{{"s3FilePath":"{DOWNLOAD_PATH}?file={_ID}/plan.pdf",'
        '"uploadedFile":"plan.pdf"}',
        faults=("MXMandatoryAttributeMissingException",),
        evidence="L",
        notes=(
            "The body is multipart/form-data with one file in the part uploadFiles.",
            "FileType and other parts are accepted, and have no effect.",
            "Files are kept in the data folder; the call log notes their size, not their content.",
        ),
    ),
    Operation(
        name="File.Download",
        root="",
        service=SERVICE,
        path="Download",
        method="GET",
        api_type="File",
        summary="Get a file that was uploaded",
        parameters=(Parameter("file", "Id and name, as s3FilePath has them.", required=True),),
        result=bytes,
        result_media="application/octet-stream",
        result_example='"…"',
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence="I",
        notes=("For callers of the same account; always as a download, never shown by a browser.",),
    ),
)
