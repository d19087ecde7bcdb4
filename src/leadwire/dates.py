"""Date-times as the wire and the console write them: UTC text on the outside, milliseconds inside.

The seed's rule: accepted is exactly ``yyyy-MM-dd HH:mm:ss`` in UTC, without milliseconds; printed
is ``yyyy-MM-dd HH:mm:ss.SSS``.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

Moment = Callable[[int], str]
"""Prints an instant, in milliseconds since 1970."""

DATE_TIME_FORMAT: Final = "yyyy-MM-dd HH:mm:ss"
SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
MONTHS: Final = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip

_MS_DIGITS: Final = 3
_NOON: Final = 12
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # naive on purpose: all arithmetic is UTC
_DATE_TIME: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


def parse_date_time(text: str) -> int:
    """Milliseconds since 1970 of *text*, which must be exactly ``yyyy-MM-dd HH:mm:ss`` (UTC).

    Raises ValueError for any other form (milliseconds, ``T``, a zone) and for a date or time
    that does not exist.
    """
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(f"not of the form {DATE_TIME_FORMAT}")
    year, month, day, hour, minute, second = map(int, match.groups())
    instant = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
    return (instant - _EPOCH) // timedelta(milliseconds=1)


def parse_date(text: str) -> int:
    """Milliseconds of midnight UTC of *text*, which must be exactly ``yyyy-MM-dd``.

    Raises ValueError for any other form and for a date that does not exist.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("not of the form yyyy-MM-dd")
    year, month, day = map(int, match.groups())
    return (datetime(year, month, day) - _EPOCH) // timedelta(milliseconds=1)  # noqa: DTZ001


def format_ms(at_ms: int) -> str:
    """``yyyy-MM-dd HH:mm:ss.SSS``, the form of every date-time field of an answer."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(" ", "milliseconds")


def parse_ms(text: str) -> int:
    """Milliseconds since 1970 of what ``format_ms`` printed. Raises ValueError for another form."""
    seconds, point, ms = text.rpartition(".")
    if not (point and len(ms) == _MS_DIGITS and ms.isascii() and ms.isdecimal()):
        raise ValueError(f"not of the form {DATE_TIME_FORMAT}.SSS")
    return parse_date_time(seconds) + int(ms)


def format_seconds(at_ms: int) -> str:
    """``yyyy-MM-dd HH:mm:ss``: what is accepted as input; the milliseconds are cut off."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(" ", "seconds")


def format_us(at_ms: int) -> str:
    """``M/d/yyyy h:mm:ss AM``, the form of date-times among the fields of an activity."""
    moment = _EPOCH + timedelta(milliseconds=at_ms)
    half, hour = ("PM" if moment.hour >= _NOON else "AM"), moment.hour % _NOON or _NOON
    day = f"{moment.month}/{moment.day}/{moment.year}"
    return f"{day} {hour}:{moment.minute:02}:{moment.second:02} {half}"


def day_of(at_ms: int) -> str:
    """The UTC day of an instant, ``yyyy-MM-dd``: the name of a partition."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).date().isoformat()
