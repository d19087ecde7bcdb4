"""Render templates: the jinja2 environment, and how it formats values."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from leadwire.access.viewer import Viewer
from leadwire.calls.examples import EXAMPLES, NOTE
from leadwire.calls.fields import FIELDS
from leadwire.calls.record import CallRecord
from leadwire.console.assets import Assets
from leadwire.console.bodies import drawn
from leadwire.console.histogram import HEIGHT, SERIES, WIDTH, span_words
from leadwire.console.navigation import navigation
from leadwire.console.overview import VALUES_SHOWN
from leadwire.console.preferences import preferences
from leadwire.console.services import Completeness
from leadwire.dates import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    MONTHS,
    SECOND_MS,
    day_of,
    format_ms,
    format_seconds,
)
from leadwire.visible import readable_path

_KIB: Final = 1_024
_PRECISE_MS: Final = 10
_SHORT_CHARACTERS_MAX: Final = 200
_NAME_PARTS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[./_])(?=\w)", re.ASCII)
_RENAMED: Final = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
"""Codes that Python before 3.13 calls by obsolete names."""
OUTCOME_WORDS: Final = dict(SERIES)


class Pages:
    """Renders a template with or without a viewer. Thread-safe.

    Looks for templates in *packages* first, then in the console's own. *completeness* is shown on
    every page of a viewer.
    """

    def __init__(
        self,
        assets: Assets,
        *,
        packages: tuple[str, ...] = (),
        completeness: Callable[[], Completeness | None] = lambda: None,
    ) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [jinja2.PackageLoader(name) for name in (*packages, "leadwire.console")]
            ),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {
            "asset": assets.url,
            "navigation": navigation,
            "preferences": preferences,
            "completeness_of_log": completeness,
            "outcome_words": OUTCOME_WORDS,
            "chart_width": WIDTH,
            "chart_height": HEIGHT,
            "values_shown": VALUES_SHOWN,
            "search_examples": EXAMPLES,
            "search_note": NOTE,
            "search_fields": FIELDS,
        }
        self._environment.filters |= {
            "date_time": format_ms,
            "date_time_seconds": format_seconds,
            "machine_time": machine_time,
            "duration": duration,
            "distance": distance,
            "span_words": span_words,
            "size": size,
            "breakable": breakable,
            "initials": initials,
            "short": short,
            "age": age,
            "day_seen": day_seen,
            "count": count,
            "marked": drawn,
            "readable_path": readable_path,
            "status_phrase": status_phrase,
            "outcome_word": outcome_word,
        }

    def answer(
        self, template: str, *, viewer: Viewer | None, status_code: int = 200, **context: object
    ) -> HTMLResponse:
        return HTMLResponse(self.text(template, viewer=viewer, **context), status_code)

    def text(self, template: str, **context: object) -> str:
        """The rendered template, for a part of a page."""
        return self._environment.get_template(template).render(**context)


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


def breakable(name: str) -> Markup:
    """*name* with marks where a narrow column may break it."""
    return Markup("<wbr>").join(_NAME_PARTS.split(name))


def machine_time(at_ms: int) -> str:
    """The instant for a ``datetime`` attribute."""
    return format_ms(at_ms).replace(" ", "T") + "Z"


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


def status_phrase(status_code: int) -> str:
    """The reason phrase from RFC 9110; empty for an unknown code."""
    if status_code in _RENAMED:
        return _RENAMED[status_code]
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return ""


def outcome_word(record: CallRecord) -> str:
    return OUTCOME_WORDS[record.outcome]
