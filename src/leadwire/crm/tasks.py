"""Create, change, complete, delete and find tasks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, delete, func, insert, select, text, update

from leadwire.crm.leads.rows import get_lead
from leadwire.crm.pages import ALL_ROWS, Slice
from leadwire.crm.tables import leads, tasks
from leadwire.crm.task_types import APPOINTMENT, BY_TYPE_ID, TASK_TYPES, TaskType
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.expressions import ordered
from leadwire.dates import DAY_MS, MINUTE_MS, SECOND_MS
from leadwire.dialect import incorrect, invalid
from leadwire.errors import LeadReferenceMissing, Missing
from leadwire.operations.webhooks import EventKind

NOTHING: Final = 0
LEAD: Final = 1
OPPORTUNITY: Final = 5

_NEXT_NUMBER: Final = text(
    "INSERT INTO counters (account_id, last_auto_id, last_task_number) "
    "VALUES (:account_id, 0, 1) ON CONFLICT (account_id) DO UPDATE SET "
    "last_task_number = counters.last_task_number + 1 RETURNING last_task_number"
)
_COLUMNS: Final = {
    "duedate": tasks.c.due_on,
    "enddate": tasks.c.end_on,
    "createdon": tasks.c.created_on,
    "modifiedon": tasks.c.modified_on,
    "completedon": tasks.c.completed_on,
    "autoid": tasks.c.auto_id,
}


class TaskDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The values of a task that no search uses."""

    name: str = ""
    description: str = ""
    reminder_minutes: int = 0
    reminder_before_days: int = 0
    reminder_time: str = ""
    notify_by: str = "1000"
    location: str = ""
    custom: dict[str, str] = {}


class TaskDraft(msgspec.Struct, frozen=True):
    """Values for a new or changed task. None keeps a value, or takes the default."""

    type: TaskType | None = None
    related_entity: int | None = None
    related_id: str | None = None
    owner_id: str | None = None
    due_on: int | None = None
    end_on: int | None = None
    details: dict[str, Any] = {}
    """Members of TaskDetails. Custom fields are merged with the existing ones."""


class Task(msgspec.Struct, frozen=True):
    task_id: str
    auto_id: int
    type: TaskType
    related_entity: int
    related_id: str | None
    owner_id: str
    due_on: int
    end_on: int
    is_complete: bool
    completed_on: int | None
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str
    details: TaskDetails

    def state(self, now_ms: int) -> Literal["Pending", "Overdue", "Completed"]:
        if self.is_complete:
            return "Completed"
        return "Overdue" if self.end_on < now_ms else "Pending"


class TaskFilter(msgspec.Struct, frozen=True):
    """Conditions on an owner's tasks. The due date is in *from_ms* to *to_ms* inclusive."""

    owner_id: str
    from_ms: int | None = None
    to_ms: int | None = None
    is_complete: bool | None = None
    type_id: str = ""


def create_task(unit: Unit, draft: TaskDraft) -> str:
    """Create a task and return its id. The owner is the caller unless the draft names one.

    Raises LeadReferenceMissing, and InputInvalid for an unknown owner or an end before the start.
    """
    kind = draft.type
    if kind is None:
        raise incorrect("TaskType")
    due_on = unit.now_ms if draft.due_on is None else draft.due_on
    task = Task(
        task_id=unit.ids.guid(),
        auto_id=_next_auto_id(unit),
        type=kind,
        related_entity=draft.related_entity or NOTHING,
        related_id=draft.related_id if draft.related_entity else None,
        owner_id=draft.owner_id or unit.actor.user_id,
        due_on=due_on,
        end_on=due_on + kind.duration_ms if draft.end_on is None else draft.end_on,
        is_complete=False,
        completed_on=None,
        created_on=unit.now_ms,
        created_by=unit.actor.user_id,
        modified_on=unit.now_ms,
        modified_by=unit.actor.user_id,
        details=msgspec.structs.replace(TaskDetails(), **draft.details),
    )
    _check(unit, task)
    columns = _columns(task)
    unit.connection.execute(insert(tasks).values(account_id=unit.actor.account_id, **columns))
    _wake_for(unit, columns)
    announce_task(unit, "task_created", task)
    return task.task_id


