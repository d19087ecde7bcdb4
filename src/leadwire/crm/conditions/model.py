"""The model of a search: groups of comparisons, each with its place in the caller's text."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from leadwire.dialect import invalid
from leadwire.errors import InputInvalid

EntityName = Literal[
    "lead", "activity", "task", "opportunity", "company", "company activity", "list"
]
Joiner = Literal["and", "or"]
ValueKind = Literal["text", "number", "moment", "moment text", "date text"]
"""How a field is compared. ``moment``: milliseconds; the last two: texts that hold a time."""

ANY_OF: Final = "MXDATASEPERATOR"
"""Separates the values of one comparison, as LeadSquared does."""
CURRENT_USER: Final = "__mx_current_user__"
_EVENT_NAMES: Final = frozenset({"activityevent", "opportunityeventcode", "opportunityevent"})
"""Fields that hold the code of a type of activity or opportunity, in lower case."""


class Place(NamedTuple):
    """A place in the text of a search: the member of the body, and the path below it."""

    member: str
    path: str = ""

    def below(self, name: str) -> "Place":
        return Place(self.member, f"{self.path}.{name}" if self.path else name)

    def wrong(self, what: str, fix: str) -> InputInvalid:
        """The error for a problem at this place."""
        where = f" ({self.path})" if self.path else ""
        path = f".{self.path}" if self.path else ""
        return invalid(self.member + path, f"{self.member}: {what}{where}.", fix=f"Send {fix}.")


class Compare(msgspec.Struct, frozen=True):
    """``name operator value``. *hint* is the type that the caller gives."""

    name: str
    operator: str
    value: str
    place: Place
    hint: ValueKind | None = None
    has_commas: bool = False
    """Whether commas separate the values, as the web client writes products."""
    events: Sequence[str] = ()
    """The codes of the only events that the record can be of; none when any may be."""

    @property
    def is_about_event(self) -> bool:
        """Whether it compares the code of the record's type."""
        return self.name.lower() in _EVENT_NAMES


class OfOne(msgspec.Struct, frozen=True):
    """Comparisons that one record must satisfy. *entity* is the kind of record."""

    entity: EntityName
    joined_by: Joiner
    parts: Sequence[Compare]
    place: Place


class Group(msgspec.Struct, frozen=True):
    """Parts joined by AND or OR. An empty group matches everything."""

    joined_by: Joiner
    parts: Sequence["OfOne | Group"]


class Conditions(msgspec.Struct, frozen=True):
    """A whole search. Times without a zone are local times of *zone*."""

    group: Group
    zone: ZoneInfo

    def events_of(self, entity: EntityName) -> list[str]:
        """The codes of events that parts about *entity* ask for by ``eq``.

        The web client gives parts about opportunities the type Activity.
        """
        return [
            row.value
            for part in _parts(self.group)
            if part.entity in (entity, "activity")
            for row in part.parts
            if row.operator == "eq" and row.is_about_event
        ]


def _parts(group: Group) -> list[OfOne]:
    return [
        one for part in group.parts for one in (_parts(part) if isinstance(part, Group) else [part])
    ]
