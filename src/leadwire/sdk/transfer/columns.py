"""Which column of a table is which lead field."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.models.field import LeadField
from leadwire.sdk.writing import LEAD_NAMES

OWN_PREFIX: Final = "leadwire_"
"""Columns that a report of rejected rows adds; an import passes them over."""
ROW_COLUMN: Final = f"{OWN_PREFIX}row"
REASON_COLUMN: Final = f"{OWN_PREFIX}reason"

How = Literal["schema name", "display name", "told", "left out", "kept by the system", "unknown"]
LEAD_ID: Final = "ProspectID"


class Column(NamedTuple):
    """A column of the table. *field* is None for one that is not imported."""

    header: str
    field: LeadField | None
    how: How

    @property
    def schema_name(self) -> str:
        return "" if self.field is None else self.field.schema_name


class Columns(NamedTuple):
    """*problems* are sentences; with one of them nothing can be imported."""

    columns: tuple[Column, ...]
    problems: tuple[str, ...]


def map_columns(
    header: Sequence[str], schema: LeadSchema, told: Mapping[str, str], *, key: str
) -> Columns:
    """Each column's field: the one that *told* names, else by schema name, else by display name.

    *told* has fields by column; an empty field leaves the column out. Fields that the system
    keeps itself are left out as well, but for *key*, by which leads are found.
    """
    problems = [f"There is no column {column!r} to map." for column in told if column not in header]
    columns = tuple(_kept_apart(_column(name, schema, told), key) for name in header)
    problems += [_unknown(c, schema, told) for c in columns if c.how == "unknown"]
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.setdefault(column.schema_name, column.header)
        if column.schema_name and other != column.header:
            problems.append(
                f"The columns {other!r} and {column.header!r} are both {column.schema_name}: "
                f"leave one out with --map {column.header!r}=."
            )
        elif column.schema_name and header.count(column.header) > 1:
            problems.append(f"There are two columns {column.header!r}.")
    if not seen.keys() - {""}:
        problems.append("No column is a lead field.")
    return Columns(columns, tuple(dict.fromkeys(problems)))


def _column(header: str, schema: LeadSchema, told: Mapping[str, str]) -> Column:
    if header in told:
        name = LEAD_NAMES.get(told[header], told[header])
        if not name:
            return Column(header, None, "left out")
        return Column(
            header, schema.fields.get(name), "told" if name in schema.fields else "unknown"
        )
    if header.startswith(OWN_PREFIX) or not header:
        return Column(header, None, "left out")
    wanted = _plain(header)
    named = {_plain(name): field for name, field in schema.fields.items()}
    named |= {
        _plain(short): schema.fields[name]
        for short, name in LEAD_NAMES.items()
        if name in schema.fields and name != LEAD_ID and _plain(short) not in named
    }
    if wanted in named:
        return Column(header, named[wanted], "schema name")
    shown = [f for f in schema.fields.values() if _plain(f.display_name or "") == wanted]
    # Two fields may be shown under one name: then a person decides.
    return Column(header, shown[0], "display name") if len(shown) == 1 else _none(header)


def _kept_apart(column: Column, key: str) -> Column:
    field = column.field
    if field is None or column.how == "told" or field.schema_name == key:
        return column
    if field.get("ShowInImport") is False or field.schema_name == LEAD_ID:
        return Column(column.header, None, "kept by the system")
    return column


def _none(header: str) -> Column:
    return Column(header, None, "unknown")


def _unknown(column: Column, schema: LeadSchema, told: Mapping[str, str]) -> str:
    wanted = told.get(column.header, column.header)
    names = {_plain(text): name for name, text in _names(schema)}
    near = get_close_matches(_plain(wanted), names, n=1)
    hint = f"--map {column.header!r}={names[near[0]]}" if near else f"--map {column.header!r}=FIELD"
    what = (
        "names no lead field" if column.header not in told else f"has no field {wanted!r} to go to"
    )
    return (
        f"The column {column.header!r} {what} of the account. Say which it is with {hint}, or "
        f"leave it out with --map {column.header!r}=."
    )


def _names(schema: LeadSchema) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, field in schema.fields.items()
        for text in (name, field.display_name or "")
        if text
    ]


def _plain(name: str) -> str:
    """For comparing: letters and digits alone, without regard to case."""
    return "".join(filter(str.isalnum, name)).casefold()
