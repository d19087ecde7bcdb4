"""Suggestions if no call matched: drop one condition, or read the search differently."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from leadwire.calls.instants import instant, last_instant
from leadwire.calls.query import CallQuery
from leadwire.console.filters import Filters, last_phrase
from leadwire.console.terms import narrower_parts
from leadwire.dates import DAY_MS, MINUTE_MS

_PARTS_MAX: Final = 8
_OPERATORS: Final = ("and", "or", "not")


class Wider(NamedTuple):
    """A sentence, and the address of the list that it suggests."""

    says: str
    url: str


def wider_searches(
    filters: Filters, query: CallQuery, *, now_ms: int, kept_from_ms: int, span_days: int
) -> list[Wider]:
    """The likeliest first. Never suggests a range before *kept_from_ms*, where no calls remain."""
    return [
        *_longer(filters, query, now_ms, span_days),
        *_other_readings(filters, filters.value("q")),
        *_without_one(filters, filters.value("q")),
        *_before(filters, query, kept_from_ms, span_days),
    ]


def _longer(filters: Filters, query: CallQuery, now_ms: int, span_days: int) -> Iterator[Wider]:
    """The longest range that ends now, for a shorter one that does."""
    if query.until_ms is not None or query.from_ms is None:
        return
    if now_ms - query.from_ms < span_days * DAY_MS - MINUTE_MS:
        yield Wider(last_phrase(f"{span_days}d"), filters.url(last=f"{span_days}d"))


def _other_readings(filters: Filters, text: str) -> Iterator[Wider]:
    words = text.split()
    for operator in _OPERATORS:
        if operator in words:
            meant = " ".join(w.upper() if w == operator else w for w in words)
            yield Wider(
                f"Here “{operator}” is searched as text. Search for “{meant}”",
                filters.url(q=meant),
            )
    if text.startswith("curl "):
        urls = [word.strip("'\"") for word in words if "://" in word]
        for url in urls[:1]:
            target = "/" + url.partition("://")[2].partition("/")[2]
            yield Wider(
                f"The log does not record curl commands. Search for “{target}”",
                filters.url(q=target),
            )


def _without_one(filters: Filters, text: str) -> Iterator[Wider]:
    for part, rest in narrower_parts(text)[:_PARTS_MAX]:
        yield Wider(f"Search without “{part}”", filters.url(q=rest))
    for name, written in filters.conditions().items():
        yield Wider(f"Search without “{written}”", filters.url(**{name: ""}))


def _before(
    filters: Filters, query: CallQuery, kept_from_ms: int, span_days: int
) -> Iterator[Wider]:
    until_ms = query.from_ms
    if until_ms is None or until_ms <= kept_from_ms:
        return
    from_ms = max(until_ms - span_days * DAY_MS, kept_from_ms)
    days = f"{span_days} days" if span_days > 1 else "day"
    yield Wider(
        f"Search the {days} before that",
        filters.url(last="", from_=instant(from_ms), to=last_instant(until_ms)),
    )
