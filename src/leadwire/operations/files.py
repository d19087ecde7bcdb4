"""Operations on files. LeadSquared serves them on another host, leadwire on the same."""

from functools import partial
from typing import Annotated, Final, Literal

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented, inferred
from leadwire.operations.shapes import Flag, NumberLike


class FileUpload(msgspec.Struct):
    """The parts of the form."""

    uploadFiles: Annotated[str, msgspec.Meta(extra_json_schema={"format": "binary"})]
    FileType: NumberLike = 1
    """0 document, 1 image, 3 lead attachment, 7 document of a custom field set."""
    AccessKey: str = ""
    SecretKey: str = ""
    """The key pair, where neither the query nor the headers have one."""
    FileStorageType: NumberLike = 0
    EnableResize: Flag = False
    Id: str = ""
    SchemaName: str = ""
    EntitySchemaName: str = ""
    Entity: NumberLike = 0
    StorageVersion: NumberLike = 0


class UploadedFile(msgspec.Struct, kw_only=True):
    Status: Literal["Success"] = "Success"
    uploadedFile: str
    """The file's name."""
    relativeFilePath: str
    """The same address as s3FilePath."""
    s3FilePath: str
    """What AttachmentFile, AttachmentName of a note, or a field of type File takes."""
    description: None = None


SERVICE: Final = "File"
_ID: Final = "4a0c8f4e-7d0b-4f0a-9a0e-2b8a1c7f5d31"
DOWNLOAD_PATH: Final = f"/{SERVICE}/Download"
_ADDRESS: Final = f"https://leads.example.com{DOWNLOAD_PATH}?file={_ID}/plan.pdf"


_row = partial(Operation, service="File", api_type="File", root="")

OPERATIONS: Final = (
    _row(
        name="File.Upload",
        purpose="uploading a file",
        path="Upload",
        summary="Upload a file, to attach it later",
        body=FileUpload,
        form="file",
        body_example='{"uploadFiles":"@plan.pdf","FileType":"3","AccessKey":"…","SecretKey":"…"}',
        result=UploadedFile,
        result_example=f'{{"Status":"Success","uploadedFile":"plan.pdf",'
        f'"relativeFilePath":"{_ADDRESS}","s3FilePath":"{_ADDRESS}","description":null}}',
        faults=("MXMandatoryAttributeMissingException",),
        evidence=documented("file-upload-to-leads"),
        notes=(
            "The body is multipart/form-data with one file in the part uploadFiles.",
            "The key pair may be in the parts AccessKey and SecretKey, in the query or in headers.",
            "The answer's five members are those that a public client's test holds.",
            "FileType and other parts are accepted and have no effect.",
            "Files are stored in the data folder. The call log has their size, not their content.",
        ),
    ),
    _row(
        name="File.Download",
        purpose="downloading a file",
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
