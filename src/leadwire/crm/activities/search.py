"""Advanced search: conditions on fields of activities or opportunities, in groups of And and Or."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Protocol

import msgspec
from sqlalchemy import Numeric, Text, and_, cast, or_

from leadwire.crm.activities.reads import Sql, column_of
from leadwire.crm.values import parse_number
from leadwire.dates import SECOND_MS, format_seconds, parse_date, parse_date_time
from leadwire.dialect import invalid

DEPTH_MAX: Final = 5
CONDITIONS_MAX: Final = 100
_MOMENTS: Final = frozenset({"CreatedOn", "ModifiedOn"})
_NUMBERS: Final = frozenset({"ActivityEvent", "OpportunityEventCode", "Score"})
_SPAN: Final = re.compile(r"\s+TO\s+", re.IGNORECASE)
_TWELVE_HOURS: Final = "%Y-%m-%d %I:%M:%S %p"

_COMPARE: Final[dict[str, Callable[[Sql, Sql], Sql]]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: or_(a != b, a.is_(None)),
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
_LIKE: Final[dict[str, Callable[[Sql, str], Sql]]] = {
    "lik": lambda a, b: a.icontains(b, autoescape=True),
    "nlik": lambda a, b: or_(~a.icontains(b, autoescape=True), a.is_(None)),
    "lik_s": lambda a, b: a.istartswith(b, autoescape=True),
}
OPERATORS: Final = (*_COMPARE, *_LIKE, "between", "in")

ValueKind = Literal["text", "number", "moment"]


class ColumnOf(Protocol):
    def __call__(self, name: str, *, location: str) -> Sql: ...


class Compare(msgspec.Struct, frozen=True):
    """``name operator value``. *kind* is how a field's text is to be compared."""

    name: str
    operator: str
    value: str
    kind: ValueKind = "text"


class Group(msgspec.Struct, frozen=True):
    """Conditions of which all must hold, or any."""

    joined_by: Literal["and", "or"]
    parts: Sequence["Compare | Group"]


def sql_of(part: Compare | Group, column_of: ColumnOf = column_of) -> Sql:
    """The SQL of *part*. Raises InputInvalid for a name, operator or value that cannot be.

    *column_of* finds the column that a condition names.
    """
    if isinstance(part, Group):
        parts = [sql_of(inner, column_of) for inner in part.parts]
        return and_(*parts) if part.joined_by == "and" else or_(*parts)
    column = column_of(part.name, location="AdvancedSearch")
    if part.operator not in OPERATORS:
        raise _wrong(part, f"Operator '{part.operator}' is not supported", _list(OPERATORS))
    if part.name in _MOMENTS:
        return _of_moment(column, part)
    if part.name in _NUMBERS:
        return _compared(column, part, lambda text: _number(part, text))
    if part.kind == "number":
        return _compared(cast(column, Numeric), part, lambda text: _number(part, text))
    if part.kind == "moment":
        return _compared(column, part, lambda text: format_seconds(_moment(part, text)))
    return _compared(column.collate("NOCASE"), part, lambda text: text)


def _compared(column: Sql, part: Compare, value_of: Callable[[str], Any]) -> Sql:
    if part.operator == "between":
        start, end = _span(part)
        return column.between(value_of(start), value_of(end))
    if part.operator == "in":
        return column.in_([value_of(text.strip()) for text in part.value.split(",")])
    if part.operator in _LIKE:
        return _LIKE[part.operator](cast(column, Text), part.value)
    return _COMPARE[part.operator](column, value_of(part.value))


def _of_moment(column: Sql, part: Compare) -> Sql:
    if part.operator == "between":
        start, end = _span(part)
        return column.between(_moment(part, start), _moment(part, end))
    if part.operator in ("eq", "neq"):  # a whole second is all that a caller can name
        moment = _moment(part, part.value)
        within = column.between(moment, moment + SECOND_MS - 1)
        return within if part.operator == "eq" else ~within
    if part.operator not in _COMPARE:
        raise _wrong(part, f"Operator '{part.operator}' is for texts", "eq, gt, lt or between")
    return _COMPARE[part.operator](column, _moment(part, part.value))


def _span(part: Compare) -> tuple[str, str]:
    ends = _SPAN.split(part.value.strip())
    if len(ends) != 2:  # noqa: PLR2004  # a start and an end
        raise _wrong(part, "RSO is no range", "two values with TO between them")
    return ends[0], ends[1]


def _moment(part: Compare, text: str) -> int:
    """A date-time as the wire has it, a date alone, or the twelve-hour form of the web client."""
    text = text.strip()
    for parse in (parse_date_time, parse_date, _parse_twelve_hours):
        try:
            return parse(text)
        except ValueError:
            continue
    raise _wrong(part, "RSO is no date-time", "yyyy-MM-dd HH:mm:ss, in UTC")


def _parse_twelve_hours(text: str) -> int:
    moment = datetime.strptime(text, _TWELVE_HOURS)  # noqa: DTZ007  # UTC, as everything here
    return parse_date_time(moment.isoformat(" "))


def _number(part: Compare, text: str) -> float:
    try:
        return parse_number(text.strip())
    except ValueError:
        raise _wrong(part, "RSO is no number", "a number") from None


def _list(names: Sequence[str]) -> str:
    return "one of " + ", ".join(names)


def _wrong(part: Compare, what: str, accepted: str) -> Exception:
    return invalid(
        "AdvancedSearch", f"AdvancedSearch: {what} (LSO {part.name}).", fix=f"Send {accepted}."
    )
