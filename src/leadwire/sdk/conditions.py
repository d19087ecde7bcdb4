"""Conditions of advanced searches, encoded as the JSON text that the API takes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal, get_args

import msgspec

from leadwire.operations.leads import Operator
from leadwire.sdk.checks import filled, identifier, listed, one_of
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.values import Value, filter_value

Joiner = Literal["And", "Or"]
Comparison = Literal["eq", "neq", "gt", "gte", "lt", "lte", "between", "in", "lik", "nlik"]

FieldCondition = tuple[str, str, Value]
"""Field, operator (eq, neq, lik, in, gt, …) and value."""

CompanyFilter = tuple[str, Operator, Value]
"""Field, operator and value."""

_PARTS: Final = ("field", "operator", "value")
_EXAMPLE: Final = ("Role", "eq", "Administrator")
_EVENT_KIND: Final = "PAEvent"
_UTC: Final = "UTC"


class Condition(msgspec.Struct, frozen=True):
    """One comparison: ``Condition("mx_Custom_1", "eq", "Yes")``.

    *kind* is the API's type of the field. If it is empty, the value decides.
    """

    field: str
    operator: Comparison
    value: Value
    kind: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidValue for an empty field or an unknown operator."""
        identifier("field", self.field)
        one_of("operator", self.operator, get_args(Comparison))

    def row(self) -> dict[str, Any]:
        """The condition as the API's search text has it."""
        return {
            "SubConOp": "And",
            "LSO": self.field,
            "LSO_Type": self.kind or _kind_of(self.value),
            "Operator": self.operator,
            "RSO": str(filter_value(self.value)),
        }


def parts(condition: object) -> None:
    """Raises InvalidValue if *condition* has not the three parts of one."""
    if not isinstance(condition, tuple | list) or len(condition) != len(_PARTS):
        raise InvalidValue(f"A condition must be ({', '.join(_PARTS)}), such as {_EXAMPLE}.")


def condition_group(
    conditions: Sequence[FieldCondition], *, joined_by: Literal["AND", "OR"]
) -> dict[str, Any]:
    """A condition group for the searches of users and of lead distribution.

    Raises InvalidValue for an empty field or an unknown operator.
    """
    one_of("joined_by", joined_by, ("AND", "OR"))
    listed("conditions", conditions)
    for condition in conditions:
        parts(condition)
        name, operator, _ = condition
        identifier("field", name)
        one_of("operator", operator, get_args(Comparison))
    rows: list[dict[str, Any]] = [
        {
            "LookupName": name,
            "Operator": operator,
            "LookupValue": filter_value(value),
            "ConditionOperator": joined_by if number < len(conditions) else None,
        }
        for number, (name, operator, value) in enumerate(conditions, 1)
    ]
    return {"Condition": rows, "GroupOperator": None}


def search_text(
    conditions: Sequence[Condition] | str, event_code: int, *, of: str, joined_by: Joiner
) -> str:
    """The text of a search among the activities of *event_code*. Text passes unchanged.

    The event is a group of its own, so ``Or`` joins only the other conditions.
    """
    if isinstance(conditions, str):
        filled("conditions", conditions)
        return conditions
    one_of("joined_by", joined_by, get_args(Joiner))
    listed("conditions", conditions)
    if not all(isinstance(condition, Condition) for condition in conditions):
        raise InvalidValue("Pass each condition as a Condition(field, operator, value).")
    event = Condition("ActivityEvent", "eq", event_code, _EVENT_KIND)
    members: list[dict[str, Any]] = [_member([event], of, joined_by="And")]
    if conditions:
        members.append(_member(conditions, of, joined_by=joined_by))
    tree = {"GrpConOp": "And", "Conditions": members, "QueryTimeZone": _UTC}
    return msgspec.json.encode(tree).decode()


def _member(conditions: Sequence[Condition], of: str, *, joined_by: Joiner) -> dict[str, Any]:
    rows = [{**condition.row(), "SubConOp": joined_by} for condition in conditions]
    return {"Type": of, "ConOp": "And", "RowCondition": rows}


def _kind_of(value: Value) -> str:
    if value is None:
        raise InvalidValue("A condition needs a value to compare with: None is not allowed.")
    if isinstance(value, datetime):
        return "DateTime"
    return "Number" if isinstance(value, int | float | Decimal) else "String"
