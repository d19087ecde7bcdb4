"""Tasks: appointments and to-dos."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, TypedDict, Unpack

from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.task import LeadTask, Task, TaskType, TaskWritten
from leadwire.sdk.reading import Page
from leadwire.sdk.values import Value, field_value

TypeColumn = Literal["TaskTypeId", "TaskTypeName", "Category"]

ROWS_MAX: Final = 1_000
BULK_ROWS_MAX: Final = 50

_LEAD, _OPPORTUNITY = 1, 5


class TaskFields(TypedDict, total=False):
    """What a task is made of. About a lead, or about an opportunity, or about nothing."""

    name: str
    description: str
    lead_id: str
    opportunity_id: str
    due_on: datetime
    end_on: datetime
    reminder_minutes: int
    reminder_before_days: int
    reminder_time: str
    notify_by_mail: bool
    owner_id: str
    owner_email_address: str
    type_name: str
    location: str
    custom_fields: Mapping[str, Value]


class AsyncTasks(AsyncResource):
    """Tasks."""

    async def create(self, **fields: Unpack[TaskFields]) -> TaskWritten:
        """Make a task; its ``id`` is in the result.

        Without an owner it is the caller's; without *due_on* it is due now.
        """
        return await self._call("Task.Create", reading.message(TaskWritten), body=_task(fields))

    async def bulk_create(self, rows: Sequence[TaskFields], *, status_url: str = "") -> Written:
        """Make up to 50 tasks; LeadSquared queues them, and tells *status_url* of the end."""
        tasks = [_task(row) for row in writing.batch(rows, rows_max=BULK_ROWS_MAX)]
        body = {"TaskList": tasks, "StatusWebhookURL": status_url}
        return await self._call("Task.Bulk.Create", reading.message(Written), body=body)

    async def update(self, task_id: str, **fields: Unpack[TaskFields]) -> TaskWritten:
        """Change a task; what is left out stays. It completes none: see ``complete``."""
        return await self._call(
            "Task.Update",
            reading.message(TaskWritten),
            body={"UserTaskId": task_id} | _task(fields),
            repeatable=True,
        )

    async def complete(self, task_id: str) -> TaskWritten:
        return await self._call(
            "Task.MarkComplete", reading.message(TaskWritten), query={"id": task_id}
        )

    async def search(  # noqa: PLR0913  # the parts of the API's own search
        self,
        *,
        owner_id: str | None = None,
        owner_email_address: str | None = None,
        due_from: datetime,
        due_to: datetime,
        is_complete: bool | None = None,
        type_id: str | None = None,
        without: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        offset: int = 0,
        row_count: int = 100,
    ) -> Page[Task]:
        """Tasks of an owner that are due in a range, both ends included; *offset* counts rows.

        *without* names members to leave out.
        """
        by_id = owner_id is not None
        parameter = {
            "LookupName": "OwnerId" if by_id else "OwnerEmailAddress",
            "LookupValue": owner_id if by_id else owner_email_address,
            **writing.time_range(due_from, due_to),
            "StatusCode": None if is_complete is None else int(is_complete),
            "TypeName": type_id,
        }
        body = {
            "Parameter": writing.without_none(parameter),
            "Columns": None if without is None else {"Exclude_CSV": ",".join(without)},
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.rows(offset, row_count, rows_max=ROWS_MAX),
        }
        return await self._call(
            "Task.Retrieve",
            reading.page(Task, "List"),
            body=writing.without_none(body),
            repeatable=True,
        )

    async def iter_search(  # noqa: PLR0913
        self,
        *,
        owner_id: str | None = None,
        owner_email_address: str | None = None,
        due_from: datetime,
        due_to: datetime,
        is_complete: bool | None = None,
        type_id: str | None = None,
        page_size: int = ROWS_MAX,
    ) -> AsyncIterator[Task]:
        """Every task that ``search`` finds, by due date, fetched page by page."""

        async def fetch(index: int) -> Page[Task]:
            return await self.search(
                owner_id=owner_id, owner_email_address=owner_email_address, due_from=due_from,
                due_to=due_to, is_complete=is_complete, type_id=type_id, sort_by="DueDate",
                descending=False, offset=(index - 1) * page_size, row_count=page_size,
            )  # fmt: skip

        async for task in self._every(fetch, page_size):
            yield task

    async def of_lead(self, lead_id: str) -> list[LeadTask]:
        return await self._call(
            "RetrieveTaskByLeadId",
            reading.many(LeadTask, "TaskList"),
            query={"leadId": lead_id},
        )

    async def types(
        self, by: TypeColumn | None = None, value: str | int | None = None
    ) -> list[TaskType]:
        """The task types, or those whose column *by* has *value*."""
        return await self._call(
            "RetrieveTaskType",
            reading.many(TaskType),
            query={"ColumnName": by, "ColumnValue": value},
        )


def _task(fields: TaskFields) -> dict[str, Any]:
    writing.only(fields, tuple(TaskFields.__annotations__))
    lead_id, opportunity_id = fields.get("lead_id"), fields.get("opportunity_id")
    entity = _LEAD if lead_id else _OPPORTUNITY if opportunity_id else None
    kind, custom = fields.get("type_name"), fields.get("custom_fields")
    mail = fields.get("notify_by_mail")
    return writing.without_none(
        {
            "Name": fields.get("name"),
            "Description": fields.get("description"),
            "RelatedEntity": entity,
            "RelatedEntityId": lead_id or opportunity_id,
            "DueDate": writing.moment_text(fields.get("due_on")),
            "EndDate": writing.moment_text(fields.get("end_on")),
            "Reminder": fields.get("reminder_minutes"),
            "ReminderBeforeDays": fields.get("reminder_before_days"),
            "ReminderTime": fields.get("reminder_time"),
            "NotifyBy": None if mail is None else "1100" if mail else "1000",
            "OwnerId": fields.get("owner_id"),
            "OwnerEmailAddress": fields.get("owner_email_address"),
            "TaskType": None if kind is None else {"Name": kind},
            "Location": fields.get("location"),
            "CustomFields": None
            if custom is None
            else {name: field_value(value) for name, value in custom.items()},
        }
    )
