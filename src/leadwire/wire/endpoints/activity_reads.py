"""Reading activities across leads: by event, by time, by search, and their history."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.activities.custom_types import postable_type
from leadwire.crm.activities.fields import all_fields
from leadwire.crm.activities.reads import (
    Change,
    activities_about_lead,
    activities_modified_between,
    changes_between,
    find_activities,
    get_activity,
)
from leadwire.crm.conditions.model import Conditions, EntityName
from leadwire.crm.conditions.sql import sql_of
from leadwire.crm.tables import activities
from leadwire.crm.unit import Unit
from leadwire.dates import Moment
from leadwire.dialect import invalid, not_passed
from leadwire.operations.activity_shapes import (
    ActivityChange,
    ActivityChanges,
    ActivityDetails,
    ActivityRow,
    ActivityRows,
    AdvancedSearch,
    ChangedActivity,
    ChangeParameter,
    ChangeSearch,
    EventRange,
    EventSearch,
    FoundActivities,
    OneActivity,
    RecentActivities,
    ReferenceFilter,
    ReferenceSearch,
    ReferencingActivities,
    ValueChange,
)
from leadwire.operations.shapes import ColumnList, DateRange
from leadwire.wire.advanced_search import EXAMPLE, parse_search
from leadwire.wire.endpoints.activity_forms import (
    event_code,
    event_sought,
    events_sought,
    part_of,
)
from leadwire.wire.endpoints.activity_printer import (
    activity_object,
    activity_row,
    field_objects,
)
from leadwire.wire.endpoints.lead_printer import names_of
from leadwire.wire.endpoints.row_columns import chosen_columns
from leadwire.wire.endpoints.users import require_administrator
from leadwire.wire.members import Range, counted, date_range, is_set
from leadwire.wire.request import Endpoint, Request

T = TypeVar("T", ActivityRows, FoundActivities)
_FIRST: Final = "0001-01-01 00:00:00"
_LAST: Final = "9999-12-31 23:59:59"


async def details(request: Request) -> OneActivity:
    activity_id = request.parameter("activityId")
    kept: KeptActivity = await request.read(lambda unit: get_activity(unit, activity_id))
    name = kept.type.name
    return OneActivity(
        kept.activity_id,
        name,
        name,
        field_objects(kept.type, kept),
        request.moment(kept.happened_on),
    )


async def by_event(request: Request) -> ActivityRows:
    body: EventSearch = request.body
    wanted, parameter = _range(_open(body.Parameter))
    if parameter.ActivityEvent is None or str(parameter.ActivityEvent).strip() == "":
        raise not_passed(
            "any ActivityEvent",
            location="Parameter.ActivityEvent",
            fix="Send the code of an activity type (ActivityTypes.Get).",
        )
    code = event_sought(parameter.ActivityEvent)
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.search(
        lambda unit: activities_modified_between(
            unit, from_ms=wanted.from_ms, to_ms=wanted.to_ms, event_code=code, part=part
        )
    )
    return await activity_rows(
        request,
        total,
        rows,
        columns=body.Columns,
        only_filled=is_set(parameter.RemoveEmptyValue),
        shape=ActivityRows,
    )


async def recently_modified(request: Request) -> RecentActivities:
    body: EventSearch = request.body
    wanted, parameter = _range(body.Parameter)
    code = event_sought(parameter.ActivityEvent)
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.search(
        lambda unit: activities_modified_between(
            unit, from_ms=wanted.from_ms, to_ms=wanted.to_ms, event_code=code, part=part
        )
    )
    moment = request.moment
    return counted(RecentActivities, total, [activity_object(row, moment) for row in rows])


async def changes(request: Request) -> ActivityChanges:
    body: ChangeSearch = request.body
    parameter = body.Parameter or ChangeParameter()
    wanted = date_range(_dates(body.Parameter))
    codes = _codes(parameter.ActivityEvents)
    activity_id = parameter.ActivityID.strip().lower()
    if codes and activity_id:
        raise invalid(
            "Parameter.ActivityID",
            "You can pass either ActivityEvents or ActivityID.",
            fix="Leave one of the two out.",
        )
    part = part_of(request.operation, body.Paging)
    total, rows = await request.read(
        lambda unit: changes_between(
            unit,
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            event_codes=codes,
            activity_id=activity_id,
            part=part,
        )
    )
    moment = request.moment
    return counted(ActivityChanges, total, [_change(request, row, moment) for row in rows])


async def by_search_parameter(request: Request) -> FoundActivities:
    body: AdvancedSearch = request.body
    await require_administrator(request)
    if body.ActivityEvent is None:
        raise not_passed("any ActivityEvent", location="ActivityEvent", fix="Send ActivityEvent.")
    code = event_code(body.ActivityEvent)
    conditions = conditions_about(body.AdvancedSearch, "activity", code)
    part = part_of(request.operation, body.Paging, body.Sorting)

    def find(unit: Unit) -> tuple[int, list[KeptActivity]]:
        kind = postable_type(unit, code)
        wanted = sql_of(unit, conditions, "activity", event=str(kind.event_code))
        return find_activities(unit, [activities.c.event_code == kind.event_code, wanted], part)

    total, rows = await request.search(find)
    return await activity_rows(request, total, rows, columns=body.Columns, shape=FoundActivities)


async def references(request: Request) -> ReferencingActivities:
    lead_id = request.parameter("leadId").lower()
    body: ReferenceSearch = request.body or ReferenceSearch()
    code = event_sought((body.Parameter or ReferenceFilter()).ActivityEvent)
    part = part_of(request.operation, body.Paging, body.Sorting)
    total, rows = await request.read(
        lambda unit: activities_about_lead(unit, lead_id, event_code=code, part=part)
    )
    return counted(ReferencingActivities, total, [_details(row) for row in rows])


def _details(kept: KeptActivity) -> ActivityDetails:
    name = kept.type.name
    return ActivityDetails(kept.activity_id, name, name, field_objects(kept.type, kept))


def _dates(parameter: EventRange | ChangeParameter | None) -> DateRange | None:
    return None if parameter is None else DateRange(parameter.FromDate, parameter.ToDate)


def _open(parameter: EventRange | None) -> EventRange | None:
    """*parameter* with the first and the last of all times in place of ends that are left out."""
    if parameter is None:
        return None
    return msgspec.structs.replace(
        parameter, FromDate=parameter.FromDate or _FIRST, ToDate=parameter.ToDate or _LAST
    )


def _range(parameter: EventRange | None) -> tuple[Range, EventRange]:
    given = parameter or EventRange()
    return date_range(_dates(parameter)), given


def conditions_about(text: str, entity: EntityName, code: int | None) -> Conditions:
    """The conditions of a search of one event's records.

    Raises InputInvalid for a missing or invalid text, or a different event.
    """
    if not text.strip():
        raise not_passed("AdvancedSearch", fix=EXAMPLE)
    conditions = parse_search(text)
    if any(code != event_code(value) for value in conditions.events_of(entity)):
        raise invalid(
            "AdvancedSearch",
            "AdvancedSearch criteria does not match ActivityEvent passed",
            fix="Ask for the same event in both.",
        )
    return conditions


async def activity_rows(
    request: Request,
    total: int,
    rows: Sequence[KeptActivity],
    *,
    columns: ColumnList | None,
    only_filled: bool = False,
    shape: Callable[[int, list[ActivityRow]], T],
) -> T:
    moment = request.moment
    flat = [activity_row(row, request.actor.people, moment) for row in rows]
    names = names_of(columns.Include_CSV) if columns else []
    if names:
        lead_ids = [row.lead_id for row in rows]
        flat = await chosen_columns(request, flat, lead_ids, names, always=("ModifiedOn",))
    if only_filled:
        flat = [{name: value for name, value in row.items() if value} for row in flat]
    return counted(shape, total, flat)


def _codes(given: Any) -> list[int]:  # noqa: ANN401  # an array, or a text with commas
    if given is None:
        return []
    values = given.split(",") if isinstance(given, str) else given
    return events_sought(values, "ActivityEvents")


def _change(request: Request, change: Change, moment: Moment) -> ActivityChange:
    person = request.actor.people.get(change.changed_by)
    display = {field.schema_name: field.display_name for field in all_fields(change.type.fields)}
    return ActivityChange(
        Activity=ChangedActivity(
            ProspectActivityId=change.activity_id,
            RelatedProspectId=change.lead_id,
            ActivityType=str(change.type.kind),
            ActivityEvent=str(change.type.event_code),
            Score=str(change.score),
            CreatedOn=moment(change.happened_on),
            CreatedBy=change.created_by,
            ModifiedOn=moment(change.changed_on),
            ModifiedBy=change.changed_by,
            ModifiedByName=person.name if person else None,
        ),
        ChangeType=change.action,
        Changes=[
            ValueChange(
                field.schema_name,
                display.get(field.schema_name, field.schema_name),
                field.before,
                field.after,
            )
            for field in change.changes
        ],
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "GetActivityDetails": details,
    "CustomActivity.RetrieveByActivityEvent": by_event,
    "ProspectActivity.RetrieveRecentlyModified": recently_modified,
    "RetrieveActivityChange": changes,
    "Activity.Retrieve.BySearchParameter": by_search_parameter,
    "GetLeadReferences": references,
}
