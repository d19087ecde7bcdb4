"""Choose the lead to write: the rules of Lead.Capture and Lead.CreateOrUpdate."""

from collections.abc import Mapping
from typing import NamedTuple

from leadwire.crm.activities.activities import Happening, post_activity
from leadwire.crm.activities.types import LEAD_CAPTURE
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.fields import SOURCE_FIELDS
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.writes import create_lead, find_lead, update_lead
from leadwire.crm.unit import Unit
from leadwire.errors import InputInvalid, ParameterMissing, ValueDuplicate
from leadwire.operations.leads import UpdateBehavior


class Captured(NamedTuple):
    lead_id: str
    related_id: str
    """The id that the caller sent, else the lead's own."""
    is_created: bool


def capture_lead(unit: Unit, write: LeadWrite, behavior: UpdateBehavior | None) -> Captured:
    """Create a lead or update the one that matches, and post a Lead Capture activity on it.

    A repeated capture never overwrites Source and its companion fields; the activity records what
    was sent. Raises what ``create_lead`` and ``update_lead`` raise.
    """
    captured = create_or_change(unit, write, behavior)
    sources = [(name, write.values[name]) for name in SOURCE_FIELDS if write.values.get(name)]
    post_activity(unit, captured.lead_id, Happening(event_code=LEAD_CAPTURE, data=tuple(sources)))
    return captured


def create_or_change(unit: Unit, write: LeadWrite, behavior: UpdateBehavior | None) -> Captured:
    """As ``capture_lead``, without its activity."""
    match = _match_of_capture(unit, write)
    if match is None:
        lead_id = create_lead(unit, write, lead_id=_id_of_new(unit, write))
    else:
        lead_id = match.lead_id
        changes = _allowed_changes(unit, match, write.values, behavior)
        if changes:
            update_lead(unit, match, changes)
    return Captured(lead_id, write.lead_id or lead_id, match is None)


def create_or_update_lead(unit: Unit, write: LeadWrite) -> Captured:
    """Update the lead found by SearchBy, else by e-mail address or phone; create it otherwise.

    Raises ParameterMissing without a value to search by. Raises ValueDuplicate if the search finds
    nothing and another unique value is taken. Raises it too if the rules refuse a search by phone
    alone.
    """
    schema_name = write.search_by or _default_search(write)
    match = find_lead(unit, schema_name, _sought(write, schema_name))
    is_default = write.search_by is None and schema_name == "Phone"
    if match is not None and is_default and unit.schema.rules.refuse_phone_alone:
        display_name = unit.schema.by_name["Phone"].display_name
        raise ValueDuplicate(schema_name="Phone", display_name=display_name)
    if match is None:
        chosen = write.lead_id if write.keep_lead_id else None
        lead_id = create_lead(unit, write, lead_id=chosen)
    else:
        lead_id = match.lead_id
        update_lead(unit, match, write.values)
    return Captured(lead_id, write.lead_id or lead_id, match is None)


def _match_of_capture(unit: Unit, write: LeadWrite) -> Lead | None:
    email, phone = write.values.get("EmailAddress"), write.values.get("Phone")
    # LeadSquared ignores SearchBy if all three identifiers are present.
    if write.search_by and not (write.lead_id and email and phone):
        return find_lead(unit, write.search_by, _sought(write, write.search_by))
    by_id = get_lead(unit, write.lead_id) if write.lead_id else None
    if by_id is not None:
        if _same_email(by_id, email):
            return by_id
        # A different e-mail address means a different person, known or new.
        return find_lead(unit, "EmailAddress", email)
    return find_lead(unit, "EmailAddress", email) or find_lead(unit, "Phone", phone)


def _same_email(lead: Lead, email: str | None) -> bool:
    kept = lead.values.get("EmailAddress")
    return email is None or kept is None or email.lower() == kept.lower()


def _id_of_new(unit: Unit, write: LeadWrite) -> str | None:
    """The id for a new lead: the visitor's id that was sent, unless a lead has it."""
    if write.lead_id is None or get_lead(unit, write.lead_id) is not None:
        return None
    return write.lead_id


def _allowed_changes(
    unit: Unit,
    lead: Lead,
    values: Mapping[str, str | None],
    behavior: UpdateBehavior | None,
) -> dict[str, str | None]:
    if behavior == "DoNotUpdate":
        return {}
    changes = {
        name: value
        for name, value in values.items()
        if not (name in SOURCE_FIELDS and lead.values.get(name))
    }
    if behavior == "UpdateOnlyEmptyFields":
        return {name: value for name, value in changes.items() if not lead.values.get(name)}
    if behavior == "DoNotUpdateUniqueFields":
        unique = unit.schema.unique
        return {name: value for name, value in changes.items() if name not in unique}
    return changes


def _default_search(write: LeadWrite) -> str:
    for schema_name in ("EmailAddress", "Phone"):
        if write.values.get(schema_name):
            return schema_name
    if write.lead_id:
        return "ProspectID"
    raise ParameterMissing(
        "At least one of EmailAddress or Phone is mandatory for creating or updating lead",
        location="body",
        fix="Send EmailAddress or Phone, or SearchBy with the field to search by.",
    )


def _sought(write: LeadWrite, schema_name: str) -> str:
    value = write.sought(schema_name)
    if not value:
        raise InputInvalid(
            "Invalid SearchBy value provided",
            location=f"body.{schema_name}",
            fix=f"Send a value for {schema_name}, since SearchBy names it.",
        )
    return value
