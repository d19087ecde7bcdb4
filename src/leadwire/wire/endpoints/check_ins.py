"""Check users in and out, and read their check-ins."""

from typing import Final, get_args

from leadwire.access.check_ins import CheckInDetails, check, history, last_check_in
from leadwire.crm.values import scalar_text
from leadwire.dates import format_seconds
from leadwire.dialect import incorrect, not_passed, too_long, too_many
from leadwire.operations.check_ins import (
    Availability,
    CheckInMessage,
    CheckInResult,
    CheckInStatus,
    CheckInWrite,
    History,
    HistoryRow,
    HistorySearch,
)
from leadwire.operations.shapes import DateRange
from leadwire.wire.members import counted, date_range, page_within
from leadwire.wire.request import Endpoint, Request

TEXT_MAX: Final = 200
OTHER_DETAILS_MAX: Final = 50
_AVAILABILITIES: Final[dict[str, Availability]] = {
    name.lower(): name for name in get_args(Availability)
}
_LATITUDE_MAX, _LONGITUDE_MAX = 90, 180


async def check_in(request: Request) -> CheckInResult:
    return await _checked(request, is_in=True)


async def check_out(request: Request) -> CheckInResult:
    return await _checked(request, is_in=False)


async def _checked(request: Request, *, is_in: bool) -> CheckInResult:
    details = _details(request, is_in=is_in)
    at_ms = await request.write_access(lambda unit: check(unit, details, is_in=is_in))
    text = f"User successfully checked {'in' if is_in else 'out'} on {format_seconds(at_ms)}"
    return CheckInResult("Success", CheckInMessage(text))


async def status(request: Request) -> CheckInStatus:
    user_id = request.parameter("userId").lower() or request.actor.user_id
    last = await request.read_access(lambda unit: last_check_in(unit, user_id))
    if last is None:
        return CheckInStatus(IsCheckedIn=False, LastCheckedOn=None)
    return CheckInStatus(last.is_in, request.moment(last.at_ms))


async def of_users(request: Request) -> History:
    body: HistorySearch = request.body
    if body.UserAttributeType.strip().lower() not in ("userid", "useremail"):
        raise incorrect("UserAttributeType", fix="Send UserId or UserEmail.")
    if not body.Users:
        raise not_passed("any user", location="Users", fix="Send Users.")
    if len(body.Users) > request.operation.rows_max:
        raise too_many("Users", request.operation.rows_max)
    wanted = [user.strip().lower() for user in body.Users]
    by_id = body.UserAttributeType.strip().lower() == "userid"
    between = date_range(DateRange(FromDate=body.FromDate, ToDate=body.ToDate))
    index, size = page_within(request.operation, body.Paging)
    total, rows = await request.read_access(
        lambda unit: history(
            unit,
            ids=wanted if by_id else (),
            emails=() if by_id else wanted,
            from_ms=between.from_ms,
            to_ms=between.to_ms,
            offset=(index - 1) * size,
            rows_max=size,
        )
    )
    printed = [
        HistoryRow(
            UserId=row.user_id,
            CheckedOn=request.moment(row.at_ms),
            EmailAddress=row.email,
            IsCheckIn=row.is_in,
            Location=row.details.location,
            Source=row.details.source,
            Latitude=row.details.latitude,
            Longitude=row.details.longitude,
            IpAddress=row.details.ip_address,
        )
        for row in rows
    ]
    return counted(History, total, printed)


def _details(request: Request, *, is_in: bool) -> CheckInDetails:
    """Read the details. Raises InputInvalid for an invalid value."""
    body: CheckInWrite = request.body
    other = body.OtherDetails or {}
    if len(other) > OTHER_DETAILS_MAX:
        raise too_many("OtherDetails", OTHER_DETAILS_MAX)
    return CheckInDetails(
        source=_short(body.Source, "Source"),
        availability=_availability(body.AvailabilityStatus, is_in=is_in),
        location=_short(body.Location, "Location"),
        latitude=_degrees(body.Latitude, "Latitude", _LATITUDE_MAX),
        longitude=_degrees(body.Longitude, "Longitude", _LONGITUDE_MAX),
        ip_address=request.draft.client_address,
        other={
            _short(name, "OtherDetails"): _short(scalar_text(value), "OtherDetails")
            for name, value in other.items()
        },
    )


def _short(text: str, name: str) -> str:
    if len(text.strip()) > TEXT_MAX:
        raise too_long(name, TEXT_MAX)
    return text.strip()


def _availability(text: str, *, is_in: bool) -> Availability:
    usual: Availability = "Online" if is_in else "Offline"
    named = _AVAILABILITIES.get(text.strip().lower()) if text.strip() else usual
    if named is None or not (is_in or named == usual):
        allowed = ", ".join(get_args(Availability)) if is_in else usual
        raise incorrect("AvailabilityStatus", fix=f"Send one of: {allowed}.")
    return named


def _degrees(value: float | str | None, name: str, most: int) -> float | None:
    if value is None or value == "":
        return None
    try:
        degrees = float(value)
    except ValueError:
        degrees = float("nan")
    if not -most <= degrees <= most:
        raise incorrect(name, fix=f"Send a number from -{most} to {most}.")
    return degrees


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "User.CheckIn": check_in,
    "User.CheckOut": check_out,
    "User.CheckinStatus": status,
    "User.GetCheckinCheckoutHistory": of_users,
}
