"""Tasks: appointments and to-dos."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Final, Literal, Unpack

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bodies import TaskFields, task_body
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.task import LeadTask, Task, TaskType, TaskWritten
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows

TypeColumn = Literal["TaskTypeId", "TaskTypeName", "Category"]

ROWS_MAX: Final = BY_NAME["Task.Retrieve"].page_max


class AsyncTasks(AsyncResource):
    """Tasks."""

    async def create(self, **fields: Unpack[TaskFields]) -> TaskWritten:
        """Create a task. The result has its ``id``.

        The owner defaults to the caller, and *due_on* to now.
        """
        return await self._call("Task.Create", reading.message(TaskWritten), body=task_body(fields))

    async def bulk_create(self, rows: Sequence[TaskFields], *, status_url: str = "") -> Written:
        """Create up to 50 tasks. LeadSquared queues them and calls *status_url* when done."""
        tasks = [task_body(row) for row in writing.batch(rows, of="Task.Bulk.Create")]
        body = {"TaskList": tasks, "StatusWebhookURL": status_url}
        return await self._call("Task.Bulk.Create", reading.message(Written), body=body)

    async def update(self, task_id: str, **fields: Unpack[TaskFields]) -> TaskWritten:
        """Change a task. Omitted fields keep their values. To complete a task, see ``complete``."""
        return await self._call(
            "Task.Update",
            reading.message(TaskWritten),
            body={"UserTaskId": task_id} | task_body(fields),
        )

    async def complete(self, task_id: str) -> TaskWritten:
        """Mark a task as complete. Raises NotFound."""
        return await self._call(
            "Task.MarkComplete", reading.message(TaskWritten), query={"id": task_id}
        )

    async def search(  # noqa: PLR0913  # the API's own search arguments
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
        """Tasks of an owner due in a range, both ends included. *offset* counts rows.

        *without* names members to omit.
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
            "Paging": writing.rows(offset, row_count, of="Task.Retrieve"),
        }
        return await self._call(
            "Task.Retrieve",
            reading.page(Task, "List"),
            body=writing.without_none(body),
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
        """Every task that matches, by due date, fetched page by page."""

        async def fetch(index: int, size: int) -> Page[Task]:
            return await self.search(
                owner_id=owner_id, owner_email_address=owner_email_address, due_from=due_from,
                due_to=due_to, is_complete=is_complete, type_id=type_id, sort_by="DueDate",
                descending=False, offset=(index - 1) * size, row_count=size,
            )  # fmt: skip

        async for task in self._every(fetch, page_size, lambda row: row.id):
            yield task

    async def of_lead(self, lead_id: str) -> Rows[LeadTask]:
        """Every task about the lead."""
        return await self._call(
            "RetrieveTaskByLeadId",
            reading.many(LeadTask, "TaskList"),
            query={"leadId": lead_id},
        )

    async def types(
        self, by: TypeColumn | None = None, value: str | int | None = None
    ) -> Rows[TaskType]:
        """All task types, or the types whose column *by* is *value*."""
        return await self._call(
            "RetrieveTaskType",
            reading.many(TaskType),
            query={"ColumnName": by, "ColumnValue": value},
        )
