"""Calls that were accepted to be carried out later, and what became of them."""

from collections.abc import Mapping
from typing import Any, Literal

from leadwire.sdk.errors import Refused, row_error
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.opportunity import Captured
from leadwire.sdk.rows import Identity, Row, mapping, text, texts, whole

Entity = Literal["lead", "activity", "opportunity"]
_DONE = 0


class Accepted(Row):
    """A call that will be carried out. Its *request_id* is what to ask with, *entity* where."""

    __slots__ = ("entity",)

    request_id = Identity("RequestID")
    message = text("Status")

    def __init__(self, members: Mapping[str, Any], entity: Entity = "lead") -> None:
        super().__init__(members)
        self.entity: Entity = entity


class LaterStatus(Row):
    """What became of an accepted call."""

    __slots__ = ()

    request_id = Identity("RequestID")
    state = text("Status")
    """QUEUED, SUCCESS or FAILED."""
    response = mapping("Response")
    """What the call itself would have answered; empty while it is queued."""
    reason = text("Reason")
    steps = texts("Steps")
    """What was tried and did not succeed."""

    @property
    def is_done(self) -> bool:
        """Carried out, or refused for good."""
        return self.state is not None and self.state.upper() in ("SUCCESS", "FAILED")

    @property
    def error(self) -> Refused | None:
        """Why it failed, as the exception that the call itself would have raised."""
        failed = self.state is not None and self.state.upper() == "FAILED"
        answer = self.response
        # A refused opportunity is told in a success, by a status that is a number.
        status = answer.get("Status")
        if not failed and not (type(status) is int and status != _DONE):
            return None
        return row_error(
            str(answer.get("ExceptionType") or ""),
            str(answer.get("ExceptionMessage") or self.reason or "it failed, for no reason given"),
            operation="later",
            where=f"request {self.get('RequestID')}",
        )

    @property
    def written(self) -> Written:
        """What a lead or an activity call reported; without members when it reported nothing."""
        return Written.of(self.response.get("Message"))

    @property
    def captured(self) -> Captured:
        """What the capture of an opportunity reported."""
        return Captured(self.response)


class LaterCounts(Row):
    """How many accepted calls of the account are kept, by what became of them."""

    __slots__ = ()

    queued = whole("Queued")
    succeeded = whole("Success")
    failed = whole("Failed")
