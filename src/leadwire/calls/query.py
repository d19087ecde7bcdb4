"""What is asked of the call log. One query drives page, JSON, CSV and command line."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from leadwire.calls import fields, language
from leadwire.calls.fields import span_ms
from leadwire.calls.instants import instants_of
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import (
    Compare,
    Condition,
    OneOf,
    Reading,
    TokenOf,
    UsersOf,
    at,
    both,
    terms_of,
    with_tokens,
    with_users,
)
from leadwire.dates import DAY_MS, SECOND_MS, format_seconds
from leadwire.errors import LeadwireError


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
    """In the language of ``leadwire.calls.language``."""
    api_type: str = ""
    status: str = ""
    """What ``status:`` takes: ``success``, ``error``, ``404``, ``5xx``, ``>=400``."""
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
    rows_max: int,
    span_days_max: int | None = None,
    users_of: UsersOf | None = None,
) -> CallQuery:
    """The query of a URL's parameters ``q, api_type, status, from, to, last, cursor, limit``.

    All that is given must hold. Dates take the forms of ``leadwire.calls.instants``; ``to`` is
    inclusive. A search spans at most *span_days_max* days: a longer one is cut, and ``cut`` says
    to what. Raises QueryError, naming the parameter.
    """
    given = {name: value.strip() for name, value in parameters.items()}
    query = CallQuery(
        account_id=account_id,
        text=given.get("q", ""),
        api_type=given.get("api_type", ""),
        status=given.get("status", ""),
        limit=_limit(given.get("limit", ""), rows_max),
        cursor=given.get("cursor", ""),
        now_ms=now_ms,
        users_of=users_of,
    )
    # A mistake is the caller's, and is said before anything is looked for.
    condition = query.condition()
    from_ms, until_ms = _range(given, now_ms, condition)
    query = msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms)
    if span_days_max is None:
        return query
    return _cut_to_span(query, now_ms=now_ms, span_days_max=span_days_max)


def _range(
    given: Mapping[str, str], now_ms: int, condition: Condition
) -> tuple[int | None, int | None]:
    """(from, until) of the dates, of ``last``, and of a span that all of the search asks for."""
    starts = [
        int(term.low)
        for term in terms_of(condition)
        if isinstance(term, Compare) and term.attribute == "started_at_ms"
    ]
    until_ms = None
    try:
        if given.get("last"):
            starts.append(now_ms - span_ms(given["last"]))
    except ValueError as error:
        raise QueryError("last", f"'{given['last']}' is not a time span: {error}.") from None
    if given.get("from"):
        starts.append(_instants("from", given["from"], now_ms)[0])
    if given.get("to"):
        until_ms = _instants("to", given["to"], now_ms)[-1] + 1
    from_ms = max(starts, default=None)
    if from_ms is not None and until_ms is not None and from_ms >= until_ms:
        raise QueryError("from", "The start of the range is after its end.")
    return from_ms, until_ms


def _instants(name: str, text: str, now_ms: int) -> range:
    try:
        return instants_of(text, now_ms)
    except ValueError as error:
        raise QueryError(name, str(error)) from None


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


def _limit(text: str, rows_max: int) -> int:
    if not text:
        return rows_max
    if _WHOLE_NUMBER.fullmatch(text) and 1 <= int(text) <= rows_max:
        return int(text)
    raise QueryError("limit", f"'{text}' is not a whole number from 1 to {rows_max}.")


_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
