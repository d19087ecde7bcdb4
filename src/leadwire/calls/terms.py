"""A search as a tree of conditions. The parser makes it, and every store evaluates it.

``holds`` defines the meaning. A store may find calls in another way, and must find the same. The
nodes hold all data that this takes: no store parses a value again.

==========  ======================================================================================
``And``     ``terms`` all hold; without any, every call is meant
``Or``      one of ``terms`` holds
``Not``     ``term`` does not hold
``Text``    some text of the call contains one of ``forms``
``Part``    ``attribute`` contains the pieces of one of ``ways``, one after the other
``Whole``   ``attribute`` consists of the pieces of one of ``ways``, with anything between them
``Compare`` ``low <= attribute <= high``
``OneOf``   ``attribute`` is one of ``values``, letter for letter
``Has``     ``attribute`` is not empty
``Member``  a member of a body has the value: see there
``Last``    time span before now; ``bound`` turns it into a ``Compare``
==========  ======================================================================================

Forms and pieces are lower-case bytes without control characters, made by ``leadwire.calls.text``.
They are compared with a text as it was sent and as it reads; all pieces of a way must be in the
same of the two. Evaluating takes time linear in the texts of a call.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.text import (
    are_whole,
    fold,
    normal,
    plus_in_body,
    plus_in_target,
    stand_in,
    target_of,
)

TARGET: Final = "target"
"""The path with the query string, as one text: ``target_of``."""

TEXT_ATTRIBUTES: Final = (
    TARGET,
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
"""Free text in a search is looked for in each of these."""

HEADER_ATTRIBUTES: Final = ("request_headers", "response_headers")
"""Free text is also looked for in each line of these."""

Form = bytes
Way = tuple[bytes, ...]
"""The pieces between the stars of a value, in one spelling. In a ``Whole``, the first and the last
may be empty."""
Needles = tuple[tuple[bytes, ...], ...]
"""Every match contains, as sent or as read, one piece of each tuple."""

TokenOf = Callable[[str], str]
"""The token that replaces a personal value in the log; empty for a blank value."""
IdsOf = Callable[[str], tuple[str, ...]]
"""The ids of users with that name or e-mail address, and of keys with that name, in any letter
case."""

Side = Literal["request", "response"]


class Reading:
    """The texts of one call, as sent and as read. Each is made when it is first needed."""

    def __init__(self, record: CallRecord) -> None:
        self._record: Any = record
        self._texts: dict[str, tuple[bytes, ...]] = {}

    def value(self, attribute: str) -> Any:  # noqa: ANN401  # text or number, as the record has it
        return getattr(self._record, attribute)

    def texts(self, attribute: str) -> tuple[bytes, ...]:
        """(as sent, as read), or one text when both are equal. The last is always as read.

        For headers: the texts of every line.
        """
        known = self._texts.get(attribute)
        if known is None:
            if attribute in HEADER_ATTRIBUTES:
                lines = getattr(self._record, attribute).split("\n")
                known = tuple(text for line in lines for text in _readings(line, None))
            else:
                known = _readings(*self._text(attribute))
            self._texts[attribute] = known
        return known

    def _text(self, attribute: str) -> tuple[str, int | None]:
        record = self._record
        if attribute == TARGET:
            return target_of(record.path, record.query_string), plus_in_target(record.path)
        if attribute == "request_body":
            return record.request_body, plus_in_body(record.request_content_type)
        return getattr(record, attribute), 0 if attribute == "query_string" else None


def _readings(text: str, plus_from: int | None) -> tuple[bytes, ...]:
    sent, read = fold(text), normal(text, plus_from)
    return (sent,) if sent == read else (sent, read)


class _Node(msgspec.Struct, frozen=True):
    """The base of all conditions."""

    def holds(self, record: CallRecord) -> bool:
        """Whether *record* is what the condition asks for."""
        return self.found_in(Reading(record))

    def found_in(self, call: Reading) -> bool:
        raise NotImplementedError


class And(_Node, frozen=True):
    terms: "tuple[Condition, ...]" = ()

    def found_in(self, call: Reading) -> bool:
        return all(term.found_in(call) for term in self.terms)

    def __str__(self) -> str:
        return " ".join(f"({term})" if isinstance(term, Or) else str(term) for term in self.terms)


class Or(_Node, frozen=True):
    terms: "tuple[Condition, ...]"

    def found_in(self, call: Reading) -> bool:
        return any(term.found_in(call) for term in self.terms)

    def __str__(self) -> str:
        return " OR ".join(map(str, self.terms))


class Not(_Node, frozen=True):
    term: "Condition"

    def found_in(self, call: Reading) -> bool:
        return not self.term.found_in(call)

    def __str__(self) -> str:
        return f"-({self.term})" if isinstance(self.term, And | Or) else f"-{self.term}"


class Text(_Node, frozen=True):
    """*value* is the text as typed, for ``str``."""

    value: str
    forms: tuple[Form, ...]

    @property
    def needles(self) -> Needles:
        return (self.forms,)

    def found_in(self, call: Reading) -> bool:
        return any(
            form in text
            for attribute in (*TEXT_ATTRIBUTES, *HEADER_ATTRIBUTES)
            for text in call.texts(attribute)
            for form in self.forms
        )

    def __str__(self) -> str:
        return self.value if _BARE_TEXT.fullmatch(self.value) else quoted(self.value)


class _InField(_Node, frozen=True):
    """A condition of one field. *literal* when the value was in quotes."""

    field: str
    value: str
    literal: bool
    attribute: str
    ways: tuple[Way, ...]

    @property
    def needles(self) -> Needles:
        return _needles(self.ways)

    def __str__(self) -> str:
        return f"{self.field}:{_value(self.value, literal=self.literal)}"


class Part(_InField, frozen=True):
    def found_in(self, call: Reading) -> bool:
        return any(stand_in(way, text) for text in call.texts(self.attribute) for way in self.ways)


class Whole(_InField, frozen=True):
    def found_in(self, call: Reading) -> bool:
        return any(are_whole(way, text) for text in call.texts(self.attribute) for way in self.ways)


class Compare(_Node, frozen=True):
    """The range includes both bounds. A missing bound is infinite."""

    field: str
    value: str
    attribute: str
    low: float
    high: float

    def found_in(self, call: Reading) -> bool:
        return bool(self.low <= call.value(self.attribute) <= self.high)

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


class OneOf(_Node, frozen=True):
    field: str
    value: str
    attribute: str
    values: tuple[str, ...]

    def found_in(self, call: Reading) -> bool:
        return call.value(self.attribute) in self.values

    def __str__(self) -> str:
        return f"{self.field}:{self.value}"


class Has(_Node, frozen=True):
    """For text: it is not empty. For a number: it is not 0."""

    field: str
    attribute: str

    def found_in(self, call: Reading) -> bool:
        return bool(call.value(self.attribute))

    def __str__(self) -> str:
        return f"{self.field}:*"


class Member(_Node, frozen=True):
    """A member of a body by its name, at any depth, or the ``Value`` beside an ``Attribute``.

    It is evaluated on the body as it reads, without a JSON parser. So it also works for bodies that
    were cut, and for JSON in JSON. Each of *captures* is a regular expression in the RE2 dialect.
    Its one group matches a value; a string with its quotes. The condition holds when

    * *low* and *high* are set: the value, a number, lies between them;
    * *ways* are set: the value is the pieces of one of them, as in ``Whole``;
    * neither: the value is not one of ``NO_VALUE``.
    """

    side: Side
    name: str
    value: str
    literal: bool
    attribute: str
    captures: tuple[str, ...]
    ways: tuple[Way, ...] = ()
    low: float | None = None
    high: float | None = None
    known: Needles = ()
    """Pieces of name and value that every match contains, without quotes around them."""

    @property
    def needles(self) -> Needles:
        return self.known

    def found_in(self, call: Reading) -> bool:
        text = call.texts(self.attribute)[-1]
        if not all(any(piece in text for piece in pieces) for pieces in self.known):
            return False
        return any(
            self._is_value(found[1])
            for pattern in self.captures
            for found in _compiled(pattern).finditer(text)
        )

    def _is_value(self, found: bytes) -> bool:
        if self.low is not None and self.high is not None:
            return self.low <= float(found) <= self.high
        if self.ways:
            return any(are_whole(way, found) for way in self.ways)
        return found not in NO_VALUE

    def __str__(self) -> str:
        name = self.name if _BARE_NAME.fullmatch(self.name) else f'"{self.name}"'
        return f"{self.side}.{name}:{_value(self.value, literal=self.literal)}"


NO_VALUE: Final = (b'""', b"null")


class Last(_Node, frozen=True):
    value: str
    span_ms: int

    def __str__(self) -> str:
        return f"last:{self.value}"


Condition = And | Or | Not | Text | Part | Whole | Compare | OneOf | Has | Member | Last

EVERY_CALL: Final = And()


def both(*conditions: Condition) -> Condition:
    """The condition that all of *conditions* hold; never an ``And`` within an ``And``."""
    terms: list[Condition] = []
    for condition in conditions:
        terms += condition.terms if isinstance(condition, And) else (condition,)
    return terms[0] if len(terms) == 1 else And(tuple(terms))


def either(*conditions: Condition) -> Condition:
    """The condition that at least one of *conditions* holds."""
    terms: list[Condition] = []
    for condition in conditions:
        terms += condition.terms if isinstance(condition, Or) else (condition,)
    return terms[0] if len(terms) == 1 else Or(tuple(terms))


def not_(condition: Condition) -> Condition:
    return condition.term if isinstance(condition, Not) else Not(condition)


def terms_of(condition: Condition) -> tuple[Condition, ...]:
    """The conditions that must all hold; empty for ``EVERY_CALL``."""
    return condition.terms if isinstance(condition, And) else (condition,)


def leaves(condition: Condition) -> list[Condition]:
    """Every condition that is not made of others, in order."""
    if isinstance(condition, And | Or):
        return [leaf for term in condition.terms for leaf in leaves(term)]
    return leaves(condition.term) if isinstance(condition, Not) else [condition]


def replaced(condition: Condition, change: Callable[[Condition], Condition]) -> Condition:
    """The same tree, with each leaf replaced by ``change(leaf)``."""
    if isinstance(condition, And):
        return And(tuple(replaced(term, change) for term in condition.terms))
    if isinstance(condition, Or):
        return Or(tuple(replaced(term, change) for term in condition.terms))
    if isinstance(condition, Not):
        return Not(replaced(condition.term, change))
    return change(condition)


def with_tokens(condition: Condition, token_of: TokenOf) -> Condition:
    """The same condition, which also finds the tokens of its texts."""
    return replaced(condition, lambda leaf: _with_token(leaf, token_of))


def with_names(condition: Condition, ids_of: IdsOf) -> Condition:
    """The same condition; ``user:`` and ``key:`` also find the ids with that name."""
    return replaced(condition, lambda leaf: _with_name(leaf, ids_of))


def at(condition: Condition, now_ms: int) -> Condition:
    """The same condition with every ``Last`` replaced by a ``Compare`` that ends at *now_ms*."""

    def change(leaf: Condition) -> Condition:
        if not isinstance(leaf, Last):
            return leaf
        return Compare("last", leaf.value, "started_at_ms", now_ms - leaf.span_ms, math.inf)

    return replaced(condition, change)


def possible_values(condition: Condition, attribute: str, every: frozenset[str]) -> frozenset[str]:
    """The values of *attribute* that a match can have; *every* has all possible ones."""
    if isinstance(condition, And):
        return every.intersection(
            *(possible_values(term, attribute, every) for term in condition.terms)
        )
    if isinstance(condition, Or):
        return frozenset().union(
            *(possible_values(term, attribute, every) for term in condition.terms)
        )
    if isinstance(condition, OneOf) and condition.attribute == attribute:
        return every.intersection(condition.values)
    if isinstance(condition, Not):
        term = condition.term
        if isinstance(term, OneOf) and term.attribute == attribute:
            return every.difference(term.values)
    return every


_BARE_TEXT: Final = re.compile(
    r"(?!(?:and|or|not|curl)$)(?![\w.]+[:=<>])\w[\w@.%/+=:&?-]*", re.IGNORECASE
)
"""Text that means the same without quotes."""
_BARE_NAME: Final = re.compile(r"[\w$-]+", re.ASCII)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _value(value: str, *, literal: bool) -> str:
    return quoted(value) if literal else value


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


def _needles(ways: tuple[Way, ...]) -> Needles:
    if len({len(way) for way in ways}) == 1:
        by_place = [tuple(dict.fromkeys(pieces)) for pieces in zip(*ways, strict=True)]
        return tuple(pieces for pieces in by_place if all(pieces))
    longest = tuple(max(way, key=len) for way in ways)
    return (longest,) if all(longest) else ()


def _with_token(leaf: Condition, token_of: TokenOf) -> Condition:
    if isinstance(leaf, Text):
        token = token_of(leaf.value)
        return msgspec.structs.replace(leaf, forms=(*leaf.forms, fold(token))) if token else leaf
    if isinstance(leaf, Part) and all(len(way) == 1 for way in leaf.ways):
        token = token_of(leaf.value)
        return msgspec.structs.replace(leaf, ways=(*leaf.ways, (fold(token),))) if token else leaf
    if isinstance(leaf, Member) and leaf.ways and all(len(way) == 1 for way in leaf.ways):
        token = token_of(leaf.value)
        return _member_with_token(leaf, fold(token)) if token else leaf
    return leaf


def _member_with_token(member: Member, token: Form) -> Member:
    """A value that was replaced consists of a marker with the token, perhaps among others."""
    name, value = member.known
    return msgspec.structs.replace(
        member, ways=(*member.ways, (b"", token, b"")), known=(name, (*value, token))
    )


def _with_name(leaf: Condition, ids_of: IdsOf) -> Condition:
    if not (isinstance(leaf, Whole) and leaf.field in ("user", "key")):
        return leaf
    ids = tuple((fold(found),) for found in ids_of(leaf.value))
    return msgspec.structs.replace(leaf, ways=(*leaf.ways, *ids)) if ids else leaf
