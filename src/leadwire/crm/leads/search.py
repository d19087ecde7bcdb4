"""Find leads by a criterion, a range of time, ids or phone."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, func, select, union

from leadwire.crm.conditions.comparing import LIKE
from leadwire.crm.leads.columns import LEAD_AGE, LEAD_ROW, LOWER, comparable, plain
from leadwire.crm.leads.field_index import has_index
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.rows import Lead, lead_from_row
from leadwire.crm.pages import Slice
from leadwire.crm.phones import normal_phone
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit
from leadwire.crm.values import (
    kept_date,
    parse_number,
    phone_digits,
    phone_tail,
    same_phone,
)
from leadwire.database.expressions import (
    Sql,
    any_of,
    like,
    number_operand,
    ordered,
)
from leadwire.dates import SECOND_MS, parse_date_time
from leadwire.dialect import incorrect, invalid, too_long, too_many
from leadwire.errors import CriteriaInvalid
from leadwire.operations.shared import PATTERN_CHARACTERS_MAX, SEARCH_VALUES_MAX

_FEW_MAX: Final = 2_000
_SOUGHT: Final = frozenset({"=", ">", "<", ">=", "<=", "IN"})
"""Operators that an index can answer."""

COMPARE: Final[dict[str, Callable[[Sql, Sql], Sql]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


_SQL_OPERATORS: Final = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=",
}  # fmt: skip


class Criterion(msgspec.Struct, frozen=True):
    """``schema_name operator value``. *operator* is the caller's text."""

    schema_name: str
    operator: str
    value: str


def search_leads(unit: Unit, criterion: Criterion | None, part: Slice) -> list[Lead]:
    """The leads that match *criterion*; empty for an unknown schema name.

    Raises CriteriaInvalid for an unknown operator, InputInvalid for an invalid value.
    """
    if criterion is None:
        return leads_where(unit, part)
    condition = _condition(unit, criterion)
    if condition is None:
        return []
    if criterion.operator.strip().upper() in _SOUGHT:
        unit.sought.append(criterion.schema_name)
    return leads_where(unit, part, condition, are_few=_finds_few(unit, criterion, condition))


def leads_modified_between(
    unit: Unit, *, from_ms: int, to_ms: int, part: Slice
) -> tuple[int, list[Lead]]:
    """The number of leads changed from *from_ms* to *to_ms* inclusive, and a slice."""
    wanted = leads.c.last_modified_on.between(from_ms, to_ms)
    total = unit.connection.execute(
        select(func.count()).select_from(leads).where(own_leads(unit), wanted)
    ).scalar_one()
    if not part.order_by:
        part = msgspec.structs.replace(part, order_by="LeadLastModifiedOn")
    return total, leads_where(unit, part, wanted)


def leads_where(unit: Unit, part: Slice, *conditions: Sql, are_few: bool = False) -> list[Lead]:
    """A slice of the account's leads that match all *conditions*.

    Ties are sorted by the lead's number, in the same direction. *are_few*: an index finds the few
    matches; they are read, then sorted. Otherwise leads are read in order until the slice is full.
    """
    by = _order(unit, part.order_by or "CreatedOn")
    order = [ordered(key, descending=part.descending) for key in (by, LEAD_AGE)]
    wanted = select(LEAD_ROW).select_from(leads).where(own_leads(unit), *conditions)
    statement = select(leads).order_by(*order)
    if are_few:
        statement = statement.limit(part.rows_max).offset(part.offset)
    else:
        # Skip and sort numbers instead of rows, which are large.
        wanted = wanted.order_by(*order).limit(part.rows_max).offset(part.offset)
    rows = unit.connection.execute(statement.where(LEAD_ROW.in_(wanted.correlate(None))))
    return [lead_from_row(row) for row in rows]


def leads_and_count(unit: Unit, part: Slice, *conditions: Sql) -> tuple[int, list[Lead]]:
    """The number of leads that match all *conditions*, and a slice of them."""
    total = unit.connection.execute(
        select(func.count()).select_from(leads).where(own_leads(unit), *conditions)
    ).scalar_one()
    return total, leads_where(unit, part, *conditions)


