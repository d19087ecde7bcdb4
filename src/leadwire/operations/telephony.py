"""Operations on phone calls, of ``Telephony.svc`` and of telephony connectors."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, documented
from leadwire.operations.shapes import NumberLike, WriteResult
from leadwire.operations.shared import EXAMPLE_ACTIVITY_ID

CONNECTOR: Final = "1/api/Telephony/LogCallComplete"


class CallLog(msgspec.Struct):
    """Body of LogCall and LogCallComplete. Times are UTC, durations seconds."""

    SourceNumber: str = ""
    """The lead's number of an inbound call, the user's of an outbound one."""
    CallerSource: str = ""
    """Source of the lead, if the call creates one."""
    DestinationNumber: str = ""
    DisplayNumber: str = ""
    StartTime: str = ""
    """Default: CallDuration before now."""
    EndTime: str = ""
    CallDuration: NumberLike | None = None
    """Default: from StartTime to EndTime."""
    Status: str = ""
    CallNotes: str = ""
    ResourceURL: str = ""
    Direction: str = ""
    """Inbound or Outbound."""
    CallSessionId: str = ""
    LeadId: str = ""
    Tag: str = ""
    UserId: str = ""


class CallUpdate(msgspec.Struct):
    """Body of PhoneCallActivity/Update: RecordingURL or CallDuration is mandatory."""

    ActivityId: str = ""
    RecordingURL: str = ""
    CallDuration: NumberLike | None = None
    OwnerId: str = ""


_CALL: Final = (
    '{"SourceNumber":"+91-9000000001","DestinationNumber":"08040000000",'
    '"DisplayNumber":"08040000000","StartTime":"2026-01-02 03:04:05",'
    '"EndTime":"2026-01-02 03:04:39","CallDuration":34,"Status":"Answered",'
    '"ResourceURL":"https://calls.example.com/1.mp3","Direction":"Inbound"}'
)
_LOGGED: Final = (
    f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_ACTIVITY_ID}",'
    '"Message":"Activity created successfully"}}'
)
_NOTES: Final = (
    "The activity has event 21 (inbound) or 22 (outbound).",
    "mx_Custom_2 is its start, mx_Custom_3 its duration, mx_Custom_4 its recording.",
    "Without LeadId, the lead is found by its phone number, or created with it.",
    "Numbers without a country code get that of the setting default_country_code.",
    "The answer is inferred from PhoneCallActivity.Update. CallSessionId is accepted and ignored.",
)
_row = partial(Operation, api_type="Telephony", json_in_any_type=True, in_sdk=False)

OPERATIONS: Final = (
    _row(
        name="Telephony.LogCall",
        purpose="logging call",
        mandatory=("SourceNumber", "DestinationNumber", "Direction", "Status"),
        service="Telephony.svc",
        path="LogCall",
        summary="Log a phone call as an activity of a lead",
        body=CallLog,
        body_example=_CALL,
        result=WriteResult,
        result_example=_LOGGED,
        faults=("MXInvalidInputException", "MXInvalidEntityException"),
        evidence=documented("call-log-api-for-leadsquared-generic-telephony-connector"),
        notes=_NOTES,
    ),
    _row(
        name="Telephony.LogCallComplete",
        purpose="logging call",
        mandatory=("SourceNumber", "DestinationNumber", "Direction", "Status"),
        service="",
        path=CONNECTOR,
        more_segments=("orgToken", "connectorId"),
        summary="Log a phone call as a telephony connector does",
        body=CallLog,
        body_example=_CALL,
        result=WriteResult,
        result_example=_LOGGED,
        faults=("MXInvalidInputException", "MXInvalidEntityException"),
        evidence=documented("post-a-call-log-async"),
        notes=(
            *_NOTES,
            "An orgToken and a connectorId may follow the path. They are ignored and not recorded.",
            "leadwire has no orgTokens. The key pair says which account it is.",
        ),
    ),
    _row(
        name="Telephony.PhoneCallActivity.Update",
        purpose="updating phone call",
        mandatory=("ActivityId",),
        service="Telephony.svc",
        path="PhoneCallActivity/Update",
        summary="Update the recording, the duration or the owner of a phone call",
        body=CallUpdate,
        body_example=f'{{"ActivityId":"{EXAMPLE_ACTIVITY_ID}","CallDuration":"500"}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{EXAMPLE_ACTIVITY_ID}",'
        '"Message":"Activity updated successfully"}}',
        faults=("MXInvalidInputException", "MXUnknownProspectActivityException"),
        repeated="safe",
        evidence=documented("update-call-recordings-duration-for-phone-call-activities"),
    ),
)
