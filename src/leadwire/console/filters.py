"""The filters of a call list, as its URL carries them. The URL is the whole state of a page.

``leadwire.calls.query`` parses them. Here they stay as the user wrote them, so that the form can
show an invalid one, and a link can change one and keep the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import urlencode

import msgspec

from leadwire.calls import fields
from leadwire.calls.language import SearchError, parse_search
from leadwire.calls.query import CallPage, CallQuery, query_from_parameters
from leadwire.console.services import ConsoleServices
from leadwire.dates import DAY_MS, SECOND_MS, format_seconds
from leadwire.settings import Settings

RANGES: Final[Mapping[str, str]] = {
    "1h": "Last hour",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
}
"""Names of the quick ranges, by the value of ``last``. ``last`` accepts any span."""
DEFAULT_RANGE: Final = "24h"
"""The range of a list whose address names none."""

_NAMES: Final = ("q", "api_type", "status", "from", "to", "last")
_FIELDS: Final[Mapping[str, str]] = {"api_type": "type", "status": "status"}
"""Parameters that are conditions, too: the field of the search language that each stands for."""
TRAIL_MAX: Final = 40
"""A reader can go back at most this many pages, one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """*values* holds the active filters by parameter name, in the form's order.

    *trail* has the cursors of the pages before this one, oldest page of the walk last.
    """

    path: str
    values: Mapping[str, str]
    cursor: str = ""
    limit: str = ""
    trail: tuple[str, ...] = ()

    @property
    def has_conditions(self) -> bool:
        """Whether the list is narrowed by more than a range."""
        return any(self.value(name) for name in ("q", *_FIELDS))

    @property
    def has_range(self) -> bool:
        return any(self.value(name) for name in ("from", "to", "last"))

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def url(self, path: str = "", *, cursor: str = "", newer: str = "", **changes: str) -> str:
        """*path*, or the list's own path, with these filters. An empty value removes a filter.

        Drops the page cursor unless *cursor* sets one. ``from_`` stands for ``from``.
        """
        changed = {name.rstrip("_"): value for name, value in changes.items()}
        if changed.get("last"):
            changed |= {"from": "", "to": ""}
        elif changed.get("from") or changed.get("to"):
            changed["last"] = ""
        merged = {**self.values, "limit": self.limit, **changed, "cursor": cursor, "newer": newer}
        query = urlencode({name: value for name, value in merged.items() if value})
        return f"{path or self.path}?{query}" if query else path or self.path

    def here(self, path: str = "") -> str:
        """The address of the current page, for links that return to it."""
        return self.url(path, cursor=self.cursor, newer=",".join(self.trail))

    def older(self, cursor: str) -> str:
        """The address of the page that begins at *cursor*; its way back leads here."""
        trail = (*self.trail, self.cursor) if self.cursor else self.trail
        return self.url(cursor=cursor, newer=",".join(trail[-TRAIL_MAX:]))

    def newer(self) -> str:
        """The address of the page before this one."""
        if not self.trail:
            return self.url()
        return self.url(cursor=self.trail[-1], newer=",".join(self.trail[:-1]))

    def without(self, *names: str) -> "Filters":
        """The list without these filters; also ``cursor`` and ``limit``."""
        return replace(
            self,
            values={n: v for n, v in self.values.items() if n not in names},
            cursor="" if "cursor" in names else self.cursor,
            limit="" if "limit" in names else self.limit,
        )

    def conditions(self) -> dict[str, str]:
        """The active parameters that are conditions, by name, as ``field:value``."""
        return {
            name: f"{field}:{self.value(name)}"
            for name, field in _FIELDS.items()
            if self.value(name)
        }


def last_phrase(span: str) -> str:
    """``Last 24 hours``; for other spans ``Last 15m``."""
    return RANGES.get(span, f"Last {span}")


def filters_from_parameters(path: str, parameters: Mapping[str, str]) -> Filters:
    """Keeps the known parameters only."""
    values = {name: parameters.get(name, "").strip() for name in _NAMES}
    trail = [cursor for cursor in parameters.get("newer", "").split(",") if cursor]
    return Filters(
        path=path,
        values={name: value for name, value in values.items() if value},
        cursor=parameters.get("cursor", ""),
        limit=parameters.get("limit", "").strip(),
        trail=tuple(trail[-TRAIL_MAX:]),
    )


