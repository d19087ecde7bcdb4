"""Links from a value of a call to the calls that have it, or do not have it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from leadwire.calls.fields import member
from leadwire.calls.language import SearchError, parse_search
from leadwire.calls.terms import Side, leaves, quoted
from leadwire.console.filters import Filters

PICK: Final = "pick"
"""The parameter of a call's page that names the picked condition."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A condition that a reader picked, and the lists that it leads to."""

    term: str
    value: str
    include: str
    exclude: str


class ValueLinks:
    """Links that keep the filters of the list. Each leads to the page with the value picked.

    Without a script the page offers the lists with and without the value; a script offers them
    beside the value.
    """

    def __init__(self, filters: Filters) -> None:
        self._filters = filters
        here = filters.here("").partition("?")[2]
        self._base = f"?{here}&" if here else "?"

    def picked(self, term: str) -> Picked:
        return Picked(term, value_of(term), self.list_with(term), self.list_with(f"-{term}"))

    def list_with(self, term: str) -> str:
        """The address of the list that must also fulfil *term*."""
        asked = self._filters.value("q")
        if " OR " in asked:
            asked = f"({asked})"
        return self._filters.url(q=f"{asked} {term}".strip())

    def pick(self, term: str) -> str:
        """The address of this page with *term* picked; empty for an empty term."""
        return f"{self._base}{urlencode({PICK: term})}#pick" if term else ""

    def in_body(self, side: Side, name: str, value: str) -> str:
        return self.pick(_in_body(side, name, value))

    def in_query(self, name: str, value: str) -> str:
        return self.pick(_named("query", f"{name}={value}"))

    def in_form(self, name: str, value: str) -> str:
        return self.pick(_named("request", f"{name}={value}"))

    def in_headers(self, name: str, value: str) -> str:
        text = f"{name}: {value}"
        return self.pick(quoted(text)) if _is_plain(value) else ""

    def of_field(self, field: str, value: str) -> str:
        return self.pick(_named(field, value))


def value_of(term: str) -> str:
    """The value of one condition, for reading and copying."""
    try:
        found = leaves(parse_search(term))
    except SearchError:
        found = []
    value = getattr(found[0], "value", "") if len(found) == 1 else ""
    return str(value) or term


def _in_body(side: Side, name: str, value: str) -> str:
    if not _is_plain(value):
        return ""
    if not name or not _is_plain(name) or '"' in name:
        return _named(side, value)
    return str(member(side, name, value, literal=True))


def _named(field: str, value: str) -> str:
    return f"{field}:{quoted(value)}" if _is_plain(value) else ""


def _is_plain(value: str) -> bool:
    return bool(value.strip()) and value.isprintable()
