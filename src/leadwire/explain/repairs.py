"""A corrected request, made from the one that was sent by small edits."""

import difflib
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import quote, unquote_plus

import msgspec

from leadwire.calls.redaction.redactor import HOP_BY_HOP_HEADERS
from leadwire.explain.explanation import DiffLine, Repair
from leadwire.explain.request import SentRequest

BODY_CHARACTERS_MAX: Final = 1_000_000
"""A longer body is not repeated in a repair."""
_DIFF_LINES_MAX: Final = 400
_AROUND: Final = 1
_HEAD_LINES: Final = 2
"""The names of the files, which a unified diff begins with."""
_UNSENT: Final = frozenset({"content-length", "host", "expect"}) | HOP_BY_HOP_HEADERS
"""Headers that each sender makes anew."""


class Edit(NamedTuple):
    """``text[start:end]`` becomes *text*."""

    start: int
    end: int
    text: str


class Changes(NamedTuple):
    """What a repair changes. None keeps what was sent."""

    method: str | None = None
    path: str | None = None
    query_string: str | None = None
    header: tuple[str, str] | None = None
    """Replaces the header of that name."""
    edits: Sequence[Edit] = ()
    body: str | None = None
    """Replaces the whole body."""


def placeholder(name: str) -> str:
    """What stands for a value that only the reader knows."""
    return f"‹{name}›"  # noqa: RUF001  # stands out from what callers send


def json_text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def repaired(
    request: SentRequest,
    says: str,
    changes: Changes,
    *,
    fill_in: Iterable[str] = (),
    if_meant: str = "",
) -> Repair | None:
    """The request with *changes*; None if the record does not have all of it."""
    record = request.record
    drops_body = changes.body == ""
    if not drops_body and not request.is_body_whole:
        return None
    if len(record.request_body) > BODY_CHARACTERS_MAX:
        return None
    names = list(dict.fromkeys(fill_in))
    if request.has_markers:
        names.append("the values that were replaced before the call was recorded")
    body = record.request_body if changes.body is None else changes.body
    body = edited(body, changes.edits)
    method = changes.method or record.method
    path = record.path if changes.path is None else changes.path
    query = record.query_string if changes.query_string is None else changes.query_string
    headers = _headers(request, changes.header)
    repair = Repair(
        says=says, method=method, path=path, query_string=query, headers=headers, body=body,
        fill_in=tuple(names), if_meant=if_meant,
    )  # fmt: skip
    return msgspec.structs.replace(repair, diff=_diff(request, repair, changes))


def edited(text: str, edits: Sequence[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def with_parameter(request: SentRequest, name: str, value: str, *, instead_of: str = "") -> str:
    """The query string with *name*, in the place of *instead_of* or of an earlier *name*."""
    wanted = (instead_of or name).lower()
    parts = [part for part in request.record.query_string.split("&") if part]
    made = f"{name}={quote(value, safe=_UNQUOTED)}"
    for number, part in enumerate(parts):
        if unquote_plus(part.partition("=")[0]).lower() == wanted:
            parts[number] = made
            break
    else:
        parts.append(made)
    return "&".join(parts)


_UNQUOTED: Final = "-._~:@/‹›"  # noqa: RUF001


def _headers(request: SentRequest, header: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    changed = header[0].lower() if header else ""
    sent = request.headers or [("content-type", request.record.request_content_type)]
    kept = [
        (name, value)
        for name, value in sent
        if value and name.lower() not in _UNSENT and name.lower() != changed
    ]
    return (*kept, header) if header else tuple(kept)


def _diff(request: SentRequest, repair: Repair, changes: Changes) -> tuple[DiffLine, ...]:
    record = request.record
    query = f"?{record.query_string}" if record.query_string else ""
    before = [f"{record.method} {record.path}{query}"]
    after = [f"{repair.method} {repair.target}"]
    if changes.header:
        name, value = changes.header
        sent = [f"{n}: {v}" for n, v in request.headers if n.lower() == name.lower()]
        if not sent and name.lower() == "content-type" and record.request_content_type:
            sent = [f"content-type: {record.request_content_type}"]
        before += sent
        after.append(f"{name.lower()}: {value}")
    if repair.body != record.request_body:
        before += _lines(record.request_body)
        after += _lines(repair.body)
    return _compared(before, after)


def _lines(body: str) -> list[str]:
    """The body laid out, so that a change of one value is a change of one line."""
    try:
        return msgspec.json.format(body, indent=2).splitlines() if body else []
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return body.splitlines()


def _compared(before: list[str], after: list[str]) -> tuple[DiffLine, ...]:
    if max(len(before), len(after)) > _DIFF_LINES_MAX * 10:
        return ()
    found: list[DiffLine] = []
    lines = difflib.unified_diff(before, after, n=_AROUND, lineterm="")
    for line in islice(lines, _HEAD_LINES, None):
        if line.startswith("@@"):
            found += [DiffLine(" ", "…")] if found else []
            continue
        sign = line[0]
        if sign in "-+ ":
            found.append(DiffLine(sign, line[1:]))  # type: ignore[arg-type]  # one of the three
    return tuple(found[:_DIFF_LINES_MAX])
