"""Instants as the pages show them, in the reader's time zone."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from leadwire.dates import SECOND_MS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(at_ms: int, zone: tzinfo) -> datetime:
    """The instant in *zone*; in UTC where the calendar of *zone* ends."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    try:
        return at.astimezone(zone)
    except (OverflowError, ValueError):
        return at


def date_time(at_ms: int, zone: tzinfo) -> str:
    """``2026-11-26 00:15:31.331``."""
    return moment(at_ms, zone).replace(tzinfo=None).isoformat(" ", "milliseconds")


def date_time_seconds(at_ms: int, zone: tzinfo) -> str:
    """``2026-11-26 00:15:31``."""
    return moment(at_ms, zone).replace(tzinfo=None).isoformat(" ", "seconds")


def shortest(at_ms: int, zone: tzinfo) -> str:
    """The date-time with milliseconds only if it has some."""
    return date_time(at_ms, zone) if at_ms % SECOND_MS else date_time_seconds(at_ms, zone)


def clock_time(at_ms: int, zone: tzinfo) -> str:
    """``00:15:31.331``."""
    return moment(at_ms, zone).time().isoformat("milliseconds")


def day_words(day: date, today: date) -> str:
    """``Thursday 26 November``; with the year if it is another one than that of *today*."""
    words = f"{day:%A} {day.day} {day:%B}"
    return words if day.year == today.year else f"{words} {day.year}"


def axis_words(at_ms: int, zone: tzinfo, *, with_day: bool) -> str:
    """``Wed 00:30`` or ``04:30``."""
    at = moment(at_ms, zone)
    return f"{at:%a} {at.day} {at:%H:%M}" if with_day else f"{at:%H:%M}"


def span_between(from_ms: int, until_ms: int, zone: tzinfo) -> str:
    """``26 Nov 09:00 to 10:30``: a range in few letters. *until_ms* is exclusive."""
    start, end = moment(from_ms, zone), moment(until_ms - 1, zone)
    first = f"{start.day} {start:%b %H:%M}"
    if start.date() == end.date():
        return f"{first} to {end:%H:%M}"
    return f"{first} to {end.day} {end:%b %H:%M}"
