"""Build request bodies from Python arguments.

*of* names the operation whose limits apply.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Any, Final, get_args

from leadwire.operations import BY_NAME
from leadwire.operations.leads import SYSTEM_FIELDS, Operator
from leadwire.sdk import checks
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.models.lead import Lead
from leadwire.sdk.rows import Member
from leadwire.sdk.values import Value, date_time_text, field_value, filter_value

FieldValue = Value | Mapping[str, Value]
"""A value, or the members of a custom field set by schema name."""

LEAD_NAMES: Final[dict[str, str]] = {
    name: member.name for name, member in vars(Lead).items() if isinstance(member, Member)
}
"""Schema names by the names of Lead: ``first_name`` is ``FirstName``."""


def schema_name(name: str) -> str:
    """The schema name of a lead field. Raises InvalidValue for an unknown name."""
    return wire_name(name, LEAD_NAMES, of="lead")


def wire_name(name: str, known: Mapping[str, str], *, of: str) -> str:
    """The wire name of a *known* Python name, or of any schema name. Raises InvalidValue."""
    checks.identifier(f"The name of a {of} field", name)
    found = known.get(name)
    if found is not None:
        return found
    if name[:1].isupper() or name.startswith(("mx_", "__")):
        return name
    near = get_close_matches(name, known, n=1)
    hint = f": did you mean {near[0]}?" if near else "."
    raise InvalidValue(
        f"There is no {of} field '{name}'{hint} The account's own fields start with mx_."
    )


def lead_attributes(
    attributes: Mapping[str, FieldValue] | None,
    fields: Mapping[str, FieldValue],
    *,
    search_by: str | None = None,
) -> list[dict[str, Any]]:
    """The array of attributes of a lead write. A field replaces the attribute of the same name.

    Raises InvalidValue, also if it is empty, for a field that the system writes, or if two names
    mean the same field.
    """
    written = attributes_of(attributes, fields, schema_name)
    dropped = [part["Attribute"] for part in written if part["Attribute"] in SYSTEM_FIELDS]
    if dropped:
        raise written_by_system(dropped)
    if search_by is not None:
        written.append({"Attribute": "SearchBy", "Value": schema_name(search_by)})
    return written


def written_by_system(names: Iterable[str]) -> InvalidValue:
    """The fault of a write to fields of the system."""
    return InvalidValue(
        f"The system writes {', '.join(names)}. The API would drop your value without saying so: "
        "leave it out."
    )


def is_found_again(attributes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a repeated upsert finds the lead that the first one made.

    Without a value to search by, each upsert makes a new lead.
    """
    values = {part["Attribute"]: part["Value"] for part in attributes}
    searched = values.get("SearchBy")
    return any(map(values.get, (searched,) if searched else ("EmailAddress", "Phone")))


