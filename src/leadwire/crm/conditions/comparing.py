"""The SQL of one comparison."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, true

from leadwire.crm.conditions.model import ANY_OF, CURRENT_USER, Compare, ValueKind
from leadwire.crm.conditions.times import ALL_TIME, Span, parse_span, range_ends
from leadwire.crm.phones import normal_phone
from leadwire.crm.unit import Unit
from leadwire.crm.values import parse_number
from leadwire.database.expressions import Sql, all_of, any_of, contains, number_operand, starts_with
from leadwire.dates import format_seconds

_COMPARE: Final[dict[str, Callable[[Sql, Any], Sql]]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: or_(a != b, a.is_(None)),
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
LIKE: Final[dict[str, Callable[[Sql, str], Sql]]] = {
    "lik": contains,
    "nlik": lambda a, b: or_(~contains(a, b), a.is_(None)),
    "lik_s": starts_with,
}
_NONE_OF: Final = frozenset({"neq", "nlik"})
"""With several values, these operators match none of them. Others match any of them."""
OPERATORS: Final = (*_COMPARE, *LIKE, "between", "in")


class Column(NamedTuple):
    """The SQL expression of a field. *sql* of a text ignores case."""

    sql: Sql
    kind: ValueKind
    text: Sql | None = None
    """A number as it was written, for comparing parts of it."""
    is_boolean: bool = False
    is_phone: bool = False
    lower: bool = False
    """Whether *sql* is already in lower case."""


def compared(
    unit: Unit, column: Column, part: Compare, values: Sequence[str], zone: ZoneInfo
) -> Sql:
    """Build the SQL of a comparison with ``values_of`` it.

    Raises InputInvalid, with the place, if it is invalid.
    """
    if part.operator not in OPERATORS:
        fix = f"one of {', '.join(OPERATORS)}"
        raise part.place.below("Operator").wrong(
            f"Operator '{part.operator}' is not supported", fix
        )
    each = [_one(unit, column, part, value, zone) for value in values]
    return all_of(each) if part.operator in _NONE_OF else any_of(each)


def values_of(unit: Unit, part: Compare) -> list[str]:
    """The values that *part* compares with. Raises InputInvalid if there is none."""
    several = part.value.replace(CURRENT_USER, unit.actor.user_id).split(ANY_OF)
    if part.operator == "in" or (part.has_commas and part.operator != "between"):
        several = [value for text in several for value in text.split(",")]
    values = [value.strip() for value in several if value.strip()]
    if not values:
        raise part.place.below("RSO").wrong(f"RSO has no value, LSO {part.name}", "a value")
    return values


def _one(unit: Unit, column: Column, part: Compare, value: str, zone: ZoneInfo) -> Sql:
    if part.operator in LIKE and column.kind in ("number", "text"):
        return LIKE[part.operator](column.sql if column.text is None else column.text, value)
    if column.kind == "number":
        return _of_value(column.sql, part, value, lambda text: _number(column.sql, part, text))
    if column.kind == "text":
        code = unit.schema.rules.country_code if column.is_phone else ""
        return _of_value(
            column.sql, part, value, lambda text: normal_phone(_text(column, text), code)
        )
    return _of_time(unit, column, part, value, zone)


def _of_time(unit: Unit, column: Column, part: Compare, value: str, zone: ZoneInfo) -> Sql:
    if value.lower() == ALL_TIME:
        return true()
    if part.operator in LIKE:
        raise part.place.below("Operator").wrong(
            f"Operator '{part.operator}' is for texts, and LSO {part.name} is a time",
            "eq, neq, gt, gte, lt, lte or between",
        )
    span = _span(unit, part, value, zone)
    if column.kind == "moment":
        return _of_span(column.sql, part.operator, *span.instants(zone))
    if column.kind == "date text":
        return _of_span(func.substr(column.sql, 1, 10), part.operator, *span.dates())
    start, end = map(format_seconds, span.instants(zone))
    return _of_span(column.sql, part.operator, start, end)


def _of_value(column: Sql, part: Compare, value: str, read: Callable[[str], Any]) -> Sql:
    if part.operator == "between":
        ends = range_ends(value)
        if ends is None:
            raise part.place.below("RSO").wrong("RSO is no range", "two values with TO between")
        return column.between(read(ends[0]), read(ends[1]))
    return _COMPARE["eq" if part.operator == "in" else part.operator](column, read(value))


def _of_span(column: Sql, operator: str, start: Any, end: Any) -> Sql:  # noqa: ANN401
    if operator in ("eq", "in", "between"):
        return column.between(start, end)
    if operator == "neq":
        # A missing time differs from every time.
        return or_(column < start, column > end, column.is_(None))
    # After a span means after its end. Before a span means before its start.
    return _COMPARE[operator](column, end if operator in ("gt", "lte") else start)


def _span(unit: Unit, part: Compare, value: str, zone: ZoneInfo) -> Span:
    try:
        return parse_span(value, now_ms=unit.now_ms, zone=zone)
    except (ValueError, OverflowError):
        raise part.place.below("RSO").wrong(
            f"RSO is no date-time, LSO {part.name}",
            "yyyy-MM-dd HH:mm:ss, yyyy-MM-dd, two of them with TO between, or a word such as "
            "opt-this-week",
        ) from None


def _number(column: Sql, part: Compare, text: str) -> Any:  # noqa: ANN401  # an operand
    try:
        parse_number(text)
    except ValueError:
        raise part.place.below("RSO").wrong(
            f"RSO is no number, LSO {part.name}", "a number"
        ) from None
    return number_operand(column, text)


def _text(column: Column, text: str) -> str:
    if column.is_boolean:
        return {"true": "1", "false": "0"}.get(text.lower(), text)
    return text.lower() if column.lower else text
