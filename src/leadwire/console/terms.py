"""One condition more or less in a search: what the counts above the table link to."""

from leadwire.calls.search import FIELDS, Search, Term, parse_search


def term_of(field: str, value: str) -> Term | None:
    """The condition *field*:*value*; None when the language has no such value."""
    return Term(value, field) if value and FIELDS[field].check(value) else None


def is_asked(text: str, term: Term) -> bool:
    """Whether every call that *text* finds must fulfil *term*, because it says so."""
    alternatives = parse_search(text).alternatives
    return bool(alternatives) and all(
        any(_same(term, other) for other in terms) for terms in alternatives
    )


def with_term(text: str, term: Term) -> str:
    """The search for what *text* finds and *term* holds of: each alternative gets the term."""
    alternatives = parse_search(text).alternatives or ((),)
    return str(Search(tuple((*terms, term) for terms in alternatives)))


def without_term(text: str, term: Term) -> str:
    """The search *text* without *term*; empty when that asks for every call."""
    alternatives = tuple(
        tuple(other for other in terms if not _same(term, other))
        for terms in parse_search(text).alternatives
    )
    # An alternative that is left without a condition holds of every call: so does the whole.
    return str(Search(alternatives)) if all(alternatives) else ""


def _same(term: Term, other: Term) -> bool:
    return (
        term.field == other.field
        and term.negated is other.negated
        and term.value.lower() == other.value.lower()
    )
