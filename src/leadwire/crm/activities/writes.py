"""Post, change, lock and delete activities, with the checks of their types."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, insert, select, update

from leadwire.crm.activities.activities import (
    Attachment,
    Happening,
    KeptActivity,
    KeyValues,
    Posted,
    post_activity,
)
from leadwire.crm.activities.custom_types import event_invalid, find_type, postable_type
from leadwire.crm.activities.fields import NOTE_FIELD, check_values
from leadwire.crm.activities.reads import FieldChange, get_activity
from leadwire.crm.activities.types import HISTORY, KIND_PHONE_CALL
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.tables import activities, activity_changes, leads
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.dialect import incorrect, invalid
from leadwire.errors import ActivityLocked, LeadReferenceMissing

ATTACHMENTS_MAX: Final = 100


class Posting(msgspec.Struct, frozen=True):
    """An activity to post. *any_option* lets a dropdown take any text."""

    event_code: int | None
    note: str = ""
    happened_on: int | None = None
    fields: Mapping[str, str | None] = {}
    score: int | None = None
    any_option: bool = False
    owner_email: str = ""


class Revision(msgspec.Struct, frozen=True):
    """Changes to an activity: a note that is not None, and the named fields."""

    activity_id: str
    event_code: int | None = None
    note: str | None = None
    fields: Mapping[str, str | None] = {}
    any_option: bool = False
    data: KeyValues | None = None
    """The data that the system records. None keeps it, apart from a changed note."""


class Deletion(msgspec.Struct, frozen=True):
    """The activities of a lead to delete. *happened* is an inclusive range."""

    lead_id: str
    event_codes: Sequence[int]
    from_ms: int | None = None
    to_ms: int | None = None


def post_checked(unit: Unit, lead_id: str, posting: Posting) -> Posted:
    """Check the fields against the type, then post the activity.

    Raises ActivityEventInvalid, ActivityFieldsInvalid, InputInvalid for an unknown owner, and
    LeadReferenceMissing.
    """
    kind = postable_type(unit, posting.event_code)
    fields = dict(posting.fields)
    if posting.owner_email:
        fields["Owner"] = user_id_of(unit, posting.owner_email, "ActivityOwnerEmail")
    note = posting.note
    checked = {**fields, NOTE_FIELD: note} if note else fields
    check_values(kind.fields, checked, any_option=posting.any_option, is_update=False)
    note = note or fields.pop(NOTE_FIELD, None) or ""
    return post_activity(
        unit,
        lead_id,
        Happening(
            event_code=kind.event_code,
            note=note,
            happened_on=posting.happened_on,
            fields=fields,
            data=(("NotableEventDescription", note),) if note else (),
            score=posting.score,
            type=kind,
        ),
    )


def revise_activity(unit: Unit, revision: Revision) -> None:
    """Change a custom activity or a phone call, and record the change.

    Raises ActivityMissing, ActivityLocked, ActivityFieldsInvalid, and ActivityEventInvalid for a
    different event or a system event.
    """
    kept = get_activity(unit, revision.activity_id)
    if not kept.type.is_custom and kept.type.kind != KIND_PHONE_CALL:
        raise event_invalid()
    if revision.event_code is not None and revision.event_code != kept.type.event_code:
        raise event_invalid()
    change_activity(unit, kept, revision)


def change_activity(unit: Unit, kept: KeptActivity, revision: Revision) -> bool:
    """Change *kept*, of any type, and record the change. Returns whether a value changed.

    Raises ActivityLocked, ActivityFieldsInvalid.
    """
    if kept.is_locked:
        raise ActivityLocked("Activity is locked", location="body.ProspectActivityId")
    fields = dict(revision.fields)
    note = fields.pop(NOTE_FIELD, revision.note)
    given = fields if note is None else {**fields, NOTE_FIELD: note}
    check_values(kept.type.fields, given, any_option=revision.any_option, is_update=True)
    after = {**kept.fields, **fields}
    changes = [
        FieldChange(name, kept.fields.get(name), after[name])
        for name in fields
        if kept.fields.get(name) != after[name]
    ]
    if note is not None and note != kept.note:
        changes.append(FieldChange(NOTE_FIELD, kept.note or None, note or None))
    data = kept.data if revision.data is None else revision.data
    if note is not None and revision.data is None:
        others = tuple(pair for pair in kept.data if pair[0] != "NotableEventDescription")
        data = ((("NotableEventDescription", note),) if note else ()) + others
    _write(
        unit,
        kept,
        note=kept.note if note is None else note,
        fields=msgspec.json.encode(after).decode(),
        data=msgspec.json.encode(data).decode(),
    )
    _touch_lead(unit, kept.lead_id)
    if changes:
        _keep_change(unit, kept, "Update", changes)
    if listens(unit, "activity_updated"):
        announce(
            unit,
            "activity_updated",
            kept.activity_id,
            before=kept,
            after=get_activity(unit, kept.activity_id),
            lead=get_lead(unit, kept.lead_id),
            of=str(kept.type.event_code),
        )
    return bool(changes)


def lock_activity(unit: Unit, activity_id: str) -> str:
    """Lock an activity against changes and deletion, and return its id.

    Raises ActivityMissing, ActivityLocked.
    """
    kept = get_activity(unit, activity_id)
    if kept.is_locked:
        raise ActivityLocked("Activity is already locked", location="query.activityId")
    _write(unit, kept, is_locked=1)
    return kept.activity_id


def attach(unit: Unit, activity_id: str, *, name: str, description: str, url: str) -> str:
    """Attach a file by name and address, and return the attachment's id. Stores no file."""
    kept = get_activity(unit, activity_id)
    if kept.is_locked:
        raise ActivityLocked("Activity is locked", location="body.ProspectActivityId")
    if len(kept.attachments) >= ATTACHMENTS_MAX:
        raise invalid(
            "AttachmentFile", f"An activity can not have more than {ATTACHMENTS_MAX} attachments."
        )
    attachment = Attachment(unit.ids.guid(), name, description, url)
    attachments = msgspec.json.encode((*kept.attachments, attachment)).decode()
    _write(unit, kept, attachments=attachments)
    return attachment.attachment_id


