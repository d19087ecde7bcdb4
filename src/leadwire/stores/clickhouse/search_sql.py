"""Convert a search's tree of conditions to ClickHouse's SQL.

Equivalent to ``leadwire.calls.terms``, node by node; a test compares both for every kind of node.
Values are bound by the server, never written into the statement.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from math import isinf
from typing import Any, Final

from leadwire.calls.terms import (
    NO_VALUE,
    TEXT_ATTRIBUTES,
    And,
    Compare,
    Condition,
    Has,
    Member,
    Needles,
    Not,
    OneOf,
    Or,
    Part,
    Text,
    Way,
    Whole,
)
from leadwire.stores.clickhouse.schema import SEARCHED_TEXT, is_number, read_part

Bind = Callable[[str, Any], str]
"""Binds a value of a type, and returns its placeholder."""

_NGRAM_BYTES: Final = 5
"""Shorter pieces cannot use the index."""
_TARGET_PARTS: Final = ("path", "query_string")


def search_sql(condition: Condition, bind: Bind) -> str:
    """The SQL of *condition*, in brackets where it needs them.

    Raises KeyError for ``Last``: first resolve a time span to an instant.
    """
    return _SQL[type(condition)](condition, bind)


def _and(condition: And, bind: Bind) -> str:
    return _joined(" AND ", condition.terms, bind) if condition.terms else "1"


def _or(condition: Or, bind: Bind) -> str:
    return _joined(" OR ", condition.terms, bind)


def _not(condition: Not, bind: Bind) -> str:
    return f"NOT ({search_sql(condition.term, bind)})"


def _text(condition: Text, bind: Bind) -> str:
    return _any_of(condition.forms, SEARCHED_TEXT, bind)


def _compare(condition: Compare, bind: Bind) -> str:
    return _between(condition.attribute, condition.low, condition.high, bind)


def _one_of(condition: OneOf, bind: Bind) -> str:
    return f"has({bind('Array(String)', list(condition.values))}, {condition.attribute})"


def _has(condition: Has, bind: Bind) -> str:  # noqa: ARG001  # all have one shape
    return f"{condition.attribute} != {'0' if is_number(condition.attribute) else chr(39) * 2}"


def _joined(word: str, terms: Sequence[Condition], bind: Bind) -> str:
    return f"({word.join(search_sql(term, bind) for term in terms)})"


def _in_field(condition: Part | Whole, bind: Bind) -> str:
    sent, read = f"lower({condition.attribute})", read_part(condition.attribute)
    matches = _whole if isinstance(condition, Whole) else _part
    found = [matches(way, text, bind) for text in (sent, read) for way in condition.ways]
    return _narrowed(condition.attribute, condition.needles, f"({' OR '.join(found)})", bind)


def _part(way: Way, text: str, bind: Bind) -> str:
    if len(way) == 1:
        return _any_of(way, text, bind)
    return f"{text} LIKE {bind('String', '%' + _pattern(way) + '%')}"


def _whole(way: Way, text: str, bind: Bind) -> str:
    if len(way) == 1:
        return f"{text} = {bind('String', way[0].decode())}"
    return f"{text} LIKE {bind('String', _pattern(way))}"


def _member(condition: Member, bind: Bind) -> str:
    read = read_part(condition.attribute)
    text = f"if({read} = '', lower({condition.attribute}), {read})"
    known = [_any_of(pieces, text, bind) for pieces in condition.needles]
    values = " OR ".join(
        f"arrayExists(v -> {_is_value(condition, bind)}, "
        f"extractAll({text}, {bind('String', pattern)}))"
        for pattern in condition.captures
    )
    found = " AND ".join((*known, f"({values})"))
    return _narrowed(condition.attribute, condition.needles, f"({found})", bind)


def _is_value(condition: Member, bind: Bind) -> str:
    if condition.low is not None and condition.high is not None:
        return _between("toFloat64OrZero(v)", condition.low, condition.high, bind)
    if condition.ways:
        return f"({' OR '.join(_whole(way, 'v', bind) for way in condition.ways)})"
    return f"NOT has({bind('Array(String)', [value.decode() for value in NO_VALUE])}, v)"


def _between(number: str, low: float, high: float, bind: Bind) -> str:
    bounds = [("<=", high)] if isinf(low) else [(">=", low)]
    if not isinf(low) and not isinf(high):
        bounds.append(("<=", high))
    compared = [f"{number} {sign} {bind('Float64', bound)}" for sign, bound in bounds]
    return f"({' AND '.join(compared)})"


def _narrowed(attribute: str, needles: Needles, found: str, bind: Bind) -> str:
    """Add a condition on the indexed text to *found*, so that the index is used."""
    if attribute not in TEXT_ATTRIBUTES and attribute not in _TARGET_PARTS:
        return found
    long = [pieces for pieces in needles if all(len(piece) >= _NGRAM_BYTES for piece in pieces)]
    return " AND ".join((*(_any_of(pieces, SEARCHED_TEXT, bind) for pieces in long), found))


def _any_of(pieces: Iterable[bytes], text: str, bind: Bind) -> str:
    # This function takes needles literally, and can use the n-gram index.
    bound = ", ".join(bind("String", piece.decode()) for piece in pieces)
    return f"multiSearchAny({text}, [{bound}])"


def _pattern(way: Way) -> str:
    return "%".join(re.sub(r"([\\%_])", r"\\\1", piece.decode()) for piece in way)


_SQL: Final[dict[type, Callable[[Any, Bind], str]]] = {
    And: _and,
    Or: _or,
    Not: _not,
    Text: _text,
    Part: _in_field,
    Whole: _in_field,
    Compare: _compare,
    OneOf: _one_of,
    Has: _has,
    Member: _member,
}
