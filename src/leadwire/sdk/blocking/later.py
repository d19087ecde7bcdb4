# Made by scripts/sdk from leadwire/sdk/aio/later.py: change that file instead.
"""The asynchronous API: calls that the server accepts at once and carries out later."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Unpack

from leadwire.operations.leads import UpdateBehavior
from leadwire.sdk import errors, reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import (
    CaptureOptions,
    activity_body,
    capture_body,
    opportunity_change,
)
from leadwire.sdk.models.later import Accepted, Entity, LaterCall, LaterMetrics, LaterStatus
from leadwire.sdk.writing import FieldValue

EVENT_CODE_DEFAULT: Final = 12_000
WAIT_SECONDS_DEFAULT: Final = 60.0

_FIRST_PAUSE_SECONDS: Final = 0.25
_PAUSE_SECONDS_MAX: Final = 5.0


class Later(Resource):
    """Six calls that the server carries out later. The client needs an *async_key*.

    Arguments match the direct call. An accepted call may still be refused: ``wait`` and the status
    methods report it. No call is sent again after its answer was lost.
    """

    def capture_lead(
        self,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        search_by: str | None = None,
        update_behavior: UpdateBehavior | None = None,
        **fields: FieldValue,
    ) -> Accepted:
        """As ``leads.capture``."""
        return self._call(
            "Async.Lead.Capture",
            _accepted("lead"),
            query={"LeadUpdateBehavior": update_behavior},
            body=writing.lead_attributes(attributes, fields, search_by=search_by),
        )

    def update_lead(
        self,
        lead_id: str,
        attributes: Mapping[str, FieldValue] | None = None,
        /,
        *,
        post_updated_lead: bool | None = None,
        **fields: FieldValue,
    ) -> Accepted:
        """As ``leads.update``."""
        return self._call(
            "Async.Lead.Update",
            _accepted("lead"),
            query={"leadId": lead_id, "postUpdatedLead": post_updated_lead},
            body=writing.lead_attributes(attributes, fields),
        )

    def create_activity(
        self,
        lead_id: str,
        event_code: int,
        note: str | None = None,
        *,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Accepted:
        """As ``activities.create``."""
        return self._call(
            "Async.ProspectActivity.Create",
            _accepted("activity"),
            body=activity_body(event_code, note, at, fields) | {"RelatedProspectId": lead_id},
        )

    def create_activity_with_lead(
        self,
        lead: Mapping[str, FieldValue],
        event_code: int,
        note: str | None = None,
        *,
        search_by: str | None = None,
        at: datetime | None = None,
        fields: Mapping[str, FieldValue] | None = None,
    ) -> Accepted:
        """As ``activities.create_with_lead``."""
        return self._call(
            "Async.ProspectActivity.CreateCustom",
            _accepted("activity"),
            body={
                "LeadDetails": writing.lead_attributes(lead, {}, search_by=search_by),
                "Activity": activity_body(event_code, note, at, fields),
            },
        )

    def capture_opportunity(
        self,
        lead: Mapping[str, FieldValue],
        fields: Mapping[str, FieldValue],
        *,
        event_code: int = EVENT_CODE_DEFAULT,
        search_by: str | None = None,
        **options: Unpack[CaptureOptions],
    ) -> Accepted:
        """As ``opportunities.capture``."""
        return self._call(
            "Async.Opportunity.Capture",
            _accepted("opportunity"),
            body=capture_body(lead, fields, event_code, search_by, options),
        )

    def update_opportunity(
        self,
        opportunity_id: str,
        fields: Mapping[str, FieldValue] | None = None,
        *,
        note: str | None = None,
        lead_id: str | None = None,
        event_code: int | None = None,
    ) -> Accepted:
        """As ``opportunities.update``."""
        return self._call(
            "Async.Opportunity.Update",
            _accepted("opportunity"),
            body=opportunity_change(opportunity_id, fields, note, lead_id, event_code),
        )

    def wait(
        self,
        accepted: Accepted,
        *,
        timeout: float = WAIT_SECONDS_DEFAULT,
    ) -> LaterStatus:
        """Poll until the call is done. ``written`` or ``captured`` of the result has its report.

        Raises the error that the direct call would raise. Raises TimedOut if the call is still
        queued after *timeout* seconds; the server may carry it out later.
        """
        waited, pause = 0.0, _FIRST_PAUSE_SECONDS
        while True:
            status = self.status(accepted)
            if status.error is not None:
                raise status.error
            if status.is_done:
                return status
            if waited >= timeout:
                raise errors.TimedOut(
                    f"request {accepted.request_id} is still queued after {waited:g} s",
                    call=status.call,
                    maybe_applied=True,
                )
            pause = min(pause, timeout - waited)
            self._client.pause(pause)
            waited += pause
            pause = min(pause * 2, _PAUSE_SECONDS_MAX)

    def status(self, accepted: Accepted) -> LaterStatus:
        """The current status of an accepted call."""
        ask: dict[Entity, Callable[[str], LaterStatus]] = {
            "lead": self.lead_status,
            "activity": self.activity_status,
            "opportunity": self.opportunity_status,
        }
        return ask[accepted.entity](accepted.request_id)

    def lead_status(self, request_id: str) -> LaterStatus:
        """The status of a stored request id. Raises InputInvalid for an unknown or expired id."""
        query = {"RequestID": request_id}
        return self._call("Async.Lead.Status", reading.one(LaterStatus), query=query)

    def activity_status(self, request_id: str) -> LaterStatus:
        """The status of an accepted activity call. Raises NotFound for an unknown id."""
        query = {"RequestID": request_id}
        return self._call("Async.Activity.Status", reading.one(LaterStatus), query=query)

    def opportunity_status(self, request_id: str) -> LaterStatus:
        """The status of an accepted opportunity call. Raises NotFound for an unknown id."""
        query = {"RequestID": request_id}
        return self._call("Async.Opportunity.Status", reading.one(LaterStatus), query=query)

    def metrics(self, call: LaterCall) -> LaterMetrics:
        """How fast accepted calls of one kind are carried out: ``metrics("capture_lead")``."""
        operations: dict[LaterCall, str] = {
            "capture_lead": "Async.Lead.Capture.Metrics",
            "update_lead": "Async.Lead.Update.Metrics",
            "create_activity": "Async.ProspectActivity.Create.Metrics",
            "create_activity_with_lead": "Async.ProspectActivity.CreateCustom.Metrics",
            "capture_opportunity": "Async.Opportunity.Capture.Metrics",
            "update_opportunity": "Async.Opportunity.Update.Metrics",
        }
        return self._call(operations[call], reading.one(LaterMetrics))


def _accepted(entity: Entity) -> Callable[[Any], Accepted]:
    def read(tree: Any) -> Accepted:  # noqa: ANN401  # any JSON
        if not isinstance(tree, dict):
            raise reading.UnexpectedShape
        return Accepted(tree, entity)

    return read
