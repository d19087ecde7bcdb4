"""Counts over all matches of a query, for the top of the page.

Each count is a link that adds its value to the search as ``field:value``, or removes it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from leadwire.calls.instants import instant, last_instant
from leadwire.calls.query import CallQuery, CallStatistics, Durations
from leadwire.calls.record import CallRecord
from leadwire.console.filters import Filters, last_phrase
from leadwire.console.histogram import SERIES, Histogram, histogram, histogram_of_hours
from leadwire.console.terms import is_asked, term_of, with_term, without_term
from leadwire.dates import format_seconds

VALUES_SHOWN: Final = 6
"""Values shown per facet; the rest is folded away."""
VALUES_MAX: Final = 60
OPERATIONS_MAX: Final = 40

NO_NAME: Final = "none"

_FACETS: Final = (
    ("api_type", "type", "API type"),
    ("operation", "operation", "Operation"),
    ("status_code", "status", "Status"),
    ("exception_type", "exception", "Exception"),
    ("key_id", "key", "Key"),
    ("user_id", "user", "User"),
)
"""The record's field, its name in a search, and its name on the page."""
_PARAMETERS: Final[Mapping[str, str]] = {"type": "api_type", "status": "status"}
"""Fields that also have a form parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value and its matches. *url* opens the list with it, or without it if *active*.

    An empty *url*: no search can ask for the value.
    """

    value: str
    label: str
    calls: int
    active: bool
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFacet:
    """*others* counts the values beyond VALUES_MAX."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    others: int

    @property
    def active(self) -> bool:
        return any(choice.active for choice in self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    calls: int
    stopped_early: bool
    where: str
    """Describes the counted range, after the number."""
    outcomes: tuple[Choice, ...]
    facets: tuple[ShownFacet, ...]
    durations: tuple[tuple[Choice, Durations], ...]
    chart: Histogram | None

    @property
    def narrowed(self) -> bool:
        """Whether the search has a facet value. The facets are then unfolded."""
        return any(facet.active for facet in self.facets)


def overview_of(
    statistics: CallStatistics,
    *,
    filters: Filters,
    query: CallQuery,
    all_calls: Sequence[CallRecord],
    user_names: Mapping[str, str],
    span_days: int,
) -> Overview | None:
    """None if there is nothing to count.

    *query* is the counted query. *all_calls* are the shown calls, if complete: they allow finer
    bars than hours. *span_days* is the counted part of an open range.
    """
    if not statistics.calls:
        return None
    links = _Links(filters, filters.value("q"), user_names)
    totals = Counter[str]()
    for _, outcome, calls in statistics.histogram:
        totals[outcome] += calls
    if len(all_calls) == statistics.calls:
        chart = histogram(all_calls, from_ms=query.from_ms, until_ms=query.until_ms)
    else:
        chart = histogram_of_hours(
            statistics.histogram, from_ms=query.from_ms, until_ms=query.until_ms
        )
    by_calls = sorted(statistics.durations, key=lambda row: (-row.calls, row.operation))
    return Overview(
        calls=statistics.calls,
        stopped_early=statistics.stopped_early,
        where=_where(filters, span_days),
        outcomes=tuple(
            links.choice("outcome", outcome, totals[outcome], label)
            for outcome, label in SERIES
            if totals[outcome]
        ),
        facets=tuple(facet for facet in _facets(statistics, links) if facet.choices),
        durations=tuple(
            (links.choice("operation", row.operation, row.calls), row)
            for row in by_calls[:OPERATIONS_MAX]
        ),
        chart=chart,
    )


def statistics_document(statistics: CallStatistics, query: CallQuery) -> dict[str, object]:
    """The complete overview as JSON. Times are UTC; ``to`` is inclusive, as in the URL."""
    return {
        "from": None if query.from_ms is None else instant(query.from_ms),
        "to": None if query.until_ms is None else last_instant(query.until_ms),
        "calls": statistics.calls,
        "stopped_early": statistics.stopped_early,
        "damaged": list(statistics.damaged),
        "histogram": [
            {"hour": format_seconds(hour_ms), "outcome": outcome, "calls": calls}
            for hour_ms, outcome, calls in statistics.histogram
        ],
        "facets": {
            facet.name: [{"value": value, "calls": calls} for value, calls in facet.values]
            for facet in statistics.facets
        },
        "durations": statistics.durations,
        "all_durations": statistics.all_durations,
    }


class _Links:
    """Makes the links of one list."""

    def __init__(self, filters: Filters, text: str, user_names: Mapping[str, str]) -> None:
        self._filters = filters
        self._text = text
        self._user_names = user_names

    def choice(self, field: str, value: str, calls: int, label: str = "") -> Choice:
        label = label or (self._user_names.get(value, value) if field == "user" else value)
        term = term_of(field, value)
        if term is None:
            return Choice(value=value, label=label or NO_NAME, calls=calls, active=False, url="")
        parameter = _PARAMETERS.get(field, "")
        by_form = bool(parameter) and self._filters.value(parameter) == value
        active = by_form or is_asked(self._text, term)
        if active:
            removed = {parameter: ""} if by_form else {}
            url = self._filters.url(q=without_term(self._text, term), **removed)
        else:
            asked = with_term(self._text, term)
            url = self._filters.url(q=asked) if asked else ""
        return Choice(value=value, label=label, calls=calls, active=active, url=url)


def _facets(statistics: CallStatistics, links: _Links) -> list[ShownFacet]:
    by_name = {facet.name: facet.values for facet in statistics.facets}
    facets = []
    for name, field, title in _FACETS:
        values = [(value, calls) for value, calls in by_name.get(name, ()) if value]
        facets.append(
            ShownFacet(
                name=name,
                title=title,
                choices=tuple(
                    links.choice(field, value, calls) for value, calls in values[:VALUES_MAX]
                ),
                others=max(len(values) - VALUES_MAX, 0),
            )
        )
    return facets


def _where(filters: Filters, span_days: int) -> str:
    match = "match" if any(filters.value(name) for name in ("q", "api_type", "status")) else ""
    if filters.value("from") or filters.value("to"):
        span = "in the range"
    elif filters.value("last"):
        span = f"in the {last_phrase(filters.value('last')).lower()}"
    else:
        span = f"in the last {span_days} days" if span_days > 1 else "in the last day"
    return " ".join(filter(None, (match, span)))
