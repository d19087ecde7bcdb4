"""Finding companies: by type, text, a range of time and a criterion."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from leadwire.crm.companies.companies import Company, company_from_row
from leadwire.crm.companies.fields import FIELDS, CompanyType, is_field
from leadwire.crm.leads.search import COMPARE, Criterion, listed, pattern_of
from leadwire.crm.pages import Slice, counted_page
from leadwire.crm.tables import companies
from leadwire.crm.unit import Unit
from leadwire.crm.values import parse_number
from leadwire.database.expressions import (
    Sql,
    any_of,
    as_number,
    contains,
    like,
    member_text,
    number_operand,
    without_case,
)
from leadwire.dates import SECOND_MS, parse_date_time
from leadwire.dialect import incorrect
from leadwire.errors import CriteriaInvalid

MOMENTS: Final = ("CreatedOn", "ModifiedOn")
_COLUMNS: Final[dict[str, Sql]] = {
    "CompanyId": companies.c.company_id,
    "CompanyNumber": companies.c.number,
    "CompanyType": companies.c.type_code,
    "CompanyTypeName": companies.c.type_name,
    "CreatedOn": companies.c.created_on,
    "CreatedBy": companies.c.created_by,
    "ModifiedOn": companies.c.modified_on,
    "ModifiedBy": companies.c.modified_by,
}
_NUMBERS: Final = frozenset({"CompanyNumber", "CompanyType"})


class CompanyFilter(msgspec.Struct, frozen=True):
    """Conditions that must all hold. *text* is a part of the name."""

    type: CompanyType
    text: str = ""
    moment: str = "ModifiedOn"
    from_ms: int | None = None
    to_ms: int | None = None
    criterion: Criterion | None = None


def find_companies(unit: Unit, wanted: CompanyFilter, part: Slice) -> tuple[int, list[Company]]:
    """The number of companies that match *wanted*, and a slice of them.

    Raises CriteriaInvalid for an unknown operator, InputInvalid for an invalid name or value.
    """
    conditions: list[Sql] = [companies.c.type_code == wanted.type.code]
    if wanted.text:
        name = _column("CompanyName", "SearchText")
        conditions.append(contains(name, wanted.text))
    moment = _COLUMNS[wanted.moment]
    if wanted.from_ms is not None:
        conditions.append(moment >= wanted.from_ms)
    if wanted.to_ms is not None:
        conditions.append(moment <= wanted.to_ms)
    if wanted.criterion is not None:
        conditions.append(_condition(wanted.criterion))
    order = _column(part.order_by or "ModifiedOn", "Sorting.ColumnName")
    if _is_number(part.order_by):
        order = as_number(order)
    total, rows = counted_page(unit, companies, conditions, order=order, part=part)
    return total, [company_from_row(row) for row in rows]


def _condition(criterion: Criterion) -> Sql:
    column = _column(criterion.schema_name, "FilterBy.LookupName")
    operator = criterion.operator.strip().upper()
    if operator == "LIKE" and criterion.schema_name not in MOMENTS:
        return like(column, pattern_of(criterion))
    if operator == "IN":
        values = listed(criterion.value)
        return any_of([_compared(column, criterion.schema_name, "=", one) for one in values])
    if operator not in COMPARE:
        raise CriteriaInvalid(
            f"Invalid SqlOperator '{criterion.operator}'",
            location="body.Query.FilterBy.SqlOperator",
            fix="Send one of =, <>, >, <, >=, <=, LIKE, IN.",
        )
    return _compared(column, criterion.schema_name, operator, criterion.value)


def _compared(column: Sql, name: str, operator: str, value: str) -> Sql:
    compare = COMPARE[operator]
    try:
        if name in MOMENTS:
            moment = parse_date_time(value)
            if operator in ("=", "<>"):  # callers give whole seconds
                within = column.between(moment, moment + SECOND_MS - 1)
                return within if operator == "=" else ~within
            return compare(column, moment)
        if _is_number(name):
            return _compared_number(compare, column, value)
    except ValueError:
        raise incorrect(
            name,
            location="Query.FilterBy.LookupValue",
            fix="Send a number, or yyyy-MM-dd HH:mm:ss in UTC, as the field has it.",
        ) from None
    return compare(without_case(column), value)


def _compared_number(compare: Callable[[Sql, Any], Sql], column: Sql, digits: str) -> Sql:
    parse_number(digits)
    number = as_number(column)
    return compare(number, number_operand(number, digits))


def _is_number(name: str) -> bool:
    return name in _NUMBERS or (name in FIELDS and FIELDS[name].data_type == "Number")


def _column(name: str, location: str) -> Sql:
    """The SQL of a field. The name becomes part of the statement, so it must be known."""
    if name in _COLUMNS:
        return _COLUMNS[name]
    if is_field(name):
        return member_text(companies.c.fields, name)
    raise incorrect(
        location.rpartition(".")[2],
        location=location,
        fix="Send the name of a field of companies, such as CompanyName or ModifiedOn.",
    )
