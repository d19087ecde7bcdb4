"""Operations that are accepted at once and carried out later, and the questions about them."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.activities import OPERATIONS as ACTIVITIES
from leadwire.operations.activity_writes import OPERATIONS as ACTIVITY_WRITES
from leadwire.operations.lead_lifecycle import OPERATIONS as LEAD_LIFECYCLE
from leadwire.operations.leads import OPERATIONS as LEADS
from leadwire.operations.operation import Operation, Parameter, documented, inferred, seen
from leadwire.operations.opportunities import OPERATIONS as OPPORTUNITIES

ACCEPTED: Final = "Request accepted. Please use below request id to check the status"

_REQUEST_ID: Final = "7c1f0b52-3d84-4e6a-b2a9-5f8d0c4e1736"
_INVALID: Final = "MXInvalidInputException"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_SYNCHRONOUS: Final = {
    operation.name: operation
    for operation in (*LEADS, *ACTIVITIES, *ACTIVITY_WRITES, *LEAD_LIFECYCLE, *OPPORTUNITIES)
}


class Accepted(msgspec.Struct):
    Status: str
    RequestID: str


class AsyncStatus(msgspec.Struct):
    """*Response* is what the call itself would have answered; null while it is queued."""

    Status: str
    """QUEUED, SUCCESS or FAILED."""
    RequestID: str
    Response: msgspec.Raw | None
    Reason: str | None
    Steps: list[str]
    """What was tried, in order, as far as it did not succeed."""


class AsyncMetrics(msgspec.Struct):
    """Requests of the account that are kept."""

    Queued: int
    Success: int
    Failed: int


_row = partial(Operation, service="", api_type="Async")


def _submit(path: str, name: str, page: str) -> Operation:
    now = _SYNCHRONOUS[name]
    return _row(
        name=f"Async.{name}",
        path=path,
        summary=f"{now.summary}, later",
        purpose=now.purpose,
        mandatory=now.mandatory,
        parameters=now.parameters,
        body=now.body,
        body_example=now.body_example,
        result=Accepted,
        result_example=f'{{"Status":"{ACCEPTED}","RequestID":"{_REQUEST_ID}"}}',
        evidence=documented(page),
        notes=(
            f"The status operation has the answer of {name}.",
            "It needs the key pair and the account's async key in the header x-api-key.",
            "With the setting async_host, calls of {name} to that host are accepted as well.",
        ),
        keys="pair and async",
        later=name,
    )


def _status(entity: str) -> Operation:
    return _row(
        name=f"Async.{entity.capitalize()}.Status",
        path=f"{entity}/status",
        summary=f"Get the status of an asynchronous call about {_ABOUT[entity]}",
        purpose="retrieving status",
        parameters=(
            Parameter("requestId", "The RequestID from the answer.", kind="id", required=True),
        ),
        result=AsyncStatus,
        result_example=f'{{"Status":"SUCCESS","RequestID":"{_REQUEST_ID}",'
        '"Response":{"Status":"Success"},"Reason":null,"Steps":[]}',
        faults=(_MISSING, _INVALID),
        evidence=seen("a help page of Salestrail"),
        notes=(
            "It needs only the account's async key.",
            "The setting async_retention_days says how long answers are kept.",
        ),
        keys="async",
    )


def _metrics(entity: str) -> Operation:
    return _row(
        name=f"Async.{entity.capitalize()}.Metrics",
        path=f"{entity}/metrics",
        summary=f"Count the asynchronous calls about {_ABOUT[entity]}",
        result=AsyncMetrics,
        result_example='{"Queued":0,"Success":12,"Failed":1}',
        evidence=inferred("get-create-lead-and-activity-metrics, a page about another call"),
        notes=("It needs only the account's async key.",),
        keys="async",
    )


_ABOUT: Final = {"lead": "leads", "activity": "activities", "opportunity": "opportunities"}

OPERATIONS: Final = (
    _submit("lead/capture", "Lead.Capture", "capture-leads-async"),
    _submit("lead/update", "Lead.Update", "update-a-lead-async"),
    _submit("activity/create", "ProspectActivity.Create", "async-api"),
    _submit(
        "activity/createcustom", "ProspectActivity.CreateCustom", "create-a-lead-and-activity-async"
    ),
    _submit("opportunity/capture", "Opportunity.Capture", "async-api"),
    _submit("opportunity/update", "Opportunity.Update", "async-api"),
    *map(_status, _ABOUT),
    *map(_metrics, _ABOUT),
)
