"""Calls that the server accepted to carry out later, and their results."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from leadwire.sdk.errors import Refused, row_error
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.opportunity import Captured
from leadwire.sdk.rows import Identity, Row, child, json_object, number, text, whole

Entity = Literal["lead", "activity", "opportunity"]
LaterCall = Literal[
    "capture_lead",
    "update_lead",
    "create_activity",
    "create_activity_with_lead",
    "capture_opportunity",
    "update_opportunity",
]
"""A call that can be carried out later, by the name of its method."""
_DONE: Final = 0
_FAILED: Final = ("FAILURE", "ERROR")
_NAMED: Final = re.compile(r"(\w+Exception): (.*)", re.DOTALL)
"""A reason that begins with the type of an exception."""


class Accepted(Row):
    """An accepted call. Ask for its status by *request_id* and *entity*."""

    __slots__ = ("_entity",)

    request_id = Identity("RequestID")
    message = text("Status")

    def __init__(self, members: Mapping[str, Any], entity: Entity = "lead") -> None:
        super().__init__(members)
        self._entity: Entity = entity

    @property
    def entity(self) -> Entity:
        """What the call is about: its status is asked for by this, too."""
        return self._entity

    def to_dict(self) -> dict[str, Any]:
        """The row ready for JSON, with its entity."""
        return {**super().to_dict(), "entity": self._entity}


class LaterTask(Row):
    """The call itself, as its status reports it."""

    __slots__ = ()

    kind = text("TaskType")
    """Such as ``Lead Capture``."""
    state = text("Status")
    """In-Queue, Success, FAILURE or ERROR."""
    reason = text("StatusReason")
    """Why it failed or still waits."""
    request_body = text("RequestBody")
    """The body as it was sent."""


class LaterStatus(Row):
    """The status of an accepted call."""

    __slots__ = ()

    task = child("TaskStatus", LaterTask)

    @property
    def request_id(self) -> str | None:
        """The id by which the call was accepted."""
        found = self.get("RequestId") or self.get("RequestID")
        return None if found is None else str(found)

    @property
    def state(self) -> str | None:
        """In-Queue, Success, FAILURE or ERROR."""
        return self.task.state

    @property
    def reason(self) -> str | None:
        """Why the call failed or still waits."""
        return self.task.reason

    @property
    def response(self) -> Mapping[str, Any]:
        """The answer that the direct call would give; empty unless it succeeded."""
        return json_object(self.task.get("Message"))

    @property
    def is_done(self) -> bool:
        """Whether the call succeeded or failed for good."""
        return (self.state or "").upper() in ("SUCCESS", *_FAILED)

    @property
    def error(self) -> Refused | None:
        """Why it failed, as the exception that the direct call would raise."""
        if (self.state or "").upper() in _FAILED:
            named = _NAMED.fullmatch(self.reason or "")
            kind, message = named.groups() if named else ("", self.reason or "no reason was given")
            return self._error(kind, message)
        # A refused opportunity comes as a success with a numeric status.
        status = self.response.get("Status")
        if type(status) is int and status != _DONE:
            return self._error(
                str(self.response.get("ExceptionType") or ""),
                str(self.response.get("ExceptionMessage") or "no reason was given"),
            )
        return None

    def _error(self, kind: str, message: str) -> Refused | None:
        where = f"request {self.request_id}"
        return row_error(kind, message, call=self.call, where=where)

    @property
    def written(self) -> Written:
        """The result of a lead or activity call; empty if it reported nothing."""
        written = Written.of(self.response.get("Message"))
        written.came_from(self.call)
        return written

    @property
    def captured(self) -> Captured:
        """The result of capturing an opportunity."""
        captured = Captured(self.response)
        captured.came_from(self.call)
        return captured


class LaterMetrics(Row):
    """How fast accepted calls of one kind are carried out."""

    __slots__ = ()

    pending = whole("PendingMessages")
    delay_seconds = whole("MaxDelayInSeconds")
    """How long the oldest pending call has waited."""
    per_minute = number("ProcessingRatePerMinute")
