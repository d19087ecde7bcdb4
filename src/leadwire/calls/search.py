r"""The search bar's language: what it says, and whether a call is what it asks for.

::

    ravi@example.com          the text stands somewhere in the call
    "two words"               so does this, blanks included; \" is a quote inside
    status:5xx duration:>1s   both must hold
    lead OR task              either
    -operation:Leads.*        not this; * stands for anything

Text is a substring without regard to case. A word that is neither is pointed at.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.errors import LeadwireError

_MS_PER_SECOND: Final = 1_000

TEXT_FIELDS: Final = (
    "path",
    "query_string",
    "request_body",
    "response_body",
    "exception_type",
    "exception_message",
    "operation",
    "call_id",
    "user_agent",
    "client_address",
)
"""The record's fields in which free text is looked for."""


class SearchError(LeadwireError):
    """What cannot be understood; *position* counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class Term(msgspec.Struct, frozen=True):
    """One condition. *field* empty: *value* is text that stands anywhere in the call."""

    value: str
    field: str = ""
    negated: bool = False

    def holds(self, record: CallRecord) -> bool:
        found = _contains(record, self.value) if not self.field else self._field_holds(record)
        return found is not self.negated

    def _field_holds(self, record: CallRecord) -> bool:
        return FIELDS[self.field].test(self.value)(record)


class Search(msgspec.Struct, frozen=True):
    """Alternatives, of which one must hold; an alternative's terms must all hold.

    No alternative at all asks for nothing: every call is what it asks for.
    """

    alternatives: tuple[tuple[Term, ...], ...] = ()

    def holds(self, record: CallRecord) -> bool:
        if not self.alternatives:
            return True
        return any(all(term.holds(record) for term in terms) for terms in self.alternatives)

    def __str__(self) -> str:
        """The search as it may be typed: parsing it gives the same search."""
        return " OR ".join(" ".join(map(_typed, terms)) for terms in self.alternatives)


Test = Callable[[CallRecord], bool]


class Field(NamedTuple):
    """A name before the colon: what may follow it, and the test that it makes."""

    help: str
    check: Callable[[str], bool]
    test: Callable[[str], Test]


@lru_cache(maxsize=256)
def parse_search(text: str) -> Search:
    """Raise SearchError, at the place, for an unknown field, a wrong value or an open quote."""
    alternatives: list[tuple[Term, ...]] = []
    terms: list[Term] = []
    position = 0
    for token in _tokens(text):
        position = token.start
        if token.is_or:
            if not terms:
                raise SearchError("OR needs a condition on both sides", position)
            alternatives.append(tuple(terms))
            terms = []
        else:
            terms.append(_term(token))
    if terms:
        alternatives.append(tuple(terms))
    elif alternatives:
        raise SearchError("OR needs a condition on both sides", position)
    return Search(tuple(alternatives))


class _Token(NamedTuple):
    start: int
    negated: bool
    field: str
    value: str
    is_or: bool = False


_FIELD: Final = re.compile(r"([A-Za-z_]+):(?!//)")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORD: Final = re.compile(r"\S+")


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token, at = _token(text, at)
        tokens.append(token)
    return tokens


def _token(text: str, start: int) -> tuple[_Token, int]:
    at = start
    negated = text[at] == "-" and at + 1 < len(text) and not text[at + 1].isspace()
    at += negated
    name = _FIELD.match(text, at)
    field = name[1].lower() if name else ""
    at = name.end() if name else at
    if text[at : at + 1] == '"':
        quoted = _QUOTED.match(text, at)
        if quoted is None:
            raise SearchError('The quote is not closed: end it with "', at)
        end = quoted.end()
        if text[end : end + 1].strip():
            raise SearchError("Leave a blank after the closing quote", end)
        return _Token(start, negated, field, re.sub(r"\\(.)", r"\1", quoted[1])), end
    word = _WORD.match(text, at)
    value = word[0] if word else ""
    is_or = value == "OR" and not field and not negated
    return _Token(start, negated, field, value, is_or), at + len(value)


def _term(token: _Token) -> Term:
    if token.field and token.field not in FIELDS:
        raise SearchError(
            f"There is no field '{token.field}': use one of {', '.join(FIELDS)}, "
            f'or search for the text as "{token.field}:{token.value}"',
            token.start,
        )
    if not token.value:
        what = f"{token.field}: needs a value" if token.field else "The quotes are empty"
        raise SearchError(what, token.start)
    if token.field:
        field = FIELDS[token.field]
        if not field.check(token.value):
            raise SearchError(
                f"'{token.value}' is no value of {token.field}: {field.help}", token.start
            )
    return Term(token.value, token.field, token.negated)


def _typed(term: Term) -> str:
    plain = _WORD.fullmatch(term.value) is not None and '"' not in term.value
    ambiguous = not term.field and (
        term.value == "OR" or term.value.startswith("-") or _FIELD.match(term.value) is not None
    )
    value = term.value
    if not plain or ambiguous:
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{escaped}"'
    return f"{'-' if term.negated else ''}{f'{term.field}:' if term.field else ''}{value}"


def _contains(record: CallRecord, text: str) -> bool:
    folded = text.lower()
    return any(folded in getattr(record, name).lower() for name in TEXT_FIELDS)


_COMPARISON: Final = re.compile(r"(>=|<=|>|<)?(\d+(?:\.\d+)?)(ms|s)?")
_STATUS: Final = re.compile(r"(>=|<=|>|<)?([1-5]\d\d)|[1-5]xx", re.IGNORECASE)
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "": lambda a, b: a == b,
}


def _text_field(name: str, help_text: str) -> Field:
    """A field that is compared whole, without regard to case; ``*`` stands for anything."""

    def test(value: str) -> Test:
        pattern = wildcard(value)
        return lambda record: pattern.fullmatch(getattr(record, name)) is not None

    return Field(help_text, bool, test)


def _part_field(name: str, help_text: str) -> Field:
    """A field in which the value stands somewhere, without regard to case."""
    return Field(
        help_text, bool, lambda value: lambda record: value.lower() in getattr(record, name).lower()
    )


@lru_cache(maxsize=256)
def wildcard(value: str) -> re.Pattern[str]:
    """The pattern of a value in which ``*`` stands for anything."""
    parts = (re.escape(part) for part in value.split("*"))
    return re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)


def _status_test(value: str) -> Test:
    lowered = value.lower()
    if lowered in ("success", "error"):
        wanted = lowered == "success"
        return lambda record: (record.outcome == "success") is wanted
    if lowered.endswith("xx"):
        hundred = int(lowered[0])
        return lambda record: record.status_code // 100 == hundred
    match = _STATUS.fullmatch(lowered)
    compare, code = _COMPARE[(match and match[1]) or ""], int((match and match[2]) or 0)
    return lambda record: compare(record.status_code, code)


def _duration_test(value: str) -> Test:
    match: Any = _COMPARISON.fullmatch(value)
    compare = _COMPARE[match[1] or ">="]
    limit_ms = float(match[2]) * (_MS_PER_SECOND if match[3] == "s" else 1)
    return lambda record: compare(record.duration_ms, limit_ms)


def _is_status(value: str) -> bool:
    return value.lower() in ("success", "error") or _STATUS.fullmatch(value) is not None


FIELDS: Final[dict[str, Field]] = {
    "status": Field("success, error, 404, 5xx or >=400", _is_status, _status_test),
    "duration": Field(
        ">500ms, <2s; without a sign: at least",
        lambda value: _COMPARISON.fullmatch(value) is not None,
        _duration_test,
    ),
    "operation": _text_field("operation", "Lead.Create, or Lead.* for a family"),
    "type": _text_field("api_type", "Lead, Activity, …"),
    "exception": _text_field("exception_type", "an exception type, or *Duplicate*"),
    "method": _text_field("method", "GET or POST"),
    "path": _text_field("path", "a path, or */Lead.*"),
    "outcome": _text_field("outcome", "success, client_fault, refused, server_fault, aborted"),
    "user": _text_field("user_id", "a user's id"),
    "key": _text_field("key_id", "a key's id"),
    "id": _text_field("call_id", "a call's id"),
    "address": _text_field("client_address", "an address, or 10.0.*"),
    "agent": _part_field("user_agent", "part of the user agent"),
    "request": _part_field("request_body", "part of what was sent"),
    "response": _part_field("response_body", "part of what was answered"),
    "trace": _text_field("trace_id", "a trace id"),
}
"""Every field by the name before its colon."""
