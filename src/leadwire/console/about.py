"""The first useful thing about a call, for its row: whom it was about, or what went wrong.

A caller chose these texts: all output is escaped. Only the start of a body is looked at.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from markupsafe import Markup, escape

from leadwire.calls.language import SearchError, parse_search
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import Member, Part, Text, terms_of
from leadwire.console.bodies import drawn
from leadwire.visible import visible

CHARS_MAX: Final = 120
_READ_CHARS_MAX: Final = 20_000
_COUNTED_CHARS_MAX: Final = 65_536
_BEFORE_HIT_CHARS: Final = 24

_STRING: Final = r'"((?:[^"\\]|\\.){1,400})"'
_ATTRIBUTE: Final = re.compile(
    rf'"Attribute"\s*:\s*"(\w+)"\s*,\s*"Value"\s*:\s*{_STRING}', re.IGNORECASE
)
_MEMBER: Final = re.compile(rf'"(\w+)"\s*:\s*{_STRING}')
_NAME_BEFORE: Final = re.compile(
    r'"Attribute"\s*:\s*"(\w+)"\s*,\s*"Value"\s*:\s*"[^"]*$|"(\w+)"\s*:\s*"?[^",]*$', re.IGNORECASE
)
_QUOTED: Final = re.compile("['\u2018\u201c]([^'\u2019\u201d]{1,80})['\u2019\u201d]")
_LISTS: Final = ("Leads", "List", "ProspectActivities", "Data")
_NAMES: Final = (
    ("emailaddress", "email"),
    ("mobile", "phone"),
    ("leadid", "prospectid", "relatedprospectid", "id"),
    ("subject", "name", "firstname"),
)
"""Names whose value says whom a call was about; the first group that has one wins."""


def needles_of(search: str) -> list[re.Pattern[str]]:
    """What to mark in the rows of a search: each text that every match has somewhere."""
    try:
        terms = terms_of(parse_search(search))
    except SearchError:
        return []
    texts = [term.value for term in terms if isinstance(term, Text | Part | Member)]
    return [re.compile(re.escape(text.strip("*")), re.IGNORECASE) for text in texts if text]


def about(call: CallRecord, needles: Sequence[re.Pattern[str]]) -> Markup:
    """Safe HTML on one line: what went wrong, then the hit of the search or who it was about."""
    parts = []
    if call.exception_type or call.refusal_reason:
        parts.append(
            Markup('<b class="fault">{}</b>').format(_short(call.exception_type or "Refused"))
        )
    hit = _hit(call, needles)
    if hit is not None:
        parts.append(hit)
    elif parts:
        parts.append(Markup("<small>{}</small>").format(drawn(_short(_blamed(call)))))
    else:
        parts.append(_subject(call))
    return Markup(" ").join(parts)


def _blamed(call: CallRecord) -> str:
    """The value that a fault is about, else what the fault says."""
    if call.refusal_reason:
        return call.refusal_reason
    values = dict(_values(call))
    place = call.exception_location.rpartition(".")[2].lower()
    if values.get(place):
        return values[place]
    if quoted := _QUOTED.search(call.exception_message):
        return quoted[1]
    if "duplicate" in call.exception_type.lower() and (subject := _first(values)):
        return subject
    return call.exception_message


def _subject(call: CallRecord) -> Markup:
    sent = _count(call.request_body, is_request=True)
    if sent is not None:
        return escape(_counted(call, sent))
    subject = _first(dict(_values(call)))
    found = _count(call.response_body, is_request=False)
    if subject:
        none = Markup(" <small>found none</small>") if found == 0 else ""
        return drawn(_short(subject)) + none
    if found is not None:
        return escape(_counted(call, found) if found else "found none")
    return Markup("")


def _first(values: dict[str, str]) -> str:
    for names in _NAMES:
        for name in names:
            if values.get(name):
                return values[name]
    return ""


def _values(call: CallRecord) -> Iterator[tuple[str, str]]:
    """(name in lower case, value) of query and body; the first of a name comes last."""
    body = call.request_body[:_READ_CHARS_MAX]
    found = [(name, _decoded(value)) for name, value in _ATTRIBUTE.findall(body)]
    found += [(n, _decoded(v)) for n, v in _MEMBER.findall(body) if n not in ("Attribute", "Value")]
    if not found and "=" in body[:200]:
        found = _pairs(body)
    found = _pairs(call.query_string) + found
    yield from ((name.lower(), value) for name, value in reversed(found))


def _pairs(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text[:_READ_CHARS_MAX], errors="backslashreplace")


def _decoded(text: str) -> str:
    if "\\" not in text:
        return text
    try:
        return msgspec.json.decode(f'"{text}"', type=str)
    except (msgspec.DecodeError, UnicodeError):
        return text


def _count(body: str, *, is_request: bool) -> int | None:
    """How many records the body lists; None if it lists none or is too long to count.

    A list of attributes in a request is one record.
    """
    start = body[:40].lstrip()
    if start[:1] not in ("[", "{") or len(body) > _COUNTED_CHARS_MAX:
        return None
    if is_request and not re.match(r"\[\s*\[", start):
        return None
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
    if isinstance(content, dict):
        content = next((content[n] for n in _LISTS if isinstance(content.get(n), list)), None)
    return len(content) if isinstance(content, list) else None


def _counted(call: CallRecord, number: int) -> str:
    noun = "lead" if call.api_type in ("Lead", "") else "record"
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _hit(call: CallRecord, needles: Sequence[re.Pattern[str]]) -> Markup | None:
    for needle in needles:
        for name, text in _searched(call):
            if found := needle.search(text):
                return _excerpt(name, text, found.start(), found.end())
    return None


def _searched(call: CallRecord) -> Iterator[tuple[str, str]]:
    """The texts in which a hit is worth showing; not those that the row shows anyway."""
    yield from _pairs(call.query_string)
    yield "", call.request_body[:_READ_CHARS_MAX]
    yield "answer", call.response_body[:_READ_CHARS_MAX]
    yield "message", call.exception_message
    yield "agent", call.user_agent
    for headers in (call.request_headers, call.response_headers):
        for line in headers.split("\n"):
            name, _, value = line.partition(": ")
            yield name, value
    yield "address", call.client_address
    yield "key", call.key_id
    yield "trace", call.trace_id


def _excerpt(name: str, text: str, start: int, end: int) -> Markup:
    named = _NAME_BEFORE.search(text, max(start - 400, 0), start)
    label = (named[1] or named[2]) if named else name
    first = max(text.rfind('"', 0, start) + 1, start - _BEFORE_HIT_CHARS, 0)
    closing = text.find('"', end)
    last = min(closing if closing >= 0 else len(text), end + CHARS_MAX)
    return Markup("<small>{}</small> {}<mark>{}</mark>{}").format(
        _short(label or "request"),
        _short(text[first:start]),
        _short(text[start:end]),
        _short(text[end:last]),
    )


def _short(text: str) -> str:
    """One visible line of *text*, cut."""
    line = visible(" ".join(text[: 2 * CHARS_MAX].split()))
    return line if len(line) <= CHARS_MAX else f"{line[:CHARS_MAX]}…"
