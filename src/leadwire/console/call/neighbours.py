"""The calls before and behind a call in a list: for newer and older, and around a call.

A store answers newest first. So the newer calls are looked for in spans of time that grow until
one has enough of them.
"""

from typing import Final, NamedTuple

import msgspec

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallReader
from leadwire.console.reading import reading_calls
from leadwire.dates import DAY_MS

_FIRST_SPAN_MS: Final = 50
_GROWTH: Final = 8
_PAGE: Final = 500
_LOOK_BUDGET_MS: Final = 500


class Beside(NamedTuple):
    """*calls* are nearest first. *is_complete*: no nearer one can have been missed."""

    calls: tuple[CallRecord, ...]
    is_complete: bool


def older_calls(reader: CallReader, query: CallQuery, record: CallRecord, *, count: int) -> Beside:
    """The matches of *query* behind *record* in its list. Raises CallLogUnreadable."""
    before_ms = record.started_at_ms + 1
    until_ms = before_ms if query.until_ms is None else min(query.until_ms, before_ms)
    # Calls of the same millisecond stand on both sides of the call.
    query = _asked(query, until_ms=until_ms, limit=count + _PAGE)
    found: list[CallRecord] = []
    while True:
        with reading_calls():
            page = reader.search(query)
        found += page.calls
        older = found[_place_in(found, record) :]
        if page.stopped_early or not page.next or len(older) > count:
            is_complete = not page.damaged and (len(older) > count or not page.stopped_early)
            older = [call for call in older if call.call_id != record.call_id]
            return Beside(tuple(older[:count]), is_complete)
        query = msgspec.structs.replace(query, cursor=page.next)


def newer_calls(
    reader: CallReader, query: CallQuery, record: CallRecord, *, count: int, now_ms: int
) -> Beside:
    """The matches of *query* in front of *record* in its list. Raises CallLogUnreadable."""
    start_ms = max(record.started_at_ms, query.from_ms or 0)
    end_ms = query.until_ms or max(now_ms, record.started_at_ms) + DAY_MS
    span_ms = _FIRST_SPAN_MS
    while True:
        until_ms = min(start_ms + span_ms, end_ms)
        found, is_complete = _all_of(
            reader, _asked(query, from_ms=start_ms, until_ms=until_ms, limit=_PAGE)
        )
        newer = found[: _place_in(found, record)]
        if len(newer) >= count or until_ms >= end_ms or not is_complete:
            return Beside(tuple(newer[::-1][:count]), is_complete)
        span_ms *= _GROWTH


def _all_of(reader: CallReader, query: CallQuery) -> tuple[list[CallRecord], bool]:
    """Every match, newest first, and whether that is all of them."""
    found: list[CallRecord] = []
    while True:
        with reading_calls():
            page = reader.search(query)
        found += page.calls
        if page.stopped_early or page.damaged:
            return found, False
        if not page.next:
            return found, True
        query = msgspec.structs.replace(query, cursor=page.next)


def _asked(query: CallQuery, **changes: int | None) -> CallQuery:
    return msgspec.structs.replace(query, cursor="", time_budget_ms=_LOOK_BUDGET_MS, **changes)


def _place_in(found: list[CallRecord], record: CallRecord) -> int:
    """The index of *record* in *found*, or where it would stand if it matched.

    Stores order the calls of one millisecond each in its own way: only their answer tells it.
    """
    for index, call in enumerate(found):
        if call.call_id == record.call_id or call.started_at_ms < record.started_at_ms:
            return index
    return len(found)
