"""Many leads in one call: good rows are kept, whatever becomes of the others."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeVar

import msgspec

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
from leadwire.database.savepoint import savepoint
from leadwire.dialect import invalid
from leadwire.errors import CrmError, InputInvalid

R = TypeVar("R")
T = TypeVar("T")

Row = Sequence[tuple[str, LeadValue]]
"""The attributes of one lead."""


class Written(msgspec.Struct, frozen=True):
    """What became of a row that was kept."""

    lead_id: str
    is_created: bool


class Changed(msgspec.Struct, frozen=True):
    """What became of a change to many leads."""

    changed: int
    unknown: int
    refused: int


class Outcome(msgspec.Struct, frozen=True):
    """What became of a row of an update by a key. *value* is the key's, as it was sent."""

    kind: Literal["updated", "missing", "failed", "skipped"]
    value: str = ""
    reason: str = ""


def check_rows(rows: Sequence[object], name: str, *, rows_max: int, what: str = "lead") -> None:
    """Raise InputInvalid, naming the member *name*, for no rows or too many."""
    if not rows:
        raise invalid(name, f"You have not passed any {what}.", fix="Send at least one.")
    if len(rows) > rows_max:
        raise invalid(
            name,
            f"{name} can not be more than {rows_max}.",
            fix=f"Send at most {rows_max} in one call.",
        )


def create_leads(
    unit: Unit, rows: Iterable[Row], *, attributes_max: int
) -> list[Written | CrmError]:
    """Create a lead of each row; the fault of a row in its place."""

    def write(row: Row) -> Written:
        checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
        chosen = checked.lead_id if checked.keep_lead_id else None
        return Written(create_lead(unit, checked, lead_id=chosen), is_created=True)

    return _keep_good_rows(unit, rows, write)


def create_or_update_leads(
    unit: Unit, rows: Iterable[Row], *, attributes_max: int
) -> list[Written | CrmError]:
    """Create or update the lead of each row; the fault of a row in its place."""

    def write(row: Row) -> Written:
        checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
        captured = create_or_update_lead(unit, checked)
        return Written(captured.lead_id, captured.is_created)

    return _keep_good_rows(unit, rows, write)


def update_leads(unit: Unit, lead_ids: Iterable[str], write: LeadWrite) -> Changed:
    """Make one change to several leads; those that it cannot be made to stay as they are.

    Raises the fault of the first, when it can be made to none that exists.
    """
    distinct = list(dict.fromkeys(lead_id.strip().lower() for lead_id in lead_ids))
    leads = [lead for lead_id in distinct if (lead := get_lead(unit, lead_id)) is not None]
    results = _keep_good_rows(unit, leads, lambda lead: update_lead(unit, lead, write.values))
    faults = [result for result in results if result is not None]
    if faults and len(faults) == len(leads):
        raise faults[0]
    return Changed(len(leads) - len(faults), len(distinct) - len(leads), len(faults))


def update_leads_by_key(
    unit: Unit, rows: Iterable[Row], *, search_by: str, attributes_max: int
) -> list[Outcome]:
    """Update the lead that each row names by the unique field *search_by*, empty: by its id.

    Raises InputInvalid when *search_by* is not unique. A row without a value of it is skipped.
    """
    key = searchable_name(unit.schema, search_by) or "ProspectID"
    if key not in unit.schema.unique:
        raise InputInvalid(
            "Invalid SearchBy value provided",
            location="body.SearchByKey",
            fix=f"Send one of {', '.join(sorted(unit.schema.unique))}.",
        )

    def write(row: Row) -> Outcome:
        value = _value_of(row, key)
        if not row:
            return Outcome("failed", reason="Fields cannot be empty")
        if not value:
            return Outcome("skipped")
        try:
            with savepoint(unit.connection):
                return _update_by_key(unit, row, key, value, attributes_max=attributes_max)
        except CrmError as fault:
            return Outcome("failed", value, str(fault))

    return [write(row) for row in rows]


def _update_by_key(unit: Unit, row: Row, key: str, value: str, *, attributes_max: int) -> Outcome:
    checked = check_attributes(unit.schema, row, attributes_max=attributes_max)
    lead = find_lead(unit, key, checked.sought(key))
    if lead is None:
        return Outcome("missing", value)
    update_lead(unit, lead, checked.values)
    return Outcome("updated", value)


def _value_of(row: Row, key: str) -> str:
    names = LEAD_ID_NAMES if key in LEAD_ID_NAMES else {key}
    values = [
        scalar_text(value).strip()
        for name, value in row
        if name in names and not isinstance(value, Mapping)
    ]
    return values[-1] if values else ""


def _keep_good_rows(unit: Unit, rows: Iterable[R], write: Callable[[R], T]) -> list[T | CrmError]:
    results: list[T | CrmError] = []
    for row in rows:
        try:
            with savepoint(unit.connection):
                results.append(write(row))
        except CrmError as fault:
            results.append(fault)
    return results
