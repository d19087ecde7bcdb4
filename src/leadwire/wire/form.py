"""Forms, the only kind of body that is not JSON."""

from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from leadwire.errors import BodyMalformed, ContentTypeWrong
from leadwire.operations.operation import FormKind

_MEDIA_TYPE: Final = "multipart/form-data"
URLENCODED: Final = "application/x-www-form-urlencoded"
FIELDS_MAX: Final = 500


class Part(msgspec.Struct, frozen=True):
    """A file of a form."""

    field: str
    name: str
    media_type: str
    content: bytes


class Form(msgspec.Struct, frozen=True):
    files: list[Part]
    texts: dict[str, str]
    """By part name in lower case. The first of a repeated name counts."""


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == _MEDIA_TYPE


def as_fields(form: Form) -> tuple[bytes, str]:
    """The texts of a form as an urlencoded body, and its content type."""
    return urlencode(form.texts).encode(), URLENCODED


async def parse_form(body: bytes, content_type: str, *, kind: FormKind) -> Form:
    """The parts of a form. A form of *kind* "fields" may be urlencoded, which is the default.

    Raises ContentTypeWrong, and BodyMalformed (unreadable, too many fields, a NUL in a text).
    """
    form = await _parse(body, content_type, kind)
    for name, value in form.texts.items():
        if "\0" in name or "\0" in value:
            raise BodyMalformed("A field of the form holds a NUL character")
    return form


async def _parse(body: bytes, content_type: str, kind: FormKind) -> Form:
    if kind == "fields" and content_type.partition(";")[0].strip().lower() in ("", URLENCODED):
        return _parse_fields(body)
    if not is_form(content_type):
        raise ContentTypeWrong(
            "The body is not a form with a file" if kind == "file" else "The body is not a form",
            location="header.Content-Type",
            fix=f"Send {_MEDIA_TYPE} with a boundary, as form libraries do.",
        )
    parser = MultiPartParser(
        Headers({"content-type": content_type}), _once(body), max_fields=FIELDS_MAX
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


def _parse_fields(body: bytes) -> Form:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except UnicodeDecodeError:
        raise BodyMalformed("The form is not UTF-8") from None
    except ValueError:
        raise BodyMalformed(f"The form has more than {FIELDS_MAX} fields") from None
    texts: dict[str, str] = {}
    for name, value in pairs:
        texts.setdefault(name.strip().lower(), value)
    return Form([], texts)


async def _once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body
    yield b""
