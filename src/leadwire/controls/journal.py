"""Which calls were made: the search of the call log as JSON, and expectations about it."""

import asyncio
import time
from typing import Any, Final

import msgspec

from leadwire.calls.query import CallQuery, NewCalls, QueryError, condition_of
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.calls.terms import EVERY_CALL
from leadwire.clock import Clock
from leadwire.controls.answers import CONFLICT, Refused, check_wait, wrong
from leadwire.dates import format_ms

CALLS_MAX: Final = 1_000
_NEAREST_MAX: Final = 5
_AT_ONCE: Final = 500
_LOOK_SECONDS: Final = 0.005
_SECOND_MS: Final = 1_000


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many calls are expected."""

    min: int = 0
    max: int | None = None


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a test expects of the calls since the last reset."""

    q: str = ""
    account: str = ""
    count: int | Counts = Counts(min=1)
    within_ms: int = 2_000
    quiet_ms: int = 100
    """For how long no further call may come, once enough calls came."""
    since: str = "reset"


class Journal:
    """Reads the calls of accounts since a reset, or since the start of the server."""

    def __init__(self, reader: LiveReader, clock: Clock) -> None:
        self.reader = reader
        self.clock = clock
        self._start = self.reader.place()
        self._resets: dict[str, str] = {}

    def note_reset(self, account_id: str) -> str:
        """From now on, ``reset`` means this place of the log."""
        self._resets[account_id] = place = self.reader.place()
        return place

    def calls(
        self, account_id: str, q: str, *, since: str, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """The first matching calls, oldest first, and whether there are more. Raises Refused."""
        if not 1 <= limit <= CALLS_MAX:
            raise wrong(f"'limit' is from 1 to {CALLS_MAX:,}.", at="limit")
        query, place = self._query(account_id, q), self._place(account_id, since)
        found, _ = self._matches(query, place)
        return [shown(record) for record in found[:limit]], len(found) > limit

    async def expect(self, account_id: str, expected: Expected) -> dict[str, Any]:
        """The calls, once as many came as expected, and then none for the quiet time.

        Raises Refused, with the nearest other calls, if they do not come.
        """
        counts = _counts(expected)
        query = self._query(account_id, expected.q)
        place = self._place(account_id, expected.since)
        found: list[CallRecord] = []
        ends_at = time.perf_counter() + expected.within_ms / _SECOND_MS
        quiet_until: float | None = None
        while True:
            more, place = await asyncio.to_thread(self._matches, query, place)
            found += more
            now = time.perf_counter()
            if counts.max is not None and len(found) > counts.max:
                break
            if len(found) >= counts.min:
                if more or quiet_until is None:
                    quiet_until = now + expected.quiet_ms / _SECOND_MS
                # None expected: wait to the end, since a call may still come.
                if now >= (ends_at if counts.max == 0 else quiet_until):
                    return {"met": True, "calls": [shown(record) for record in found]}
            elif now >= ends_at:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        raise self._unmet(account_id, expected, counts, found)

    def _unmet(
        self, account_id: str, expected: Expected, counts: Counts, found: list[CallRecord]
    ) -> Refused:
        since = self._place(account_id, expected.since)
        everything = CallQuery(account_id=account_id, condition=EVERY_CALL)
        others, _ = self._matches(everything, since)
        ids = {record.call_id for record in found}
        nearest = [record for record in others if record.call_id not in ids][-_NEAREST_MAX:]
        asked = f"matching {expected.q}" if expected.q else "of any kind"
        came = ", ".join(record.call_id for record in found[:_NEAREST_MAX])
        message = (
            f"Expected {_in_words(counts)} {asked} within {expected.within_ms} ms; there "
            f"{'was' if len(found) == 1 else 'were'} {len(found)}{f': {came}' if came else ''}."
        )
        if not found and nearest:
            lines = [f"{r.method} {r.operation or r.path} {r.status_code}" for r in nearest]
            message += f" Other calls: {'; '.join(lines)}."
        return Refused(
            CONFLICT,
            "not_met",
            message,
            met=False,
            calls=[shown(record) for record in found],
            nearest=[shown(record) for record in nearest],
        )

    def _matches(self, query: CallQuery, place: str) -> tuple[list[CallRecord], str]:
        """Every match after *place*, and the place behind it."""
        found: list[CallRecord] = []
        while True:
            try:
                new: NewCalls = self.reader.since(query, place)
            except QueryError:
                fix = "Send reset, start, or a calls_from of an earlier answer."
                raise wrong("'since' is no place of the log.", at="since", fix=fix) from None
            found += new.calls
            place = new.place
            if not new.more:
                return found, place

    def _query(self, account_id: str, q: str) -> CallQuery:
        try:
            condition = condition_of(q, now_ms=self.clock.now_ms())
        except QueryError as error:
            raise wrong(str(error), at="q") from None
        return CallQuery(account_id=account_id, condition=condition, limit=_AT_ONCE)

    def _place(self, account_id: str, since: str) -> str:
        """The place that a test names: ``reset``, ``start``, or one of an earlier answer."""
        if since == "start":
            return self._start
        return self._resets.get(account_id, self._start) if since == "reset" else since


def _counts(expected: Expected) -> Counts:
    """Raises Refused."""
    counts = expected.count
    if isinstance(counts, int):
        counts = Counts(min=counts, max=counts)
    if counts.min < 0 or (counts.max is not None and counts.max < counts.min):
        raise wrong("'count' is a number, or min and max in order.", at="count")
    for name in ("within_ms", "quiet_ms"):
        check_wait(name, getattr(expected, name))
    return counts


def _in_words(counts: Counts) -> str:
    if counts.max == counts.min:
        return f"exactly {counts.min} call{'' if counts.min == 1 else 's'}"
    if counts.max is None:
        return f"at least {counts.min} call{'' if counts.min == 1 else 's'}"
    return f"{counts.min} to {counts.max} calls"


def shown(record: CallRecord) -> dict[str, Any]:
    """A call as the control interface prints it."""
    return {
        "call_id": record.call_id,
        "sequence": record.sequence,
        "started_at": format_ms(record.started_at_ms),
        "operation": record.operation,
        "method": record.method,
        "path": record.path,
        "query": record.query_string,
        "request_body": record.request_body,
        "status_code": record.status_code,
        "response_body": record.response_body,
        "outcome": record.outcome,
        "exception_type": record.exception_type,
        "exception_message": record.exception_message,
        "duration_ms": record.duration_ms,
        "fault": record.test_fault,
    }