def leads_by_ids(unit: Unit, lead_ids: Sequence[str], part: Slice) -> tuple[int, list[Lead]]:
    """The number of *lead_ids* that exist, and a slice of them, in the order of the ids."""
    # A repeated id must not shift the pages.
    distinct = list(dict.fromkeys(lead_ids))
    known = set(
        unit.connection.execute(
            select(leads.c.lead_id).where(own_leads(unit), leads.c.lead_id.in_(distinct))
        ).scalars()
    )
    found = [lead_id for lead_id in distinct if lead_id in known]
    wanted = found[part.offset : part.offset + part.rows_max]
    rows = unit.connection.execute(
        select(leads).where(own_leads(unit), leads.c.lead_id.in_(wanted))
    )
    by_id = {row.lead_id: lead_from_row(row) for row in rows}
    return len(found), [by_id[lead_id] for lead_id in wanted]


def lead_by_phone(unit: Unit, phone: str) -> Lead | None:
    """The lead with that Phone or Mobile. Of several leads, the most recently active."""
    digits = phone_digits(normal_phone(phone, unit.schema.rules.country_code))
    if not digits:
        return None
    tail = phone_tail(digits)
    # One statement for each index: an OR of the two would scan every lead.
    rows_of = [
        select(LEAD_ROW).select_from(leads).where(own_leads(unit), column == tail)
        for column in (leads.c.phone_tail, leads.c.mobile_tail)
    ]
    rows = unit.connection.execute(
        select(leads)
        .where(LEAD_ROW.in_(union(*rows_of)))
        .order_by(leads.c.last_activity_on.desc().nulls_last(), leads.c.auto_id.desc())
    )
    for row in rows:
        kept = (row.phone_digits or "", row.mobile_digits or "")
        # Equal tails can belong to different countries.
        if any(same_phone(number, digits) for number in kept):
            return lead_from_row(row)
    return None


def own_leads(unit: Unit) -> Sql:
    return leads.c.account_id == unit.actor.account_id


def _finds_few(unit: Unit, criterion: Criterion, condition: Sql) -> bool:
    """Whether an index finds so few leads that reading and sorting them all is quicker.

    The query planner does not know the number of matches, so count them, up to a limit.
    """
    field = unit.schema.by_name[criterion.schema_name]
    if criterion.operator.strip().upper() not in _SOUGHT or not has_index(unit.connection, field):
        return False
    found = select(LEAD_ROW).select_from(leads).where(own_leads(unit), condition)
    counted = select(func.count()).select_from(found.limit(_FEW_MAX + 1).subquery())
    return unit.connection.execute(counted).scalar_one() <= _FEW_MAX


def _order(unit: Unit, schema_name: str) -> Sql:
    field = unit.schema.by_name.get(schema_name)
    if field is None or field.hidden:
        raise incorrect(
            "Sorting ColumnName",
            location="Sorting.ColumnName",
            fix="Send the schema name of a lead field.",
        )
    unit.sought.append(schema_name)
    return comparable(field)


def lead_condition(unit: Unit, schema_name: str, operator: str, value: str) -> Sql:
    """The SQL of ``schema_name operator value``, in the operators of advanced searches.

    Raises InputInvalid for an invalid name, operator or value.
    """
    field = unit.schema.by_name.get(schema_name)
    operator = operator.strip().lower()
    if field is None or field.hidden:
        raise incorrect(
            schema_name,
            location="LookupName",
            fix="Send the schema name of a lead field (LeadsMetaData.Get).",
        )
    if operator in LIKE:
        return LIKE[operator](plain(field), value)
    if operator == "in":
        return any_of([_compared(field, "=", part) for part in listed(value)])
    if operator not in _SQL_OPERATORS:
        raise invalid(
            "Operator",
            f"Operator '{operator}' is not supported.",
            fix=f"Send one of {', '.join((*_SQL_OPERATORS, *LIKE, 'in'))}.",
        )
    unit.sought.append(schema_name)
    return _compared(field, _SQL_OPERATORS[operator], value)


