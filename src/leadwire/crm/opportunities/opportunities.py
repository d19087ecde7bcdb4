"""Capturing, changing and deleting opportunities."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import delete, insert, update

from leadwire.crm.activities.activities import Happening, next_number, post_activity
from leadwire.crm.activities.custom_types import event_invalid
from leadwire.crm.activities.fields import NOTE_FIELD, check_values
from leadwire.crm.activities.types import DUPLICATE_OPPORTUNITY, OPPORTUNITY_CAPTURED, ActivityType
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.capture import create_or_update_lead
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.opportunities.reads import Opportunity, all_of_lead, get_opportunity
from leadwire.crm.opportunities.types import NAME_FIELD, OPEN, STAGE_FIELD, opportunity_type
from leadwire.crm.tables import activities, leads, opportunities, tasks
from leadwire.crm.tasks import NOTHING, OPPORTUNITY
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.dialect import incorrect
from leadwire.operations.webhooks import EventKind

_CHANGES: Final[tuple[EventKind, ...]] = (
    "opportunity_updated",
    "opportunity_field_changed",
    "opportunity_stage_changed",
)

OnDuplicate = Literal["keep", "fill", "overwrite"]
"""What happens to a duplicate: it stays as it is, its empty fields are filled, or its fields are
overwritten."""


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity to capture. *any_option* lets a dropdown take any text."""

    event_code: int | None
    note: str = ""
    happened_on: int | None = None
    fields: Mapping[str, str | None] = {}
    any_option: bool = False
    on_duplicate: OnDuplicate = "keep"
    post_duplicate: bool = True
    """Whether an activity records the duplicate."""
    change_owner: bool = True
    find_duplicate: bool = False
    """Whether an open opportunity of the lead with the same type and name is a duplicate."""
    caller_owns: bool = False
    """Whether an opportunity without an owner belongs to the caller."""


class CapturedOpportunity(msgspec.Struct, frozen=True):
    opportunity_id: str
    """The new opportunity, or the duplicate that was found."""
    is_created: bool
    activity_id: str | None
    """The activity that records it."""


class OpportunityRevision(msgspec.Struct, frozen=True):
    """The changes to an opportunity: a note that is not None, and the named fields."""

    opportunity_id: str
    lead_id: str = ""
    event_code: int | None = None
    note: str | None = None
    fields: Mapping[str, str | None] = {}
    any_option: bool = False


def capture_opportunity(unit: Unit, write: LeadWrite, capture: Capture) -> CapturedOpportunity:
    """Create or update the lead, then ``capture_of_lead``.

    Raises the errors of both. The type is checked first, so an invalid type creates no lead.
    """
    opportunity_type(capture.event_code)
    return capture_of_lead(unit, create_or_update_lead(unit, write).lead_id, capture)


def capture_of_lead(unit: Unit, lead_id: str, capture: Capture) -> CapturedOpportunity:
    """Create an opportunity of the lead, or treat its duplicate as *capture* says.

    Raises ActivityEventInvalid, ActivityFieldsInvalid and InputInvalid.
    """
    kind = opportunity_type(capture.event_code)
    fields = dict(capture.fields)
    note = capture.note or fields.pop(NOTE_FIELD, None) or ""
    fields.pop(NOTE_FIELD, None)
    capture = msgspec.structs.replace(capture, note=note, fields=fields)
    name = fields.get(NAME_FIELD) if capture.find_duplicate else None
    known = _same_open(unit, lead_id, kind, name)
    if known is not None:
        return _duplicate(unit, known, capture)
    opportunity_id = _create(unit, lead_id, kind, capture)
    if listens(unit, "opportunity_created"):
        made = get_opportunity(unit, opportunity_id)
        lead = get_lead(unit, lead_id)
        announce(unit, "opportunity_created", opportunity_id, after=made, lead=lead)
    posted = _tell(unit, lead_id, OPPORTUNITY_CAPTURED, opportunity_id, note)
    return CapturedOpportunity(opportunity_id, is_created=True, activity_id=posted)


def revise_opportunity(unit: Unit, revision: OpportunityRevision) -> str:
    """Change an opportunity, which also changes its lead, and return its id.

    Raises Missing, ActivityEventInvalid for a different type, InputInvalid for a different lead,
    and ActivityFieldsInvalid.
    """
    kept = get_opportunity(unit, revision.opportunity_id)
    if revision.event_code not in (None, kept.type.event_code):
        raise event_invalid("GetOpportunityTypes")
    if revision.lead_id not in ("", kept.lead_id):
        raise incorrect(
            "RelatedProspectId", fix="Send the id of the opportunity's lead, or leave it out."
        )
    fields = dict(revision.fields)
    note = revision.note
    if NOTE_FIELD in fields:
        note = fields.pop(NOTE_FIELD) or ""
    check_values(kept.type.fields, fields, any_option=revision.any_option, is_update=True)
    _change(unit, kept, fields, note=note)
    _touch_lead(unit, kept.lead_id)
    return kept.opportunity_id


