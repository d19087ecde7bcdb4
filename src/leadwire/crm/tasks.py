"""Tasks: making, changing, completing and finding them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import msgspec
from sqlalchemy import Row, func, insert, select, update

from leadwire.crm.leads.rows import get_lead
from leadwire.crm.pages import Slice
from leadwire.crm.tables import leads, tasks
from leadwire.crm.task_types import BY_TYPE_ID, TaskType
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.dialect import incorrect, invalid
from leadwire.errors import LeadReferenceMissing, Missing
from leadwire.operations.webhooks import EventKind

NOTHING: Final = 0
LEAD: Final = 1
OPPORTUNITY: Final = 5

_COLUMNS: Final = {
    "duedate": tasks.c.due_on,
    "enddate": tasks.c.end_on,
    "createdon": tasks.c.created_on,
    "modifiedon": tasks.c.modified_on,
    "completedon": tasks.c.completed_on,
    "autoid": tasks.c.auto_id,
}


class TaskDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a task's row does not need to know by column."""

    name: str = ""
    description: str = ""
    reminder_minutes: int = 0
    reminder_before_days: int = 0
    reminder_time: str = ""
    notify_by: str = "1000"
    location: str = ""
    custom: dict[str, str] = {}


class TaskDraft(msgspec.Struct, frozen=True):
    """What a caller says of a task; None leaves what it is, or takes the default."""

    type: TaskType | None = None
    related_entity: int | None = None
    related_id: str | None = None
    owner_id: str | None = None
    due_on: int | None = None
    end_on: int | None = None
    details: dict[str, Any] = {}
    """Members of TaskDetails, of which custom fields are added to those that are there."""


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
    """Which tasks of an owner. *from_ms* and *to_ms* are of the due date, both included."""

    owner_id: str
    from_ms: int | None = None
    to_ms: int | None = None
    is_complete: bool | None = None
    type_id: str = ""


def create_task(unit: Unit, draft: TaskDraft) -> str:
    """The id of a new task; its owner is the caller unless the draft names one.

    Raises InputInvalid for an owner who is nobody or an end before the beginning, and
    LeadReferenceMissing.
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
    unit.connection.execute(
        insert(tasks).values(account_id=unit.actor.account_id, **_columns(task))
    )
    _announce(unit, "task_created", task)
    return task.task_id


def update_task(unit: Unit, task_id: str, draft: TaskDraft) -> Task:
    """The changed task. A new beginning moves the end, unless there is a new one as well.

    Raises Missing and what ``create_task`` raises.
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
    _write(unit, changed)
    _announce(unit, "task_updated", changed, before=task)
    return changed


def complete_task(unit: Unit, task_id: str) -> tuple[Task, bool]:
    """The task, complete, and whether this made it so. Raises Missing."""
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
    _write(unit, changed)
    _announce(unit, "task_completed", changed, before=task)
    return changed, True


def get_task(unit: Unit, task_id: str) -> Task:
    """Raise Missing when there is no such task."""
    row = unit.connection.execute(
        select(tasks).where(
            tasks.c.account_id == unit.actor.account_id, tasks.c.task_id == task_id.lower()
        )
    ).first()
    if row is None:
        raise Missing("task", location="id", fix="Send the id of a task.")
    return _task(row)


def find_tasks(unit: Unit, wanted: TaskFilter, part: Slice) -> tuple[int, list[Task]]:
    """The number of an owner's tasks that *wanted* holds for, and a slice, by default by due date.

    Raises InputInvalid for an order by what is no column.
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


def tasks_of_lead(unit: Unit, lead_id: str) -> list[Task]:
    """Latest due date first."""
    conditions = [tasks.c.related_entity == LEAD, tasks.c.related_id == lead_id]
    return _select(unit, conditions, Slice(0, -1, "DueDate"))[1]


def lead_contacts(unit: Unit, found: Sequence[Task]) -> dict[str, Mapping[str, str]]:
    """What is written of the leads that tasks are about, by their ids."""
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
        .order_by(order.desc() if part.descending else order.asc(), tasks.c.auto_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    return total, [_task(row) for row in rows]


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
    # Tasks are never deleted and one connection writes: the highest number is the last one.
    highest = unit.connection.execute(
        select(func.max(tasks.c.auto_id)).where(tasks.c.account_id == unit.actor.account_id)
    ).scalar()
    return (highest or 0) + 1


def _announce(unit: Unit, kind: EventKind, task: Task, *, before: Task | None = None) -> None:
    if listens(unit, kind):
        is_about_lead = task.related_entity == LEAD and task.related_id
        lead = get_lead(unit, task.related_id or "") if is_about_lead else None
        announce(unit, kind, task.task_id, before=before, after=task, lead=lead)


def _write(unit: Unit, task: Task) -> None:
    unit.connection.execute(
        update(tasks)
        .where(tasks.c.account_id == unit.actor.account_id, tasks.c.task_id == task.task_id)
        .values(**_columns(task))
    )


def _columns(task: Task) -> dict[str, Any]:
    columns = msgspec.structs.asdict(task)
    kind, details = columns.pop("type"), columns.pop("details")
    columns["is_complete"] = int(task.is_complete)
    columns["details"] = msgspec.json.encode(details).decode()
    return columns | {"type_id": kind.type_id}


def _task(row: Row[Any]) -> Task:
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
