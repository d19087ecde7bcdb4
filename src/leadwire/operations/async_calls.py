"""Asynchronous operations: accepted at once, carried out later. And their status calls."""

from functools import partial
from typing import Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from leadwire.operations.activities import OPERATIONS as ACTIVITIES
from leadwire.operations.activity_writes import OPERATIONS as ACTIVITY_WRITES
from leadwire.operations.lead_lifecycle import OPERATIONS as LEAD_LIFECYCLE
from leadwire.operations.leads import OPERATIONS as LEADS
from leadwire.operations.operation import Operation, Parameter, documented, inferred
from leadwire.operations.opportunities import OPERATIONS as OPPORTUNITIES
from leadwire.operations.telephony import CONNECTOR
from leadwire.operations.telephony import OPERATIONS as TELEPHONY

ACCEPTED: Final = "Request accepted. Please use below request id to check the status"

_REQUEST_ID: Final = "7c1f0b52-3d84-4e6a-b2a9-5f8d0c4e1736"
_INVALID: Final = "MXInvalidInputException"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_SYNCHRONOUS: Final = {
    operation.name: operation
    for row in (LEADS, ACTIVITIES, ACTIVITY_WRITES, LEAD_LIFECYCLE, OPPORTUNITIES, TELEPHONY)
    for operation in row
}


class Accepted(msgspec.Struct):
    Status: str
    RequestID: str


TASK_TYPES: Final = {
    "Lead.Capture": "Lead Capture",
    "Lead.Update": "Lead Update",
    "ProspectActivity.Create": "Activity Create",
    "ProspectActivity.CreateCustom": "Activity Create Custom",
    "Opportunity.Capture": "Opportunity Capture",
    "Opportunity.Update": "Opportunity Update",
    "Telephony.LogCallComplete": "Telephony-LogCall",
}
"""The asynchronous operations, and their names in a status."""

TaskStatus = Literal["In-Queue", "Success", "FAILURE", "ERROR"]
"""FAILURE: the call was refused. ERROR: every attempt met an infrastructure failure."""

SUCCEEDED: Final = "Request was successfully completed"
IN_PROCESS: Final = "In-Process-Queue"


class AsyncTask(msgspec.Struct):
    """An accepted call and its result."""

    TaskType: str
    Status: TaskStatus
    StatusReason: str | None
    """Why it failed or still waits; a fixed sentence after a success."""
    TaskCurrentStep: str | None
    TaskLastStep: str | None
    RequestBody: str
    """The body as it was sent."""
    Message: str | None
    """The answer of the operation, as JSON text; null unless it succeeded."""


