"""Leads: finding, creating and updating them, with the fields that follow from a write."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, insert, literal_column, update
from sqlalchemy.dialects.sqlite import insert as upsert

from leadwire.crm.activities import Happening, post_activity
from leadwire.crm.activity_types import STAGE_CHANGE
from leadwire.crm.announcing import announce, listens
from leadwire.crm.attributes import LeadWrite, require_for_new
from leadwire.crm.fields import STAGES, LeadField
from leadwire.crm.lead_rows import Lead, first_lead, get_lead, of_account
from leadwire.crm.tables import counters, leads
from leadwire.crm.unit import Unit
from leadwire.crm.values import input_invalid, phone_digits, phone_tail
from leadwire.database.prepared import ConstraintBroken, Prepared
from leadwire.errors import LeadMissing, ValueDuplicate
from leadwire.operations.webhook_events import EventKind

_UPDATES: Final[tuple[EventKind, ...]] = (
    "lead_updated",
    "lead_field_changed",
    "lead_owner_changed",
    "lead_stage_changed",
)
_UNIQUE_COLUMNS: Final = {
    "email_key": "EmailAddress",
    "phone": "Phone",
    "lead_id": "ProspectID",
}


def find_lead(unit: Unit, schema_name: str, value: str | None) -> Lead | None:
    """The lead whose *schema_name* has exactly *value*; the oldest when there are several.

    E-mail addresses are compared without regard to case; phones as the text they are.
    """
    if value is None:
        return None
    if schema_name == "ProspectID":
        return get_lead(unit, value)
    if schema_name == "EmailAddress":
        return first_lead(unit, _BY_EMAIL, value.lower())
    if schema_name == "Phone":
        return first_lead(unit, _BY_PHONE, value)
    if schema_name == "ProspectAutoId":
        return first_lead(unit, _BY_AUTO_ID, int(value)) if value.isdecimal() else None
    statement = (
        of_account()
        .where(field_text(unit.schema.by_name[schema_name]) == bindparam("value"))
        .order_by(leads.c.auto_id)
        .limit(1)
    )
    return first_lead(unit, statement, value)


def field_text(field: LeadField) -> Any:  # noqa: ANN401  # SQLAlchemy types it so
    """The SQL of a written field. One spelling only: an index is used for no other.

    The field must be one of a schema, whose names hold letters, digits and underscores alone:
    the name becomes part of the statement.
    """
    extract = f"json_extract(leads.fields, '$.{field.schema_name}')"
    if field.default is None:
        return literal_column(extract)
    return literal_column(f"coalesce({extract}, '{field.default}')")


def create_lead(unit: Unit, write: LeadWrite, *, lead_id: str | None = None) -> str:
    """Create a lead and return its id, which is *lead_id* when given.

    Raises ParameterMissing without any contact field and ValueDuplicate when a unique value
    belongs to another lead.
    """
    require_for_new(unit.schema, write)
    _check_owner(unit, write.values)
    values = {
        "Origin": "API",
        "ProspectStage": STAGES[0],
        "OwnerId": unit.actor.user_id,
    } | {name: value for name, value in write.values.items() if value is not None}
    new_id = lead_id or unit.ids.guid()
    row = {
        "account_id": unit.actor.account_id,
        "lead_id": new_id,
        "auto_id": _next_auto_id(unit),
        "score": 0,
        "created_on": unit.now_ms,
        "created_by": unit.actor.user_id,
        "modified_on": unit.now_ms,
        "modified_by": unit.actor.user_id,
        "last_modified_on": unit.now_ms,
        **_kept(values),
    }
    _execute_unique(unit, _INSERT, row)
    if listens(unit, "lead_created"):
        announce(unit, "lead_created", new_id, after=get_lead(unit, new_id))
    return new_id


def update_lead(unit: Unit, lead: Lead, changes: Mapping[str, str | None]) -> None:
    """Write *changes* (None clears a field) and what follows: dates, and a stage's history.

    Raises ValueDuplicate when a unique value belongs to another lead.
    """
    _check_owner(unit, changes)
    values = {**lead.values, **changes}
    kept = {name: value for name, value in values.items() if value is not None}
    _execute_unique(
        unit,
        _UPDATE,
        {
            "of_account": unit.actor.account_id,
            "of_lead": lead.lead_id,
            "modified_on": unit.now_ms,
            "modified_by": unit.actor.user_id,
            "last_modified_on": unit.now_ms,
            **_kept(kept),
        },
    )
    before, after = lead.values.get("ProspectStage"), kept.get("ProspectStage")
    if before != after:
        post_activity(
            unit,
            lead.lead_id,
            Happening(
                event_code=STAGE_CHANGE,
                data=(("PreviousStage", before), ("CurrentStage", after)),
            ),
        )
    if listens(unit, *_UPDATES):
        _announce_update(unit, lead)


def update_lead_by_id(unit: Unit, lead_id: str, write: LeadWrite) -> None:
    """Raise LeadMissing when there is no such lead."""
    update_lead(unit, require_lead(unit, lead_id, "query.leadId"), write.values)


def _announce_update(unit: Unit, before: Lead) -> None:
    lead_id, after = before.lead_id, get_lead(unit, before.lead_id)
    was, now = before.values, after.values if after else {}
    changed = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    announce(unit, "lead_updated", lead_id, before=before, after=after)
    for name in changed:
        announce(unit, "lead_field_changed", lead_id, before=before, after=after, of=name)
    if "OwnerId" in changed:
        announce(unit, "lead_owner_changed", lead_id, before=before, after=after)
    if "ProspectStage" in changed:
        announce(unit, "lead_stage_changed", lead_id, before=before, after=after)


def require_lead(unit: Unit, lead_id: str, location: str) -> Lead:
    """The lead. Raises LeadMissing, naming *location* in the request."""
    lead = get_lead(unit, lead_id)
    if lead is None:
        raise LeadMissing(
            "Lead does not exist in the system",
            location=location,
            fix="Send the ProspectID of a lead of this account.",
        )
    return lead


_BY_EMAIL: Final = of_account().where(leads.c.email_key == bindparam("value"))
_BY_PHONE: Final = of_account().where(leads.c.phone == bindparam("value"))
_BY_AUTO_ID: Final = of_account().where(leads.c.auto_id == bindparam("value"))

_KEPT_COLUMNS: Final = (
    "email_key",
    "phone",
    "phone_digits",
    "phone_tail",
    "mobile_digits",
    "mobile_tail",
    "fields",
)
_MODIFIED_COLUMNS: Final = ("modified_on", "modified_by", "last_modified_on")
_INSERT: Final = Prepared(
    insert(leads),
    columns=(
        *("account_id", "lead_id", "auto_id", "score", "created_on", "created_by"),
        *_MODIFIED_COLUMNS,
        *_KEPT_COLUMNS,
    ),
)
_UPDATE: Final = Prepared(
    update(leads).where(
        leads.c.account_id == bindparam("of_account"), leads.c.lead_id == bindparam("of_lead")
    ),
    columns=(*_MODIFIED_COLUMNS, *_KEPT_COLUMNS),
)

_NEXT_AUTO_ID: Final = Prepared(
    upsert(counters)
    .values(account_id=bindparam("account_id"), last_auto_id=literal_column("1"))
    .on_conflict_do_update(
        index_elements=[counters.c.account_id],
        set_={"last_auto_id": counters.c.last_auto_id + literal_column("1")},
    )
    .returning(counters.c.last_auto_id)
)


def _next_auto_id(unit: Unit) -> int:
    [(auto_id,)] = _NEXT_AUTO_ID.execute(unit.connection, {"account_id": unit.actor.account_id})
    return int(auto_id)


def _kept(values: Mapping[str, str]) -> dict[str, str | None]:
    """The document of *values*, and the columns by which a lead is looked up."""
    email, phone, mobile = (values.get(name) for name in ("EmailAddress", "Phone", "Mobile"))
    digits = phone_digits(phone) if phone else None
    mobile_digits = phone_digits(mobile) if mobile else None
    return {
        "email_key": email.lower() if email else None,
        "phone": phone,
        "phone_digits": digits,
        "phone_tail": phone_tail(digits) if digits else None,
        "mobile_digits": mobile_digits,
        "mobile_tail": phone_tail(mobile_digits) if mobile_digits else None,
        "fields": msgspec.json.encode(values).decode(),
    }


def _check_owner(unit: Unit, values: Mapping[str, str | None]) -> None:
    owner_id = values.get("OwnerId")
    if owner_id is not None and owner_id not in unit.actor.people:
        raise input_invalid(
            "OwnerId", "OwnerId value is not correct.", fix="Send the id of a user (Users.Get)."
        )


def _execute_unique(unit: Unit, statement: Prepared, row: Mapping[str, Any]) -> None:
    try:
        statement.execute(unit.connection, row)
    except ConstraintBroken:
        # Asked in a fixed order: which index a database checks first is nobody's decision.
        for column, schema_name in _UNIQUE_COLUMNS.items():
            holder = find_lead(unit, schema_name, row.get(column))
            if holder is not None and holder.lead_id != row.get("of_lead"):
                raise ValueDuplicate(
                    schema_name=schema_name,
                    display_name=unit.schema.by_name[schema_name].display_name,
                ) from None
        raise