def has_email(attributes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a second create is refused. A phone is not unique in every account."""
    return any(part["Attribute"] == "EmailAddress" and part["Value"] for part in attributes)


def attributes_of(
    attributes: Mapping[str, FieldValue] | None,
    fields: Mapping[str, FieldValue],
    named: Callable[[str], str],
) -> list[dict[str, Any]]:
    """The array of attributes by wire name. A field replaces the attribute of the same name.

    Raises InvalidValue if it is empty, or if two names mean the same field.
    """
    if attributes is not None:
        checks.mapping("The fields of a write", attributes)
    once = checks.named_once({**(attributes or {}), **fields}.items(), named)
    if not once:
        raise InvalidValue("Pass at least one field to write.")
    return [_attribute(name, value) for name, value in once.items()]


def _attribute(name: str, value: FieldValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        members = [{"Attribute": own, "Value": field_value(part)} for own, part in value.items()]
        return {"Attribute": name, "Value": "", "Fields": members}
    return {"Attribute": name, "Value": field_value(value)}


def slots(fields: Mapping[str, FieldValue] | None) -> list[dict[str, Any]] | None:
    """The ``Fields`` of an activity or opportunity, by schema name (mx_Custom_1)."""
    if fields is None:
        return None
    checks.mapping("fields", fields)
    once = checks.named_once(fields.items(), str)
    return [_slot(name, value) for name, value in once.items()]


def _slot(name: str, value: FieldValue) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {"SchemaName": name, "Value": "", "Fields": slots(value)}
    return {"SchemaName": name, "Value": field_value(value)}


def lookup(field: str, operator: str, value: Value) -> dict[str, Any]:
    """The comparison of a search. Raises InvalidValue for no field or an unknown operator."""
    checks.identifier("field", field)
    checks.one_of("operator", operator, get_args(Operator))
    return {
        "LookupName": schema_name(field),
        "LookupValue": filter_value(value),
        "SqlOperator": operator,
    }


def columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """The lead fields that a search returns; None for all."""
    if names is None:
        return None
    checks.listed("columns", names)
    return {"Include_CSV": ",".join(map(schema_name, names))}


def plain_columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """As ``columns``, for other entities."""
    if names is None:
        return None
    checks.listed("columns", names)
    found = list(names)
    for name in found:
        checks.identifier("The name of a column", name)
    return {"Include_CSV": ",".join(found)}


def columns_with(needed: str, names: Iterable[str]) -> list[str]:
    """*names*, and the column *needed*, each once. Raises InvalidValue for what is no list."""
    checks.listed("columns", names)
    return [*dict.fromkeys((*names, needed))]


def sorting(name: str | None, *, descending: bool) -> dict[str, str] | None:
    """The ``Sorting`` of a search; None for the API's own order."""
    if name is None:
        return None
    return {"ColumnName": name, "Direction": "1" if descending else "0"}


def paging(page: int, page_size: int, *, of: str) -> dict[str, int]:
    """Raises InvalidValue for a page below 1, or more rows than *of* allows."""
    checks.whole_number("page", page, 1)
    checks.whole_number("page_size", page_size, 1, BY_NAME[of].page_max)
    return {"PageIndex": page, "PageSize": page_size}


def rows(offset: int, row_count: int, *, of: str) -> dict[str, int]:
    """Paging by rows. Raises InvalidValue for an offset below 0, or as ``paging`` does."""
    checks.whole_number("offset", offset, 0)
    checks.whole_number("row_count", row_count, 1, BY_NAME[of].page_max)
    return {"Offset": offset, "RowCount": row_count}


def only(members: Iterable[str], known: Sequence[str]) -> None:
    """Raises InvalidValue for a name that is not in *known*."""
    for name in members:
        if name not in known:
            raise InvalidValue(f"Unknown name '{name}'. Choose one of {', '.join(known)}.")


def without_none(members: Mapping[str, Any]) -> dict[str, Any]:
    """A body without its None members. The server keeps the values of omitted members."""
    return {name: value for name, value in members.items() if value is not None}


def moment_text(moment: datetime | None) -> str | None:
    """Raises InvalidValue for a naive datetime."""
    return None if moment is None else date_time_text(moment)


def time_range(start: datetime, end: datetime) -> dict[str, str]:
    """FromDate and ToDate, both included. Raises InvalidValue."""
    first, last = date_time_text(start), date_time_text(end)
    if first > last:
        raise InvalidValue("The range starts after it ends.")
    return {"FromDate": first, "ToDate": last}


def ids(values: Iterable[str], *, of: str) -> list[str]:
    """Raises InvalidValue for a string, for no ids, or for more than *of* allows."""
    checks.listed("ids", values)
    found = list(values)
    ids_max = BY_NAME[of].rows_max
    for value in found:
        checks.identifier("an id", value)
    if not 1 <= len(found) <= ids_max:
        raise InvalidValue(f"Pass 1 to {ids_max} ids.")
    return found


def batch(rows: Sequence[Any], *, of: str) -> Sequence[Any]:
    """Raises InvalidValue for no rows, or more than one call of *of* takes."""
    checks.listed("rows", rows)
    found, rows_max = list(rows), BY_NAME[of].rows_max
    if not 1 <= len(found) <= rows_max:
        raise InvalidValue(f"One call takes 1 to {rows_max} rows.")
    for row in found:
        checks.mapping("A row", row)
    return found
