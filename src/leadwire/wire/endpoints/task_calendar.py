"""Appointments and to-dos of several users, and changes to many tasks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from leadwire.crm.bulk_rows import RowDone, each_row
from leadwire.crm.pages import Slice
from leadwire.crm.task_types import APPOINTMENT, TO_DO
from leadwire.crm.tasks import (
    Task,
    delete_tasks,
    get_task,
    lead_contacts,
    move_appointment,
    tasks_of_users,
)
from leadwire.crm.unit import Unit
from leadwire.dates import DAY_MS, parse_date
from leadwire.dialect import incorrect, invalid, not_passed, too_many
from leadwire.operations.task_calendar import (
    DAYS_MAX,
    AppointmentTime,
    AppointmentTimes,
    DeletedTasks,
    TaskIds,
    TasksOfUsers,
    TimesChanged,
)
from leadwire.operations.tasks import TaskRow, TaskRows
from leadwire.wire.endpoints.task_printer import task_row
from leadwire.wire.endpoints.tasks import tell_refused
from leadwire.wire.endpoints.user_search import ids_of_users
from leadwire.wire.members import counted, date_time, page_within, required_member
from leadwire.wire.request import Endpoint, Request

Owners = Callable[[Request], Awaitable[list[str]]]


def of_users(category: int, owners: Owners) -> Endpoint:
    """The endpoint that reads tasks of *category* for the users that *owners* finds."""

    async def retrieve(request: Request) -> TaskRows:
        body: TasksOfUsers = request.body
        from_ms = _day(body.FromDate, "FromDate")
        to_ms = _day(body.ToDate, "ToDate")
        if from_ms > to_ms:
            raise invalid(
                "FromDate",
                "FromDate can't be greater than ToDate.",
                fix="Send the earlier of the two as FromDate.",
            )
        if (to_ms - from_ms) // DAY_MS >= DAYS_MAX:
            raise invalid("ToDate", f"You can not ask for more than {DAYS_MAX} days.")
        index, size = page_within(request.operation, body.Paging)
        part = Slice((index - 1) * size, size, "DueDate", descending=False)
        owner_ids = await owners(request)

        def find(unit: Unit) -> tuple[int, list[Task], dict[str, Mapping[str, str]]]:
            total, found = tasks_of_users(
                unit, owner_ids, category, from_ms=from_ms, to_ms=to_ms + DAY_MS, part=part
            )
            return total, found, lead_contacts(unit, found)

        total, found, contacts = await request.read(find)
        people, moment = request.actor.people, request.moment
        rows = [task_row(task, people, contacts, moment) for task in found]
        return counted(TaskRows, total, rows)

    return retrieve


async def _by_id(request: Request) -> list[str]:
    wanted = {user_id.strip().lower() for user_id in _users(request)}
    return [user_id for user_id in request.actor.people if user_id in wanted]


async def _by_email(request: Request) -> list[str]:
    wanted = {email.strip().lower() for email in _users(request)}
    people = request.actor.people.items()
    return [user_id for user_id, person in people if person.email.lower() in wanted]


async def _by_criteria(request: Request) -> list[str]:
    body: TasksOfUsers = request.body
    if body.UserSearchCriteria is None:
        raise not_passed("UserSearchCriteria", fix='Send {"GroupConditions": […]}.')
    return await ids_of_users(request, body.UserSearchCriteria)


def _users(request: Request) -> list[str]:
    body: TasksOfUsers = request.body
    if not body.Users:
        raise not_passed("any Users", location="Users", fix="Send an array of users.")
    return body.Users


def _day(text: str, name: str) -> int:
    try:
        return parse_date(text.strip())
    except ValueError:
        raise incorrect(name, fix="Send a date alone, as yyyy-MM-dd.") from None


async def by_id(request: Request) -> list[TaskRow]:
    task_id = request.parameter("id")

    def find(unit: Unit) -> tuple[Task, dict[str, Mapping[str, str]]]:
        task = get_task(unit, task_id)
        return task, lead_contacts(unit, [task])

    task, contacts = await request.read(find)
    return [task_row(task, request.actor.people, contacts, request.moment)]


async def delete(request: Request) -> DeletedTasks:
    body: TaskIds = request.body
    most = request.operation.rows_max
    if len(body.TaskIds) > most:
        raise too_many("TaskIds", most, fix=f"Send at most {most} ids in a call.")
    ids = list(dict.fromkeys(task_id.strip().lower() for task_id in body.TaskIds))
    if not ids:
        raise not_passed("any TaskIds", location="TaskIds", fix="Send the ids of tasks.")
    deleted: int = await request.write(lambda unit: delete_tasks(unit, ids))
    missing = len(ids) - deleted
    reason = f"{missing} of {len(ids)} tasks do not exist" if missing else None
    return DeletedTasks(TasksCount=len(ids), DeletedTasksCount=deleted, FailureReason=reason)


async def move(request: Request) -> TimesChanged:
    body: AppointmentTimes = request.body
    if not body.TaskList:
        raise not_passed("any task", location="TaskList", fix="Send a TaskList.")
    most = request.operation.rows_max
    if len(body.TaskList) > most:
        raise too_many("TaskList", most, fix=f"Send at most {most} tasks in a call.")
    purpose = request.operation.purpose

    def change(unit: Unit, row: AppointmentTime) -> str:
        task_id = required_member(row.UserTaskId, "UserTaskId", purpose=purpose)
        from_ms, to_ms = date_time(row.FromDate, "FromDate"), date_time(row.ToDate, "ToDate")
        return move_appointment(unit, task_id, from_ms=from_ms, to_ms=to_ms).task_id

    done: list[RowDone[str]] = await request.write(
        lambda unit: each_row(unit, body.TaskList, change)
    )
    refused = tell_refused(request, done)
    return TimesChanged.of(request.draft.start.at_ms, is_successful=not refused)


_OWNERS: Final[dict[str, Owners]] = {
    "ByUserId": _by_id,
    "ByUserEmailAddress": _by_email,
    "ByUserSearchCriteria": _by_criteria,
}
ENDPOINTS: Final[dict[str, Endpoint]] = {
    **{f"RetrieveAppointments.{way}": of_users(APPOINTMENT, _OWNERS[way]) for way in _OWNERS},
    **{f"RetrieveToDos.{way}": of_users(TO_DO, _OWNERS[way]) for way in _OWNERS},
    "Task.Retrieve.GetById": by_id,
    "DeleteTasks": delete,
    "BulkUpdateAppointmentTime": move,
}
