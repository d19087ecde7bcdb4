"""Asynchronous calls, and the operations that read their status."""

from collections.abc import Awaitable, Callable
from typing import Final

from leadwire.crm.later import (
    CARRIED_OUT,
    AsyncCall,
    AsyncState,
    QueueLoad,
    Submission,
    get_call,
    queue_load,
    submit,
)
from leadwire.dates import SECOND_MS
from leadwire.dialect import incorrect
from leadwire.operations.async_calls import (
    ACCEPTED,
    IN_PROCESS,
    SUCCEEDED,
    TASK_TYPES,
    Accepted,
    AsyncMetrics,
    AsyncStatus,
    AsyncTask,
    TaskStatus,
    entity_of,
)
from leadwire.wire.request import Endpoint, Request

_WORDS: Final[dict[AsyncState, TaskStatus]] = {
    "waiting": "In-Queue",
    "carried": "In-Queue",
    "succeeded": "Success",
    "refused": "FAILURE",
    "failed": "ERROR",
}
_WITH_CAPITALS: Final = "Lead.Update"
"""The only operation whose status spells RequestId as RequestID."""


async def accept(request: Request) -> Accepted:
    """Queue the call. Its body has the operation's shape; any other fault shows in the status."""
    draft = request.draft
    operation = request.operation
    submission = Submission(
        key_id=draft.key_id,
        entity=entity_of(operation.path),
        operation=operation.later,
        query=draft.query_string,
        content_type=draft.content_type,
        body=draft.body,
        client=(draft.client_address, draft.user_agent),
    )
    request_id: str = await request.write(lambda unit: submit(unit, submission))
    return Accepted(ACCEPTED, request_id)


def status_of(entity: str) -> Callable[[Request], Awaitable[AsyncStatus]]:
    async def status(request: Request) -> AsyncStatus:
        request_id = request.parameter("RequestID").lower()
        call: AsyncCall | None = await request.read(lambda unit: get_call(unit, entity, request_id))
        if call is None:
            raise incorrect(
                "RequestID",
                location="query.RequestID",
                fix="Send a RequestID of this account; a status is kept for some days.",
            )
        return _status(call)

    return status


def metrics_of(operation: str) -> Callable[[Request], Awaitable[AsyncMetrics]]:
    async def metrics(request: Request) -> AsyncMetrics:
        load: QueueLoad = await request.read(lambda unit: queue_load(unit, operation))
        return AsyncMetrics(load.pending, load.delay_ms // SECOND_MS, load.per_minute)

    return metrics


def _status(call: AsyncCall) -> AsyncStatus:
    submission = call.submission
    is_success = call.state == "succeeded"
    task = AsyncTask(
        TaskType=TASK_TYPES[submission.operation],
        Status=_WORDS[call.state],
        StatusReason=SUCCEEDED if is_success else call.reason,
        TaskCurrentStep=None,
        TaskLastStep=IN_PROCESS if call.tries or call.state == CARRIED_OUT else None,
        RequestBody=submission.body.decode(errors="replace"),
        Message=call.answer.decode() if is_success and call.answer else None,
    )
    if submission.operation == _WITH_CAPITALS:
        return AsyncStatus(TaskStatus=task, RequestID=call.request_id)
    return AsyncStatus(TaskStatus=task, RequestId=call.request_id)


ENDPOINTS: Final[dict[str, Endpoint]] = {
    **{f"Async.{name}": accept for name in TASK_TYPES},
    **{f"Async.{name}.Metrics": metrics_of(name) for name in TASK_TYPES},
    "Async.Lead.Status": status_of("lead"),
    "Async.Activity.Status": status_of("activity"),
    "Async.Opportunity.Status": status_of("opportunity"),
    "Async.Telephony.Status": status_of("telephony"),
}
