"""Instants as people write them when they look for calls.

The wire takes one form (``leadwire.dates``). A search takes what pages, logs and programs print,
and what people say: ``yesterday 9:00``, ``26 Nov``, ``2h ago``.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from leadwire.calls.fields import span_ms
from leadwire.dates import HOUR_MS, MINUTE_MS, SECOND_MS, format_ms, format_seconds

FORMS: Final = (
    "yyyy-MM-dd, yyyy-MM-dd HH:mm:ss, 26 Nov 14:30, yesterday 9:00, 14:30, now-2h, "
    "or with an offset 2026-11-26T14:30:00+05:30"
)
YEARS: Final = range(1970, 3000)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_NOW: Final = re.compile(r"(?:now)?(?: ?- ?(?P<span>\d+ ?[smhdw]))?", re.ASCII)
_AGO: Final = re.compile(r"(?P<number>\d+) ?(?P<unit>[smhdw])[a-z]* ago", re.ASCII)
_EPOCH_TIME: Final = re.compile(r"(?P<seconds>\d{10})(?P<ms>\d{3})?", re.ASCII)
_OFFSET: Final = re.compile(
    r"(?<=[\d:.]\d)(?P<zone> ?(?:z|utc|gmt)|[+-]\d\d:?\d\d| [+ -]?\d\d:\d\d$)$", re.ASCII
)
_CLOCK: Final = re.compile(
    r"(?:^|[t ,])(?:at )?(?P<hour>\d{1,2})"
    r"(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?(?: ?(?P<half>[ap])m)?"
    r"| ?(?P<only_half>[ap])m)$",
    re.ASCII,
)
_NAME: Final = r"(?P<month>jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATES: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})?",
        r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})",
        rf"(?:(?P<weekday>[a-z]{{3,9}}),? )?(?P<day>\d{{1,2}})[ -]{_NAME},?[ -]?(?P<year>\d{{4}})?",
        rf"(?:(?P<weekday>[a-z]{{3,9}}),? )?{_NAME} (?P<day>\d{{1,2}})(?:,? (?P<year>\d{{4}}))?",
    )
)


class _Clock(NamedTuple):
    """A time of day. *length_ms* is what it means: a minute, a second, a millisecond."""

    time: time
    length_ms: int


def instants_of(text: str, now_ms: int, zone: tzinfo = UTC) -> range:
    """The milliseconds since 1970 that *text* means: a date is all of its day.

    Without an offset of its own, *text* is read in *zone*. A blank in the place of an offset's
    ``+`` is one: URLs lose it. Raises ValueError, with a sentence, for any other form, for a date
    that does not exist, and beyond ``YEARS``.
    """
    said = " ".join(text.split()).lower()
    if said and (relative := _relative_ms(said, text, now_ms)) is not None:
        return range(relative, relative + 1)
    try:
        found = _absolute(said, now_ms, zone)
    except (ValueError, OverflowError):
        raise ValueError(f"'{text}' does not exist: there is no such day or time.") from None
    if found is None:
        raise ValueError(f"'{text}' is not a date-time: write {FORMS}.")
    if not 0 <= found.start < _END_MS:
        raise ValueError(f"'{text}' is not in the years {YEARS[0]} to {YEARS[-1]}.")
    return found


def is_relative(text: str) -> bool:
    """Whether the instant moves with the time: ``now``, ``now-2h``, ``2 hours ago``."""
    said = " ".join(text.split()).lower()
    return bool(said) and bool(_NOW.fullmatch(said) or _AGO.fullmatch(said))


def instant(at_ms: int) -> str:
    """The shortest date-time that means *at_ms* as the start of a range."""
    return format_ms(at_ms) if at_ms % SECOND_MS else format_seconds(at_ms)


def last_instant(until_ms: int) -> str:
    """The date-time that, included, ends a range before *until_ms*."""
    whole = until_ms % SECOND_MS == 0
    return format_seconds(until_ms - SECOND_MS) if whole else format_ms(until_ms - 1)


def _relative_ms(said: str, text: str, now_ms: int) -> int | None:
    if found := _NOW.fullmatch(said):
        span = (found["span"] or "").replace(" ", "")
    elif found := _AGO.fullmatch(said):
        span = found["number"] + found["unit"]
    else:
        return None
    try:
        return now_ms - (span_ms(span) if span else 0)
    except ValueError as error:
        raise ValueError(f"'{text}' is not an instant: {error}.") from None


def _absolute(said: str, now_ms: int, zone: tzinfo) -> range | None:
    """None for an unknown form. Raises ValueError or OverflowError for what does not exist."""
    if not said:
        return None
    if found := _EPOCH_TIME.fullmatch(said):
        at_ms = int(found["seconds"]) * SECOND_MS + int(found["ms"] or 0)
        return range(at_ms, at_ms + (1 if found["ms"] else SECOND_MS))
    offset = _OFFSET.search(said) if _CLOCK.search(_OFFSET.sub("", said)) else None
    if offset is not None:
        said = said[: offset.start()]
        zone = UTC
    clock = _CLOCK.search(said)
    said_day = (said[: clock.start()] if clock else said).rstrip(" ,")
    now = _EPOCH + now_ms * _MS
    day = _day(said_day, now.astimezone(zone).date())
    if day is None:
        return None
    if clock is None:
        return range(_ms(day, time.min, zone), _ms(day + _DAY, time.min, zone))
    at, length_ms = _clock(clock)
    start_ms = _ms(day, at, zone) - _offset_ms(offset["zone"] if offset else "")
    if not said_day and start_ms > now_ms:
        # A time alone means the last such time.
        start_ms = _ms(day - _DAY, at, zone) - _offset_ms(offset["zone"] if offset else "")
    return range(start_ms, start_ms + length_ms)


def _day(said: str, today: date) -> date | None:
    """None for an unknown form. Raises ValueError for a day that does not exist."""
    if said in ("", "today"):
        return today
    if said == "yesterday":
        return today - _DAY
    if said[:3] in _WEEKDAYS and said.isalpha():
        return today - (today.weekday() - _WEEKDAYS.index(said[:3])) % 7 * _DAY
    for pattern in _DATES:
        if found := pattern.fullmatch(said):
            month = found["month"]
            number = int(month) if month.isdecimal() else _MONTHS.index(month[:3]) + 1
            if found["year"]:
                return date(int(found["year"]), number, int(found["day"]))
            this_year = date(today.year, number, int(found["day"]))
            return this_year if this_year <= today else this_year.replace(year=today.year - 1)
    return None


def _clock(found: re.Match[str]) -> _Clock:
    hour, half = int(found["hour"]), found["half"] or found["only_half"]
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004  # on a clock with halves
            raise ValueError("no such hour")
        hour = hour % 12 + (12 if half == "p" else 0)
    part_us = int((found["part"] or "").ljust(3, "0")[:3]) * 1_000
    at = time(hour, int(found["minute"] or 0), int(found["second"] or 0), part_us)
    if found["part"]:
        return _Clock(at, 1)
    return _Clock(at, SECOND_MS if found["second"] else MINUTE_MS)


def _ms(day: date, at: time, zone: tzinfo) -> int:
    return (datetime.combine(day, at, zone) - _EPOCH) // _MS


def _offset_ms(zone: str) -> int:
    digits = re.sub(r"\D", "", zone)
    if not digits:
        return 0
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours >= 24 or minutes >= 60:  # noqa: PLR2004  # of a day, of an hour
        raise ValueError("no such offset")
    return (-1 if "-" in zone else 1) * (hours * HOUR_MS + minutes * MINUTE_MS)


_END_MS: Final = (datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
