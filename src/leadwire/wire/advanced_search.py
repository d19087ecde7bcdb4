"""Parse an advanced search, as LeadSquared's web client writes it, into conditions.

``{"GrpConOp": "And", "QueryTimeZone": "India Standard Time", "Conditions": [{"Type": "Activity",
"ConOp": "and", "RowCondition": [{"SubConOp": "And", "LSO": field, "LSO_Type": type, "Operator":
"eq", "RSO": value}]}]}``: ``GrpConOp`` joins the conditions, ``SubConOp`` the rows of one. A member
of ``Conditions`` may be such a group itself.

The web client pads its texts: a row without a field or value is empty and ignored. An invalid part
is refused, with its place in the text, and never guessed.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from leadwire.crm.conditions.model import (
    ANY_OF,
    Compare,
    Conditions,
    EntityName,
    Group,
    Joiner,
    OfOne,
    Place,
    ValueKind,
)
from leadwire.crm.conditions.times import ALL_TIME
from leadwire.crm.conditions.zones import zone_named
from leadwire.crm.values import Scalar, scalar_text
from leadwire.dialect import invalid
from leadwire.errors import InputInvalid
from leadwire.wire.codec import WITHOUT_NUL, holds_nul

DEPTH_MAX: Final = 5
CONDITIONS_MAX: Final = 100

_ENTITIES: Final[dict[str, EntityName]] = {
    "lead": "lead",
    "activity": "activity",
    "task": "task",
    "opportunity": "opportunity",
    "account": "company",
    "company": "company",
    "companyactivity": "company activity",
    "lists": "list",
}
_HINTS: Final[dict[str, ValueKind]] = {
    "number": "number",
    "datetime": "moment text",
    "date": "date text",
}
_COMMA_TYPES: Final = frozenset({"product"})
_UTC: Final = "UTC"
EXAMPLE: Final = (
    '{"GrpConOp":"And","Conditions":[{"Type":"Activity","ConOp":"and",'
    '"RowCondition":[{"SubConOp":"And","LSO":"Status","Operator":"eq","RSO":"Active"}]}]}'
)


class _Row(msgspec.Struct):
    LSO: str | None = None
    Operator: str | None = None
    RSO: Scalar = None
    SubConOp: str | None = None
    LSO_Type: str | None = None

    @property
    def is_filled(self) -> bool:
        value = scalar_text(self.RSO).replace(ANY_OF, "").strip()
        return bool((self.LSO or "").strip() and value and value.lower() != ALL_TIME)


class _Condition(msgspec.Struct):
    Type: str | None = None
    ConOp: str | None = None
    RowCondition: list[_Row | None] | None = None
    GrpConOp: str | None = None
    Conditions: list["_Condition | None"] | None = None
    QueryTimeZone: str | None = None


def parse_search(text: str, member: str = "AdvancedSearch") -> Conditions:
    """Parse the conditions of *text*. They may be empty.

    Raises InputInvalid, with *member* and the place in the text, for an invalid part.
    """
    place = Place(member)
    if holds_nul(text.encode("utf-8", "surrogatepass")):
        raise invalid(member, f"{member} holds the character \\u0000.", fix=WITHOUT_NUL)
    try:
        root = msgspec.json.decode(text, type=_Condition)
    except RecursionError:
        raise _too_deep(place) from None
    except (msgspec.DecodeError, UnicodeError) as error:
        # The decoder's message names the byte or the member.
        detail = f"{member} value is not correct: {error}."
        raise invalid(member, detail, fix=f"Send {EXAMPLE}.") from None
    reader = _Reader()
    group = reader.group(root, place, depth=1)
    if reader.rows > CONDITIONS_MAX:
        raise place.wrong(
            f"more than {CONDITIONS_MAX} conditions", f"at most {CONDITIONS_MAX} rows"
        )
    name = (root.QueryTimeZone or "").strip() or _UTC
    try:
        zone = zone_named(name)
    except ValueError:
        fix = "the name of a time zone, such as India Standard Time, Asia/Kolkata or UTC"
        raise place.below("QueryTimeZone").wrong(
            f"QueryTimeZone '{name}' is not known", fix
        ) from None
    return Conditions(group, zone)


class _Reader:
    """Reads groups and rows, and counts the rows that are filled in."""

    def __init__(self) -> None:
        self.rows = 0

    def group(self, given: _Condition, place: Place, *, depth: int) -> Group:
        if depth > DEPTH_MAX:
            raise _too_deep(place)
        members = [
            (member, place.below(f"Conditions[{number}]"))
            for number, member in enumerate(given.Conditions or [])
            if member is not None
        ]
        joined_by = _joiner([given.GrpConOp or "And"], "GrpConOp", place)
        read = [(member, at, self._member(member, at, depth=depth)) for member, at in members]
        filled = [(member, at, part) for member, at, part in read if part.parts]
        if len(filled) > 1:
            # The meaning of ConOp beside a different GrpConOp is not documented.
            for member, at, _ in filled:
                if member.ConOp and _joiner([member.ConOp], "ConOp", at) != joined_by:
                    raise at.below("ConOp").wrong(
                        "ConOp differs from GrpConOp, which is not supported", "one word in both"
                    )
        return Group(joined_by, [part for _, _, part in filled])

    def _member(self, given: _Condition, place: Place, *, depth: int) -> OfOne | Group:
        if given.Conditions is not None:
            return self.group(given, place, depth=depth + 1)
        rows = [
            (row, place.below(f"RowCondition[{number}]"))
            for number, row in enumerate(given.RowCondition or [])
            if row is not None and row.is_filled
        ]
        self.rows += len(rows)
        joiners = [row.SubConOp for row, _ in rows if row.SubConOp] if len(rows) > 1 else []
        joined_by = _joiner(joiners or ["And"], "SubConOp", place)
        entity = _ENTITIES.get((given.Type or "").strip().lower())
        if entity is None and rows:
            raise place.below("Type").wrong(
                f"Type '{given.Type or ''}' is not supported",
                "Lead, Activity, Task, Opportunity, Account, Company, CompanyActivity or Lists",
            )
        compares = [_compare(row, at) for row, at in rows]
        return OfOne(entity or "lead", joined_by, compares, place)


def _compare(row: _Row, place: Place) -> Compare:
    kind = (row.LSO_Type or "").strip().lower()
    return Compare(
        name=(row.LSO or "").strip(),
        operator=(row.Operator or "").strip().lower(),
        value=scalar_text(row.RSO),
        place=place,
        hint=_HINTS.get(kind),
        has_commas=kind in _COMMA_TYPES,
    )


def _joiner(names: Sequence[str], member: str, place: Place) -> Joiner:
    found = {name.strip().lower() for name in names}
    if len(found) != 1 or not found <= {"and", "or"}:
        raise place.below(member).wrong(
            f"{member} must be And, or Or, throughout a group", "one of the two words"
        )
    return cast("Joiner", found.pop())


def _too_deep(place: Place) -> InputInvalid:
    return place.wrong(f"nested more than {DEPTH_MAX} deep", "fewer groups within groups")