def update_task(unit: Unit, task_id: str, draft: TaskDraft) -> Task:
    """Update and return a task. A new start moves the end, unless the draft has an end too.

    Raises Missing and the errors of ``create_task``.
    """
    task = get_task(unit, task_id)
    changes: dict[str, Any] = {
        name: value
        for name in ("type", "related_entity", "related_id", "owner_id", "due_on", "end_on")
        if (value := getattr(draft, name)) is not None
    }
    if draft.due_on is not None and draft.end_on is None:
        changes["end_on"] = draft.due_on + (task.end_on - task.due_on)
    if draft.related_entity == NOTHING:
        changes["related_id"] = None
    details = dict(draft.details)
    if "custom" in details:
        details["custom"] = task.details.custom | details["custom"]
    changed = msgspec.structs.replace(
        task,
        **changes,
        details=msgspec.structs.replace(task.details, **details),
        modified_on=unit.now_ms,
        modified_by=unit.actor.user_id,
    )
    _check(unit, changed)
    _write(unit, changed, before=task)
    announce_task(unit, "task_updated", changed, before=task)
    return changed


def complete_task(unit: Unit, task_id: str) -> tuple[Task, bool]:
    """Complete a task. Returns it and whether it was open before. Raises Missing."""
    task = get_task(unit, task_id)
    if task.is_complete:
        return task, False
    changed = msgspec.structs.replace(
        task,
        is_complete=True,
        completed_on=unit.now_ms,
        modified_on=unit.now_ms,
        modified_by=unit.actor.user_id,
    )
    _write(unit, changed, before=task)
    announce_task(unit, "task_completed", changed, before=task)
    return changed, True


def get_task(unit: Unit, task_id: str) -> Task:
    """Read a task. Raises Missing."""
    row = unit.connection.execute(
        select(tasks).where(
            tasks.c.account_id == unit.actor.account_id, tasks.c.task_id == task_id.lower()
        )
    ).first()
    if row is None:
        raise Missing("task", location="id", fix="Send the id of a task.")
    return task_from_row(row)


def find_tasks(unit: Unit, wanted: TaskFilter, part: Slice) -> tuple[int, list[Task]]:
    """The number of tasks that match *wanted*, and a slice, sorted by due date unless asked.

    Raises InputInvalid for an unknown sort column.
    """
    conditions = [tasks.c.owner_id == wanted.owner_id]
    if wanted.from_ms is not None:
        conditions.append(tasks.c.due_on >= wanted.from_ms)
    if wanted.to_ms is not None:
        conditions.append(tasks.c.due_on <= wanted.to_ms)
    if wanted.is_complete is not None:
        conditions.append(tasks.c.is_complete == int(wanted.is_complete))
    if wanted.type_id:
        conditions.append(tasks.c.type_id == wanted.type_id)
    return _select(unit, conditions, part)


def all_tasks(
    unit: Unit, part: Slice, *, is_complete: bool | None = None
) -> tuple[int, list[Task]]:
    """The number of the account's tasks, all or by state, and a slice of them."""
    conditions = [] if is_complete is None else [tasks.c.is_complete == int(is_complete)]
    return _select(unit, conditions, part)


def tasks_of_lead(unit: Unit, lead_id: str) -> list[Task]:
    """The tasks of a lead, latest due date first."""
    conditions = [tasks.c.related_entity == LEAD, tasks.c.related_id == lead_id]
    return _select(unit, conditions, Slice(0, ALL_ROWS, "DueDate"))[1]


def announce_task(unit: Unit, kind: EventKind, task: Task, *, before: Task | None = None) -> None:
    """Announce the task to webhooks that listen for *kind*."""
    if listens(unit, kind):
        is_about_lead = task.related_entity == LEAD and task.related_id
        lead = get_lead(unit, task.related_id or "") if is_about_lead else None
        announce(unit, kind, task.task_id, before=before, after=task, lead=lead)


def delete_tasks(unit: Unit, task_ids: Sequence[str]) -> int:
    """Delete tasks, and return how many existed. Ignores unknown ids."""
    return unit.connection.execute(
        delete(tasks).where(
            tasks.c.account_id == unit.actor.account_id, tasks.c.task_id.in_(task_ids)
        )
    ).rowcount


def move_appointment(unit: Unit, task_id: str, *, from_ms: int, to_ms: int) -> Task:
    """Move an appointment to another time. Raises InputInvalid for a to-do, and Missing."""
    if get_task(unit, task_id).type.category != APPOINTMENT:
        raise incorrect("UserTaskId", fix="Send the id of an appointment, and not of a to-do.")
    return update_task(unit, task_id, TaskDraft(due_on=from_ms, end_on=to_ms))


def tasks_of_users(
    unit: Unit, owner_ids: Sequence[str], category: int, *, from_ms: int, to_ms: int, part: Slice
) -> tuple[int, list[Task]]:
    """The number of the appointments or to-dos of users that begin in a range, and a slice.

    *to_ms* is not part of the range.
    """
    type_ids = [kind.type_id for kind in TASK_TYPES if kind.category == category]
    conditions = [
        tasks.c.owner_id.in_(owner_ids),
        tasks.c.type_id.in_(type_ids),
        tasks.c.due_on >= from_ms,
        tasks.c.due_on < to_ms,
    ]
    return _select(unit, conditions, part)


