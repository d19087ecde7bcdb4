"""Instants as people write them when they look for calls.

The wire takes one form (``leadwire.dates``). A search takes what pages, logs and programs print.
"""

import re
from datetime import datetime, timedelta
from typing import Final

from leadwire.calls.fields import span_ms
from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_ms, format_seconds

FORMS: Final = (
    "yyyy-MM-dd, yyyy-MM-dd HH:mm, yyyy-MM-dd HH:mm:ss.SSS (UTC), yyyy-MM-ddTHH:mm:ssZ, "
    "with an offset as +05:30, or now-2h"
)
YEARS: Final = range(1970, 3000)

_INSTANT: Final = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<minute>[0-9]{2}:[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<zone>Z|UTC|[+ -][0-9]{2}:?[0-9]{2}))?)?",
    re.IGNORECASE,
)
_NOW: Final = re.compile(r"(?:now)?(?:-(?P<span>[0-9]+[smhdw]))?", re.IGNORECASE)
_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  # naive on purpose: all arithmetic is UTC


def instants_of(text: str, now_ms: int) -> range:
    """The milliseconds since 1970 that *text* means: a date is all of its day.

    A blank in the place of an offset's ``+`` is one: URLs lose it. Raises ValueError, with a
    sentence, for any other form, for a date that does not exist, and beyond ``YEARS``.
    """
    text = text.strip()
    if text and (relative := _NOW.fullmatch(text)):
        at_ms = now_ms - _back_ms(text, relative["span"])
        return range(at_ms, at_ms + 1)
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is not a date-time: write {FORMS}.")
    try:
        start_ms = _start_ms(found)
    except ValueError:
        raise ValueError(f"'{text}' does not exist: there is no such day or time.") from None
    if not 0 <= start_ms < _END_MS:
        raise ValueError(f"'{text}' is not in the years {YEARS[0]} to {YEARS[-1]}.")
    return range(start_ms, start_ms + _length_ms(found))


def instant(at_ms: int) -> str:
    """The shortest date-time that means *at_ms* as the start of a range."""
    return format_ms(at_ms) if at_ms % SECOND_MS else format_seconds(at_ms)


def last_instant(until_ms: int) -> str:
    """The date-time that, included, ends a range before *until_ms*."""
    whole = until_ms % SECOND_MS == 0
    return format_seconds(until_ms - SECOND_MS) if whole else format_ms(until_ms - 1)


def _back_ms(text: str, span: str | None) -> int:
    try:
        return span_ms(span) if span else 0
    except ValueError as error:
        raise ValueError(f"'{text}' is not an instant: {error}.") from None


def _start_ms(found: re.Match[str]) -> int:
    clock = f"{found['minute'] or '00:00'}:{found['second'] or '00'}"
    instant = datetime.fromisoformat(f"{found['date']} {clock}")
    part_ms = int((found["part"] or "").ljust(3, "0")[:3])
    return (instant - _EPOCH) // timedelta(milliseconds=1) + part_ms - _offset_ms(found["zone"])


def _offset_ms(zone: str | None) -> int:
    if zone is None or zone.upper() in ("Z", "UTC"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours >= 24 or minutes >= 60:  # noqa: PLR2004  # of a day, of an hour
        raise ValueError("no such offset")
    return (-1 if zone[0] == "-" else 1) * (hours * HOUR_MS + minutes * MINUTE_MS)


def _length_ms(found: re.Match[str]) -> int:
    if found["minute"] is None:
        return DAY_MS
    if found["second"] is None:
        return MINUTE_MS
    return SECOND_MS if found["part"] is None else 1


_END_MS: Final = (datetime(YEARS[-1] + 1, 1, 1) - _EPOCH) // timedelta(milliseconds=1)  # noqa: DTZ001
