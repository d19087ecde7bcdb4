r"""The search bar's language: what it says, and whether a call is what it asks for.

::

    ravi@example.com          the text stands somewhere in the call
    "two words"               so does this, blanks included; \" is a quote inside
    status:5xx duration:>1s   both must hold
    lead OR task              either
    -operation:Leads.*        not this; * stands for anything

Text is a substring, without regard to the case of A to Z. What cannot be understood is pointed at.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.text import are_whole
from leadwire.errors import LeadwireError

_MS_PER_SECOND: Final = 1_000

PART_FIELDS: Final = frozenset({"agent", "request", "response"})
"""Names before a colon whose value stands somewhere; of all others it is the whole, with ``*``."""

TEXT_FIELDS: Final = (
    "request_body",
    "response_body",
    "exception_message",
    "exception_type",
    "operation",
    "client_address",
    "user_agent",
    "user_id",
    "key_id",
    "trace_id",
    "call_id",
)
"""The record's fields in which free text is looked for, beside its path with the query string
and the lines of HEADER_FIELDS."""

HEADER_FIELDS: Final = ("request_headers", "response_headers")
"""Each of their lines is a text of its own."""


class SearchError(LeadwireError):
    """What cannot be understood; *position* counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


Predicate = Callable[[Any], bool]


TokenOf = Callable[[str], str]
"""What stands for a text where personal values were replaced; empty when nothing can."""


class Condition(NamedTuple):
    """What a term with a field asks: *holds* of one attribute of the record."""

    attribute: str
    holds: Predicate
    needles: tuple[str, ...] = ()
    """Pieces of text that the attribute of every match has in it, whatever their case."""
    one_of: tuple[str, ...] = ()
    """Pieces of which every match has one."""


class Term(msgspec.Struct, frozen=True):
    """One condition. *field* empty: *value* is text that stands anywhere in the call."""

    value: str
    field: str = ""
    negated: bool = False
    token: str = ""
    """Text that counts as *value*, too: what stands for it where personal values were replaced."""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is looked for; one of them must be there."""
        return (self.value, self.token) if self.token else (self.value,)

    def condition(self) -> Condition:
        """Of a term with a field, without regard to ``negated``."""
        if self.token:
            return _part_condition(FIELDS[self.field].condition(self.value).attribute, self.texts)
        return FIELDS[self.field].condition(self.value)

    def holds(self, record: CallRecord) -> bool:
        if not self.field:
            found = any(_contains(record, text) for text in self.texts)
            return found is not self.negated
        attribute, holds, *_ = self.condition()
        return holds(getattr(record, attribute)) is not self.negated


class Search(msgspec.Struct, frozen=True):
    """Alternatives, of which one must hold; an alternative's terms must all hold.

    No alternative at all asks for nothing: every call is what it asks for.
    """

    alternatives: tuple[tuple[Term, ...], ...] = ()

    def holds(self, record: CallRecord) -> bool:
        if not self.alternatives:
            return True
        return any(all(term.holds(record) for term in terms) for terms in self.alternatives)

    def with_tokens(self, token_of: TokenOf) -> "Search":
        """The same search, that finds its texts also where their tokens stand."""
        return Search(
            tuple(
                tuple(_with_token(term, token_of) for term in terms) for terms in self.alternatives
            )
        )

    def __str__(self) -> str:
        """The search as it may be typed: parsing it gives the same search."""
        return " OR ".join(" ".join(map(_typed, terms)) for terms in self.alternatives)


class Field(NamedTuple):
    """A name before the colon: what may follow it, and the condition that it makes."""

    help: str
    check: Callable[[str], bool]
    condition: Callable[[str], Condition]


@lru_cache(maxsize=256)
def parse_search(text: str) -> Search:
    """Raise SearchError, at the place, for an unknown field, a wrong value or an open quote."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # Half a surrogate pair: no stored text can contain it.
        raise SearchError("The text is not valid Unicode", error.start) from None
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


def phrase(text: str) -> str:
    """The search for exactly *text*, whatever it holds; empty for no text."""
    return str(Search(((Term(text),),))) if text else ""


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


def fold(text: str) -> bytes:
    """*text* as it is compared: A-Z as a-z, whatever the locale or the script."""
    return text.encode("utf-8", "surrogatepass").lower()


