"""Operations that are accepted at once and carried out later, and the questions about them."""

from typing import Final

import msgspec

from leadwire.operations.activities import OPERATIONS as ACTIVITIES
from leadwire.operations.activity_writes import OPERATIONS as ACTIVITY_WRITES
from leadwire.operations.lead_lifecycle import OPERATIONS as LEAD_LIFECYCLE
from leadwire.operations.leads import OPERATIONS as LEADS
from leadwire.operations.operation import Operation, Parameter
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


def _submit(path: str, name: str) -> Operation:
    now = _SYNCHRONOUS[name]
    return Operation(
        name=f"Async.{name}",
        service="",
        path=path,
        method="POST",
        api_type="Async",
        summary=f"{now.summary}, later",
        parameters=now.parameters,
        body=now.body,
        body_example=now.body_example,
        result=Accepted,
        result_example=f'{{"Status":"{ACCEPTED}","RequestID":"{_REQUEST_ID}"}}',
        notes=(
            f"What {name} would answer is told by the status call.",
            "Needs the account's async key in the header x-api-key, beside the key pair.",
            "With the setting async_host, calls to that host by the usual path are taken so, too.",
        ),
        keys="pair and async",
        later=name,
    )


def _status(entity: str) -> Operation:
    return Operation(
        name=f"Async.{entity.capitalize()}.Status",
        service="",
        path=f"{entity}/status",
        method="GET",
        api_type="Async",
        summary=f"Ask what became of an asynchronous call about {_ABOUT[entity]}",
        parameters=(
            Parameter("requestId", "The RequestID that was answered.", kind="id", required=True),
        ),
        result=AsyncStatus,
        result_example=f'{{"Status":"SUCCESS","RequestID":"{_REQUEST_ID}",'
        '"Response":{"Status":"Success"},"Reason":null,"Steps":[]}',
        faults=(_MISSING, _INVALID),
        evidence="S",
        notes=("Needs the account's async key alone.", "Answers are kept for some days."),
        keys="async",
    )


def _metrics(entity: str) -> Operation:
    return Operation(
        name=f"Async.{entity.capitalize()}.Metrics",
        service="",
        path=f"{entity}/metrics",
        method="GET",
        api_type="Async",
        summary=f"Count the asynchronous calls about {_ABOUT[entity]}",
        result=AsyncMetrics,
        result_example='{"Queued":0,"Success":12,"Failed":1}',
        evidence="I",
        notes=("Needs the account's async key alone.",),
        keys="async",
    )


_ABOUT: Final = {"lead": "leads", "activity": "activities", "opportunity": "opportunities"}

OPERATIONS: Final = (
    _submit("lead/capture", "Lead.Capture"),
    _submit("lead/update", "Lead.Update"),
    _submit("activity/create", "ProspectActivity.Create"),
    _submit("activity/createcustom", "ProspectActivity.CreateCustom"),
    _submit("opportunity/capture", "Opportunity.Capture"),
    _submit("opportunity/update", "Opportunity.Update"),
    *map(_status, _ABOUT),
    *map(_metrics, _ABOUT),
)