def lead_contacts(unit: Unit, found: Sequence[Task]) -> dict[str, Mapping[str, str]]:
    """The written values of the tasks' leads, by lead id."""
    ids = {task.related_id for task in found if task.related_entity == LEAD and task.related_id}
    rows = unit.connection.execute(
        select(leads.c.lead_id, leads.c.fields).where(
            leads.c.account_id == unit.actor.account_id,
            leads.c.lead_id.in_(sorted(ids)),
        )
    )
    return {row.lead_id: msgspec.json.decode(row.fields, type=dict[str, str]) for row in rows}


def _select(unit: Unit, conditions: Sequence[Any], part: Slice) -> tuple[int, list[Task]]:
    own = (tasks.c.account_id == unit.actor.account_id, *conditions)
    order = _COLUMNS.get((part.order_by or "DueDate").lower())
    if order is None:
        raise incorrect(
            "ColumnName",
            location="Sorting.ColumnName",
            fix="Send DueDate, EndDate, CreatedOn, ModifiedOn or CompletedOn.",
        )
    total = unit.connection.execute(
        select(func.count()).select_from(tasks).where(*own)
    ).scalar_one()
    rows = unit.connection.execute(
        select(tasks)
        .where(*own)
        .order_by(ordered(order, descending=part.descending), tasks.c.auto_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    return total, [task_from_row(row) for row in rows]


def _check(unit: Unit, task: Task) -> None:
    if task.owner_id not in unit.actor.people:
        raise incorrect("OwnerId", fix="Send the id of a user (Users.Get).")
    if task.end_on < task.due_on:
        raise invalid("EndDate", "EndDate can't be less than DueDate.", fix="Send a later EndDate.")
    if task.related_entity == LEAD and get_lead(unit, task.related_id or "") is None:
        raise LeadReferenceMissing(
            "Lead not found",
            location="body.RelatedEntityId",
            fix="Send the ProspectID of a lead of this account.",
        )


def _next_auto_id(unit: Unit) -> int:
    account = {"account_id": unit.actor.account_id}
    return int(unit.connection.execute(_NEXT_NUMBER, account).scalar_one())


def _write(unit: Unit, task: Task, *, before: Task) -> None:
    columns = _columns(task)
    if columns["remind_on"] == _remind_on(before):
        del columns["remind_on"]  # a reminder that was announced is not announced again
    unit.connection.execute(
        update(tasks)
        .where(tasks.c.account_id == unit.actor.account_id, tasks.c.task_id == task.task_id)
        .values(**columns)
    )
    _wake_for(unit, columns)


def _wake_for(unit: Unit, columns: Mapping[str, Any]) -> None:
    """Wake the reminder worker, so that it reads this time."""
    if columns.get("remind_on") is not None:
        unit.queued.add(columns["task_id"])


def _columns(task: Task) -> dict[str, Any]:
    columns = msgspec.structs.asdict(task)
    kind, details = columns.pop("type"), columns.pop("details")
    columns["is_complete"] = int(task.is_complete)
    columns["details"] = msgspec.json.encode(details).decode()
    return columns | {"type_id": kind.type_id, "remind_on": _remind_on(task)}


def _remind_on(task: Task) -> int | None:
    """The time of the reminder: minutes before the start, or a time on an earlier day."""
    details = task.details
    if task.is_complete or task.due_on <= task.modified_on:
        return None
    if details.reminder_time or details.reminder_before_days:
        day = task.due_on - task.due_on % DAY_MS - details.reminder_before_days * DAY_MS
        return day + _time_ms(details.reminder_time)
    if details.reminder_minutes:
        return task.due_on - details.reminder_minutes * MINUTE_MS
    return None


def _time_ms(time: str) -> int:
    """Milliseconds since midnight of ``HH:mm:ss``; the empty text is midnight."""
    hours, minutes, seconds = map(int, (time or "00:00:00").split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * SECOND_MS


def task_from_row(row: Row[Any]) -> Task:
    return Task(
        row.task_id,
        row.auto_id,
        BY_TYPE_ID[row.type_id],
        row.related_entity,
        row.related_id,
        row.owner_id,
        row.due_on,
        row.end_on,
        bool(row.is_complete),
        row.completed_on,
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
        msgspec.json.decode(row.details, type=TaskDetails),
    )
