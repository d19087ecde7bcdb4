"""Calls that are accepted now and carried out later, and what became of them."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from leadwire.crm.later import (
    FAILED,
    SUCCEEDED,
    AsyncCall,
    AsyncCounts,
    Submission,
    count_calls,
    get_call,
    submit,
)
from leadwire.dialect import incorrect
from leadwire.operations.async_calls import ACCEPTED, Accepted, AsyncMetrics, AsyncStatus
from leadwire.wire.request import Endpoint, Request

_WORDS: Final = {SUCCEEDED: "SUCCESS", FAILED: "FAILED"}
_QUEUED: Final = "QUEUED"


async def accept(request: Request) -> Accepted:
    """The body has the shape that the operation wants: whatever else is wrong is told later."""
    draft = request.draft
    operation = request.operation
    submission = Submission(
        key_id=draft.key_id,
        entity=operation.path.partition("/")[0],
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
        request_id = request.parameter("requestId").lower()
        call: AsyncCall | None = await request.read(lambda unit: get_call(unit, entity, request_id))
        if call is None:
            raise incorrect(
                "requestId",
                location="query.requestId",
                fix="Send a RequestID of this account; answers are kept for some days.",
            )
        return AsyncStatus(
            Status=_WORDS.get(call.state, _QUEUED),
            RequestID=call.request_id,
            Response=msgspec.Raw(call.answer) if call.answer else None,
            Reason=call.reason,
            Steps=list(call.steps),
        )

    return status


def metrics_of(entity: str) -> Callable[[Request], Awaitable[AsyncMetrics]]:
    async def metrics(request: Request) -> AsyncMetrics:
        counts: AsyncCounts = await request.read(lambda unit: count_calls(unit, entity))
        return AsyncMetrics(counts.waiting, counts.succeeded, counts.failed)

    return metrics


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Async.Lead.Capture": accept,
    "Async.Lead.Update": accept,
    "Async.ProspectActivity.Create": accept,
    "Async.ProspectActivity.CreateCustom": accept,
    "Async.Opportunity.Capture": accept,
    "Async.Opportunity.Update": accept,
    "Async.Lead.Status": status_of("lead"),
    "Async.Activity.Status": status_of("activity"),
    "Async.Opportunity.Status": status_of("opportunity"),
    "Async.Lead.Metrics": metrics_of("lead"),
    "Async.Activity.Metrics": metrics_of("activity"),
    "Async.Opportunity.Metrics": metrics_of("opportunity"),
}
