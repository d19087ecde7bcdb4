"""What is asked of the call log. One query drives page, JSON, CSV and command line."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from leadwire.calls import fields, language
from leadwire.calls.record import CallRecord
from leadwire.calls.search import Search, SearchError, parse_search
from leadwire.calls.terms import (
    Condition,
    OneOf,
    Reading,
    TokenOf,
    UsersOf,
    at,
    both,
    with_tokens,
    with_users,
)
from leadwire.dates import DAY_MS, SECOND_MS, format_seconds, parse_date_time
from leadwire.errors import LeadwireError

STATUS_WORDS: Final = ("success", "error")
_STATUS_CODES: Final = range(100, 600)


class QueryError(LeadwireError):
    """A filter that cannot be understood; *field* names it, the text says what is accepted."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CallQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that must all hold; an empty one asks for nothing.

    *from_ms* is inclusive and *until_ms* exclusive. *cursor* continues after the last row of a
    page. *account_id* None means every account, and is the operator's alone; *refused_keys*
    asks for the calls that no account can be charged with.
    """

    account_id: str | None
    refused_keys: bool = False
    text: str = ""
    """In the language of ``leadwire.calls.search``."""
    api_type: str = ""
    status: str = ""
    """``success``, ``error`` or a status code."""
    from_ms: int | None = None
    until_ms: int | None = None
    limit: int = 1000
    cursor: str = ""
    time_budget_ms: int | None = None
    """How long the store may look; then it gives what it has and says that it stopped."""
    cut: str = ""
    """Empty, or a sentence for the reader: how the range was cut to what a search may span."""

    now_ms: int | None = None
    """When it is asked: where the spans of *text*, as ``last:15m``, end."""
    token_of: TokenOf | None = None
    """What stands in the log for a personal value: *text* finds it there, too."""
    users_of: UsersOf | None = None
    """Who has a name: ``user:`` in *text* takes it, too."""

    def condition(self) -> Condition:
        """What *text*, *api_type* and *status* ask of a call, as one tree.

        Account, time range and place in the list are not in it. Raises QueryError.
        """
        asked = self.asked_by_text()
        if self.token_of is not None:
            asked = with_tokens(asked, self.token_of)
        if self.users_of is not None:
            asked = with_users(asked, self.users_of)
        if self.now_ms is not None:
            asked = at(asked, self.now_ms)
        return both(*_filters(self), asked)

    def asked_by_text(self) -> Condition:
        """What *text* says. Raises QueryError, at the place of a mistake."""
        try:
            return language.parse_search(self.text)
        except language.SearchError as error:
            raise QueryError("q", f"{error} (at character {error.position + 1}).") from None

    def search(self) -> Search:
        """What *text* asks. Raises QueryError, at the place of a mistake."""
        try:
            search = parse_search(self.text)
            return search if self.token_of is None else search.with_tokens(self.token_of)
        except SearchError as error:
            raise QueryError("q", f"{error} (at character {error.position + 1}).") from None

    def parameters(self) -> dict[str, str]:
        """The filters as the console's URL carries them, without the empty ones."""
        shown = {"q": self.text, "api_type": self.api_type, "status": self.status}
        if self.from_ms is not None:
            shown["from"] = format_seconds(self.from_ms)
        if self.until_ms is not None:
            shown["to"] = format_seconds(self.until_ms - SECOND_MS)
        return {name: value for name, value in shown.items() if value}

    def url(self, path: str, **more: str) -> str:
        """*path* with the filters, and *more*, as its query string."""
        encoded = urlencode(self.parameters() | {k: v for k, v in more.items() if v})
        return f"{path}?{encoded}" if encoded else path


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: records newest first, and the cursor of the next page when there is more."""

    calls: tuple[CallRecord, ...]
    next: str = ""
    stopped_early: bool = False
    """True when the time budget was used up; ``next`` goes on from there."""
    damaged: tuple[str, ...] = ()
    """What could not be read, a sentence each: calls may be missing from this page."""


class NewCalls(msgspec.Struct, frozen=True, kw_only=True):
    """What came after a place in the log: matches, those of one node in the order of its own."""

    calls: tuple[CallRecord, ...]
    place: str
    """Where to go on: opaque text, fit for an address and a header."""
    more: bool = False
    """True when there is more to look through already."""


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the matches have each value of one field, most frequent first."""

    name: str
    values: tuple[tuple[str, int], ...]


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """How long the matches of one operation took; a percentile is at most 1 % off."""

    operation: str
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class CallStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """All matches of a query, counted, without regard to its ``limit`` and ``cursor``."""

    calls: int
    histogram: tuple[tuple[int, str, int], ...]
    """(start of the hour in ms, outcome, calls), in this order; hours without calls are left out"""
    facets: tuple[Facet, ...]
    durations: tuple[Durations, ...]
    stopped_early: bool = False
    """True when the time budget was used up: the counts are of what was seen until then."""
    damaged: tuple[str, ...] = ()


