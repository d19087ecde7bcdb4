"""The activity types of an account: standard types and custom types.

A row holds a type that the account created, or its changed copy of a default custom type. A new
type gets the code after the highest one in use.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from leadwire.crm.activities.fields import ActivityField
from leadwire.crm.activities.types import (
    ACTIVITY_TYPES,
    FIRST_CUSTOM,
    HISTORY,
    KIND_CUSTOM,
    LAST_CUSTOM,
    ActivityType,
    Direction,
)
from leadwire.crm.tables import activity_types
from leadwire.crm.unit import Unit
from leadwire.database.expressions import upsert
from leadwire.dialect import incorrect, invalid
from leadwire.errors import ActivityEventInvalid, ValueDuplicate


class TypeDraft(msgspec.Struct, frozen=True):
    """Values for a new or changed type. None keeps a value."""

    name: str | None = None
    score: int | None = None
    direction: Direction | None = None
    description: str | None = None
    can_delete: bool | None = None
    fields: Sequence[ActivityField] | None = None


def types_of_account(unit: Unit) -> dict[int, ActivityType]:
    """All types by code, sorted by code."""
    rows = unit.connection.execute(
        select(activity_types.c.definition).where(
            activity_types.c.account_id == unit.actor.account_id
        )
    )
    own = [msgspec.json.decode(row.definition, type=ActivityType) for row in rows]
    types = ACTIVITY_TYPES | {kind.event_code: kind for kind in own}
    return dict(sorted(types.items()))


def find_type(unit: Unit, event_code: int) -> ActivityType | None:
    if not FIRST_CUSTOM <= event_code <= LAST_CUSTOM:
        return ACTIVITY_TYPES.get(event_code)
    definition = unit.connection.execute(
        select(activity_types.c.definition).where(
            activity_types.c.account_id == unit.actor.account_id,
            activity_types.c.event_code == event_code,
        )
    ).scalar()
    if definition is None:
        return ACTIVITY_TYPES.get(event_code)
    return msgspec.json.decode(definition, type=ActivityType)


def postable_type(unit: Unit, event_code: int | None) -> ActivityType:
    """The type with *code*. Raises ActivityEventInvalid if callers cannot post it."""
    found = None if event_code is None else find_type(unit, event_code)
    if found is None or found.event_code in HISTORY:
        raise event_invalid()
    return found


def event_invalid(listed_by: str = "ActivityTypes.Get") -> ActivityEventInvalid:
    """The error for an invalid code. *listed_by* is the operation that lists valid codes."""
    return ActivityEventInvalid(
        "Event Code is invalid or empty",
        location="body.ActivityEvent",
        fix=f"Send a code that {listed_by} lists.",
    )


def create_type(unit: Unit, draft: TypeDraft) -> ActivityType:
    """Create a type. Raises ValueDuplicate for a name in use, InputInvalid if codes run out."""
    types = types_of_account(unit)
    _check_name(types, draft.name or "", but=None)
    event_code = max(code for code in types if code <= LAST_CUSTOM) + 1
    if event_code > LAST_CUSTOM:
        raise invalid("activity", "activity: every code of a custom type is taken.")
    kind = ActivityType(
        event_code, draft.name or "", kind=KIND_CUSTOM, type_id=unit.ids.guid(), direction="Inbound"
    )
    return _keep(unit, _changed(kind, draft))


def update_type(unit: Unit, type_id: str, draft: TypeDraft) -> ActivityType:
    """Change a custom type. A declared field replaces the field of that name. Others stay.

    Raises InputInvalid for an unknown custom type, ValueDuplicate for a name in use.
    """
    types = types_of_account(unit)
    kind = next((kind for kind in types.values() if kind.type_id == type_id), None)
    if kind is None or not kind.is_custom:
        raise incorrect("ID", fix="Send the Id of a custom type, as ActivityTypes.Get lists it.")
    if draft.name is not None:
        _check_name(types, draft.name, but=kind.event_code)
    return _keep(unit, _changed(kind, draft))


def _changed(kind: ActivityType, draft: TypeDraft) -> ActivityType:
    given: dict[str, Any] = {
        name: value
        for name in ("name", "score", "direction", "description", "can_delete")
        if (value := getattr(draft, name)) is not None
    }
    if draft.fields is not None:
        by_name = {field.schema_name: field for field in (*kind.fields, *draft.fields)}
        given["fields"] = tuple(by_name.values())
    return msgspec.structs.replace(kind, **given)


def _check_name(types: Mapping[int, ActivityType], name: str, *, but: int | None) -> None:
    taken = {kind.name.lower() for kind in types.values() if kind.event_code != but}
    if name.lower() in taken:
        raise ValueDuplicate(
            schema_name="ActivityEventName", display_name="Name", entity="Activity Type"
        )


def _keep(unit: Unit, kind: ActivityType) -> ActivityType:
    row = {
        "type_id": kind.type_id,
        "definition": msgspec.json.encode(kind).decode(),
        "modified_on": unit.now_ms,
        "modified_by": unit.actor.user_id,
    }
    unit.connection.execute(
        upsert(activity_types)
        .values(account_id=unit.actor.account_id, event_code=kind.event_code, **row)
        .on_conflict_do_update(index_elements=["account_id", "event_code"], set_=row)
    )
    return kind
