"""Forms with a file: the one body that is not JSON."""

from collections.abc import AsyncGenerator
from typing import Final

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from leadwire.errors import BodyMalformed, ContentTypeWrong

_MEDIA_TYPE: Final = "multipart/form-data"
_FIELDS_MAX: Final = 50


class Part(msgspec.Struct, frozen=True):
    """A file of a form."""

    field: str
    name: str
    media_type: str
    content: bytes


class Form(msgspec.Struct, frozen=True):
    files: list[Part]
    texts: dict[str, str]
    """By the part's name in lower case; of a repeated name the first."""


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == _MEDIA_TYPE


async def parse_form(body: bytes, content_type: str) -> Form:
    """The parts of a form. Raises ContentTypeWrong and BodyMalformed."""
    if not is_form(content_type):
        raise ContentTypeWrong(
            "The body is not a form with a file",
            location="header.Content-Type",
            fix=f"Send {_MEDIA_TYPE} with a boundary, as form libraries do.",
        )
    parser = MultiPartParser(
        Headers({"content-type": content_type}), _once(body), max_fields=_FIELDS_MAX
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise BodyMalformed(f"The form cannot be read: {error.message}") from None
    try:
        files = [
            Part(field, file.filename or "", file.content_type or "", await file.read())
            for field, file in form.multi_items()
            if isinstance(file, UploadFile)
        ]
        texts: dict[str, str] = {}
        for field, value in form.multi_items():
            if isinstance(value, str):
                texts.setdefault(field.lower(), value)
        return Form(files, texts)
    finally:
        await form.close()


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
    yield b""
