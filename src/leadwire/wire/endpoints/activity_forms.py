"""Convert a caller's activity to the domain's types."""

from collections.abc import Sequence
from typing import Final

import msgspec

from leadwire.crm.activities.fields import check_names
from leadwire.crm.activities.writes import Posting
from leadwire.crm.pages import Slice
from leadwire.crm.values import scalar_text
from leadwire.dialect import too_many
from leadwire.operations import Operation
from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.shapes import (
    ActivityField,
    ActivityWrite,
    NumberLike,
    PageNumber,
    SortOrder,
)
from leadwire.wire.members import (
    PAGE_SIZE_DEFAULT,
    date_time,
    is_set,
    page,
    sliced,
    whole_number,
)

EVENTS_MAX: Final = 1_000
"""Codes in one call."""
_CODE_DIGITS_MAX: Final = 6
_NO_EVENT: Final = -1


def event_code(value: NumberLike | None) -> int | None:
    """The code; None if it is not a number, which the domain refuses as an unknown event."""
    text = "" if value is None else str(value).strip()
    is_code = text.isascii() and text.isdecimal() and len(text) <= _CODE_DIGITS_MAX
    return int(text) if is_code else None


def event_sought(value: NumberLike | None) -> int | None:
    """The code that a search asks for; None without one, -1 for a text that is not a code."""
    if value is None or not str(value).strip():
        return None
    code = event_code(value)
    return _NO_EVENT if code is None else code


def events_sought(values: Sequence[NumberLike | None], name: str) -> list[int]:
    """Each code once. Raises InputInvalid, with *name*, for too many."""
    if len(values) > EVENTS_MAX:
        raise too_many(name, EVENTS_MAX)
    codes = map(event_sought, values)
    return list(dict.fromkeys(code for code in codes if code is not None))


def posting(body: ActivityWrite, *, owner_email: str = "") -> Posting:
    """Read a posting. Raises InputInvalid for an invalid date-time, score or field."""
    happened_on = None
    if body.ActivityDateTime:
        happened_on = date_time(body.ActivityDateTime, "ActivityDateTime")
    score = None if body.Score is None else whole_number(body.Score, "Score", least=0)
    return Posting(
        event_code=event_code(body.ActivityEvent),
        note=body.ActivityNote,
        happened_on=happened_on,
        fields=fields_of(body.Fields or []),
        score=score,
        any_option=is_set(body.ValidateDropDownOptions),
        owner_email=owner_email,
    )


def fields_of(fields: Sequence[ActivityField]) -> dict[str, str | None]:
    """The text of each field; the members of a custom field set as the text of a JSON object."""
    check_names(field.SchemaName for field in fields)
    kept: dict[str, str | None] = {}
    for field in fields:
        text = scalar_text(field.Value)
        if field.Fields:
            members = {member.SchemaName: scalar_text(member.Value) for member in field.Fields}
            text = msgspec.json.encode(members).decode()
        kept[field.SchemaName] = text or None
    return kept


def part_of(
    operation: Operation, paging: AnyPaging | None, sorting: SortOrder | None = None
) -> Slice:
    """The slice, from either form of paging.

    Raises InputInvalid above the row limit of *operation*.
    """
    rows_max = operation.page_max
    paging = paging or AnyPaging()
    if paging.Offset is not None or paging.RowCount is not None:
        size, name = _row_count(paging), "RowCount"
        part = msgspec.structs.replace(
            sliced(1, size, sorting), offset=whole_number(paging.Offset or 0, "Offset", least=0)
        )
    else:
        index, size = page(PageNumber(paging.PageIndex, paging.PageSize))
        part, name = sliced(index, size, sorting), "PageSize"
    if size > rows_max:
        raise too_many(
            name,
            rows_max,
            location=f"Paging.{name}",
            fix=f"Send a {name} of at most {rows_max}, and ask for the rest by the next call.",
        )
    return part


def _row_count(paging: AnyPaging) -> int:
    if paging.RowCount is None:
        return PAGE_SIZE_DEFAULT
    return whole_number(paging.RowCount, "RowCount", least=1)
