"""The fields of the search language, in one table for the parser, the help and the docs."""

import math
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Final, NamedTuple

from leadwire.calls.record import NUMBER_FIELDS, STAGES
from leadwire.calls.terms import (
    HEADER_ATTRIBUTES,
    TEXT_ATTRIBUTES,
    Compare,
    Condition,
    Has,
    Last,
    Member,
    Needles,
    OneOf,
    Part,
    Side,
    Way,
    Whole,
)
from leadwire.calls.text import are_whole, fold, forms, has_control, normal
from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

Make = Callable[[str, str], Condition]
"""Takes the field's name and the value as typed, without quotes. Raises ValueError with a text that
says what is wrong."""

OUTCOMES: Final = ("success", "client_fault", "refused", "server_fault", "aborted", "gap")
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT")

_TIME_UNITS: Final = {"ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "min": MINUTE_MS}
_SPAN_UNITS: Final = {"s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS,
                      "w": 7 * DAY_MS}  # fmt: skip
_SIZE_UNITS: Final = {"b": 1, "kb": 1_000, "mb": 1_000_000}

_SIGN: Final = r"(>=|<=|>|<)?"
_NUMBER: Final = r"(-?[0-9]{1,12}(?:\.[0-9]{1,6})?)"
_COMPARISON: Final = re.compile(rf"{_SIGN}{_NUMBER}([a-z]*)", re.IGNORECASE)
_RANGE: Final = re.compile(rf"(?:{_NUMBER}([a-z]*))?\.\.(?:{_NUMBER}([a-z]*))?", re.IGNORECASE)
_STATUS: Final = re.compile(r"[1-5][0-9][0-9]")
_STATUS_CLASS: Final = re.compile(r"([1-5])xx", re.IGNORECASE)
_SPAN: Final = re.compile(r"([0-9]{1,18})([smhdw])")
SPAN_DAYS_MAX: Final = 3_660
STARS_MAX: Final = 100
"""In one value."""

ANYTHING: Final = "*"


class Field(NamedTuple):
    """A field: the name before the colon. ``make`` makes the condition of a value."""

    help: str
    attribute: str
    make: Make
    example: str
    compared: str
    """In words: how a value is compared with the call."""
    in_quotes: Make | None = None
    """Makes the condition of a value in quotes; None: ``make`` does it, too."""
    compares: bool = False
    """Whether ``name>=value`` is allowed."""
    can_be_empty: bool = False
    """Whether ``name:*`` is allowed: not every call has a value."""


def ways_of(value: str, *, literal: bool) -> tuple[Way, ...]:
    """The pieces between the stars of *value*, in each spelling. Raises ValueError."""
    if literal or ANYTHING not in value:
        found = forms(value)
        if not found:
            raise ValueError("the value is blank: write what to look for")
        return tuple((form,) for form in found)
    pieces = value.split(ANYTHING)
    if len(pieces) > STARS_MAX + 1:
        raise ValueError(f"a value has at most {STARS_MAX} stars")
    read = tuple(map(normal, pieces))
    if not any(piece.strip() for piece in read):
        raise ValueError("the value is blank: write what to look for")
    sent = tuple(map(fold, pieces))
    return (read,) if sent == read or any(map(has_control, pieces)) else (sent, read)


def span_ms(text: str) -> int:
    """How long ``15m``, ``2h``, ``7d`` or ``2w`` is. Raises ValueError."""
    match = _SPAN.fullmatch(text.strip().lower())
    span = int(match[1]) * _SPAN_UNITS[match[2]] if match else 0
    if span > SPAN_DAYS_MAX * DAY_MS:
        raise ValueError(f"the longest is {SPAN_DAYS_MAX}d")
    if not span:
        raise ValueError("write a number and s, m, h, d or w: 15m, 2h, 7d")
    return span


def member(side: Side, name: str, value: str, *, literal: bool) -> Condition:
    """The condition ``side.name:value``. Raises ValueError with what is wrong."""
    attribute = f"{side}_body"
    read_name = normal(name)
    if not literal and value == ANYTHING:
        return Member(
            side, name, value, literal, attribute, _captures(name, _VALUE), known=((read_name,),)
        )
    if not literal and (value[:1] in "<>" or _RANGE.fullmatch(value)):
        low, high = _bounds(value, {})
        known: Needles = ((read_name,),)
        return Member(
            side, name, value, literal, attribute, _captures(name, _NUMBER_VALUE),
            low=low, high=high, known=known,
        )  # fmt: skip
    *_, way = ways_of(value, literal=literal)
    read = way if ANYTHING in value and not literal else (normal(value),)
    captured = _VALUE
    if len(read) == 1 and b'"' in read[0]:
        captured = re.escape(f'"{read[0].decode()}"')
    bare, in_quotes = read, (b'"' + read[0], *read[1:-1], read[-1] + b'"')
    if len(read) == 1:
        in_quotes = (b'"' + read[0] + b'"',)
    known = ((read_name,), *((piece,) for piece in read if piece))
    return Member(
        side, name, value, literal, attribute, _captures(name, captured),
        ways=(in_quotes, bare), known=known,
    )  # fmt: skip


_VALUE: Final = r'"[^"]*"|[^", {}\[\]]+|[{\[]'
_NUMBER_VALUE: Final = r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?"
_END: Final = r" *(?:[,}\]]|$)"
_BESIDE: Final = r'"(?:attribute|schemaname)"'
_BETWEEN: Final = r"[^{}]{0,200}?"
"""Other members between the two of a pair, within the same object."""


def _captures(name: str, value: str) -> tuple[str, ...]:
    """Patterns for ``"name": value`` and for both orders of a pair, for a body as it reads."""
    quoted_name = f'"{re.escape(normal(name).decode())}"'
    is_number = value == _NUMBER_VALUE
    group = f'"?({value})"?' if is_number else f"({value})"
    end = "" if value == _VALUE else _END
    return (
        f"{quoted_name} *: *{group}{end}",
        f'{_BESIDE} *: *{quoted_name} *,{_BETWEEN}"value" *: *{group}{end}',
        f'"value" *: *{group} *,{_BETWEEN}{_BESIDE} *: *{quoted_name}',
    )


def is_named(value: str, name: str) -> bool:
    """Whether ``user:value`` means the user with that name or e-mail address."""
    return any(are_whole(way, normal(name)) for way in ways_of(value, literal=False))


def proposal(text: str, known: tuple[str, ...]) -> str:
    """A question that offers the names most like *text*; empty when no name is like it."""
    by_fold = {name.lower(): name for name in known}
    close = get_close_matches(text.lower(), by_fold, n=2, cutoff=0.58)
    return f" Did you mean {' or '.join(by_fold[name] for name in close)}?" if close else ""


def _whole(attribute: str, *, literal: bool = False) -> Make:
    def make(field: str, value: str) -> Condition:
        return Whole(field, value, literal, attribute, ways_of(value, literal=literal))

    return make


def _part(attribute: str, *, literal: bool = False) -> Make:
    def make(field: str, value: str) -> Condition:
        ways = ways_of(value, literal=literal)
        if not literal and ANYTHING in value:
            ways = tuple(tuple(piece for piece in way if piece) for way in ways)
        return Part(field, value, literal, attribute, ways)

    return make


def _name(attribute: str) -> Make:
    """Matches any part of the name; with a star, the whole name."""
    part, whole = _part(attribute), _whole(attribute)
    return lambda field, value: (whole if ANYTHING in value else part)(field, value)


def _exception(field: str, value: str) -> Condition:
    if value.lower() in ("none", "null", "no", "empty", "false"):
        raise ValueError(
            f"for calls without an exception write -{field}:*, for the text {field}:*{value}*"
        )
    return _name("exception_type")(field, value)


def _method(field: str, value: str) -> Condition:
    if ANYTHING not in value and value.upper() not in METHODS:
        raise ValueError(f"use {', '.join(METHODS)}.{proposal(value, METHODS)}")
    return _whole("method")(field, value)


def _outcome(field: str, value: str) -> Condition:
    if value.lower() not in OUTCOMES:
        raise ValueError(f"use {', '.join(OUTCOMES)}.{proposal(value, OUTCOMES)}")
    return OneOf(field, value.lower(), "outcome", (value.lower(),))


def _stage(field: str, value: str) -> Condition:
    if value.lower() not in STAGES:
        raise ValueError(f"use {', '.join(STAGES)}.{proposal(value, STAGES)}")
    return OneOf(field, value.lower(), "stage", (value.lower(),))


def _status(field: str, value: str) -> Condition:
    lowered = value.lower()
    if lowered in ("success", "error"):
        values = ("success",) if lowered == "success" else OUTCOMES[1:]
        return OneOf(field, lowered, "outcome", values)
    if found := _STATUS_CLASS.fullmatch(lowered):
        hundred = int(found[1]) * 100
        return Compare(field, lowered, "status_code", hundred, hundred + 99)
    numbers = re.findall(r"[0-9.]*[0-9]", lowered.replace("..", " "))
    if not numbers or not all(map(_STATUS.fullmatch, numbers)):
        raise ValueError("use success, error, 404, 5xx, >=400 or 400..499")
    low, high = _bounds(lowered, {}, without_sign="=")
    return Compare(field, lowered, "status_code", low, high)


def _number(attribute: str, units: dict[str, int], *, without_sign: str = ">=") -> Make:
    def make(field: str, value: str) -> Condition:
        compact = value.replace(" ", "").lower()
        low, high = _bounds(compact, units, without_sign=without_sign)
        return Compare(field, compact, attribute, low, high)

    return make


def _bounds(value: str, units: dict[str, int], *, without_sign: str = ">=") -> tuple[float, float]:
    """(low, high), both inclusive, in the first of *units*. Raises ValueError."""
    known = ", ".join(units)
    wrong = ValueError(f"write a number{f' with {known}' if units else ''}, as >=5, <5 or 5..9")

    def number(text: str, name: str, default: int = 1) -> float:
        if name and name.lower() not in units:
            raise wrong
        return float(text) * units.get(name.lower(), default)

    if found := _RANGE.fullmatch(value):
        first, first_unit, last, last_unit = (text or "" for text in found.groups())
        if not first and not last:
            raise wrong
        shared = units.get(last_unit.lower(), 1)
        low = number(first, first_unit, shared) if first else -math.inf
        high = number(last, last_unit) if last else math.inf
        if low > high:
            raise ValueError("the range begins after its end")
        return low, high
    compared = _COMPARISON.fullmatch(value)
    if compared is None:
        raise wrong
    sign, limit = compared[1] or without_sign, number(compared[2], compared[3])
    if sign == "=":
        return limit, limit
    if sign[0] == ">":
        return (limit if sign == ">=" else math.nextafter(limit, math.inf)), math.inf
    return -math.inf, (limit if sign == "<=" else math.nextafter(limit, -math.inf))


def _yes_or_no(attribute: str) -> Make:
    def make(field: str, value: str) -> Condition:
        wanted = {"yes": 1, "true": 1, "no": 0, "false": 0}.get(value.lower())
        if wanted is None:
            raise ValueError("use yes or no")
        return Compare(field, value.lower(), attribute, wanted, wanted)

    return make


def _last(_: str, value: str) -> Condition:
    return Last(value.lower(), span_ms(value))


_PART: Final = "any part"
_WHOLE: Final = "whole"
_PART_OR_WHOLE: Final = "any part; whole with a star or in quotes"


def _named(help_text: str, attribute: str, example: str) -> Field:
    """A field that matches by any part; with a star or in quotes, as a whole."""
    return Field(
        help_text, attribute, _name(attribute), example, _PART_OR_WHOLE,
        in_quotes=_whole(attribute, literal=True), can_be_empty=True,
    )  # fmt: skip


def _compared_whole(help_text: str, attribute: str, example: str) -> Field:
    return Field(
        help_text, attribute, _whole(attribute), example, _WHOLE,
        in_quotes=_whole(attribute, literal=True), can_be_empty=True,
    )  # fmt: skip


def _found_in(help_text: str, attribute: str, example: str) -> Field:
    return Field(
        help_text, attribute, _part(attribute), example, _PART,
        in_quotes=_part(attribute, literal=True), can_be_empty=True,
    )  # fmt: skip


FIELDS: Final[dict[str, Field]] = {
    "status": Field(
        "success, error, 404, 5xx, >=400 or 400..499", "status_code", _status, "status:5xx",
        "number; success and error: outcome",
        compares=True, can_be_empty=True,
    ),
    "duration": Field(
        ">500ms, <2s or 100ms..2s; without a sign: at least", "duration_ms",
        _number("duration_ms", _TIME_UNITS), "duration:>500ms", "milliseconds", compares=True,
    ),
    "last": Field(
        "calls of the time until now: 15m, 2h, 7d", "started_at_ms", _last, "last:15m", "start"
    ),
    "operation": _named("any part, or Lead.* for a family", "operation", "operation:Create"),
    "type": _compared_whole("the API type: Lead, Activity, …", "api_type", "type:Lead"),
    "exception": _named(
        "any part of the exception type; exception:* for any exception", "exception_type",
        "exception:Duplicate",
    )._replace(make=_exception),
    "method": Field("GET, POST, …", "method", _method, "method:POST", _WHOLE),
    "path": _named("any part, or */Lead.* for the whole", "path", "path:LeadManagement"),
    "query": _found_in("part of the query string", "query_string", "query:probe@example.com"),
    "outcome": Field(", ".join(OUTCOMES), "outcome", _outcome, "outcome:server_fault", "exactly"),
    "user": _compared_whole("a user's name, e-mail address or id", "user_id", "user:Administrator"),
    "key": _compared_whole("a key's or a caller's name or id", "key_id", "key:unknown*"),
    "id": _compared_whole("a call's id", "call_id", "id:01a20983*"),
    "address": _compared_whole("an address, or 10.0.*", "client_address", "address:10.0.*"),
    "agent": _found_in("part of the user agent", "user_agent", "agent:curl"),
    "request": _found_in("part of the body that was sent", "request_body", "request:ravi"),
    "response": _found_in("part of the body of the answer", "response_body", "response:Success"),
    "content": _found_in(
        "part of the request's content type", "request_content_type", "content:json"
    ),
    "trace": _compared_whole("a trace id", "trace_id", "trace:0af7651916cd43dd*"),
    "rerun": _compared_whole(
        "the id of the call that was run again", "rerun_of", "rerun:01a20983*"
    ),
    "fault": _found_in("a fault that a test asked for", "test_fault", "fault:reset"),
    "upstream": _named(
        "part of the origin that a proxied call went to", "upstream", "upstream:files"
    ),
    "stage": Field(
        ", ".join(STAGES), "stage", _stage, "stage:sent_unanswered", "exactly", can_be_empty=True
    ),
    "timings": _found_in("part of a proxied call's timings", "timings", "timings:reused"),
    "bodies": _found_in(
        "how a proxied call's bodies were encoded and cut", "body_notes", "bodies:gzip"
    ),
    "upstream_id": _compared_whole(
        "the id that the answering leadwire gave a proxied call", "answer_call_id",
        "upstream_id:01a20983*",
    ),
    "sent": Field(
        "size of the body that was sent: >100kB", "request_body_bytes",
        _number("request_body_bytes", _SIZE_UNITS), "sent:>100kB", "bytes", compares=True,
    ),
    "answered": Field(
        "size of the body of the answer: >100kB", "response_body_bytes",
        _number("response_body_bytes", _SIZE_UNITS), "answered:>1MB", "bytes", compares=True,
    ),
    "truncated": Field(
        "yes or no: whether a body was cut", "truncated", _yes_or_no("truncated"),
        "truncated:yes", "exactly",
    ),
    "sequence": Field(
        "place in the log, as 100..200", "sequence", _number("sequence", {}, without_sign="="),
        "sequence:100..200", "number; without a sign: exactly", compares=True,
    ),
}  # fmt: skip
"""Every field by the name before its colon."""

NAMED_TEXTS: Final = tuple(
    sorted(
        {field.attribute for field in FIELDS.values()}.difference(
            TEXT_ATTRIBUTES, HEADER_ATTRIBUTES, NUMBER_FIELDS
        )
    )
)
"""The texts of a call that only a condition with a field's name looks at."""

ALIASES: Final = {"api_type": "type", "caller": "key"}
"""Other names of fields."""

SIDES: Final[dict[str, Side]] = {"request": "request", "response": "response"}
"""The two bodies with members: ``request.EmailAddress:x``."""


def condition(field: str, value: str, *, literal: bool = False) -> Condition:
    """The condition ``field:value``; *literal* for a value in quotes.

    Raises KeyError for an unknown field, and ValueError, with what is wrong, for a wrong value.
    """
    name = ALIASES.get(field, field)
    known = FIELDS[name]
    if not literal and value == ANYTHING:
        if not known.can_be_empty:
            raise ValueError(f"every call has this value: {known.help}")
        return Has(name, known.attribute)
    make = known.in_quotes if literal and known.in_quotes else known.make
    return make(name, value)
