"""Finding leads: by a criterion, by a range of time, by phone and by a piece of text."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, Numeric, Select, and_, cast, func, literal, or_, select

from leadwire.crm.fields import LeadField
from leadwire.crm.lead_rows import Lead, lead_from_row
from leadwire.crm.leads import field_text
from leadwire.crm.tables import leads
from leadwire.crm.unit import Unit
from leadwire.crm.values import (
    input_invalid,
    kept_date,
    parse_number,
    phone_digits,
    phone_tail,
    same_phone,
)
from leadwire.dates import SECOND_MS, parse_date_time
from leadwire.errors import CriteriaInvalid

QUICK_SEARCH_LEADS_MAX: Final = 100

Sql = Any
"""An SQL expression; SQLAlchemy gives them no narrower type."""

_COLUMNS: Final[dict[str, Sql]] = {
    "ProspectID": leads.c.lead_id,
    "ProspectAutoId": leads.c.auto_id,
    "Score": leads.c.score,
    "CreatedOn": leads.c.created_on,
    "CreatedBy": leads.c.created_by,
    "ModifiedOn": leads.c.modified_on,
    "ModifiedBy": leads.c.modified_by,
    "LeadLastModifiedOn": leads.c.last_modified_on,
    "ProspectActivityId_Min": leads.c.first_activity_id,
    "ProspectActivityDate_Min": leads.c.first_activity_on,
    "ProspectActivityId_Max": leads.c.last_activity_id,
    "ProspectActivityName_Max": leads.c.last_activity_name,
    "ProspectActivityDate_Max": leads.c.last_activity_on,
}

_COMPARE: Final[dict[str, Callable[[Sql, Sql], Sql]]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}


class Criterion(msgspec.Struct, frozen=True):
    """``schema_name operator value``. *operator* is as the caller wrote it."""

    schema_name: str
    operator: str
    value: str


class Slice(msgspec.Struct, frozen=True):
    """Which part of the matches, in which order. *order_by* empty: newest first."""

    offset: int
    rows_max: int
    order_by: str = ""
    descending: bool = True


def search_leads(unit: Unit, criterion: Criterion | None, part: Slice) -> list[Lead]:
    """The leads that *criterion* holds for; an unknown schema name holds for none.

    Raises CriteriaInvalid for an operator that is not one, InputInvalid for a value that its
    field cannot have.
    """
    if criterion is None:
        return _leads(unit, select(leads).where(_own(unit)), part)
    condition = _condition(unit, criterion)
    if condition is None:
        return []
    return _leads(unit, select(leads).where(_own(unit), condition), part)


def leads_modified_between(
    unit: Unit, *, from_ms: int, to_ms: int, part: Slice
) -> tuple[int, list[Lead]]:
    """The number of leads changed from *from_ms* to *to_ms*, both included, and a slice."""
    wanted = (_own(unit), leads.c.last_modified_on.between(from_ms, to_ms))
    total = unit.connection.execute(
        select(func.count()).select_from(leads).where(*wanted)
    ).scalar_one()
    if not part.order_by:
        part = msgspec.structs.replace(part, order_by="LeadLastModifiedOn")
    return total, _leads(unit, select(leads).where(*wanted), part)


def leads_where(unit: Unit, part: Slice, *conditions: Sql) -> list[Lead]:
    """A slice of the account's leads that every one of *conditions* holds for."""
    return _leads(unit, select(leads).where(_own(unit), *conditions), part)


def leads_by_ids(unit: Unit, lead_ids: Sequence[str], part: Slice) -> tuple[int, list[Lead]]:
    """How many of *lead_ids* are leads, and a slice of those, in the order of the ids."""
    distinct = list(dict.fromkeys(lead_ids))
    known = set(
        unit.connection.execute(
            select(leads.c.lead_id).where(_own(unit), leads.c.lead_id.in_(distinct))
        ).scalars()
    )
    found = [lead_id for lead_id in distinct if lead_id in known]
    wanted = found[part.offset : part.offset + part.rows_max]
    rows = unit.connection.execute(select(leads).where(_own(unit), leads.c.lead_id.in_(wanted)))
    by_id = {row.lead_id: lead_from_row(row) for row in rows}
    return len(found), [by_id[lead_id] for lead_id in wanted]