class AsyncStatus(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A lead update has RequestID, every other call RequestId."""

    RequestId: str | UnsetType = UNSET
    RequestID: str | UnsetType = UNSET
    TaskStatus: AsyncTask


class AsyncMetrics(msgspec.Struct):
    """How fast accepted calls of one operation and the account are carried out."""

    PendingMessages: int
    MaxDelayInSeconds: int
    """How long the oldest pending call has waited."""
    ProcessingRatePerMinute: float
    """Mean of the last ten minutes."""


def entity_of(path: str) -> str:
    """What an asynchronous call is about: ``lead`` of ``lead/capture``."""
    return path.split("/")[-2]


_row = partial(Operation, service="", api_type="Async")


def _submit(name: str, page: str) -> Operation:
    now = _SYNCHRONOUS[name]
    return _row(
        name=f"Async.{name}",
        path=_PATHS[name],
        summary=f"{now.summary}, later",
        purpose=now.purpose,
        mandatory=now.mandatory,
        parameters=now.parameters,
        body=now.body,
        json_in_any_type=now.json_in_any_type,
        more_segments=now.more_segments,
        body_example=now.body_example,
        result=Accepted,
        result_example=f'{{"Status":"{ACCEPTED}","RequestID":"{_REQUEST_ID}"}}',
        evidence=documented(page),
        notes=(
            f"The status operation has the answer of {name} as JSON text.",
            "It needs the key pair and the account's async key in the header x-api-key.",
            f"With the setting async_host, calls of {name} to that host are accepted as well.",
        ),
        in_sdk=now.in_sdk,
        keys="pair and async",
        later=name,
    )


def _status(entity: str, page: str) -> Operation:
    paths = [path for path in _PATHS.values() if entity_of(path) == entity]
    return _row(
        name=f"Async.{entity.capitalize()}.Status",
        path=f"{entity}/status",
        in_sdk=entity != "telephony",
        aliases=tuple(f"{path}/status" for path in paths),
        summary=f"Get the status of an asynchronous call about {_ABOUT[entity]}",
        purpose="retrieving status",
        parameters=(
            Parameter("RequestID", "The RequestID from the answer.", kind="id", required=True),
        ),
        result=AsyncStatus,
        result_example=f'{{"RequestId":"{_REQUEST_ID}","TaskStatus":{{"TaskType":"Lead Capture",'
        f'"Status":"Success","StatusReason":"{SUCCEEDED}","TaskCurrentStep":null,'
        f'"TaskLastStep":"{IN_PROCESS}","RequestBody":"[]","Message":"{{}}"}}}}',
        faults=(_MISSING, _INVALID),
        evidence=documented(page),
        notes=(
            "It needs only the account's async key.",
            "Status is In-Queue, Success, FAILURE (refused) or ERROR (every try failed).",
            "A lead update has the member RequestID, every other call RequestId.",
            "StatusReason of a refusal is its exception type, a colon and its message (inferred).",
            "The setting async_retention_days says how long a status is kept.",
        ),
        keys="async",
    )


def _metrics(name: str, path: str) -> Operation:
    page = _METRICS_PAGES.get(name)
    return _row(
        name=f"Async.{name}.Metrics",
        path=f"{path}/metrics",
        in_sdk=_SYNCHRONOUS[name].in_sdk,
        summary=f"Get how fast asynchronous calls of {name} are carried out",
        result=AsyncMetrics,
        result_example='{"PendingMessages":1,"MaxDelayInSeconds":0,"ProcessingRatePerMinute":24.8}',
        evidence=documented(page) if page else inferred("get-create-lead-and-activity-metrics"),
        notes=("It needs only the account's async key.",),
        keys="async",
    )


_ABOUT: Final = {
    "lead": "leads",
    "activity": "activities",
    "opportunity": "opportunities",
    "telephony": "phone calls",
}
_PATHS: Final = {
    "Lead.Capture": "lead/capture",
    "Lead.Update": "lead/update",
    "ProspectActivity.Create": "activity/create",
    "ProspectActivity.CreateCustom": "activity/createcustom",
    "Opportunity.Capture": "opportunity/capture",
    "Opportunity.Update": "opportunity/update",
    "Telephony.LogCallComplete": CONNECTOR.lower(),
}
_METRICS_PAGES: Final = {
    "Lead.Capture": "get-capture-leads-metrics",
    "ProspectActivity.CreateCustom": "get-create-lead-and-activity-metrics",
}

OPERATIONS: Final = (
    _submit("Lead.Capture", "capture-leads-async"),
    _submit("Lead.Update", "update-a-lead-async"),
    _submit("ProspectActivity.Create", "async-api"),
    _submit("ProspectActivity.CreateCustom", "create-a-lead-and-activity-async"),
    _submit("Opportunity.Capture", "async-api"),
    _submit("Opportunity.Update", "async-api"),
    _submit("Telephony.LogCallComplete", "post-a-call-log-async"),
    _status("lead", "lead-capture-status-api"),
    _status("activity", "create-lead-and-activity-status-api"),
    _status("opportunity", "async-api"),
    _status("telephony", "post-a-call-log-status-api"),
    *(_metrics(name, path) for name, path in _PATHS.items()),
)
