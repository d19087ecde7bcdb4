"""Parameters, headers and form fields of a call, as rows of a table."""

from collections.abc import Iterable, Mapping
from email.message import Message
from email.parser import HeaderParser
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from markupsafe import Markup

from leadwire.calls.record import CallRecord
from leadwire.calls.text import FORM_MEDIA_TYPE
from leadwire.console.bodies import Hits, Link, Note, folded

ROWS_MAX: Final = 200
_FOLDED_CHARS_MAX: Final = 20_000
_LINK_CHARS_MAX: Final = 200
_MULTIPART: Final = "multipart/form-data"


class Row(NamedTuple):
    """*address* finds the calls with this value; empty: no link."""

    name: Markup
    value: Markup
    is_empty: bool
    address: str
    note: Note


class Table(NamedTuple):
    rows: list[Row]
    more: int
    """Rows that are not shown."""


def table(
    pairs: Iterable[tuple[str, str]],
    *,
    hits: Hits = None,
    link: Link | None = None,
    marks: Mapping[str, Note] | None = None,
) -> Table:
    """*marks* has a sentence for the name of a row."""
    every = list(pairs)
    return Table(
        [
            Row(
                name=folded(name, hits, rest_max=_FOLDED_CHARS_MAX),
                value=folded(value, hits, rest_max=_FOLDED_CHARS_MAX),
                is_empty=not value,
                address=link(name, value) if link and len(value) <= _LINK_CHARS_MAX else "",
                note=(marks or {}).get(name.lower(), ""),
            )
            for name, value in every[:ROWS_MAX]
        ],
        max(len(every) - ROWS_MAX, 0),
    )


def parameters(query_string: str) -> list[tuple[str, str]]:
    return parse_qsl(query_string, keep_blank_values=True)


def headers(lines: str) -> list[tuple[str, str]]:
    """(name, value) of each line of a record's headers."""
    if not lines:
        return []
    pairs = (line.partition(":") for line in lines.split("\n"))
    return [(name, value.strip()) for name, _, value in pairs]


def form_fields(record: CallRecord) -> list[tuple[str, str]]:
    """(name, value) of the fields of a form that was sent; empty for another body."""
    content_type = record.request_content_type.strip()
    if content_type.lower().startswith(FORM_MEDIA_TYPE):
        return parse_qsl(record.request_body, keep_blank_values=True)
    if content_type.lower().startswith(_MULTIPART):
        return _parts(record.request_body, content_type)
    return []


def _parts(body: str, content_type: str) -> list[tuple[str, str]]:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if not isinstance(boundary, str) or not boundary:
        return []
    return [_part(part) for part in body.split(f"--{boundary}")[1:] if part[:2] != "--"]


def _part(part: str) -> tuple[str, str]:
    head, _, content = part.lstrip("\r\n").replace("\r\n", "\n").partition("\n\n")
    fields = HeaderParser().parsestr(head, headersonly=True)
    names = [
        str(fields.get_param(name, "", "content-disposition")) for name in ("name", "filename")
    ]
    about = ", ".join(filter(None, [names[1], fields.get("content-type", "")]))
    name = f"{names[0]} ({about})" if about else names[0]
    return name or "part", content.removesuffix("\n")
