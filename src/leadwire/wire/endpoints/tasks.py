"""Create, change, complete and find tasks."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from leadwire.crm.bulk_rows import RowDone, each_row
from leadwire.crm.task_types import (
    BY_NAME,
    BY_TYPE_ID,
    DEFAULT_APPOINTMENT,
    DEFAULT_TO_DO,
    TASK_TYPES,
    TaskType,
)
from leadwire.crm.tasks import (
    LEAD,
    NOTHING,
    OPPORTUNITY,
    Task,
    TaskDraft,
    TaskFilter,
    complete_task,
    create_task,
    find_tasks,
    lead_contacts,
    tasks_of_lead,
    update_task,
)
from leadwire.crm.unit import Person, Unit
from leadwire.crm.values import GUID, scalar_text
from leadwire.dialect import incorrect, invalid, not_passed
from leadwire.operations.activity_shapes import Notice, NoticeResult
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.operations.tasks import (
    LeadTasks,
    TaskBatch,
    TaskChanged,
    TaskChangedResult,
    TaskColumns,
    TaskParameter,
    TaskRow,
    TaskRows,
    TaskSearch,
    TaskTypeObject,
    TaskWrite,
)
from leadwire.wire.endpoints.activity_forms import part_of
from leadwire.wire.endpoints.lead_printer import columns_of, names_of
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.endpoints.task_printer import (
    lead_task,
    task_row,
    task_type_object,
)
from leadwire.wire.members import counted, date_time, required_member, whole_number
from leadwire.wire.request import Endpoint, Request

TEXT_MAX: Final = 4_000
BULK_NOTICE: Final = "Your request for create tasks has been queued."
_REASONS_SHOWN: Final = 3
_ENTITIES: Final = (NOTHING, LEAD, OPPORTUNITY)
_TEXTS: Final = {"name": "Name", "description": "Description", "location": "Location"}
_NOTIFY: Final = ("1100", "1000")
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
_TYPE_COLUMNS: Final[dict[str, Callable[[TaskType], str]]] = {
    "tasktypeid": lambda kind: kind.type_id,
    "tasktypename": lambda kind: kind.name.lower(),
    "taskname": lambda kind: kind.name.lower(),
    "category": lambda kind: str(kind.category),
}


async def create(request: Request) -> WriteResult:
    draft = _new(request.actor.people, request.body)
    task_id: str = await request.write(lambda unit: create_task(unit, draft))
    return success(WriteMessage(Id=task_id))


async def bulk_create(request: Request) -> NoticeResult:
    body: TaskBatch = request.body
    if not body.TaskList:
        raise not_passed("any task", location="TaskList", fix="Send a TaskList.")
    most = request.operation.rows_max
    if len(body.TaskList) > most:
        raise invalid(
            "TaskList",
            f"You can not pass more than {most} tasks.",
            fix=f"Send at most {most} tasks in a call.",
        )

    def make(unit: Unit, row: TaskWrite) -> str:
        return create_task(unit, _new(unit.actor.people, row))

    done: list[RowDone[str]] = await request.write(lambda unit: each_row(unit, body.TaskList, make))
    tell_refused(request, done)
    return NoticeResult("Success", Notice(BULK_NOTICE))


def tell_refused(request: Request, done: Sequence[RowDone[str]]) -> int:
    """Count the refused rows. A header of the answer gives the first reasons."""
    refused = [f"{n}: {row.error}" for n, row in enumerate(done, 1) if row.error is not None]
    if refused:
        reasons = "; ".join(refused[:_REASONS_SHOWN])
        notice = f"{len(refused)} of {len(done)} tasks were refused, first {reasons}"
        request.notice(notice)
    return len(refused)


async def update(request: Request) -> TaskChangedResult:
    body: TaskWrite = request.body
    task_id = body.UserTaskId.strip()
    draft = _draft(request.actor.people, body)
    task: Task = await request.write(lambda unit: update_task(unit, task_id, draft))
    return TaskChangedResult("Success", TaskChanged(1, task.auto_id))


async def mark_complete(request: Request) -> TaskChangedResult:
    task_id = request.parameter("id")
    task, is_changed = await request.write(lambda unit: complete_task(unit, task_id))
    return TaskChangedResult("Success", TaskChanged(int(is_changed), task.auto_id))


async def retrieve(request: Request) -> TaskRows:
    body: TaskSearch = request.body
    wanted = _filter(request.actor.people, body.Parameter)
    part = part_of(request.operation, body.Paging, body.Sorting)

    def find(unit: Unit) -> tuple[int, list[Task], dict[str, Mapping[str, str]]]:
        total, found = find_tasks(unit, wanted, part)
        return total, found, lead_contacts(unit, found)

    total, found, contacts = await request.read(find)
    moment = request.moment
    rows = [task_row(task, request.actor.people, contacts, moment) for task in found]
    return counted(TaskRows, total, [_chosen(row, body.Columns or TaskColumns()) for row in rows])


async def by_lead_id(request: Request) -> LeadTasks:
    lead_id = request.parameter("leadId").lower()

    def find(unit: Unit) -> tuple[list[Task], int]:
        return tasks_of_lead(unit, lead_id), unit.now_ms

    found, now_ms = await request.read(find)
    moment = request.moment
    people = request.actor.people
    return LeadTasks(
        len(found), [lead_task(task, people, moment, state=task.state(now_ms)) for task in found]
    )


async def types(request: Request) -> list[TaskTypeObject]:
    name = request.parameter("ColumnName")
    column = _TYPE_COLUMNS.get(name.lower())
    if name and column is None:
        raise incorrect("ColumnName", fix="Send TaskTypeId, TaskTypeName or Category.")
    value = request.parameter("ColumnValue").lower()
    account = await asyncio.to_thread(request.services.access.account, request.actor.account_id)
    return [
        task_type_object(kind, account.created_on_ms)
        for kind in TASK_TYPES
        if column is None or column(kind) == value
    ]


def _new(people: Mapping[str, Person], body: TaskWrite) -> TaskDraft:
    required_member(body.Name or "", "Name", purpose="creating task")
    draft = _draft(people, body)
    if draft.type is not None:
        return draft
    is_todo = body.ReminderBeforeDays is not None or bool(body.ReminderTime)
    return msgspec.structs.replace(draft, type=DEFAULT_TO_DO if is_todo else DEFAULT_APPOINTMENT)


def _draft(people: Mapping[str, Person], body: TaskWrite) -> TaskDraft:
    """Raise InputInvalid, or ParameterMissing for an entity without its id."""
    entity = None
    related_id = (body.RelatedEntityId or "").strip().lower() or None
    if body.RelatedEntity is not None:
        entity = whole_number(body.RelatedEntity, "RelatedEntity", least=0)
        if entity not in _ENTITIES:
            raise _not_correct("RelatedEntity", "0, 1 (lead) or 5 (opportunity)")
        if entity != NOTHING:
            required_member(related_id or "", "RelatedEntityId", purpose="relating task")
    if related_id is not None and GUID.fullmatch(related_id) is None:
        raise _not_correct("RelatedEntityId", "the id of a lead or an opportunity")
    return TaskDraft(
        type=_type(body),
        related_entity=entity,
        related_id=None if entity == NOTHING else related_id,
        owner_id=_owner(people, body.OwnerId or "", body.OwnerEmailAddress or ""),
        due_on=date_time(body.DueDate, "DueDate") if body.DueDate else None,
        end_on=date_time(body.EndDate, "EndDate") if body.EndDate else None,
        details=_details(body),
    )


def _details(body: TaskWrite) -> dict[str, Any]:
    details = _texts(body)
    if body.Reminder is not None:
        details["reminder_minutes"] = whole_number(body.Reminder, "Reminder", least=0)
    if body.ReminderBeforeDays is not None:
        days = whole_number(body.ReminderBeforeDays, "ReminderBeforeDays", least=0)
        details["reminder_before_days"] = days
    if body.ReminderTime is not None:
        if body.ReminderTime and _TIME.fullmatch(body.ReminderTime) is None:
            raise _not_correct("ReminderTime", "a time of the form HH:mm:ss")
        details["reminder_time"] = body.ReminderTime
    if body.NotifyBy is not None:
        if str(body.NotifyBy).strip() not in _NOTIFY:
            raise _not_correct("NotifyBy", "1100 (by mail) or 1000 (not at all)")
        details["notify_by"] = str(body.NotifyBy).strip()
    if body.CustomFields is not None:
        details["custom"] = {n: scalar_text(value) for n, value in body.CustomFields.items()}
    return details


def _texts(body: TaskWrite) -> dict[str, Any]:
    details = {}
    for known, name in _TEXTS.items():
        value = getattr(body, name)
        if value is not None:
            if len(value) > TEXT_MAX or (name == "Name" and not value.strip()):
                raise _not_correct(name, f"a text of at most {TEXT_MAX} characters")
            details[known] = value
    return details


def _type(body: TaskWrite) -> TaskType | None:
    if body.TaskType is None:
        return None
    name, type_id = body.TaskType.Name.strip().lower(), body.TaskType.Id.strip().lower()
    kind = BY_NAME.get(name) if name else BY_TYPE_ID.get(type_id)
    if kind is None:
        raise _not_correct("TaskType", "a type of RetrieveTaskType, by Name")
    return kind


def _owner(people: Mapping[str, Person], owner_id: str, email: str) -> str | None:
    if owner_id.strip():
        return owner_id.strip().lower()
    email = email.strip().lower()
    if not email:
        return None
    for user_id, person in people.items():
        if person.email.lower() == email:
            return user_id
    raise _not_correct("OwnerEmailAddress", "the address of a user (Users.Get)")


def _filter(people: Mapping[str, Person], parameter: TaskParameter | None) -> TaskFilter:
    if parameter is None:
        raise not_passed(
            "Parameter", fix='Send {"Parameter": {"LookupName": "OwnerId", "LookupValue": …}}.'
        )
    name, value = parameter.LookupName.strip().lower(), parameter.LookupValue.strip().lower()
    if name not in ("ownerid", "userid", "owneremailaddress"):
        raise _not_correct("LookupName", "OwnerId or OwnerEmailAddress")
    if name == "owneremailaddress":
        # An unknown address finds nothing, like an unknown id.
        value = next((i for i, person in people.items() if person.email.lower() == value), "")
    from_ms = date_time(parameter.FromDate, "FromDate") if parameter.FromDate else None
    to_ms = date_time(parameter.ToDate, "ToDate") if parameter.ToDate else None
    if from_ms is not None and to_ms is not None and from_ms > to_ms:
        raise invalid(
            "Parameter.FromDate",
            "FromDate can't be greater than ToDate.",
            fix="Send the earlier of the two as FromDate.",
        )
    is_complete = None
    if parameter.StatusCode is not None:
        is_complete = {"0": False, "1": True}.get(str(parameter.StatusCode).strip())
        if is_complete is None:
            raise _not_correct("StatusCode", "0 (open) or 1 (complete)")
    type_name = parameter.TypeName.strip().lower()
    named = BY_NAME.get(type_name)
    type_id = named.type_id if named else type_name
    return TaskFilter(value, from_ms, to_ms, is_complete, type_id)


def _chosen(row: TaskRow, columns: TaskColumns) -> TaskRow:
    included = columns_of(columns.Include_CSV)
    excluded = {name.lower() for name in names_of(columns.Exclude_CSV)}
    if included is not None:
        wanted = {name.lower() for name in included}
        row = {name: value for name, value in row.items() if name.lower() in wanted}
    return {name: value for name, value in row.items() if name.lower() not in excluded}


def _not_correct(name: str, accepted: str) -> Exception:
    return incorrect(name, fix=f"Send {accepted}.")


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Task.Create": create,
    "Task.Bulk.Create": bulk_create,
    "Task.Update": update,
    "Task.MarkComplete": mark_complete,
    "Task.Retrieve": retrieve,
    "RetrieveTaskByLeadId": by_lead_id,
    "RetrieveTaskType": types,
}
