"""Values in words and figures, as every page prints them."""

from typing import Final

from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, MONTHS, SECOND_MS, day_of

_KIB: Final = 1_024
_PRECISE_MS: Final = 10
_SHORT_CHARACTERS_MAX: Final = 200


def short(text: str) -> str:
    """The start of a caller's text on one line, for a table cell."""
    line = " ".join(text[: 2 * _SHORT_CHARACTERS_MAX].split())
    if len(line) <= _SHORT_CHARACTERS_MAX and len(text) <= 2 * _SHORT_CHARACTERS_MAX:
        return line
    return f"{line[:_SHORT_CHARACTERS_MAX]}…"


def initials(name: str) -> str:
    """At most two capital letters that stand for a person's name: ``PN`` for Priya Nair."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()[:2]


def duration(duration_ms: float) -> str:
    """``4.21 ms``, ``87 ms``, ``1.25 s``, ``2 min 5 s``."""
    if duration_ms < _PRECISE_MS:
        return f"{duration_ms:.2f} ms"
    if duration_ms < SECOND_MS:
        return f"{duration_ms:.0f} ms"
    if duration_ms < MINUTE_MS:
        return f"{duration_ms / SECOND_MS:.2f} s"
    minutes, rest_ms = divmod(duration_ms, MINUTE_MS)
    return f"{minutes:.0f} min {rest_ms / SECOND_MS:.0f} s"


def age(span_ms: int) -> str:
    """``now``, ``3 min ago``, ``5 h ago``, ``2 days ago``."""
    if span_ms < MINUTE_MS:
        return "now"
    if span_ms < HOUR_MS:
        return f"{span_ms // MINUTE_MS} min ago"
    if span_ms < 2 * DAY_MS:
        return f"{span_ms // HOUR_MS} h ago"
    return f"{span_ms // DAY_MS} days ago"


def day_seen(at_ms: int, now_ms: int) -> str:
    """``today``, ``9 Nov``, or ``9 Nov 2025`` for another year. Days are in UTC."""
    if at_ms // DAY_MS == now_ms // DAY_MS:
        return "today"
    year, month, day = day_of(at_ms).split("-")
    shown = f"{int(day)} {MONTHS[int(month) - 1]}"
    return shown if year == day_of(now_ms)[:4] else f"{shown} {year}"


def distance(distance_ms: int) -> str:
    """How long before (negative) or after: ``320 ms before``, ``7 h 34 min after``."""
    way, span_ms = "before" if distance_ms < 0 else "after", abs(distance_ms)
    if span_ms < HOUR_MS:
        return f"{duration(span_ms)} {way}" if span_ms >= SECOND_MS else f"{span_ms} ms {way}"
    if span_ms < DAY_MS:
        hours, rest_ms = divmod(span_ms, HOUR_MS)
        return f"{hours} h {rest_ms // MINUTE_MS} min {way}"
    return f"{count(span_ms // DAY_MS, 'day')} {way}"


def size(length_bytes: int) -> str:
    """``312 bytes``, ``4.1 KiB``, ``2.0 MiB``."""
    if length_bytes < _KIB:
        return "1 byte" if length_bytes == 1 else f"{length_bytes} bytes"
    if length_bytes < _KIB * _KIB:
        return f"{length_bytes / _KIB:.1f} KiB"
    return f"{length_bytes / _KIB / _KIB:.1f} MiB"


def count(number: int, noun: str = "", many: str = "") -> str:
    """``1,000``, or with a noun ``1 call``, ``1,000 calls``; *many* for irregular plurals."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {many or noun + 's'}"
