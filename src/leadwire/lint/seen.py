"""What the rules look at: a call without its answer, with digests in place of texts."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.lint.names import unknown_names
from leadwire.operations import BY_NAME
from leadwire.operations.operation import Operation

_DIGEST_BYTES: Final = 12
_LIMIT_FAULT: Final = "MXAPIRateLimitExceededException"
_RETRY_AFTER: Final = re.compile(r"^retry-after: ([0-9]{1,6})$", re.MULTILINE)
_PARAMETERS_MAX: Final = 200
_NAME_MAX: Final = 80
_MS_PER_SECOND: Final = 1_000
_FIRST_PAGE: Final = ("", "1", "0")

Digest = bytes


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call, as small as the rules need it."""

    call_id: str
    at_ms: int
    duration_ms: float
    key_id: str
    operation: str
    outcome: str
    limited: bool
    """Refused by a rate limit."""
    retry_after_ms: int
    """How long the answer told to wait; 0 if it did not."""
    request: Digest
    """Of path, query and body: equal for equal requests."""
    body: Digest
    """Of the body; empty without one."""
    parameters: tuple[tuple[str, str], ...]
    """Names in lower case and values of the URL."""
    lead: str
    """The lead that the request is about: an id, e-mail address or phone, in lower case."""
    attributes: tuple[tuple[str, Digest], ...]
    """The lead's fields that a write sets, by name, with digests of their values."""
    first_page: bool
    """Whether a read asks for the first page of its rows."""
    unknown: tuple[tuple[str, str], ...] = ()
    """(where and name, what it should be called or empty) of members that have no meaning."""

    @property
    def succeeded(self) -> bool:
        return self.outcome == "success"

    @property
    def end_ms(self) -> float:
        return self.at_ms + self.duration_ms

    @property
    def known(self) -> Operation | None:
        """The row of the catalogue; None for an unknown path."""
        return BY_NAME.get(self.operation)


def seen_of(record: CallRecord) -> Seen:
    operation = BY_NAME.get(record.operation)
    parameters = _parameters(record.query_string)
    value = _body(record, operation)
    named = dict(parameters)
    attributes = dict(_attributes(value))
    return Seen(
        call_id=record.call_id,
        at_ms=record.started_at_ms,
        duration_ms=record.duration_ms,
        key_id=record.key_id,
        operation=record.operation,
        outcome=record.outcome,
        limited=record.exception_type == _LIMIT_FAULT,
        retry_after_ms=_retry_after_ms(record),
        request=digest(f"{record.path}?{record.query_string}\n{record.request_body}"),
        body=digest(record.request_body) if record.request_body else b"",
        parameters=parameters,
        lead=_lead_of(named, attributes),
        attributes=tuple((name, digest(text)) for name, text in attributes.items()),
        first_page=_page_of(value) in _FIRST_PAGE,
        unknown=tuple(unknown_names(operation, record.query_string, value)) if operation else (),
    )


def digest(text: str) -> Digest:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def _parameters(query_string: str) -> tuple[tuple[str, str], ...]:
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        return ()
    return tuple((name[:_NAME_MAX].lower(), value) for name, value in pairs)


def _body(record: CallRecord, operation: Operation | None) -> Any:  # noqa: ANN401  # any JSON
    """The decoded body; None if it is cut, no JSON, or not asked for."""
    if not record.request_body or operation is None or operation.body is None:
        return None
    try:
        return msgspec.json.decode(record.request_body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _attributes(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  # any JSON
    """The ``Attribute``/``Value`` pairs of a write of one lead."""
    if not isinstance(value, list):
        return
    for pair in value:
        if isinstance(pair, dict):
            members = {str(name).lower(): member for name, member in pair.items()}
            name = members.get("attribute")
            if isinstance(name, str):
                yield name[:_NAME_MAX], _text(members.get("value"))


def _lead_of(parameters: Mapping[str, str], attributes: Mapping[str, str]) -> str:
    """By what the request names one lead; the first of id, e-mail address and phone."""
    for name in ("leadid", "id", "emailaddress", "phone"):
        if parameters.get(name):
            return parameters[name].strip().lower()
    by_name = {name.lower(): text for name, text in attributes.items()}
    for name in ("prospectid", "emailaddress", "phone", "mobile"):
        if by_name.get(name):
            return by_name[name].strip().lower()
    return ""


def _page_of(value: Any) -> str:  # noqa: ANN401  # any JSON
    paging = value.get("Paging") if isinstance(value, dict) else None
    return _text(paging.get("PageIndex")) if isinstance(paging, dict) else ""


def _retry_after_ms(record: CallRecord) -> int:
    found = _RETRY_AFTER.search(record.response_headers)
    return int(found[1]) * _MS_PER_SECOND if found else 0


def _text(value: object) -> str:
    return "" if value is None else str(value)
