"""Files: uploaded by a form, attached by their path, and served as downloads."""

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from leadwire.crm.files import DOWNLOAD_MEDIA_TYPE, download_headers
from leadwire.dialect import mandatory
from leadwire.errors import BodyTooLarge, Missing
from leadwire.operations.files import DOWNLOAD_PATH, UploadedFile
from leadwire.recording.draft import STATUS_OK, Answer
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.wire.form import Form

_FIELD: Final = "uploadfiles"
_PATH: Final = f"{DOWNLOAD_PATH}?file="


async def upload(request: Request) -> UploadedFile:
    form: Form = request.body
    files = [part for part in form.files if part.field.lower() == _FIELD and part.name]
    if len(files) != 1:
        raise mandatory(
            "uploadFiles",
            purpose="uploading a file",
            fix="Send exactly one file, in the part uploadFiles.",
        )
    part, services = files[0], request.services
    bytes_max = services.settings.file_bytes_max
    if len(part.content) > bytes_max:
        raise BodyTooLarge(f"The file is larger than {bytes_max} bytes")
    about = await asyncio.to_thread(
        services.files.keep,
        request.actor.account_id,
        request.actor.user_id,
        name=part.name,
        media_type=part.media_type,
        content=part.content,
    )
    path = f"{_PATH}{about.file_id}/{quote(about.name, safe='')}"
    address = request.address(path)
    return UploadedFile(uploadedFile=about.name, relativeFilePath=address, s3FilePath=address)


async def download(request: Request) -> Answer:
    file_id = request.parameter("file").partition("/")[0]
    kept = await asyncio.to_thread(request.services.files.read, request.actor.account_id, file_id)
    if kept is None:
        raise Missing("file", location="query.file", fix="Send what s3FilePath has behind file=.")
    return Answer(
        STATUS_OK,
        kept.content,
        content_type=DOWNLOAD_MEDIA_TYPE,
        headers=download_headers(kept.about.name),
    )


async def check_path(request: Request, path: str, location: str) -> None:
    """Raise Missing for the path or address of an unknown file. Any other text passes."""
    place = _place_here(request, path)
    if not place:
        return
    file_id = place.removeprefix(_PATH).partition("/")[0]
    has = request.services.files.has
    if not await asyncio.to_thread(has, request.actor.account_id, file_id):
        raise Missing(
            "file", location=location, fix="Send the s3FilePath of a file that was uploaded."
        )


def url_of(request: Request, path: str) -> str:
    """The current address of an uploaded file.

    Any other text stays as it is.
    """
    place = _place_here(request, path)
    return request.address(place) if place else path


def _place_here(request: Request, path: str) -> str:
    """The path of an uploaded file, from its path or address; empty for any other text."""
    if path.startswith(_PATH):
        return path
    if f"://{request.host}{_PATH}" not in path:
        return ""
    parts = urlsplit(path)
    return f"{parts.path}?{parts.query}" if parts.netloc == request.host else ""


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "File.Upload": upload,
    "File.Download": download,
}
