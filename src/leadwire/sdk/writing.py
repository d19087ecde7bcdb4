"""From Python arguments to the bodies of requests.

*of* is the operation whose limits count.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final

from leadwire.operations import BY_NAME
from leadwire.sdk.errors import ValueUnfit
from leadwire.sdk.models.lead import Lead
from leadwire.sdk.rows import Member
from leadwire.sdk.values import Value, date_time_text, field_value

FieldValue = Value | Mapping[str, Value]
"""A value, or the members of a custom field set by their schema names."""

LEAD_NAMES: Final[dict[str, str]] = {
    name: member.name for name, member in vars(Lead).items() if isinstance(member, Member)
}
"""Schema names by the names that Lead has for them: ``first_name`` is ``FirstName``."""


def schema_name(name: str) -> str:
    """The schema name of a lead field. Raises ValueUnfit for a name that is no field's."""
    return wire_name(name, LEAD_NAMES, of="lead")


def wire_name(name: str, known: Mapping[str, str], *, of: str) -> str:
    """The name on the wire of a Python name that is *known*, or of any schema name."""
    found = known.get(name)
    if found is not None:
        return found
    if name[:1].isupper() or name.startswith(("mx_", "__")):
        return name
    near = get_close_matches(name, known, n=1)
    hint = f": did you mean {near[0]}?" if near else "."
    raise ValueUnfit(f"There is no {of} field '{name}'{hint} Fields of your own begin with mx_.")


def lead_attributes(
    attributes: Mapping[str, FieldValue] | None,
    fields: Mapping[str, FieldValue],
    *,
    search_by: str | None = None,
) -> list[dict[str, Any]]:
    """The array of attributes of a lead write. Raises ValueUnfit, also for nothing to write."""
    written = attributes_of({**(attributes or {}), **fields}, schema_name)
    if search_by is not None:
        written.append({"Attribute": "SearchBy", "Value": schema_name(search_by)})
    return written


def is_found_again(attributes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether an upsert of them, sent twice, finds the second time what it made the first time.

    Without a value that is searched for, each would make a lead.
    """
    values = {part["Attribute"]: part["Value"] for part in attributes}
    searched = values.get("SearchBy")
    return any(map(values.get, (searched,) if searched else ("EmailAddress", "Phone")))


def attributes_of(
    values: Mapping[str, FieldValue], named: Callable[[str], str]
) -> list[dict[str, Any]]:
    """The array of attributes, by their names on the wire. Raises ValueUnfit for nothing."""
    merged = {named(name): value for name, value in values.items()}
    if not merged:
        raise ValueUnfit("Pass at least one field to write.")
    return [_attribute(name, value) for name, value in merged.items()]


def _attribute(name: str, value: FieldValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        members = [{"Attribute": own, "Value": field_value(part)} for own, part in value.items()]
        return {"Attribute": name, "Value": "", "Fields": members}
    return {"Attribute": name, "Value": field_value(value)}


def slots(fields: Mapping[str, FieldValue] | None) -> list[dict[str, Any]] | None:
    """The ``Fields`` of an activity or opportunity: by schema names such as mx_Custom_1."""
    if fields is None:
        return None
    return [_slot(name, value) for name, value in fields.items()]


def _slot(name: str, value: FieldValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"SchemaName": name, "Value": "", "Fields": slots(value)}
    return {"SchemaName": name, "Value": field_value(value)}


def columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """The lead fields that a search answers with; None for all."""
    if names is None:
        return None
    return {"Include_CSV": ",".join(map(schema_name, _not_text(names)))}


def plain_columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """As ``columns``, of things that are no leads."""
    return None if names is None else {"Include_CSV": ",".join(_not_text(names))}


def sorting(name: str | None, *, descending: bool) -> dict[str, str] | None:
    if name is None:
        return None
    return {"ColumnName": name, "Direction": "1" if descending else "0"}


def paging(page: int, page_size: int, *, of: str) -> dict[str, int]:
    """Raises ValueUnfit for a page before the first, and for more rows than *of* may answer."""
    size_max = BY_NAME[of].page_max
    if page < 1 or not 1 <= page_size <= size_max:
        raise ValueUnfit(f"page counts from 1, and page_size is 1 to {size_max}.")
    return {"PageIndex": page, "PageSize": page_size}


def rows(offset: int, row_count: int, *, of: str) -> dict[str, int]:
    """Paging by rows. Raises ValueUnfit for a negative offset, and as ``paging`` does."""
    rows_max = BY_NAME[of].page_max
    if offset < 0 or not 1 <= row_count <= rows_max:
        raise ValueUnfit(f"offset counts from 0, and row_count is 1 to {rows_max}.")
    return {"Offset": offset, "RowCount": row_count}


def only(members: Iterable[str], known: Sequence[str]) -> None:
    """Raises ValueUnfit for a name that is not in *known*."""
    for name in members:
        if name not in known:
            raise ValueUnfit(f"There is no '{name}' here: it is one of {', '.join(known)}.")


def without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    """A body's members without those that are None: what is left out stays as it is."""
    return {name: value for name, value in members.items() if value is not None}


def moment_text(moment: datetime | None) -> str | None:
    """Raises ValueUnfit for a naive datetime."""
    return None if moment is None else date_time_text(moment)


def time_range(start: datetime, end: datetime) -> dict[str, str]:
    """FromDate and ToDate; both ends belong to it. Raises ValueUnfit."""
    first, last = date_time_text(start), date_time_text(end)
    if first > last:
        raise ValueUnfit("The start of the range is after its end.")
    return {"FromDate": first, "ToDate": last}


def ids(values: Iterable[str], *, of: str) -> list[str]:
    """Raises ValueUnfit for one text instead of several, for no id, or more than *of* takes."""
    found = list(_not_text(values))
    ids_max = BY_NAME[of].rows_max
    if not 1 <= len(found) <= ids_max:
        raise ValueUnfit(f"Pass 1 to {ids_max} ids.")
    return found


def batch(rows: Sequence[Any], *, of: str) -> Sequence[Any]:
    """Raises ValueUnfit for none, and for more rows than one call of *of* takes."""
    rows_max = BY_NAME[of].rows_max
    if not 1 <= len(rows) <= rows_max:
        raise ValueUnfit(f"One call takes 1 to {rows_max} rows.")
    return rows


def _not_text(names: Iterable[str]) -> Iterable[str]:
    if isinstance(names, str):
        raise ValueUnfit("Pass a list of names, not one text.")
    return names