def lead_by_phone(unit: Unit, phone: str) -> Lead | None:
    """The lead with that Phone or Mobile; of several, the one with the latest activity."""
    digits = phone_digits(phone)
    if not digits:
        return None
    tail = phone_tail(digits)
    rows = unit.connection.execute(
        select(leads)
        .where(_own(unit), or_(leads.c.phone_tail == tail, leads.c.mobile_tail == tail))
        .order_by(leads.c.last_activity_on.desc().nulls_last(), leads.c.auto_id.desc())
    )
    for row in rows:
        kept = (row.phone_digits or "", row.mobile_digits or "")
        if any(same_phone(number, digits) for number in kept):
            return lead_from_row(row)
    return None


def quick_search(unit: Unit, text: str) -> list[Lead]:
    """The leads in whose quick-search fields, or full name, *text* stands; newest change first."""
    if not text:
        return []
    names = unit.schema.by_name
    full_name = func.coalesce(field_text(names["FirstName"]), "") + " "
    full_name += func.coalesce(field_text(names["LastName"]), "")
    found = or_(
        full_name.icontains(text, autoescape=True),
        *(field_text(f).icontains(text, autoescape=True) for f in unit.schema.quick_search),
    )
    part = Slice(0, QUICK_SEARCH_LEADS_MAX, "LeadLastModifiedOn")
    return _leads(unit, select(leads).where(_own(unit), found), part)


def _own(unit: Unit) -> Sql:
    return leads.c.account_id == unit.actor.account_id


def _leads(unit: Unit, statement: Select[Any], part: Slice) -> list[Lead]:
    order = _order(unit, part.order_by or "CreatedOn")
    rows = unit.connection.execute(
        statement.order_by(order.desc() if part.descending else order.asc(), leads.c.lead_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    return [lead_from_row(row) for row in rows]


def _order(unit: Unit, schema_name: str) -> Sql:
    field = unit.schema.by_name.get(schema_name)
    if field is None or field.hidden:
        raise input_invalid(
            "Sorting.ColumnName",
            "Sorting ColumnName value is not correct.",
            fix="Send the schema name of a lead field.",
        )
    if field.data_type == "Number":
        return _as_number(field)
    return _expression(field)


def _condition(unit: Unit, criterion: Criterion) -> Sql | None:
    operator = criterion.operator.strip().upper()
    if operator not in _COMPARE and operator not in ("LIKE", "IN"):
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
        return _expression(field).cast(leads.c.fields.type).like(criterion.value)
    if operator == "IN":
        values = [part.strip() for part in criterion.value.split(",")]
        return or_(*(_compared(field, "=", value) for value in values))
    return _compared(field, operator, criterion.value)


def _compared(field: LeadField, operator: str, value: str) -> Sql:
    compare = _COMPARE[operator]
    if field.schema_name == "EmailAddress":
        return compare(leads.c.email_key, value.lower())
    if field.schema_name == "Phone":
        return compare(leads.c.phone, value)
    if field.derived and field.data_type == "Date":
        return _compared_moment(field, operator, value)
    if field.data_type == "Date":
        return compare(_expression(field), _date(field, value))
    if field.data_type == "Number":
        return compare(_as_number(field), _number(field, value))
    if field.data_type == "Boolean" and value not in ("0", "1"):
        raise _not_correct(field, "1 or 0")
    return compare(_expression(field).collate("NOCASE"), value)


def _compared_moment(field: LeadField, operator: str, value: str) -> Sql:
    try:
        moment = parse_date_time(value)
    except ValueError:
        raise _not_correct(field, "a date-time of the form yyyy-MM-dd HH:mm:ss, in UTC") from None
    column = _expression(field)
    if operator in ("=", "<>"):  # a whole second is all that a caller can name
        within = and_(column >= moment, column < moment + SECOND_MS)
        return within if operator == "=" else ~within
    return _COMPARE[operator](column, moment)


def _date(field: LeadField, value: str) -> str:
    try:
        return kept_date(field, value)
    except ValueError:
        raise _not_correct(field, "a date of the form yyyy-MM-dd") from None


def _number(field: LeadField, value: str) -> float:
    try:
        return parse_number(value)
    except ValueError:
        raise _not_correct(field, "a number") from None


def _not_correct(field: LeadField, accepted: str) -> Exception:
    return input_invalid(
        "Parameter.LookupValue",
        f"{field.schema_name} value is not correct.",
        fix=f"Send {accepted}.",
    )


def _expression(field: LeadField) -> Sql:
    column = _COLUMNS.get(field.schema_name)
    if column is not None:
        return column
    if field.derived:
        return literal(field.default)
    return field_text(field)


def _as_number(field: LeadField) -> Sql:
    expression = _expression(field)
    if isinstance(getattr(expression, "type", None), Integer):
        return expression
    return cast(expression, Numeric)
