"""Counts over all matches of a query: the chart and the facets beside the list.

Each count is a link that adds its value to the search as ``field:value``, or removes it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Final, NamedTuple

from leadwire.calls.instants import instant, last_instant
from leadwire.calls.query import CallQuery, CallStatistics
from leadwire.calls.terms import not_
from leadwire.console.counting import Counted
from leadwire.console.filters import Filters
from leadwire.console.histogram import SERIES, Histogram, histogram_of
from leadwire.console.moments import moment
from leadwire.console.preferences import preferences
from leadwire.console.terms import is_asked, term_of, with_term, without_term
from leadwire.dates import HOUR_MS, format_seconds

VALUES_SHOWN: Final = 5
"""Values shown per facet; the rest is folded away."""
VALUES_MAX: Final = 60

_FACETS: Final = (
    ("exception_type", "exception", "Exception"),
    ("operation", "operation", "Operation"),
    ("user_id", "user", "User"),
    ("stage", "stage", "Stage"),
    ("upstream", "upstream", "Upstream"),
    ("api_type", "type", "API type"),
    ("status_code", "status", "Status"),
    ("key_id", "key", "Key"),
)
"""The record's field, its name in a search, and its name on the page."""
_FIRST_FACETS: Final = 3
"""The others are folded away."""
_NAMED: Final = ("user", "key")
"""Fields whose values are ids of what has a name."""
_PARAMETERS: Final[Mapping[str, str]] = {"type": "api_type", "status": "status"}
"""Fields that also have a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value and its matches. *url* opens the list with it, or without it if *active*.

    *not_url* opens the list without the calls that have it. An empty address: no search can ask
    for that. *share* compares with the facet's most frequent value, from 0 to 1.
    """

    value: str
    label: str
    outcome: str
    calls: int
    share: float
    active: bool
    url: str
    not_url: str


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


class DayCount(NamedTuple):
    """The calls of a day, and how many of them failed."""

    calls: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """*days* is empty if the counts, which are by hour, cannot say when a day of *zone* ends."""

    calls: int
    failed: int
    stopped_early: bool
    outcomes: tuple[Choice, ...]
    facets: tuple[ShownFacet, ...]
    more_facets: tuple[ShownFacet, ...]
    chart: Histogram | None
    days: Mapping[date, DayCount]


def overview_of(
    counted: Counted,
    *,
    filters: Filters,
    query: CallQuery,
    now_ms: int,
    names: Mapping[str, str],
) -> Overview:
    """*query* is the counted query. A day begins at midnight in the reader's time zone."""
    statistics = counted.statistics
    links = _Links(filters, filters.value("q"), names)
    totals = Counter[str]()
    for _, outcome, calls in statistics.histogram:
        totals[outcome] += calls
    most = max(totals.values(), default=0)
    facets = [facet for facet in _facets(statistics, links) if facet.choices]
    first = {name for name, _, _ in _FACETS[:_FIRST_FACETS]}
    return Overview(
        calls=statistics.calls,
        failed=statistics.calls - totals["success"],
        stopped_early=statistics.stopped_early,
        outcomes=tuple(
            links.choice("outcome", outcome, totals[outcome], most, label=label, outcome=outcome)
            for outcome, label in SERIES
            if totals[outcome]
        ),
        facets=tuple(facet for facet in facets if facet.name in first),
        more_facets=tuple(facet for facet in facets if facet.name not in first),
        chart=histogram_of(
            counted.spans,
            from_ms=query.from_ms,
            until_ms=query.until_ms or now_ms + 1,
            bar_ms_min=counted.span_ms,
        ),
        days=_days(counted, preferences().zone),
    )


def _days(counted: Counted, zone: tzinfo) -> dict[date, DayCount]:
    if counted.statistics.stopped_early:
        return {}
    step = timedelta(milliseconds=min(counted.span_ms, HOUR_MS))
    days: dict[date, DayCount] = {}
    for at_ms, outcome, calls in counted.spans:
        at = moment(at_ms, zone)
        if (at.utcoffset() or timedelta()) % step:
            return {}
        before = days.get(at.date(), DayCount(0, 0))
        failed = 0 if outcome == "success" else calls
        days[at.date()] = DayCount(before.calls + calls, before.failed + failed)
    return days


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

    def __init__(self, filters: Filters, text: str, names: Mapping[str, str]) -> None:
        self._filters = filters
        self._text = text
        self._names = names

    def choice(
        self, field: str, value: str, calls: int, most: int, *, label: str = "", outcome: str = ""
    ) -> Choice:
        label = label or (self._names.get(value, value) if field in _NAMED else value)
        term = term_of(field, value)
        parameter = _PARAMETERS.get(field, "")
        by_form = bool(parameter) and self._filters.value(parameter) == value
        active = term is not None and (by_form or is_asked(self._text, term))
        url = not_url = ""
        if term is not None and active:
            removed = {parameter: ""} if by_form else {}
            url = self._filters.url(q=without_term(self._text, term), **removed)
        elif term is not None:
            url, not_url = (
                self._with(with_term(self._text, term)),
                self._with(with_term(self._text, not_(term))),
            )
        return Choice(
            value=value,
            label=label,
            outcome=outcome or "success",
            calls=calls,
            share=calls / most if most else 0.0,
            active=active,
            url=url,
            not_url=not_url,
        )

    def _with(self, text: str) -> str:
        return self._filters.url(q=text) if text else ""


def _facets(statistics: CallStatistics, links: _Links) -> list[ShownFacet]:
    by_name = {facet.name: facet.values for facet in statistics.facets}
    facets = []
    for name, field, title in _FACETS:
        values = [(value, calls) for value, calls in by_name.get(name, ()) if value]
        most = max((calls for _, calls in values), default=0)
        outcome = "client_fault" if name == "exception_type" else ""
        facets.append(
            ShownFacet(
                name=name,
                title=title,
                choices=tuple(
                    links.choice(field, value, calls, most, outcome=outcome)
                    for value, calls in values[:VALUES_MAX]
                ),
                others=max(len(values) - VALUES_MAX, 0),
            )
        )
    return facets


def completions(
    statistics: CallStatistics, names: Mapping[str, str]
) -> dict[str, list[dict[str, object]]]:
    """By field of the search: its values as a search writes them, with their counts."""
    by_name = {facet.name: facet.values for facet in statistics.facets}
    outcomes = Counter[str]()
    for _, outcome, calls in statistics.histogram:
        outcomes[outcome] += calls
    values = {"outcome": outcomes.most_common()}
    values |= {field: list(by_name.get(name, ())) for name, field, _ in _FACETS}
    return {
        field: [
            {"term": str(term), "label": names.get(value, value), "calls": calls}
            for value, calls in found[:VALUES_MAX]
            if (term := term_of(field, value)) is not None
        ]
        for field, found in values.items()
    }
