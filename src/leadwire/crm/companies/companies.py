"""Companies: creating, updating and finding them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Row, func, insert, select, update

from leadwire.crm.companies.fields import CompanyType, CompanyWrite
from leadwire.crm.tables import companies
from leadwire.crm.unit import Unit
from leadwire.dialect import mandatory
from leadwire.errors import Missing, ValueDuplicate
from leadwire.operations.companies import OnCollision, UniqueField


class Company(msgspec.Struct, frozen=True):
    company_id: str
    number: int
    type: CompanyType
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str
    values: dict[str, str]
    """Text by name, without the empty ones."""


class Written(msgspec.Struct, frozen=True):
    company_id: str
    is_created: bool
    is_changed: bool


def create_company(unit: Unit, kind: CompanyType, write: CompanyWrite) -> str:
    """Create a company and return its id.

    Raises ParameterMissing without a name. Raises ValueDuplicate if a company of the type has the
    name, or any company the identifier.
    """
    values = {name: text for name, text in write.values.items() if text is not None}
    values.setdefault("OwnerId", unit.actor.user_id)
    company_id = unit.ids.guid()
    unit.connection.execute(
        insert(companies).values(
            account_id=unit.actor.account_id,
            company_id=company_id,
            number=_next_number(unit),
            type_code=kind.code,
            type_name=kind.name,
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            **_kept(unit, kind, values, but=""),
        )
    )
    return company_id


def update_company(unit: Unit, company: Company, changes: Mapping[str, str | None]) -> None:
    """Write *changes*; None clears a field. Raises as ``create_company``."""
    values = {
        name: text for name, text in {**company.values, **changes}.items() if text is not None
    }
    unit.connection.execute(
        update(companies)
        .where(
            companies.c.account_id == unit.actor.account_id,
            companies.c.company_id == company.company_id,
        )
        .values(
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            **_kept(unit, company.type, values, but=company.company_id),
        )
    )


def create_or_update_company(
    unit: Unit,
    kind: CompanyType,
    write: CompanyWrite,
    search_by: UniqueField,
    on_collision: OnCollision,
) -> Written:
    """Update the company with the value of *search_by*, or create one.

    Raises as ``create_company``, ParameterMissing without that value, and Missing for an unknown
    number. The system assigns numbers; a caller cannot choose one.
    """
    sought = write.number if search_by == "CompanyNumber" else write.values.get(search_by)
    if not sought:
        raise mandatory(
            search_by,
            purpose="creating or updating company",
            location=f"Companies.{search_by}",
            fix=f"Send {search_by} in every row.",
        )
    company = _find(unit, kind, search_by, sought)
    if company is None:
        if search_by == "CompanyNumber":
            raise _missing("body.Companies.CompanyNumber")
        return Written(create_company(unit, kind, write), is_created=True, is_changed=True)
    changes = write.values
    if on_collision == "FillMissingFields":
        changes = {n: text for n, text in changes.items() if text and n not in company.values}
    is_changed = on_collision != "IgnoreDuplicate" and any(
        company.values.get(name) != text for name, text in changes.items()
    )
    if is_changed:
        update_company(unit, company, changes)
    return Written(company.company_id, is_created=False, is_changed=is_changed)


def get_company(unit: Unit, company_id: str, *, location: str) -> Company:
    """Read a company. Raises Missing, with *location* in the request."""
    row = unit.connection.execute(
        select(companies).where(
            companies.c.account_id == unit.actor.account_id,
            companies.c.company_id == company_id.strip().lower(),
        )
    ).first()
    if row is None:
        raise _missing(location)
    return company_from_row(row)


def company_from_row(row: Row[Any]) -> Company:
    return Company(
        row.company_id,
        row.number,
        CompanyType(row.type_code, row.type_name),
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
        msgspec.json.decode(row.fields, type=dict[str, str]),
    )


def _find(unit: Unit, kind: CompanyType, search_by: UniqueField, value: str) -> Company | None:
    statement = select(companies).where(companies.c.account_id == unit.actor.account_id)
    if search_by == "CompanyNumber":
        if not (value.isascii() and value.isdecimal() and len(value) <= len(str(2**62))):
            return None
        statement = statement.where(companies.c.number == int(value))
    elif search_by == "CompanyIdentifier":
        statement = statement.where(companies.c.identifier_key == value.casefold())
    else:
        statement = statement.where(
            companies.c.type_code == kind.code, companies.c.name_key == value.casefold()
        )
    row = unit.connection.execute(statement).first()
    return None if row is None else company_from_row(row)


def _kept(
    unit: Unit, kind: CompanyType, values: Mapping[str, str], *, but: str
) -> dict[str, str | None]:
    """The columns to store: the document of *values*, and the indexed values."""
    name, identifier = values.get("CompanyName"), values.get("CompanyIdentifier")
    if not name:
        raise mandatory(
            "CompanyName",
            purpose="creating company",
            location="CompanyProperties.CompanyName",
            fix="Send a value for CompanyName.",
        )
    unique: tuple[tuple[UniqueField, str, str | None], ...] = (
        ("CompanyName", "Company Name", name),
        ("CompanyIdentifier", "Company Identifier", identifier),
    )
    for schema_name, display_name, value in unique:
        holder = _find(unit, kind, schema_name, value) if value else None
        if holder is not None and holder.company_id != but:
            raise ValueDuplicate(
                schema_name=schema_name, display_name=display_name, entity="Company"
            )
    return {
        "name_key": name.casefold(),
        "identifier_key": identifier.casefold() if identifier else None,
        "fields": msgspec.json.encode(values).decode(),
    }


def _next_number(unit: Unit) -> int:
    last = unit.connection.execute(
        select(func.max(companies.c.number)).where(companies.c.account_id == unit.actor.account_id)
    ).scalar()
    return (last or 0) + 1


def _missing(location: str) -> Missing:
    return Missing(
        "company", location=location, fix="Send the id of a company of this account (Company.Get)."
    )
