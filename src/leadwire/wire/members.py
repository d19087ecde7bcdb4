"""Parse the paging, sorting and time range of a search."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from leadwire.crm.pages import Slice
from leadwire.dates import parse_date_time
from leadwire.dialect import incorrect, invalid, mandatory, not_passed, too_many
from leadwire.operations import Operation
from leadwire.operations.shapes import DateRange, NumberLike, PageNumber, SortOrder

PAGE_SIZE_DEFAULT: Final = 25
_ROWS_MAX: Final = 2**31
_ROWS_DIGITS_MAX: Final = 20
_ASCENDING: Final = "0"


R = TypeVar("R")
T = TypeVar("T")


class Range(msgspec.Struct, frozen=True):
    """An inclusive range."""

    from_ms: int
    to_ms: int


def whole_number(value: NumberLike, name: str, *, least: int) -> int:
    """Parse a number that may be sent as text. Raises InputInvalid with *name*."""
    text = str(value).strip()
    # Check the length first: Python raises for a number of thousands of digits.
    if text.isascii() and text.isdecimal() and len(text) <= _ROWS_DIGITS_MAX:
        number = int(text)
        if least <= number <= _ROWS_MAX:
            return number
    raise incorrect(name, fix=f"Send a whole number of {least} or more.")


def page(paging: PageNumber | None, *, first: int = 1) -> tuple[int, int]:
    """PageIndex, from *first*, and PageSize. Raises InputInvalid."""
    paging = paging or PageNumber()
    index = whole_number(paging.PageIndex, "PageIndex", least=first)
    if paging.PageSize is None:
        return index, PAGE_SIZE_DEFAULT
    return index, whole_number(paging.PageSize, "PageSize", least=1)


def page_within(operation: Operation, paging: PageNumber | None) -> tuple[int, int]:
    """As ``page``. Raises InputInvalid above the row limit of *operation*."""
    index, size = page(paging)
    if size > operation.page_max:
        raise too_many(
            "PageSize",
            operation.page_max,
            location="Paging.PageSize",
            fix=f"Send a PageSize of at most {operation.page_max}, and follow with PageIndex.",
        )
    return index, size


def sliced(index: int, size: int, sorting: SortOrder | None) -> Slice:
    """The slice of a page. Direction 0 is ascending, anything else descending."""
    sorting = sorting or SortOrder()
    return Slice(
        offset=(index - 1) * size,
        rows_max=size,
        order_by=sorting.ColumnName.strip(),
        descending=str(sorting.Direction).strip() != _ASCENDING,
    )


def counted(shape: Callable[[int, list[R]], T], total: int, rows: Sequence[R]) -> T:
    """The answer of a counted read: one page of *total* rows.

    A page past the end counts 0 rows, because clients stop there and reject a count without rows.
    *shape* decides whether its empty list is printed.
    """
    return shape(total if rows else 0, list(rows))


def date_range(parameter: DateRange | None) -> Range:
    """Parse a range. Raises InputInvalid for a missing, invalid or reversed range."""
    if parameter is None:
        fix = 'Send {"Parameter": {"FromDate": …, "ToDate": …}}.'
        raise not_passed("Parameter", fix=fix)
    from_ms = date_time(parameter.FromDate, "FromDate")
    to_ms = date_time(parameter.ToDate, "ToDate")
    if from_ms > to_ms:
        raise invalid(
            "Parameter.FromDate",
            "FromDate can't be greater than ToDate.",
            fix="Send the earlier of the two as FromDate.",
        )
    return Range(from_ms, to_ms)


def date_time(text: str, name: str) -> int:
    try:
        return parse_date_time(text)
    except ValueError:
        fix = "Send yyyy-MM-dd HH:mm:ss, in UTC and without milliseconds."
        raise incorrect(name, fix=fix) from None


def is_set(flag: object) -> bool:
    """Whether a flag is set. It may be a boolean, a number or a text."""
    return str(flag).strip().lower() in ("true", "1")


def required_member(value: str, name: str, *, purpose: str) -> str:
    """*value* without surrounding blanks.

    Raises ParameterMissing, with the dialect's sentence, when it is empty.
    """
    value = value.strip()
    if not value:
        raise mandatory(name, purpose=purpose)
    return value
