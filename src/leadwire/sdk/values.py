"""Convert Python values to the API's text and back.

The wire has text, numbers, and dates in four spellings, all in UTC. Date-times go out as
``yyyy-MM-dd HH:mm:ss`` and come back as aware datetimes. A naive datetime is refused, because its
zone is unknown.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from leadwire.sdk.errors import InvalidValue

Value = str | int | float | Decimal | bool | date | datetime | None
"""Allowed field values. None clears a field. A datetime must be aware."""

WireValue = str | int | float | bool | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?Z?)?", re.ASCII
)
_EPOCH_MS: Final = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/", re.ASCII)
_AMERICAN: Final = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d\d):(\d\d) (AM|PM)", re.ASCII
)
_HOURS_OF_HALF_A_DAY: Final = 12
_WORDS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def date_time_text(moment: datetime) -> str:
    """``yyyy-MM-dd HH:mm:ss`` in UTC, without fractions of a second.

    Raises InvalidValue for a naive datetime, and for anything else.
    """
    if not isinstance(moment, datetime):
        raise InvalidValue(
            f"A time must be an aware datetime, such as datetime.now(timezone.utc), not "
            f"{type(moment).__name__}."
        )
    if moment.utcoffset() is None:
        raise InvalidValue("The datetime has no time zone. Set one, such as tzinfo=timezone.utc.")
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")


def field_value(value: Value) -> WireValue:
    """The value of a field in a write. Raises InvalidValue."""
    if isinstance(value, str) or value is None:
        return sendable(value or "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return date_time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        # As text it keeps every digit. JSON has no infinity and no NaN.
        number = Decimal(repr(value)) if isinstance(value, float) else value
        if not number.is_finite():
            raise InvalidValue("The API has no form for infinity or NaN. Pass a finite number.")
        return format(number, "f")
    if isinstance(value, list | tuple | set | frozenset):
        raise InvalidValue(
            "A field takes one value, not a list. Join several options as the field expects, such "
            "as 'A;B'; for the operator IN, join values with commas."
        )
    raise InvalidValue(f"The API has no form for a value of type {type(value).__name__}.")


def sendable(text: str) -> str:
    """*text*, if UTF-8 can hold it. Raises InvalidValue for half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise InvalidValue(
            f"Character {fault.start + 1} of a text is half of a surrogate pair, which UTF-8 "
            "cannot hold. Was the text decoded correctly?"
        ) from None
    return text


def filter_value(value: Value) -> WireValue:
    """The value that a search compares with. Booleans become 1 and 0."""
    return ("1" if value else "0") if isinstance(value, bool) else field_value(value)


def parse_moment(text: str) -> datetime | None:
    """A date-time in any of the API's spellings, aware, in UTC; None if invalid."""
    try:
        if match := _ISO.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
            micros = int((match[7] or "").ljust(6, "0"))
            return datetime(year, month, day, hour, minute, second, micros, UTC)
        if match := _EPOCH_MS.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(match[1]))
        if match := _AMERICAN.fullmatch(text):
            month, day, year, hour, minute, second = map(int, match.groups()[:6])
            hour = hour % _HOURS_OF_HALF_A_DAY + _HOURS_OF_HALF_A_DAY * (match[7] == "PM")
            return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    return None


def parse_date(text: str) -> date | None:
    """A date in any of the API's spellings; None if invalid."""
    moment = parse_moment(text)
    return None if moment is None else moment.date()


def parse_boolean(value: object) -> bool | None:
    """``"1"``, ``"0"``, ``"true"``, 1, true, …; None if invalid."""
    if isinstance(value, bool):
        return value
    return _WORDS.get(str(value).strip().lower())


def parse_number(value: object) -> int | float | None:
    """A number, or text of one; None if invalid."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    for kind in (int, float):
        number = _number(str(value).strip(), kind)
        if number is not None:
            return number if math.isfinite(number) else None
    return None


def _number(text: str, kind: Callable[[str], int | float]) -> int | float | None:
    try:
        return kind(text)
    except ValueError:
        return None