def delete_activities(unit: Unit, deletion: Deletion) -> int:
    """Delete custom activities of a lead, record the deletion, and return their number.

    The lead keeps its score. Its first and last activity are updated. Locked activities stay.
    Raises LeadReferenceMissing, and ActivityEventInvalid for an event that is not custom.
    """
    for event_code in deletion.event_codes:
        kind = find_type(unit, event_code)
        if kind is None or not kind.is_custom:
            raise event_invalid()
    if get_lead(unit, deletion.lead_id) is None:
        raise LeadReferenceMissing("Lead not found", location="body.ProspectId")
    wanted = [
        activities.c.account_id == unit.actor.account_id,
        activities.c.lead_id == deletion.lead_id,
        activities.c.event_code.in_(deletion.event_codes),
        activities.c.is_locked == 0,
    ]
    if deletion.from_ms is not None:
        wanted.append(activities.c.happened_on >= deletion.from_ms)
    if deletion.to_ms is not None:
        wanted.append(activities.c.happened_on <= deletion.to_ms)
    found = select(activities.c.activity_id).where(*wanted).order_by(activities.c.number)
    ids = unit.connection.execute(found).scalars().all()
    for activity_id in ids:
        _keep_change(unit, get_activity(unit, activity_id), "Delete", [])
    unit.connection.execute(delete(activities).where(*wanted))
    if ids:
        _recount_lead(unit, deletion.lead_id)
    return len(ids)


def user_id_of(unit: Unit, email: str, member: str) -> str:
    """The id of the user with that address. Raises InputInvalid, naming *member*."""
    for user_id, person in unit.actor.people.items():
        if person.email.lower() == email.lower():
            return user_id
    raise incorrect(member, fix="Send the address of a user (Users.Get).")


def _write(unit: Unit, kept: KeptActivity, **values: Any) -> None:  # noqa: ANN401  # columns
    unit.connection.execute(
        update(activities)
        .where(
            activities.c.account_id == unit.actor.account_id,
            activities.c.activity_id == kept.activity_id,
        )
        .values(modified_on=unit.now_ms, modified_by=unit.actor.user_id, **values)
    )


def _keep_change(
    unit: Unit, kept: KeptActivity, action: str, changes: Sequence[FieldChange]
) -> None:
    unit.connection.execute(
        insert(activity_changes).values(
            account_id=unit.actor.account_id,
            change_id=unit.ids.guid(),
            activity_id=kept.activity_id,
            lead_id=kept.lead_id,
            event_code=kept.type.event_code,
            score=kept.score,
            happened_on=kept.happened_on,
            created_by=kept.created_by,
            action=action,
            changed_on=unit.now_ms,
            changed_by=unit.actor.user_id,
            changes=msgspec.json.encode(changes).decode(),
        )
    )


def _touch_lead(unit: Unit, lead_id: str) -> None:
    unit.connection.execute(_of_lead(unit, lead_id).values(last_modified_on=unit.now_ms))


def _recount_lead(unit: Unit, lead_id: str) -> None:
    """Update a lead's first and last activity from its remaining activities."""
    wanted = (
        activities.c.account_id == unit.actor.account_id,
        activities.c.lead_id == lead_id,
        activities.c.event_code.not_in(HISTORY),
    )
    statement = select(activities.c.activity_id, activities.c.happened_on, activities.c.event_code)
    oldest = unit.connection.execute(
        statement.where(*wanted).order_by(activities.c.happened_on, activities.c.number).limit(1)
    ).first()
    newest = unit.connection.execute(
        statement.where(*wanted)
        .order_by(activities.c.happened_on.desc(), activities.c.number.desc())
        .limit(1)
    ).first()
    kind = find_type(unit, newest.event_code) if newest else None
    unit.connection.execute(
        _of_lead(unit, lead_id).values(
            last_modified_on=unit.now_ms,
            first_activity_id=oldest.activity_id if oldest else None,
            first_activity_on=oldest.happened_on if oldest else None,
            last_activity_id=newest.activity_id if newest else None,
            last_activity_name=kind.name if kind else None,
            last_activity_on=newest.happened_on if newest else None,
        )
    )


def _of_lead(unit: Unit, lead_id: str) -> Any:  # noqa: ANN401  # an UPDATE
    return update(leads).where(
        leads.c.account_id == unit.actor.account_id, leads.c.lead_id == lead_id
    )
