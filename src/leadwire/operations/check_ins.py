"""Operations on the attendance of users, of ``UserManagement.svc``."""

from functools import partial
from typing import Annotated, Final, Literal

import msgspec

from leadwire.operations.operation import (
    Operation,
    Parameter,
    RecordedDates,
    documented,
)
from leadwire.operations.shapes import PageNumber, Scalar

Availability = Literal["Online", "Away", "Offline"]


class CheckInWrite(msgspec.Struct):
    """Body of User.CheckIn and User.CheckOut."""

    Source: str = ""
    Location: str = ""
    Latitude: float | str | None = None
    Longitude: float | str | None = None
    AvailabilityStatus: str = ""
    OtherDetails: dict[str, Scalar] | None = None


class CheckInMessage(msgspec.Struct):
    ResponseText: str


class CheckInResult(msgspec.Struct):
    Status: str
    Message: CheckInMessage


class CheckInStatus(msgspec.Struct):
    IsCheckedIn: bool
    LastCheckedOn: Annotated[
        str | None, msgspec.Meta(description="Null for a user who never checked in.")
    ]


class HistorySearch(msgspec.Struct):
    """Body of User.GetCheckinCheckoutHistory."""

    Users: list[str]
    UserAttributeType: str = ""
    FromDate: str = ""
    ToDate: str = ""
    Paging: PageNumber | None = None


class HistoryRow(msgspec.Struct):
    UserId: str
    CheckedOn: str
    EmailAddress: str
    IsCheckIn: bool
    Location: str
    Source: str
    Latitude: float | None
    Longitude: float | None
    IpAddress: str


class History(msgspec.Struct):
    RecordCount: int
    Details: list[HistoryRow]


_USER_ID: Final = "4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10"
_BODY: Final = (
    '{{"Source":"MobileApp","Location":"Pune","Latitude":18.52,"Longitude":73.86,'
    '"AvailabilityStatus":"{}","OtherDetails":{{"shift":"early"}}}}'
)
_FAULTS: Final = ("MXMandatoryAttributeMissingException", "MXInvalidInputException")

_user = partial(Operation, service="UserManagement.svc", api_type="User", in_sdk=False)

OPERATIONS: Final = (
    _user(
        name="User.CheckIn",
        purpose="checking in user",
        mandatory=("Source",),
        path="User/CheckIn",
        summary="Check the caller in",
        body=CheckInWrite,
        body_example=_BODY.format("Online"),
        result=CheckInResult,
        result_example='{"Status":"Success","Message":'
        '{"ResponseText":"User successfully checked in on 2026-11-02 09:30:00"}}',
        faults=_FAULTS,
        evidence=documented("check-in-user"),
        notes=(
            "The path is inferred from User.CheckOut: the documentation's is not public.",
            "AvailabilityStatus is Online, Away or Offline, in any letter case. Default: Online.",
            "A user who is checked in may check in again, to tell another place or availability.",
        ),
    ),
    _user(
        name="User.CheckOut",
        purpose="checking out user",
        mandatory=("Source",),
        path="User/CheckOut",
        summary="Check the caller out",
        body=CheckInWrite,
        body_example=_BODY.format("Offline"),
        result=CheckInResult,
        result_example='{"Status":"Success","Message":'
        '{"ResponseText":"User successfully checked out on 2026-11-02 18:00:00"}}',
        faults=_FAULTS,
        evidence=documented("check-out-user"),
        notes=("AvailabilityStatus may only be Offline.",),
    ),
    _user(
        name="User.CheckinStatus",
        path="User/CheckinStatus",
        summary="Get whether a user is checked in",
        parameters=(Parameter("userId", "Id of the user. Without it: the caller.", kind="id"),),
        recorded_dates=RecordedDates("seconds", documented("get-check-in-status-of-a-user")),
        result=CheckInStatus,
        result_example='{"IsCheckedIn":true,"LastCheckedOn":"2026-11-02 09:30:00.000"}',
        faults=("MXInvalidEntityException",),
        evidence=documented("get-check-in-status-of-a-user"),
    ),
    _user(
        name="User.GetCheckinCheckoutHistory",
        purpose="retrieving check-in history",
        mandatory=("UserAttributeType", "FromDate", "ToDate"),
        path="User/GetCheckinCheckoutHistory",
        summary="Get when users checked in and out",
        body=HistorySearch,
        body_example=f'{{"UserAttributeType":"UserId","Users":["{_USER_ID}"],'
        '"FromDate":"2026-11-01 00:00:00","ToDate":"2026-11-30 23:59:59",'
        '"Paging":{"PageIndex":1,"PageSize":200}}',
        recorded_dates=RecordedDates("seconds", documented("get-check-in-history-of-users")),
        result=History,
        result_example=f'{{"RecordCount":1,"Details":[{{"UserId":"{_USER_ID}",'
        '"CheckedOn":"2026-11-02 09:30:00.000","EmailAddress":"asha@example.com",'
        '"IsCheckIn":true,"Location":"Pune","Source":"MobileApp","Latitude":18.52,'
        '"Longitude":73.86,"IpAddress":"203.0.113.7"}]}',
        faults=_FAULTS,
        rows_max=1_000,
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-check-in-history-of-users"),
        notes=(
            "UserAttributeType is UserId or UserEmail. Users without a check-in have no rows.",
            "The oldest comes first.",
            "The order and the types of the members behind Location are not public.",
        ),
    ),
)