def target_of(path: str, query_string: str) -> str:
    """The path with the query string: free text may stand across both."""
    return f"{path}?{query_string}" if query_string else path


def _contains(record: CallRecord, text: str) -> bool:
    folded = fold(text)
    texts = [getattr(record, name) for name in TEXT_FIELDS]
    texts.append(target_of(record.path, record.query_string))
    for name in HEADER_FIELDS:
        texts += getattr(record, name).split("\n")
    return any(folded in fold(text) for text in texts)


_COMPARISON: Final = re.compile(r"(>=|<=|>|<)?(\d+(?:\.\d+)?)(ms|s)?")
_STATUS: Final = re.compile(r"(>=|<=|>|<)?([1-5]\d\d)|[1-5]xx", re.IGNORECASE)
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "": lambda a, b: a == b,
}


def _whole(attribute: str, help_text: str) -> Field:
    """A field that is compared whole, without regard to case; ``*`` stands for anything."""

    @lru_cache(maxsize=64)
    def condition(value: str) -> Condition:
        parts = value.split("*")
        pieces = tuple(map(fold, parts))
        needles = tuple(part for part in parts if part)
        return Condition(attribute, lambda text: are_whole(pieces, fold(text)), needles)

    return Field(help_text, bool, condition)


def _part(attribute: str, help_text: str) -> Field:
    """A field in which the value stands somewhere, without regard to case."""
    return Field(help_text, bool, lambda value: _part_condition(attribute, (value,)))


def _part_condition(attribute: str, texts: tuple[str, ...]) -> Condition:
    """That one of *texts* stands in the attribute."""
    folded = tuple(map(fold, texts))

    def holds(text: str) -> bool:
        searched = fold(text)
        return any(piece in searched for piece in folded)

    return Condition(attribute, holds, one_of=texts)


def _with_token(term: Term, token_of: TokenOf) -> Term:
    if term.field and term.field not in PART_FIELDS:
        return term
    return msgspec.structs.replace(term, token=token_of(term.value))


def _status_condition(value: str) -> Condition:
    lowered = value.lower()
    if lowered in ("success", "error"):
        wanted = lowered == "success"
        return Condition("outcome", lambda outcome: (outcome == "success") is wanted)
    if lowered.endswith("xx"):
        hundred = int(lowered[0])
        return Condition("status_code", lambda code: code // 100 == hundred)
    match: Any = _STATUS.fullmatch(lowered)
    compare, limit = _COMPARE[match[1] or ""], int(match[2])
    return Condition("status_code", lambda code: compare(code, limit))


def _duration_condition(value: str) -> Condition:
    match: Any = _COMPARISON.fullmatch(value)
    compare = _COMPARE[match[1] or ">="]
    limit_ms = float(match[2]) * (_MS_PER_SECOND if match[3] == "s" else 1)
    return Condition("duration_ms", lambda duration_ms: compare(duration_ms, limit_ms))


def _is_status(value: str) -> bool:
    return value.lower() in ("success", "error") or _STATUS.fullmatch(value) is not None


FIELDS: Final[dict[str, Field]] = {
    "status": Field("success, error, 404, 5xx or >=400", _is_status, _status_condition),
    "duration": Field(
        ">500ms, <2s; without a sign: at least",
        lambda value: _COMPARISON.fullmatch(value) is not None,
        _duration_condition,
    ),
    "operation": _whole("operation", "Lead.Create, or Lead.* for a family"),
    "type": _whole("api_type", "Lead, Activity, …"),
    "exception": _whole("exception_type", "an exception type, or *Duplicate*"),
    "method": _whole("method", "GET or POST"),
    "path": _whole("path", "a path, or */Lead.*"),
    "outcome": _whole("outcome", "success, client_fault, refused, server_fault, aborted"),
    "user": _whole("user_id", "a user's id"),
    "key": _whole("key_id", "a key's id"),
    "id": _whole("call_id", "a call's id"),
    "address": _whole("client_address", "an address, or 10.0.*"),
    "agent": _part("user_agent", "part of the user agent"),
    "request": _part("request_body", "part of what was sent"),
    "response": _part("response_body", "part of what was answered"),
    "trace": _whole("trace_id", "a trace id"),
}
"""Every field by the name before its colon."""
