"""Log phone calls, and change logged calls."""

from typing import Final

from leadwire.crm.telephony import CallChange, PhoneCall, change_call, log_call
from leadwire.dates import SECOND_MS
from leadwire.dialect import incorrect, not_passed, too_long
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.operations.telephony import CallLog, CallUpdate
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import date_time, whole_number
from leadwire.wire.request import Endpoint, Request

_SOURCE_CHARACTERS_MAX: Final = 50
_INBOUND: Final = {"inbound": True, "outbound": False}


async def log(request: Request) -> WriteResult:
    body: CallLog = request.body
    call = _call(body, now_ms=request.draft.start.at_ms)
    activity_id: str = await request.write(lambda unit: log_call(unit, call))
    return success(WriteMessage(Id=activity_id, Message="Activity created successfully"))


async def update(request: Request) -> WriteResult:
    body: CallUpdate = request.body
    url = body.RecordingURL.strip()
    if not url and body.CallDuration is None:
        raise not_passed(
            "RecordingURL or CallDuration", location="RecordingURL", fix="Send one of the two."
        )
    duration = None
    if body.CallDuration is not None:
        duration = whole_number(body.CallDuration, "CallDuration", least=0)
    change = CallChange(
        activity_id=body.ActivityId.strip().lower(),
        recording_url=url or None,
        duration_seconds=duration,
        owner_id=body.OwnerId.strip().lower() or None,
    )
    activity_id: str = await request.write(lambda unit: change_call(unit, change))
    return success(WriteMessage(Id=activity_id, Message="Activity updated successfully"))


def _call(body: CallLog, *, now_ms: int) -> PhoneCall:
    """Read a call. Raises InputInvalid for an invalid time, number or direction."""
    is_inbound = _INBOUND.get(body.Direction.strip().lower())
    if is_inbound is None:
        raise incorrect("Direction", fix="Send Inbound or Outbound.")
    if len(body.CallerSource) > _SOURCE_CHARACTERS_MAX:
        raise too_long("CallerSource", _SOURCE_CHARACTERS_MAX, location="CallerSource")
    started_on = date_time(body.StartTime, "StartTime") if body.StartTime else None
    ended_on = date_time(body.EndTime, "EndTime") if body.EndTime else now_ms
    if started_on is not None and ended_on < started_on and body.EndTime:
        raise incorrect("EndTime", fix="Send a time that is not before StartTime.")
    if body.CallDuration is not None:
        duration = whole_number(body.CallDuration, "CallDuration", least=0)
    else:
        has_both = started_on is not None and body.EndTime
        duration = (ended_on - (started_on or ended_on)) // SECOND_MS if has_both else 0
    numbers = (body.SourceNumber.strip(), body.DestinationNumber.strip())
    lead_number, user_number = numbers if is_inbound else numbers[::-1]
    return PhoneCall(
        is_inbound=is_inbound,
        lead_number=lead_number,
        user_number=user_number,
        display_number=body.DisplayNumber.strip(),
        started_on=ended_on - duration * SECOND_MS if started_on is None else started_on,
        duration_seconds=duration,
        status=body.Status.strip(),
        recording_url=body.ResourceURL.strip(),
        notes=body.CallNotes,
        tag=body.Tag.strip(),
        lead_source=body.CallerSource.strip(),
        lead_id=body.LeadId.strip().lower(),
        user_id=body.UserId.strip().lower(),
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Telephony.LogCall": log,
    "Telephony.LogCallComplete": log,
    "Telephony.PhoneCallActivity.Update": update,
}
