"""What the page of a call shows of its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import unquote, urlencode

from starlette.datastructures import QueryParams

from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.tokens import PERSONAL_MARKER
from leadwire.console.bodies import Marks, Note, Show, ShownBody, shown_body
from leadwire.console.call import tables
from leadwire.console.call.links import PICK, Picked, ValueLinks
from leadwire.console.call.tables import Table
from leadwire.console.filters import Filters
from leadwire.console.hits import SearchHits, search_hits
from leadwire.console.numbers import whole_number

_FIND_CHARS_MAX: Final = 200
_LINE_DIGITS_MAX: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address of a page asks for, beside the call."""

    filters: Filters
    find: str = ""
    """Text to look for in the bodies."""
    request_from: int = 0
    """First line of the window; 0: where the page thinks best."""
    response_from: int = 0
    picked: str = ""

    @property
    def links(self) -> ValueLinks:
        return ValueLinks(self.filters)

    @property
    def hits(self) -> SearchHits:
        return search_hits(self.filters.value("q"))


def asked_of(filters: Filters, parameters: QueryParams) -> Asked:
    return Asked(
        filters=filters,
        find=parameters.get("find", "").strip()[:_FIND_CHARS_MAX],
        request_from=_line(parameters.get("request_from", "")),
        response_from=_line(parameters.get("response_from", "")),
        picked=parameters.get(PICK, "").strip(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    asked: Asked
    parameters: Table
    request_headers: Table
    response_headers: Table
    form: Table
    request: ShownBody
    request_kept_bytes: int
    response: ShownBody
    response_kept_bytes: int
    has_tokens: bool
    """Whether tokens replace personal values on the page."""
    picked: Picked | None

    def window(self, **changes: str | int) -> str:
        """The address of this page with the window of a body moved."""
        here = self.asked.filters.here("").partition("?")[2]
        kept = {"find": self.asked.find} if self.asked.find else {}
        ours = urlencode({**kept, **changes})
        return f"?{here}&{ours}" if here else f"?{ours}"


def view_of(record: CallRecord, asked: Asked, marks: Marks) -> CallView:
    """*marks* has sentences for lines and paths of the request.

    ``body[0].Value`` and numbers of lines mark the body; ``query.NAME``, ``header.NAME`` and, in a
    form, ``body.NAME`` mark the row of a table.
    """
    hits, links = asked.hits, asked.links
    return CallView(
        asked=asked,
        parameters=tables.table(
            tables.parameters(record.query_string),
            hits=hits.of("query_string"),
            link=links.in_query,
            marks=_marks_of("query", marks),
        ),
        request_headers=tables.table(
            tables.headers(record.request_headers),
            hits=hits.of("request_headers"),
            link=links.in_headers,
            marks=_marks_of("header", marks),
        ),
        response_headers=tables.table(
            tables.headers(record.response_headers),
            hits=hits.of("response_headers"),
            link=links.in_headers,
        ),
        form=tables.table(
            tables.form_fields(record),
            hits=hits.of("request_body"),
            link=links.in_form,
            marks=_marks_of("body", marks),
        ),
        request=shown_body(
            record.request_body,
            Show(
                from_line=asked.request_from,
                find=asked.find,
                hits=hits.of("request_body"),
                marks=marks,
                link=partial(links.in_body, "request"),
                is_cut=record.truncated,
            ),
        ),
        request_kept_bytes=len(record.request_body.encode()),
        response=shown_body(
            record.response_body,
            Show(
                from_line=asked.response_from,
                find=asked.find,
                hits=hits.of("response_body"),
                link=partial(links.in_body, "response"),
                is_cut=record.truncated,
            ),
        ),
        response_kept_bytes=len(record.response_body.encode()),
        has_tokens=_has_tokens(record),
        picked=links.picked(asked.picked) if asked.picked else None,
    )


def _marks_of(where: str, marks: Marks) -> Mapping[str, Note]:
    prefix = f"{where}."
    return {
        key.removeprefix(prefix).lower(): note
        for key, note in marks.items()
        if isinstance(key, str) and key.startswith(prefix)
    }


def _line(text: str) -> int:
    return whole_number(text, digits_max=_LINE_DIGITS_MAX) or 0


def _has_tokens(record: CallRecord) -> bool:
    texts = (unquote(record.query_string), record.request_body, record.response_body)
    return any(PERSONAL_MARKER in text for text in (*texts, record.exception_message))