class Asked(NamedTuple):
    """The query of a list, and how its range was cut to what one search may span."""

    query: CallQuery
    cut: str
    """A sentence for the reader; empty when nothing was cut."""


def query_of(
    filters: Filters, services: ConsoleServices, *, account_id: str | None, rows_max: int
) -> Asked:
    """The query for *filters*. *account_id* None selects the refused calls.

    May block: it looks up users by name. Raises QueryError with the parameter.
    """
    now_ms, settings = services.clock.now_ms(), services.settings
    query = query_from_parameters(
        {**filters.values, "cursor": filters.cursor, "limit": filters.limit},
        account_id=account_id,
        now_ms=now_ms,
        rows_max=rows_max,
        token_of=services.token_of,
        ids_of=None if account_id is None else partial(services.ids_named, account_id),
    )
    query = msgspec.structs.replace(
        query, refused_keys=account_id is None, time_budget_ms=settings.calls_search_budget_ms
    )
    return _cut_to_span(query, now_ms=now_ms, span_days_max=settings.calls_search_span_days_max)


def _cut_to_span(query: CallQuery, *, now_ms: int, span_days_max: int) -> Asked:
    """Every search has a range: DEFAULT_RANGE if none is given, and at most *span_days_max*."""
    span_ms = span_days_max * DAY_MS
    from_ms, until_ms = query.from_ms, query.until_ms
    cut = ""
    if from_ms is None and until_ms is None:
        from_ms = now_ms - min(fields.span_ms(DEFAULT_RANGE), span_ms)
    elif from_ms is None and until_ms is not None:
        from_ms = until_ms - span_ms
        cut = f"Searched the {span_days_max} days before the end of the range."
    elif from_ms is not None and (until_ms or now_ms) - from_ms > span_ms + SECOND_MS:
        from_ms = from_ms if until_ms is None else until_ms - span_ms
        until_ms = from_ms + span_ms
        cut = (
            f"A search spans at most {span_days_max} days: searched "
            f"{format_seconds(from_ms)} to {format_seconds(until_ms - SECOND_MS)} UTC."
        )
    return Asked(msgspec.structs.replace(query, from_ms=from_ms, until_ms=until_ms), cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """An invalid search text, split at the invalid word."""

    before: str
    marked: str
    after: str


def mistake_of(text: str) -> Mistake | None:
    """The error in *text*; None if it is a valid search."""
    try:
        parse_search(text)
    except SearchError as error:
        wrong = text[error.position :]
        marked = wrong.split(maxsplit=1)[0] if wrong.strip() else wrong
        return Mistake(before=text[: error.position], marked=marked, after=wrong[len(marked) :])
    return None


def notices_of(asked: Asked, page: CallPage, *, now_ms: int, settings: Settings) -> list[str]:
    """A sentence for each thing that was cut off or could not be read."""
    query, cut = asked
    notices = [cut] if cut else []
    if page.stopped_early:
        notices.append(
            f"The search stopped after {seconds(settings.calls_search_budget_ms)}, before the "
            "older calls. Continue with “Search on”, or choose a shorter range."
        )
    notices += damage_notices(page.damaged)
    kept_from_ms = now_ms - settings.calls_retention_days * DAY_MS
    if query.from_ms is not None and query.from_ms < kept_from_ms:
        notices.append(
            f"Calls are kept for {settings.calls_retention_days} days: "
            f"none is older than {format_seconds(kept_from_ms)} UTC."
        )
    return notices


def damage_notices(damaged: Sequence[str]) -> list[str]:
    """One sentence that names the first part that could not be read, if there is any."""
    if not damaged:
        return []
    more = f" And {len(damaged) - 1:,} more." if len(damaged) > 1 else ""
    return [f"A part of the log can't be read, so calls may be missing: {damaged[0]}.{more}"]


def seconds(budget_ms: int) -> str:
    """``5 s``, ``0.5 s``."""
    return f"{budget_ms / SECOND_MS:g} s"