def matcher(query: CallQuery) -> Callable[[CallRecord], bool]:
    """Whether a record is a match of *query*, without regard to its ``limit`` and ``cursor``."""
    condition = query.condition()
    account_id = "" if query.refused_keys else query.account_id

    def holds(record: CallRecord) -> bool:
        return (
            (account_id is None or record.account_id == account_id)
            and (query.from_ms is None or record.started_at_ms >= query.from_ms)
            and (query.until_ms is None or record.started_at_ms < query.until_ms)
            and condition.found_in(Reading(record))
        )

    return holds


def _filters(query: CallQuery) -> list[Condition]:
    """The conditions of the form's own fields. Raises QueryError."""
    conditions: list[Condition] = []
    if query.api_type:
        conditions.append(OneOf("type", query.api_type, "api_type", (query.api_type,)))
    if query.status:
        try:
            conditions.append(fields.condition("status", query.status))
        except ValueError as error:
            raise QueryError("status", f"'{query.status}' is not a status: {error}.") from None
    return conditions


def query_from_parameters(
    parameters: Mapping[str, str],
    *,
    account_id: str | None,
    now_ms: int,
    span_days_max: int,
    rows_max: int,
) -> CallQuery:
    """The query of a URL's parameters ``q, api_type, status, from, to, cursor, limit``.

    ``to`` is a whole second and inclusive. A search spans at most *span_days_max* days: a longer
    one is cut, and ``cut`` says to what. Raises QueryError, naming the parameter.
    """
    query = CallQuery(
        account_id=account_id,
        text=parameters.get("q", "").strip(),
        api_type=parameters.get("api_type", "").strip(),
        status=_status(parameters.get("status", "").strip().lower()),
        limit=_limit(parameters.get("limit", "").strip(), rows_max),
        cursor=parameters.get("cursor", ""),
    )
    query.search()  # a mistake is the caller's, and is said before anything is looked for
    from_ms, to_ms = _date_time(parameters, "from"), _date_time(parameters, "to")
    until_ms = None if to_ms is None else to_ms + SECOND_MS
    if from_ms is not None and until_ms is not None and from_ms >= until_ms:
        raise QueryError("from", "The start of the range is after its end.")
    return _cut_to_span(
        msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms),
        now_ms=now_ms,
        span_days_max=span_days_max,
    )


def _cut_to_span(query: CallQuery, *, now_ms: int, span_days_max: int) -> CallQuery:
    """Keep the days at the end that was given, and say what was cut.

    A list without any condition is not a search: it begins at the newest call there is.
    """
    span_ms = span_days_max * DAY_MS
    from_ms, until_ms = query.from_ms, query.until_ms
    if from_ms is None and until_ms is None:
        if not (query.text or query.api_type or query.status):
            return query
        cut = f"Searched the last {span_days_max} days: choose dates to search earlier ones."
        return msgspec.structs.replace(query, from_ms=now_ms - span_ms, cut=cut)
    if from_ms is None and until_ms is not None:
        from_ms = until_ms - span_ms
        cut = f"Searched the {span_days_max} days before the end of the range."
    elif from_ms is not None and (until_ms or now_ms) - from_ms > span_ms + SECOND_MS:
        from_ms = from_ms if until_ms is None else until_ms - span_ms
        until_ms = from_ms + span_ms
        cut = (
            f"A search spans at most {span_days_max} days: searched "
            f"{format_seconds(from_ms)} to {format_seconds(until_ms - SECOND_MS)} UTC."
        )
    else:
        return query
    return msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms, cut=cut)


def _date_time(parameters: Mapping[str, str], name: str) -> int | None:
    text = parameters.get(name, "").strip()
    if not text:
        return None
    try:
        return parse_date_time(text)
    except ValueError:
        raise QueryError(
            name, f"'{text}' is not a date-time of the form yyyy-MM-dd HH:mm:ss (UTC)."
        ) from None


def _status(text: str) -> str:
    if not text or text in STATUS_WORDS or (text.isdecimal() and int(text) in _STATUS_CODES):
        return text
    raise QueryError("status", f"'{text}' is not success, error or a status code.")


def _limit(text: str, rows_max: int) -> int:
    if not text:
        return rows_max
    if text.isdecimal() and 1 <= int(text) <= rows_max:
        return int(text)
    raise QueryError("limit", f"'{text}' is not a whole number from 1 to {rows_max}.")