def delete_opportunity(unit: Unit, opportunity_id: str) -> None:
    """Delete an opportunity. Its activities stay with the lead, its tasks without an entity.

    Raises Missing.
    """
    kept = get_opportunity(unit, opportunity_id)
    account_id = unit.actor.account_id
    unit.connection.execute(
        delete(opportunities).where(
            opportunities.c.account_id == account_id,
            opportunities.c.opportunity_id == kept.opportunity_id,
        )
    )
    unit.connection.execute(
        update(activities)
        .where(
            activities.c.account_id == account_id,
            activities.c.opportunity_id == kept.opportunity_id,
        )
        .values(opportunity_id=None)
    )
    unit.connection.execute(
        update(tasks)
        .where(
            tasks.c.account_id == account_id,
            tasks.c.related_entity == OPPORTUNITY,
            tasks.c.related_id == kept.opportunity_id,
        )
        .values(related_entity=NOTHING, related_id=None)
    )
    _touch_lead(unit, kept.lead_id)
    if listens(unit, "opportunity_deleted"):
        lead = get_lead(unit, kept.lead_id)
        announce(unit, "opportunity_deleted", kept.opportunity_id, before=kept, lead=lead)


def _same_open(
    unit: Unit, lead_id: str, kind: ActivityType, name: str | None
) -> Opportunity | None:
    if not name:
        return None
    for known in all_of_lead(unit, lead_id, kind.event_code):
        same = (known.fields.get(NAME_FIELD) or "").lower() == name.lower()
        if same and known.fields.get("Status") == OPEN:
            return known
    return None


def _create(unit: Unit, lead_id: str, kind: ActivityType, capture: Capture) -> str:
    fields = {field.schema_name: field.default for field in kind.fields if field.default}
    fields |= {name: value for name, value in capture.fields.items() if value}
    check_values(kind.fields, fields, any_option=capture.any_option, is_update=False)
    if capture.caller_owns:
        fields.setdefault("Owner", unit.actor.user_id)
    opportunity_id = unit.ids.guid()
    happened_on = unit.now_ms if capture.happened_on is None else capture.happened_on
    unit.connection.execute(
        insert(opportunities).values(
            account_id=unit.actor.account_id,
            opportunity_id=opportunity_id,
            number=next_number(unit),
            lead_id=lead_id,
            event_code=kind.event_code,
            note=capture.note,
            happened_on=happened_on,
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            fields=msgspec.json.encode(fields).decode(),
        )
    )
    return opportunity_id


def _duplicate(unit: Unit, known: Opportunity, capture: Capture) -> CapturedOpportunity:
    check_values(known.type.fields, capture.fields, any_option=capture.any_option, is_update=True)
    fields = dict(capture.fields)
    if not capture.change_owner:
        fields.pop("Owner", None)
    note: str | None = capture.note or None
    if capture.on_duplicate == "fill":
        fields = {name: value for name, value in fields.items() if not known.fields.get(name)}
        note = None if known.note else note
    if capture.on_duplicate != "keep":
        _change(unit, known, fields, note=note)
    activity_id = None
    if capture.post_duplicate:
        activity_id = _tell(
            unit, known.lead_id, DUPLICATE_OPPORTUNITY, known.opportunity_id, capture.note
        )
    return CapturedOpportunity(known.opportunity_id, is_created=False, activity_id=activity_id)


def _tell(unit: Unit, lead_id: str, event_code: int, opportunity_id: str, note: str) -> str:
    happening = Happening(event_code=event_code, note=note, opportunity_id=opportunity_id)
    return post_activity(unit, lead_id, happening).activity_id


def _change(
    unit: Unit, kept: Opportunity, fields: Mapping[str, str | None], *, note: str | None
) -> None:
    values: dict[str, Any] = {} if note is None else {"note": note}
    unit.connection.execute(
        update(opportunities)
        .where(
            opportunities.c.account_id == unit.actor.account_id,
            opportunities.c.opportunity_id == kept.opportunity_id,
        )
        .values(
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            fields=msgspec.json.encode({**kept.fields, **fields}).decode(),
            **values,
        )
    )
    if listens(unit, *_CHANGES):
        _announce_change(unit, kept)


def _announce_change(unit: Unit, before: Opportunity) -> None:
    opportunity_id = before.opportunity_id
    after, lead = get_opportunity(unit, opportunity_id), get_lead(unit, before.lead_id)
    names = sorted(before.fields.keys() | after.fields.keys())
    changed = [name for name in names if before.fields.get(name) != after.fields.get(name)]

    def tell(kind: EventKind, of: str = "") -> None:
        announce(unit, kind, opportunity_id, before=before, after=after, lead=lead, of=of)

    tell("opportunity_updated")
    for name in changed:
        tell("opportunity_field_changed", name)
    if "Status" in changed or STAGE_FIELD in changed:
        tell("opportunity_stage_changed")


def _touch_lead(unit: Unit, lead_id: str) -> None:
    unit.connection.execute(
        update(leads)
        .where(leads.c.account_id == unit.actor.account_id, leads.c.lead_id == lead_id)
        .values(last_modified_on=unit.now_ms)
    )
