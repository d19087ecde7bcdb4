"""A call that is still open, and the answer it is going to get."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, NamedTuple

from leadwire.calls.headers import HeaderRule
from leadwire.calls.record import CallRecord, outcome_of
from leadwire.calls.redaction.parts import Parts
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.redaction.redactor import cut
from leadwire.errors import LeadwireError
from leadwire.operations import OTHER, Operation

STATUS_OK: Final = 200
JSON: Final = "application/json; charset=utf-8"
FILE_MEDIA_TYPE: Final = "application/octet-stream"
_FORM_WITH_FILE: Final = "multipart/form-data"
FILE_MARKER: Final = "[file: not recorded]"
"""A file is not searched, and is kept elsewhere. The record has its size."""


class Answer(NamedTuple):
    """What goes back to the caller. The members about an exception are for the record."""

    status_code: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    exception_type: str = ""
    exception_message: str = ""
    exception_location: str = ""
    exception_fix: str = ""

    def header_pairs(self) -> list[tuple[bytes, bytes]]:
        """Its headers, names in lower case; empty when the call was aborted."""
        if not self.status_code:
            return []
        return [
            (b"content-type", self.content_type.encode()),
            (b"content-length", b"%d" % len(self.body)),
            *((name.lower().encode(), value.encode()) for name, value in self.headers),
        ]


class Keys(NamedTuple):
    """The keys of a call, out of reach of anything that could print a URL or a header."""

    access_key: str = ""
    secret_key: str = ""
    async_key: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        return self.access_key, self.secret_key

    @property
    def are_in_place(self) -> bool:
        """Whether the call has a pair, or the async key, where they belong."""
        return all(self.pair) or bool(self.async_key)

    def __repr__(self) -> str:
        return "Keys(…)"


class Start(NamedTuple):
    """Which call it is, and when it began. ``Recorder.start`` makes it."""

    call_id: str
    at_ms: int
    """Milliseconds since 1970 UTC, for the record."""
    at_ns: int
    """By the clock that never steps back, for the duration."""


async def _body_is_there() -> None:
    """For a call that came over no connection: nothing has to be read."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """One open call. Whoever begins the call makes it; the layers below add what they find out."""

    start: Start
    method: str
    path: str
    """As sent, percent-encoded."""
    query_string: str
    content_type: str
    client_address: str
    user_agent: str
    accept: str = ""
    scheme: str = "http"
    host: str = ""
    """By which the caller reached the server, with a port where one was named."""
    traceparent: str = ""
    headers: list[tuple[bytes, bytes]] | None = field(default=None, repr=False)
    """All but the keys, with names in lower case. None: the call came over no connection, so
    neither it nor its answer has headers."""
    keys: Keys = field(default_factory=Keys, repr=False)
    operation: Operation | None = None
    """Found once, by the recorder; None for a path that no operation has."""
    read_body: Callable[[], Awaitable[None]] = field(default=_body_is_there, repr=False)
    """Fills *body*, the first time that it is called. Raises what ``IncomingBody.read`` raises."""
    fault: LeadwireError | None = None
    """Why the request could not be read as a call at all."""
    body: bytes = b""
    body_bytes: int = 0
    """Bytes that arrived: more than *body* holds when it was over the limit."""
    is_body_whole: bool = True
    account_id: str = ""
    user_id: str = ""
    key_id: str = ""
    refusal_reason: str = ""
    traceback: str = ""
    rerun_of: str = ""
    """The id of the recorded call that this one repeats."""
    test_fault: str = ""
    """The fault that a test asked for and this call met."""

    @property
    def call_id(self) -> str:
        return self.start.call_id

    def close(
        self,
        answer: Answer,
        redaction: Redaction,
        *,
        headers: HeaderRule,
        ended_ns: int,
        body_bytes_max: int,
        answer_headers: Sequence[tuple[bytes, bytes]] | None = None,
    ) -> CallRecord:
        """The record of this call: redacted, with bodies of at most *body_bytes_max* bytes.

        A long text is cut after it was redacted: redaction would not find half a secret.
        If another server answered, *answer_headers* are its headers, with names in lower case.
        """
        if answer_headers is None:
            answer_headers = [] if self.headers is None else answer.header_pairs()
        parts, is_left_out = self._parts(answer, answer_headers, headers)
        clean, redacted = redaction.clean(parts, self.keys, all_keys_go=not self.keys.are_in_place)
        is_cut = max(len(self.body), len(answer.body)) > body_bytes_max or not self.is_body_whole
        return CallRecord(
            call_id=self.call_id,
            started_at_ms=self.start.at_ms,
            duration_ms=round((ended_ns - self.start.at_ns) / 1_000_000, 3),
            account_id=self.account_id,
            user_id=self.user_id,
            key_id=self.key_id,
            api_type=self.operation.api_type if self.operation else OTHER,
            operation=self.operation.name if self.operation else "",
            method=self.method,
            path=clean.path,
            query_string=clean.query_string,
            request_content_type=clean.content_type[:_HEADER_CHARACTERS_MAX],
            request_headers=clean.request_headers,
            request_body=cut(clean.request_body, body_bytes_max),
            request_body_bytes=self.body_bytes,
            status_code=answer.status_code,
            outcome=outcome_of(
                status_code=answer.status_code, exception_type=answer.exception_type
            ),
            exception_type=answer.exception_type,
            exception_message=clean.exception_message,
            exception_location=clean.exception_location,
            exception_fix=clean.exception_fix,
            response_headers=clean.response_headers,
            response_body=cut(clean.response_body, body_bytes_max),
            response_body_bytes=len(answer.body),
            truncated=is_cut or is_left_out,
            client_address=_address(self.client_address),
            user_agent=clean.user_agent[:_HEADER_CHARACTERS_MAX],
            trace_id=_trace_id(self.traceparent),
            rerun_of=self.rerun_of,
            test_fault=self.test_fault,
            refusal_reason=self.refusal_reason,
            traceback=clean.traceback,
            redacted=redacted,
        )

    def _parts(
        self,
        answer: Answer,
        answer_headers: Sequence[tuple[bytes, bytes]],
        headers: HeaderRule,
    ) -> tuple[Parts, bool]:
        """The texts to redact, and whether a file or a part of the headers was left out."""
        # An upload that names another type is not text either: its parts may hold the keys.
        holds_file = self.content_type.strip().lower().startswith(_FORM_WITH_FILE) or (
            self.operation is not None and self.operation.form == "file"
        )
        gives_file = answer.content_type == FILE_MEDIA_TYPE
        request_headers, are_some_cut = headers.lines(self.headers or [])
        response_headers, are_more_cut = headers.lines(answer_headers)
        parts = Parts(
            path=self.path,
            query_string=self.query_string,
            content_type=self.content_type,
            user_agent=self.user_agent,
            exception_message=answer.exception_message,
            exception_location=answer.exception_location,
            exception_fix=answer.exception_fix,
            traceback=self.traceback,
            request_headers=request_headers,
            response_headers=response_headers,
            request_body=FILE_MARKER if holds_file else _text(self.body),
            response_body=FILE_MARKER if gives_file else _text(answer.body),
        )
        return parts, holds_file or gives_file or are_some_cut or are_more_cut


_HEADER_CHARACTERS_MAX: Final = 500
_TRACEPARENT_PARTS: Final = 4
_TRACE_ID_DIGITS: Final = 32


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


@lru_cache(maxsize=4_096)
def _address(text: str) -> str:
    """*text* if it is an IP address, else nothing: a proxy may pass on what a caller made up."""
    try:
        ip_address(text)
    except ValueError:
        return ""
    return text


def _trace_id(traceparent: str) -> str:
    """The trace id of a ``traceparent`` header (W3C Trace Context, 3.2.2)."""
    parts = traceparent.split("-")
    if len(parts) >= _TRACEPARENT_PARTS and len(parts[1]) == _TRACE_ID_DIGITS:
        return parts[1] if all(digit in "0123456789abcdef" for digit in parts[1]) else ""
    return ""
