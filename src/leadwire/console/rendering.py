"""Render templates: the jinja2 environment, and how it formats values."""

import re
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from leadwire.access.viewer import Viewer
from leadwire.calls.examples import EXAMPLES, NOTE
from leadwire.calls.fields import FIELDS
from leadwire.calls.instants import instant, last_instant
from leadwire.calls.record import CallRecord
from leadwire.console import moments
from leadwire.console.assets import Assets
from leadwire.console.bodies import drawn
from leadwire.console.histogram import HEIGHT, SERIES, WIDTH, span_words
from leadwire.console.navigation import navigation
from leadwire.console.overview import VALUES_SHOWN
from leadwire.console.preferences import OPTIONAL_COLUMNS, preferences
from leadwire.console.services import Completeness, ProxyFacts
from leadwire.console.words import age, count, day_seen, distance, duration, initials, short, size
from leadwire.dates import format_ms
from leadwire.visible import readable_path

_NAME_PARTS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[./_])(?=\w)", re.ASCII)
_RENAMED: Final = {413: "Content Too Large", 414: "URI Too Long", 422: "Unprocessable Content"}
"""Codes that Python before 3.13 calls by obsolete names."""
_COLUMNS_OF_PROXY: Final = {
    name: "Caller" if name == "user" else word
    for name, word in OPTIONAL_COLUMNS.items()
    if name != "key"
}
"""A proxy's callers are keys: it knows no users."""
OUTCOME_WORDS: Final = dict(SERIES)
LEGEND_WORDS: Final = {
    "success": "succeeded",
    "client_fault": "client faults",
    "server_fault": "server faults",
    "refused": "refused",
    "aborted": "aborted",
    "gap": "gaps",
}
"""Outcomes behind a number."""


class Pages:
    """Renders a template with or without a viewer. Thread-safe.

    Looks for templates in *packages* first, then in the console's own. *completeness* is shown on
    every page of a viewer, and *controls_are_on* on every page. *proxy*: what the proxy does whose
    console it is.
    """

    def __init__(
        self,
        assets: Assets,
        *,
        packages: tuple[str, ...] = (),
        completeness: Callable[[], Completeness | None] = lambda: None,
        controls_are_on: bool = False,
        proxy: ProxyFacts | None = None,
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
            "navigation": partial(navigation, is_proxy=proxy is not None),
            "proxy": proxy,
            "preferences": preferences,
            "zone_name": lambda: preferences().zone_name,
            "optional_columns": _COLUMNS_OF_PROXY if proxy else OPTIONAL_COLUMNS,
            "completeness_of_log": completeness,
            "controls_are_on": controls_are_on,
            "outcome_words": OUTCOME_WORDS,
            "legend_words": LEGEND_WORDS,
            "chart_width": WIDTH,
            "chart_height": HEIGHT,
            "values_shown": VALUES_SHOWN,
            "search_examples": EXAMPLES,
            "search_note": NOTE,
            "search_fields": FIELDS,
        }
        self._environment.filters |= {
            "date_time": lambda at_ms: moments.date_time(at_ms, preferences().zone),
            "date_time_seconds": lambda at_ms: moments.date_time_seconds(at_ms, preferences().zone),
            "axis_words": axis_words,
            "instant": instant,
            "last_instant": last_instant,
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
            "decoded_query": unquote_plus,
        }

    def answer(
        self, template: str, *, viewer: Viewer | None, status_code: int = 200, **context: object
    ) -> HTMLResponse:
        return HTMLResponse(self.text(template, viewer=viewer, **context), status_code)

    def text(self, template: str, **context: object) -> str:
        """The rendered template, for a part of a page."""
        return self._environment.get_template(template).render(**context)


def breakable(name: str) -> Markup:
    """*name* with marks where a narrow column may break it."""
    return Markup("<wbr>").join(_NAME_PARTS.split(name))


def machine_time(at_ms: int) -> str:
    """The instant for a ``datetime`` attribute."""
    return format_ms(at_ms).replace(" ", "T") + "Z"


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


def axis_words(at_ms: int, *, with_day: bool = True) -> str:
    """``Wed 26 00:30``, or without the day ``00:30``."""
    return moments.axis_words(at_ms, preferences().zone, with_day=with_day)
