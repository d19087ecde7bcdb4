"""Phone calls reported by telephony systems. Each becomes an activity of a lead."""

from typing import Final

import msgspec

from leadwire.crm.activities.activities import Happening, KeyValues, post_activity
from leadwire.crm.activities.fields import NOTE_FIELD
from leadwire.crm.activities.reads import get_activity
from leadwire.crm.activities.types import INBOUND_CALL, KIND_PHONE_CALL, OUTBOUND_CALL
from leadwire.crm.activities.writes import Revision, change_activity
from leadwire.crm.leads.attributes import check_attributes
from leadwire.crm.leads.search import lead_by_phone
from leadwire.crm.leads.writes import create_lead, require_lead
from leadwire.crm.unit import Unit
from leadwire.dates import format_seconds
from leadwire.dialect import incorrect
from leadwire.errors import ActivityMissing

START_FIELD: Final = "mx_Custom_2"
DURATION_FIELD: Final = "mx_Custom_3"
RECORDING_FIELD: Final = "mx_Custom_4"
_BETWEEN: Final = "{=}"
_END: Final = "{next}"


class PhoneCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that has ended. *lead_number* is the lead's, *user_number* the user's."""

    is_inbound: bool
    lead_number: str
    user_number: str
    display_number: str = ""
    started_on: int
    duration_seconds: int
    status: str
    recording_url: str = ""
    notes: str = ""
    tag: str = ""
    lead_source: str = ""
    """The Source of the lead, if the call creates one."""
    lead_id: str = ""
    """Empty: the lead is found by its number, or created."""
    user_id: str = ""
    """The user who talked. Empty: the caller of the API."""


class CallChange(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a phone call. None leaves a value as it is."""

    activity_id: str
    recording_url: str | None = None
    duration_seconds: int | None = None
    owner_id: str | None = None


def log_call(unit: Unit, call: PhoneCall) -> str:
    """Post the call as event 21 (inbound) or 22 (outbound), and return the activity's id.

    Raises Missing for an unknown *lead_id*, and InputInvalid for an unknown user or an invalid
    number.
    """
    if call.user_id:
        _check_user(unit, call.user_id, "UserId")
        unit = unit._replace(actor=unit.actor._replace(user_id=call.user_id))
    fields: dict[str, str | None] = {
        START_FIELD: format_seconds(call.started_on),
        DURATION_FIELD: str(call.duration_seconds),
        RECORDING_FIELD: call.recording_url or None,
        "Status": call.status,
    }
    happening = Happening(
        event_code=INBOUND_CALL if call.is_inbound else OUTBOUND_CALL,
        note=_note(unit, call),
        happened_on=call.started_on,
        fields=fields,
        data=(
            ("CallType", "Complete"),
            ("Caller", call.lead_number if call.is_inbound else call.user_number),
            ("Duration", str(call.duration_seconds)),
            ("ResourceUrl", call.recording_url),
        ),
    )
    return post_activity(unit, _lead_id(unit, call), happening).activity_id


def change_call(unit: Unit, change: CallChange) -> str:
    """Change recording, duration or owner of a phone call, and return the activity's id.

    Raises ActivityMissing, ActivityLocked, and InputInvalid for an unknown owner.
    """
    kept = get_activity(unit, change.activity_id)
    if kept.type.kind != KIND_PHONE_CALL:
        raise ActivityMissing(
            "Activity does not exist.", location="ActivityId", fix="Send the id of a phone call."
        )
    fields: dict[str, str | None] = {}
    tokens: dict[str, str] = {}
    if change.recording_url is not None:
        fields[RECORDING_FIELD] = tokens["ResourceURL"] = change.recording_url
    if change.duration_seconds is not None:
        fields[DURATION_FIELD] = tokens["Duration"] = str(change.duration_seconds)
    if change.owner_id is not None:
        _check_user(unit, change.owner_id, "OwnerId")
        fields["Owner"] = change.owner_id
    if _END in kept.note:
        fields[NOTE_FIELD] = _with_tokens(kept.note, tokens)
    data = _with_data(kept.data, tokens)
    change_activity(unit, kept, Revision(kept.activity_id, fields=fields, data=data))
    return kept.activity_id


def _lead_id(unit: Unit, call: PhoneCall) -> str:
    if call.lead_id:
        return require_lead(unit, call.lead_id, "body.LeadId").lead_id
    lead = lead_by_phone(unit, call.lead_number)
    if lead is not None:
        return lead.lead_id
    given = [("Phone", call.lead_number), ("Source", call.lead_source)]
    write = check_attributes(unit.schema, given, attributes_max=len(given))
    return create_lead(unit, write)


def _check_user(unit: Unit, user_id: str, name: str) -> None:
    if user_id not in unit.actor.people:
        raise incorrect(name, fix="Send the id of a user (Users.Get).")


def _note(unit: Unit, call: PhoneCall) -> str:
    """The call as name-value pairs, in LeadSquared's format of the note."""
    caller = call.lead_number if call.is_inbound else call.user_number
    pairs = (
        ("Caller", caller),
        ("UserId", ""),
        ("UserId", unit.actor.user_id),
        ("Duration", str(call.duration_seconds)),
        ("Status", call.status),
        ("CallNotes", call.notes),
        ("ResourceURL", call.recording_url),
        ("StartTime", format_seconds(call.started_on)),
        ("Tag", call.tag),
        ("DisplayNumber", call.display_number),
        ("EventNote", ""),
        ("SourceData", ""),
    )
    return "".join(f"{name}{_BETWEEN}{value}{_END}" for name, value in pairs)


def _with_tokens(note: str, tokens: dict[str, str]) -> str:
    """The note with some of its values replaced."""
    parts = []
    for part in note.split(_END):
        name, between, _ = part.partition(_BETWEEN)
        parts.append(f"{name}{between}{tokens[name]}" if between and name in tokens else part)
    return _END.join(parts)


def _with_data(data: KeyValues, tokens: dict[str, str]) -> KeyValues:
    changed = {"ResourceUrl": tokens.get("ResourceURL"), "Duration": tokens.get("Duration")}
    return tuple((key, old if changed.get(key) is None else changed[key]) for key, old in data)
