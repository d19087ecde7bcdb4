"""Map the columns of a table to lead fields."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

from leadwire.operations.leads import SYSTEM_FIELDS
from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.models.field import LeadField
from leadwire.sdk.writing import LEAD_NAMES

OWN_PREFIX: Final = "leadwire_"
"""Prefix of columns in the report of rejected rows. An import ignores them."""
ROW_COLUMN: Final = f"{OWN_PREFIX}row"
REASON_COLUMN: Final = f"{OWN_PREFIX}reason"

How = Literal[
    "schema name", "display name", "mapped", "omitted", "maintained by the system", "unknown"
]
LEAD_ID: Final = "ProspectID"


class Column(NamedTuple):
    """A column of the table. *field* is None if it is not imported."""

    header: str
    field: LeadField | None
    how: How

    @property
    def schema_name(self) -> str:
        """The field that the column is written to; empty if it is left out."""
        return "" if self.field is None else self.field.schema_name


class Columns(NamedTuple):
    """*problems* are sentences. An import with problems cannot run."""

    columns: tuple[Column, ...]
    problems: tuple[str, ...]


def map_columns(
    header: Sequence[str], schema: LeadSchema, chosen: Mapping[str, str], *, key: str
) -> Columns:
    """Map each column: by *chosen*, else by schema name, else by display name.

    *chosen* has fields by column; an empty field omits the column. Fields that the system maintains
    are omitted too, except *key*, which finds leads.
    """
    problems = [
        f"There is no column {column!r} to map." for column in chosen if column not in header
    ]
    columns = tuple(_without_maintained(_column(name, schema, chosen), key) for name in header)
    problems += [_unknown(c, schema, chosen) for c in columns if c.how == "unknown"]
    problems += [
        f"The column {c.header!r} maps to {c.schema_name}, which the system writes. Omit it with "
        f"--map {c.header!r}=."
        for c in columns
        if c.schema_name in SYSTEM_FIELDS
    ]
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.setdefault(column.schema_name, column.header)
        if column.schema_name and other != column.header:
            problems.append(
                f"The columns {other!r} and {column.header!r} both map to {column.schema_name}. "
                f"Omit one with --map {column.header!r}=."
            )
        elif column.schema_name and header.count(column.header) > 1:
            problems.append(f"Two columns have the name {column.header!r}. Rename one of them.")
    if not seen.keys() - {""}:
        problems.append("No column matches a lead field. Map one with --map COLUMN=FIELD.")
    return Columns(columns, tuple(dict.fromkeys(problems)))


def _column(header: str, schema: LeadSchema, chosen: Mapping[str, str]) -> Column:
    if header in chosen:
        name = LEAD_NAMES.get(chosen[header], chosen[header])
        if not name:
            return Column(header, None, "omitted")
        return Column(
            header, schema.fields.get(name), "mapped" if name in schema.fields else "unknown"
        )
    if header.startswith(OWN_PREFIX) or not header:
        return Column(header, None, "omitted")
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
    # Two fields may share a display name: let a person decide.
    return Column(header, shown[0], "display name") if len(shown) == 1 else _none(header)


def _without_maintained(column: Column, key: str) -> Column:
    field = column.field
    if field is None or column.how == "mapped" or field.schema_name == key:
        return column
    if field.get("ShowInImport") is False or field.schema_name == LEAD_ID:
        return Column(column.header, None, "maintained by the system")
    return column


def _none(header: str) -> Column:
    return Column(header, None, "unknown")


def _unknown(column: Column, schema: LeadSchema, chosen: Mapping[str, str]) -> str:
    wanted = chosen.get(column.header, column.header)
    names = {_plain(text): name for name, text in _names(schema)}
    near = get_close_matches(_plain(wanted), names, n=1)
    hint = f"--map {column.header!r}={names[near[0]]}" if near else f"--map {column.header!r}=FIELD"
    what = (
        "names no lead field"
        if column.header not in chosen
        else f"has no field {wanted!r} to go to"
    )
    return (
        f"The column {column.header!r} {what} of the account. Map it with {hint}, or omit it "
        f"with --map {column.header!r}=."
    )


def _names(schema: LeadSchema) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, field in schema.fields.items()
        for text in (name, field.display_name or "")
        if text
    ]


def _plain(name: str) -> str:
    """For comparing: only letters and digits, in lower case."""
    return "".join(filter(str.isalnum, name)).casefold()
