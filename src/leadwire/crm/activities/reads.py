"""Read activities: by id, by lead, by time of change and by conditions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, and_, func, select

from leadwire.crm.activities.activities import Attachment, KeptActivity, KeyValues
from leadwire.crm.activities.custom_types import types_of_account
from leadwire.crm.activities.fields import NOTE_FIELD, SLOTS
from leadwire.crm.activities.types import ActivityType
from leadwire.crm.pages import Slice, counted_page
from leadwire.crm.tables import activities, activity_changes
from leadwire.crm.unit import Unit
from leadwire.database.expressions import contains, member_text
from leadwire.dialect import incorrect
from leadwire.errors import ActivityMissing

Sql = Any
"""An SQL expression; SQLAlchemy gives them no narrower type."""

COLUMNS: Final[dict[str, Sql]] = {
    "ProspectActivityId": activities.c.activity_id,
    "ProspectActivityAutoId": activities.c.number,
    "RelatedProspectId": activities.c.lead_id,
    "ActivityEvent": activities.c.event_code,
    "Score": activities.c.score,
    "CreatedOn": activities.c.happened_on,
    "CreatedBy": activities.c.created_by,
    "ModifiedOn": activities.c.modified_on,
    NOTE_FIELD: activities.c.note,
}
_JSON_FIELDS: Final = frozenset({*SLOTS, "Status", "Owner"})


class FieldChange(msgspec.Struct, frozen=True):
    schema_name: str
    before: str | None
    after: str | None


class Change(msgspec.Struct, frozen=True):
    """One change of an activity, and the activity as announced then."""

    change_id: str
    action: str
    activity_id: str
    lead_id: str
    type: ActivityType
    score: int
    happened_on: int
    created_by: str
    changed_on: int
    changed_by: str
    changes: tuple[FieldChange, ...]


def get_activity(unit: Unit, activity_id: str) -> KeptActivity:
    """Read an activity. Raises ActivityMissing if it does not exist."""
    row = unit.connection.execute(
        _own(unit).where(activities.c.activity_id == activity_id.lower())
    ).first()
    if row is None:
        raise ActivityMissing(
            "Activity does not exist.", location="activityId", fix="Send the id of an activity."
        )
    return activity_from_row(row, types_of_account(unit))


def activities_of_lead(
    unit: Unit, lead_id: str, *, event_code: int | None, offset: int, rows_max: int
) -> tuple[int, list[KeptActivity]]:
    """The number of the lead's activities, and a slice of them, newest first."""
    wanted: list[Sql] = [activities.c.lead_id == lead_id]
    if event_code is not None:
        wanted.append(activities.c.event_code == event_code)
    return find_activities(unit, wanted, Slice(offset, rows_max, "CreatedOn"))


def activities_modified_between(
    unit: Unit, *, from_ms: int, to_ms: int, event_code: int | None, part: Slice
) -> tuple[int, list[KeptActivity]]:
    """Activities changed from *from_ms* to *to_ms* inclusive, of one event or of all."""
    wanted: list[Sql] = [activities.c.modified_on.between(from_ms, to_ms)]
    if event_code is not None:
        wanted.append(activities.c.event_code == event_code)
    return find_activities(unit, wanted, part)


def activities_about_lead(
    unit: Unit, lead_id: str, *, event_code: int | None, part: Slice
) -> tuple[int, list[KeptActivity]]:
    """Activities of other leads that name *lead_id* in a field."""
    wanted: list[Sql] = [
        activities.c.lead_id != lead_id,
        contains(activities.c.fields, lead_id),
    ]
    if event_code is not None:
        wanted.append(activities.c.event_code == event_code)
    return find_activities(unit, wanted, part)


def find_activities(
    unit: Unit, wanted: Sequence[Sql], part: Slice
) -> tuple[int, list[KeptActivity]]:
    """The number of activities that match *wanted*, and a slice in a stable order."""
    order = column_of(part.order_by or "ModifiedOn", location="Sorting.ColumnName")
    total, rows = counted_page(unit, activities, wanted, order=order, part=part)
    types = types_of_account(unit) if rows else {}
    return total, [activity_from_row(row, types) for row in rows]


def changes_between(
    unit: Unit,
    *,
    from_ms: int,
    to_ms: int,
    event_codes: Sequence[int],
    activity_id: str,
    part: Slice,
) -> tuple[int, list[Change]]:
    """The changes made from *from_ms* to *to_ms*, newest first; of some events or one activity."""
    table = activity_changes
    wanted = [
        table.c.account_id == unit.actor.account_id,
        table.c.changed_on.between(from_ms, to_ms),
    ]
    if event_codes:
        wanted.append(table.c.event_code.in_(event_codes))
    if activity_id:
        wanted.append(table.c.activity_id == activity_id)
    total = unit.connection.execute(
        select(func.count()).select_from(table).where(and_(*wanted))
    ).scalar_one()
    rows = unit.connection.execute(
        select(table)
        .where(*wanted)
        .order_by(table.c.changed_on.desc(), table.c.change_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    types = types_of_account(unit)
    return total, [_change(row, types) for row in rows]


def column_of(name: str, *, location: str) -> Sql:
    """The SQL of a column or field of activities. Raises InputInvalid for any other name.

    A field's name becomes part of the statement, so it must be a known name.
    """
    column = COLUMNS.get(name)
    if column is not None:
        return column
    if name in _JSON_FIELDS:
        return member_text(activities.c.fields, name)
    raise incorrect(
        location.rpartition(".")[2],
        location=location,
        fix="Send CreatedOn, ModifiedOn or the schema name of a field of the activity.",
    )


def activity_from_row(row: Row[Any], types: Mapping[int, ActivityType]) -> KeptActivity:
    return KeptActivity(
        row.activity_id,
        row.number,
        row.lead_id,
        types[row.event_code],
        row.note,
        row.score,
        row.happened_on,
        row.created_by,
        row.created_by_name,
        row.modified_on,
        row.modified_by or row.created_by,
        msgspec.json.decode(row.fields, type=dict[str, str | None]),
        msgspec.json.decode(row.data, type=KeyValues),
        bool(row.is_locked),
        msgspec.json.decode(row.attachments, type=tuple[Attachment, ...]),
    )


def _own(unit: Unit) -> Select[Any]:
    return select(activities).where(activities.c.account_id == unit.actor.account_id)


def _change(row: Row[Any], types: Mapping[int, ActivityType]) -> Change:
    return Change(
        row.change_id,
        row.action,
        row.activity_id,
        row.lead_id,
        types[row.event_code],
        row.score,
        row.happened_on,
        row.created_by,
        row.changed_on,
        row.changed_by,
        msgspec.json.decode(row.changes, type=tuple[FieldChange, ...]),
    )
