"""Times as searches write them: points, ranges and words, local to the caller's zone.

A point is a date-time in seconds, or a date, which covers the whole day. A range is ``A TO B``, or
``A,B``; it includes the whole last day. The web client defines the words.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from leadwire.dates import DAY_MS, SECOND_MS, parse_date, parse_date_time

ALL_TIME: Final = "opt-all-time"
CUSTOM: Final = "opt-custom"
_RANGE: Final = re.compile(r"\s+TO\s+", re.IGNORECASE)
_TWELVE_HOURS: Final = "%Y-%m-%d %I:%M:%S %p"
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # local time is counted from here, too
_MS: Final = timedelta(milliseconds=1)
_DAY: Final = timedelta(days=1)


class Span(NamedTuple):
    """An inclusive range of local times, in milliseconds since a local 1970."""

    start: int
    end: int

    def dates(self) -> tuple[str, str]:
        """The first day and the last day, ``yyyy-MM-dd``."""
        return _local(self.start).date().isoformat(), _local(self.end).date().isoformat()

    def instants(self, zone: ZoneInfo) -> tuple[int, int]:
        """The instants in UTC, in milliseconds. Includes both passes of a repeated hour."""
        return _instant(self.start, zone, fold=0), _instant(self.end, zone, fold=1)


def range_ends(text: str) -> tuple[str, str] | None:
    """The two ends of a range, with ``TO`` or one comma between them; None for anything else."""
    for ends in (_RANGE.split(text.strip()), text.split(",")):
        if len(ends) == 2:  # noqa: PLR2004  # a start and an end
            return ends[0].strip(), ends[1].strip()
    return None


def parse_span(text: str, *, now_ms: int, zone: ZoneInfo) -> Span:
    """Parse a word, a range or a point. Raises ValueError for anything else.

    A range that ends before it begins is empty and matches nothing.
    """
    text = text.strip()
    if text.lower().startswith(CUSTOM):
        text = text[len(CUSTOM) :].strip(" ,:")
    days = _WORDS.get(text.lower())
    if days is not None:
        today = datetime.fromtimestamp(now_ms / SECOND_MS, zone).date()
        return Span(_midnight(days(today)[0]), _midnight(days(today)[1] + _DAY) - 1)
    ends = range_ends(text)
    if ends is None:
        return _point(text)
    return Span(_point(ends[0]).start, _point(ends[1]).end)


def _point(text: str) -> Span:
    try:
        start = parse_date(text)
    except ValueError:
        start = _second(text)
        return Span(start, start + SECOND_MS - 1)
    return Span(start, start + DAY_MS - 1)


def _second(text: str) -> int:
    try:
        return parse_date_time(text)
    except ValueError:
        moment = datetime.strptime(text, _TWELVE_HOURS)  # noqa: DTZ007  # local, see above
        return (moment - _EPOCH) // _MS


def _month(today: date, back: int) -> tuple[date, date]:
    """The first and last day of the month, *back* months ago."""
    months = today.year * 12 + today.month - 1 - back
    first = date(months // 12, months % 12 + 1, 1)
    next_first = date((months + 1) // 12, (months + 1) % 12 + 1, 1)
    return first, next_first - _DAY


def _week(today: date, back: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday(), weeks=back)
    return monday, monday + 6 * _DAY


def _year(today: date, back: int) -> tuple[date, date]:
    return date(today.year - back, 1, 1), date(today.year - back, 12, 31)


_WORDS: Final[dict[str, Callable[[date], tuple[date, date]]]] = {
    "opt-today": lambda today: (today, today),
    "opt-yesterday": lambda today: (today - _DAY, today - _DAY),
    "opt-this-week": lambda today: _week(today, 0),
    "opt-last-week": lambda today: _week(today, 1),
    "opt-this-month": lambda today: _month(today, 0),
    "opt-last-month": lambda today: _month(today, 1),
    "opt-this-year": lambda today: _year(today, 0),
    "opt-last-year": lambda today: _year(today, 1),
    "opt-last-seven-days": lambda today: (today - 6 * _DAY, today),
    "opt-last-thirty-days": lambda today: (today - 29 * _DAY, today),
}
WORDS: Final = (ALL_TIME, CUSTOM, *_WORDS)


def _midnight(day: date) -> int:
    return (datetime(day.year, day.month, day.day) - _EPOCH) // _MS  # noqa: DTZ001  # local


def _local(at_ms: int) -> datetime:
    return _EPOCH + at_ms * _MS


def _instant(at_ms: int, zone: ZoneInfo, *, fold: int) -> int:
    try:
        moment = _local(at_ms).replace(tzinfo=zone, fold=fold).astimezone(UTC)
    except OverflowError:  # the first or the last day of the calendar
        return at_ms
    return (moment.replace(tzinfo=None) - _EPOCH) // _MS