def _condition(unit: Unit, criterion: Criterion) -> Sql | None:
    operator = criterion.operator.strip().upper()
    if operator not in COMPARE and operator not in ("LIKE", "IN"):
        raise CriteriaInvalid(
            f"Invalid SqlOperator '{criterion.operator}'",
            location="body.Parameter.SqlOperator",
            fix="Send one of =, <>, >, <, >=, <=, LIKE, IN.",
        )
    field = unit.schema.by_name.get(criterion.schema_name)
    if field is None or field.hidden:
        return None
    if operator == "LIKE" and field.derived and field.data_type == "Date":
        raise CriteriaInvalid(
            f"Invalid SqlOperator '{criterion.operator}'",
            location="body.Parameter.SqlOperator",
            fix="Compare date-times with =, <>, >, <, >= or <=.",
        )
    if operator == "LIKE":
        return like(plain(field), pattern_of(criterion))
    values = listed(criterion.value) if operator == "IN" else [criterion.value]
    if field.data_type == "Phone":
        values = [normal_phone(value, unit.schema.rules.country_code) for value in values]
    if operator != "IN":
        return _compared(field, operator, values[0])
    if field.derived and field.data_type == "Date":
        return any_of([_compared_moment(field, "=", value) for value in values])
    return comparable(field).in_([_operand(field, value) for value in values])


def listed(value: str) -> list[str]:
    """The values of an IN, with commas between them. Raises InputInvalid for too many."""
    values = [part.strip() for part in value.split(",")]
    most = SEARCH_VALUES_MAX
    if len(values) > most:
        raise too_many("LookupValue", most, fix=f"Send at most {most} values.")
    return values


def pattern_of(criterion: Criterion) -> str:
    """The pattern of a LIKE. Raises InputInvalid if it is too long."""
    if len(criterion.value) > PATTERN_CHARACTERS_MAX:
        raise too_long("LookupValue", PATTERN_CHARACTERS_MAX)
    return criterion.value


def _compared(field: LeadField, operator: str, value: str) -> Sql:
    if field.derived and field.data_type == "Date":
        return _compared_moment(field, operator, value)
    return COMPARE[operator](comparable(field), _operand(field, value))


def _operand(field: LeadField, value: str) -> Any:  # noqa: ANN401  # a value or an expression
    """*value* in the form of ``comparable``. Raises InputInvalid if it is invalid."""
    if field.schema_name in LOWER:
        return value.lower()
    if field.data_type == "Date":
        return _date(field, value)
    if field.data_type == "Number":
        return _number(field, value)
    if field.data_type == "Boolean" and value not in ("0", "1"):
        raise _not_correct(field, "1 or 0")
    return value


def _compared_moment(field: LeadField, operator: str, value: str) -> Sql:
    try:
        moment = parse_date_time(value)
    except ValueError:
        raise _not_correct(field, "a date-time of the form yyyy-MM-dd HH:mm:ss, in UTC") from None
    column = comparable(field)
    if operator in ("=", "<>"):  # callers give whole seconds
        within = and_(column >= moment, column < moment + SECOND_MS)
        return within if operator == "=" else ~within
    return COMPARE[operator](column, moment)


def _date(field: LeadField, value: str) -> str:
    try:
        return kept_date(field, value)
    except ValueError:
        raise _not_correct(field, "a date of the form yyyy-MM-dd") from None


def _number(field: LeadField, value: str) -> Sql | int | float:
    try:
        parse_number(value)
    except ValueError:
        raise _not_correct(field, "a number") from None
    return number_operand(comparable(field), value)


def _not_correct(field: LeadField, accepted: str) -> Exception:
    return incorrect(field.schema_name, location="Parameter.LookupValue", fix=f"Send {accepted}.")
