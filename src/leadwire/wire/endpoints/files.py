"""Files: taken in by a form, attached by their path, and given back as downloads."""

import asyncio
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from leadwire.crm.files import DOWNLOAD_MEDIA_TYPE, download_headers
from leadwire.dialect import mandatory
from leadwire.errors import BodyTooLarge, Missing
from leadwire.operations.files import DOWNLOAD_PATH, UploadedFile
from leadwire.recording.draft import STATUS_OK, Answer
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.wire.form import Part

_FIELD: Final = "uploadfiles"
_PATH: Final = f"{DOWNLOAD_PATH}?file="


async def upload(request: Request) -> UploadedFile:
    parts: list[Part] = request.body
    files = [part for part in parts if part.field.lower() == _FIELD and part.name]
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
    return UploadedFile(f"{_PATH}{about.file_id}/{quote(about.name, safe='')}", about.name)


async def download(request: Request) -> Answer:
    file_id = request.required("file", purpose="downloading a file").partition("/")[0]
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
    """Raise Missing for the path of a file that was not put here; any other passes."""
    if not path.startswith(_PATH):
        return
    file_id = path.removeprefix(_PATH).partition("/")[0]
    has = request.services.files.has
    if not await asyncio.to_thread(has, request.actor.account_id, file_id):
        raise Missing(
            "file", location=location, fix="Send the s3FilePath of a file that was uploaded."
        )


def url_of(request: Request, path: str) -> str:
    """The whole address of a file that was put here; any other text as it is."""
    if not path.startswith(_PATH):
        return path
    settings = request.services.settings
    is_secure = settings.tls_certificate is not None or bool(settings.public_host)
    host = settings.public_host or request.host
    return f"{'https' if is_secure else 'http'}://{host}{path}"


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "File.Upload": upload,
    "File.Download": download,
}
