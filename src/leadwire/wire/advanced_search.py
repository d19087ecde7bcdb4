"""The text of an advanced search, as LeadSquared's web client writes it, read into conditions.

``{"GrpConOp": "And", "Conditions": [{"Type": "Activity", "ConOp": "and", "RowCondition":
[{"SubConOp": "And", "LSO": field, "LSO_Type": type, "Operator": "eq", "RSO": value}]}]}``:
``GrpConOp`` joins the conditions, ``SubConOp`` the rows of one. A member of ``Conditions`` may be
such a group itself. What is not documented is refused, never guessed.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, cast

import msgspec

from leadwire.crm.activities.search import CONDITIONS_MAX, DEPTH_MAX, Compare, Group, ValueKind
from leadwire.crm.values import Scalar, scalar_text
from leadwire.dialect import invalid
from leadwire.errors import InputInvalid

ACTIVITY: Final = ("activity",)
OPPORTUNITY: Final = ("opportunity", "activity")

Joiner = Literal["and", "or"]

_KINDS: Final[dict[str, ValueKind]] = {"number": "number", "datetime": "moment", "date": "moment"}

_EVENTS: Final = frozenset({"ActivityEvent", "OpportunityEventCode"})


class _RowCondition(msgspec.Struct):
    LSO: str
    Operator: str
    RSO: Scalar = None
    SubConOp: str | None = None
    LSO_Type: str | None = None


class _Condition(msgspec.Struct):
    Type: str = ""
    ConOp: str | None = None
    RowCondition: list[_RowCondition] = []
    GrpConOp: str | None = None
    Conditions: list["_Condition"] | None = None


def parse_search(text: str, types: Collection[str] = ACTIVITY) -> Group:
    """Raise InputInvalid for what is no such text, or asks for what is not supported.

    *types* are those of conditions that count, in lower case.
    """
    if not text.strip():
        raise _wrong("You have not passed AdvancedSearch.")
    try:
        root = msgspec.json.decode(text, type=_Condition)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _wrong("AdvancedSearch value is not correct.") from None
    if root.Conditions is None:
        raise _wrong("AdvancedSearch has no Conditions.")
    group = _group(root, types, depth=1)
    if _count(group) > CONDITIONS_MAX:
        raise _wrong(f"AdvancedSearch has more than {CONDITIONS_MAX} conditions.")
    return group


def events_of(part: Compare | Group) -> list[str]:
    """The events that conditions ask for by name."""
    if isinstance(part, Group):
        return [value for inner in part.parts for value in events_of(inner)]
    return [part.value] if part.name in _EVENTS and part.operator == "eq" else []


def _group(condition: _Condition, types: Collection[str], *, depth: int) -> Group:
    if depth > DEPTH_MAX:
        raise _wrong(f"AdvancedSearch is nested more than {DEPTH_MAX} deep.")
    members = condition.Conditions or []
    joined_by = _joiner([condition.GrpConOp or "And"], "GrpConOp")
    parts = [
        _rows(member, types)
        if member.Conditions is None
        else _group(member, types, depth=depth + 1)
        for member in members
    ]
    if not parts:
        raise _wrong("AdvancedSearch has an empty group.")
    if len(members) > 1:
        # What ConOp means beside another GrpConOp is not documented.
        own = [member.ConOp for member in members if member.ConOp]
        if own and _joiner(own, "ConOp") != joined_by:
            raise _wrong("AdvancedSearch: ConOp differs from GrpConOp, which is not supported.")
    return Group(joined_by, parts)


def _rows(condition: _Condition, types: Collection[str]) -> Group:
    if condition.Type.lower() not in types:
        raise _wrong(f"AdvancedSearch: Type '{condition.Type}' is not supported.")
    rows = condition.RowCondition
    if not rows:
        raise _wrong("AdvancedSearch has a condition without RowCondition.")
    joiners = [row.SubConOp for row in rows if row.SubConOp] if len(rows) > 1 else []
    return Group(_joiner(joiners or ["And"], "SubConOp"), [_compare(row) for row in rows])


def _compare(row: _RowCondition) -> Compare:
    kind = _KINDS.get((row.LSO_Type or "").lower(), "text")
    return Compare(row.LSO, row.Operator.lower(), scalar_text(row.RSO), kind)


def _joiner(names: Sequence[str], member: str) -> Joiner:
    found = {name.lower() for name in names}
    if len(found) != 1 or not found <= {"and", "or"}:
        raise _wrong(f"AdvancedSearch: {member} must be And, or Or, throughout a group.")
    return cast("Joiner", found.pop())


def _count(part: Compare | Group) -> int:
    return sum(map(_count, part.parts)) if isinstance(part, Group) else 1


def _wrong(what: str) -> InputInvalid:
    return invalid(
        "AdvancedSearch",
        what,
        fix='Send text such as {"GrpConOp":"And","Conditions":[{"Type":"Activity","ConOp":"and",'
        '"RowCondition":[{"SubConOp":"And","LSO":"Status","Operator":"eq","RSO":"Active"}]}]}.',
    )
