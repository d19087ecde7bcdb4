"""Add or remove one condition of a search, for the links of the counts above the table."""

import msgspec

from leadwire.calls import fields
from leadwire.calls.language import TERMS_MAX, SearchError, parse_search
from leadwire.calls.terms import (
    EVERY_CALL,
    And,
    Condition,
    Or,
    both,
    either,
    leaves,
    terms_of,
)


def term_of(field: str, value: str) -> Condition | None:
    """The condition that *field* is exactly *value*; None if the syntax cannot express it."""
    if not value:
        return None
    try:
        exact = fields.condition(field, value, literal=True)
    except ValueError:
        return None
    return _without_quotes(field, value, exact) or exact


def _without_quotes(field: str, value: str, exact: Condition) -> Condition | None:
    """The condition without quotes, as users type it; None if that changes its meaning."""
    try:
        typed = parse_search(f"{field}:{value}")
    except SearchError:
        return None
    return typed if _meaning(typed) == _meaning(exact) else None


def is_asked(text: str, term: Condition) -> bool:
    """Whether *text* requires *term* for every match."""
    return _asks(parse_search(text), term)


def with_term(text: str, term: Condition) -> str:
    """The search *text* with *term* added; empty if it would be too long."""
    asked = both(parse_search(text), term)
    return str(asked) if len(leaves(asked)) <= TERMS_MAX else ""


def without_term(text: str, term: Condition) -> str:
    """The search *text* without *term*; empty if nothing is left."""
    return str(_without(parse_search(text), term))


def narrower_parts(text: str) -> list[tuple[str, str]]:
    """Each required condition of *text*, with the search without it."""
    terms = terms_of(parse_search(text))
    if len(terms) < 2:  # noqa: PLR2004  # nothing would be left
        return []
    return [
        (str(both(term)), str(both(*terms[:place], *terms[place + 1 :])))
        for place, term in enumerate(terms)
    ]


def _asks(asked: Condition, term: Condition) -> bool:
    if isinstance(asked, And):
        return any(_asks(part, term) for part in asked.terms)
    if isinstance(asked, Or):
        return all(_asks(part, term) for part in asked.terms)
    return _meaning(asked) == _meaning(term)


def _without(asked: Condition, term: Condition) -> Condition:
    if isinstance(asked, And):
        return both(*(_without(part, term) for part in asked.terms))
    if isinstance(asked, Or):
        parts = [_without(part, term) for part in asked.terms]
        # A part without a condition matches every call, and so does the whole.
        return EVERY_CALL if EVERY_CALL in parts else either(*parts)
    return EVERY_CALL if _meaning(asked) == _meaning(term) else asked


def _meaning(condition: Condition) -> Condition:
    """The same condition without its notation."""
    written = {"value": "", "literal": False}
    known = {name: value for name, value in written.items() if hasattr(condition, name)}
    return msgspec.structs.replace(condition, **known) if known else condition
