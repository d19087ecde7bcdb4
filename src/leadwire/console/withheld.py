"""What a user without the right to see bodies gets of a call: nothing that its caller wrote.

Bodies, headers, the query string and the message of an exception are left out everywhere: on the
page, in every export, and in a search, which would otherwise tell what they hold.
"""

from typing import Final

import msgspec

from leadwire.access.viewer import Viewer
from leadwire.calls.fields import ways_of
from leadwire.calls.query import QueryError
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import (
    HEADER_ATTRIBUTES,
    TEXT_ATTRIBUTES,
    Condition,
    Or,
    Part,
    Text,
    replaced,
)

WITHHELD: Final = (
    "query_string",
    "request_headers",
    "request_body",
    "response_headers",
    "response_body",
    "exception_message",
    "exception_location",
    "exception_fix",
)
_WITHHELD_SEARCHES: Final = frozenset(WITHHELD) | {"target"}
_OPEN_TEXTS: Final = (
    "path",
    *(name for name in TEXT_ATTRIBUTES if name not in _WITHHELD_SEARCHES),
)


def shown_to(viewer: Viewer, record: CallRecord) -> CallRecord:
    """*record*, without what *viewer* has no right to see."""
    if viewer.may_see_bodies:
        return record
    return msgspec.structs.replace(record, **dict.fromkeys(WITHHELD, ""))


def asked_by(viewer: Viewer, condition: Condition) -> Condition:
    """*condition* for the part of a call that *viewer* may see.

    Raises QueryError where it asks for what is withheld.
    """
    return condition if viewer.may_see_bodies else replaced(condition, _open)


def _open(term: Condition) -> Condition:
    if isinstance(term, Text):
        value, ways = term.value, ways_of(term.value, literal=True)
        return Or(
            tuple(
                Part(name, value, literal=True, attribute=name, ways=ways) for name in _OPEN_TEXTS
            )
        )
    if getattr(term, "attribute", "") in (*_WITHHELD_SEARCHES, *HEADER_ATTRIBUTES):
        raise QueryError(
            "q", f"Searching for {term} needs the right to see bodies. Ask an administrator for it."
        )
    return term
