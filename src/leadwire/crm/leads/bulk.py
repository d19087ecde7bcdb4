"""Write many leads in one call. A failed row does not affect the others."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from leadwire.crm.bulk_rows import RowDone, each_row
from leadwire.crm.leads.attributes import (
    LEAD_ID_NAMES,
    LeadWrite,
    check_attributes,
    searchable_name,
)
from leadwire.crm.leads.capture import create_or_update_lead
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.leads.writes import create_lead, find_lead, update_lead
from leadwire.crm.unit import Unit
from leadwire.crm.values import LeadValue, scalar_text
from leadwire.dialect import not_passed, too_many
from leadwire.errors import InputInvalid

Row = Sequence[tuple[str, LeadValue]]
"""The attributes of one lead."""


class Written(msgspec.Struct, frozen=True):
    """The result of a row that was written."""

    lead_id: str
    is_created: bool


class Changed(msgspec.Struct, frozen=True):
    """The number of leads by the result of one change."""

    changed: int
    unknown: int
    refused: int


class Outcome(msgspec.Struct, frozen=True):
    """The result of one row of an update by a key. *value* is the value sent for the key."""

    kind: Literal["updated", "missing", "failed", "skipped"]
    value: str = ""
    reason: str = ""


def check_rows(rows: Sequence[object], name: str, *, rows_max: int, what: str = "lead") -> None:
    """Raise InputInvalid, naming the member *name*, for no rows or too many."""
    if not rows:
        raise not_passed(f"any {what}", location=name, fix="Send at least one.")
    if len(rows) > rows_max:
        raise too_many(name, rows_max, fix=f"Send at most {rows_max} in one call.")


def create_leads(unit: Unit, rows: Iterable[Row], *, attributes_max: int) -> list[RowDone[Written]]:
    """Create a lead of each row."""

    def write(unit: Unit, row: Row) -> Written:
        checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
        chosen = checked.lead_id if checked.keep_lead_id else None
        return Written(create_lead(unit, checked, lead_id=chosen), is_created=True)

    return each_row(unit, rows, write)


def create_or_update_leads(
    unit: Unit, rows: Iterable[Row], *, attributes_max: int
) -> list[RowDone[Written]]:
    """Create or update the lead of each row."""

    def write(unit: Unit, row: Row) -> Written:
        checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
        captured = create_or_update_lead(unit, checked)
        return Written(captured.lead_id, captured.is_created)

    return each_row(unit, rows, write)


def update_leads(unit: Unit, lead_ids: Iterable[str], write: LeadWrite) -> Changed:
    """Make one change to several leads. A refused lead is unchanged.

    Raises the first error if every existing lead refuses the change.
    """
    distinct = list(dict.fromkeys(lead_id.strip().lower() for lead_id in lead_ids))
    leads = [lead for lead_id in distinct if (lead := get_lead(unit, lead_id)) is not None]
    done = each_row(unit, leads, lambda unit, lead: update_lead(unit, lead, write.values))
    refused = [row.error for row in done if row.error is not None]
    if refused and len(refused) == len(leads):
        raise refused[0]
    return Changed(len(leads) - len(refused), len(distinct) - len(leads), len(refused))


def update_leads_by_key(
    unit: Unit, rows: Sequence[Row], *, search_by: str, attributes_max: int
) -> list[Outcome]:
    """Update leads, found by the unique field *search_by*, or by id if that is empty.

    Raises InputInvalid if *search_by* is not unique. Skips rows without a value for it.
    """
    key = searchable_name(unit.schema, search_by) or "ProspectID"
    if key not in unit.schema.unique:
        raise InputInvalid(
            "Invalid SearchBy value provided",
            location="body.SearchByKey",
            fix=f"Send one of {', '.join(sorted(unit.schema.unique))}.",
        )

    def write(unit: Unit, row: Row) -> Outcome:
        if not row:
            return Outcome("failed", reason="Fields cannot be empty")
        value = _value_of(row, key)
        if not value:
            return Outcome("skipped")
        checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
        lead = find_lead(unit, key, checked.sought(key))
        if lead is None:
            return Outcome("missing", value)
        update_lead(unit, lead, checked.values)
        return Outcome("updated", value)

    return [
        done.result or Outcome("failed", _value_of(row, key), str(done.error))
        for row, done in zip(rows, each_row(unit, rows, write), strict=True)
    ]


def _value_of(row: Row, key: str) -> str:
    names = LEAD_ID_NAMES if key in LEAD_ID_NAMES else {key}
    values = [
        scalar_text(value).strip()
        for name, value in row
        if name in names and not isinstance(value, Mapping)
    ]
    return values[-1] if values else ""
