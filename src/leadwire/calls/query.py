"""A query of the call log, and its answers. Page, JSON, CSV and command line share them."""

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from leadwire.calls import fields, language
from leadwire.calls.fields import span_ms
from leadwire.calls.instants import instants_of
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import (
    EVERY_CALL,
    Compare,
    Condition,
    IdsOf,
    OneOf,
    Reading,
    TokenOf,
    at,
    both,
    terms_of,
    with_names,
    with_tokens,
)
from leadwire.errors import LeadwireError


class QueryError(LeadwireError):
    """A filter has an invalid value. *field* names the filter; the text says what is accepted."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class CallQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What a store is asked: plain data. A call must fulfil all of it."""

    account_id: str | None
    """None: every account. Only the operator may ask that."""
    refused_keys: bool = False
    """Ask for the calls whose keys were refused: they belong to no account."""
    condition: Condition = EVERY_CALL
    """Without account and time range; ``condition_of`` makes it."""
    from_ms: int | None = None
    """Inclusive."""
    until_ms: int | None = None
    """Exclusive."""
    limit: int = 1000
    cursor: str = ""
    """``next`` of the page before; empty: start with the newest call."""
    time_budget_ms: int | None = None
    """How long the store may look. Then it answers with what it has, and says that it stopped."""


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """One answer: records newest first, and the cursor of the next page when there is more."""

    calls: tuple[CallRecord, ...]
    next: str = ""
    stopped_early: bool = False
    """True when the time budget was used up; ``next`` goes on from there."""
    damaged: tuple[str, ...] = ()
    """A sentence for each part that could not be read: calls may be missing from this page."""


class NewCalls(msgspec.Struct, frozen=True, kw_only=True):
    """Matches after a place in the log. Calls of one node come in the order of that node."""

    calls: tuple[CallRecord, ...]
    place: str
    """Where to go on: opaque text, fit for an address and a header."""
    more: bool = False
    """True when there are more calls to look through now."""


FACETS: Final = (
    "api_type", "operation", "status_code", "outcome", "exception_type", "upstream",
    "stage", "user_id", "key_id",
)  # fmt: skip
"""The fields whose values statistics count."""


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the matches have each value of one field, most frequent first."""

    name: str
    values: tuple[tuple[str, int], ...]


class Durations(msgspec.Struct, frozen=True, kw_only=True):
    """How long some matches took; a percentile is at most 1 % off."""

    operation: str
    """Empty: of all operations."""
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class CallStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """All matches of a query, counted; ``limit`` and ``cursor`` do not matter."""

    calls: int
    histogram: tuple[tuple[int, str, int], ...]
    """(start of the hour in ms, outcome, calls), sorted; hours without calls are left out."""
    facets: tuple[Facet, ...]
    durations: tuple[Durations, ...]
    """By operation."""
    all_durations: Durations | None = None
    """Of all matches, without an operation; None if there are none."""
    stopped_early: bool = False
    """True when the time budget was used up: only a part of the matches is counted."""
    damaged: tuple[str, ...] = ()


def matcher(query: CallQuery) -> Callable[[CallRecord], bool]:
    """A function that says whether a record matches *query*; ``limit`` and ``cursor`` aside."""
    condition = query.condition
    account_id = "" if query.refused_keys else query.account_id

    def holds(record: CallRecord) -> bool:
        return (
            (account_id is None or record.account_id == account_id)
            and (query.from_ms is None or record.started_at_ms >= query.from_ms)
            and (query.until_ms is None or record.started_at_ms < query.until_ms)
            and condition.found_in(Reading(record))
        )

    return holds


def condition_of(
    text: str = "",
    *,
    api_type: str = "",
    status: str = "",
    now_ms: int | None = None,
    token_of: TokenOf | None = None,
    ids_of: IdsOf | None = None,
) -> Condition:
    """The condition of a search *text* (``leadwire.calls.language``) and of the form's fields.

    *status* takes what ``status:`` takes in a text. Time spans in *text* (``last:15m``) end at
    *now_ms*. With *token_of*, a text is also found where its token stands in the log. With
    *ids_of*, ``user:`` and ``key:`` also take names. Raises QueryError, for a
    text with the place of the mistake.
    """
    asked = _parsed(text)
    if token_of is not None:
        asked = with_tokens(asked, token_of)
    if ids_of is not None:
        asked = with_names(asked, ids_of)
    if now_ms is not None:
        asked = at(asked, now_ms)
    return both(*_of_fields(api_type, status), asked)


def _parsed(text: str) -> Condition:
    try:
        return language.parse_search(text)
    except language.SearchError as error:
        raise QueryError("q", f"{error} (at character {error.position + 1}).") from None


def _of_fields(api_type: str, status: str) -> list[Condition]:
    conditions: list[Condition] = []
    if api_type:
        conditions.append(OneOf("type", api_type, "api_type", (api_type,)))
    if status:
        try:
            conditions.append(fields.condition("status", status))
        except ValueError as error:
            raise QueryError("status", f"'{status}' is not a status: {error}.") from None
    return conditions


def query_from_parameters(
    parameters: Mapping[str, str],
    *,
    account_id: str | None,
    now_ms: int,
    rows_max: int,
    token_of: TokenOf | None = None,
    ids_of: IdsOf | None = None,
) -> CallQuery:
    """The query of a URL's parameters ``q, api_type, status, from, to, last, cursor, limit``.

    A call must fulfil all that are given. Dates take the forms of ``leadwire.calls.instants``;
    ``to`` is inclusive. *token_of* and *ids_of* as for ``condition_of``. Raises QueryError,
    naming the parameter.
    """
    given = {name: value.strip() for name, value in parameters.items()}
    condition = condition_of(
        given.get("q", ""),
        api_type=given.get("api_type", ""),
        status=given.get("status", ""),
        now_ms=now_ms,
        token_of=token_of,
        ids_of=ids_of,
    )
    from_ms, until_ms = _range(given, now_ms, condition)
    return CallQuery(
        account_id=account_id,
        condition=condition,
        from_ms=from_ms,
        until_ms=until_ms,
        limit=_limit(given.get("limit", ""), rows_max),
        cursor=given.get("cursor", ""),
    )


def _range(
    given: Mapping[str, str], now_ms: int, condition: Condition
) -> tuple[int | None, int | None]:
    """(from, until) of the dates, of ``last``, and of a ``last:`` that every match must fulfil."""
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


def _limit(text: str, rows_max: int) -> int:
    if not text:
        return rows_max
    if _WHOLE_NUMBER.fullmatch(text) and 1 <= int(text) <= rows_max:
        return int(text)
    raise QueryError("limit", f"'{text}' is not a whole number from 1 to {rows_max}.")


_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
