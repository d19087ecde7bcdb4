"""Counting calls that could not be recorded, and recording the count as soon as that works again.

A gap is a span of calls without records. It becomes a record of its own, so that the log never
looks complete when it is not: records + calls in gaps = calls served.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource
from leadwire.dates import format_ms
from leadwire.errors import RecordingError

OPERATION: Final = "Gap"
EXCEPTION_TYPE: Final = "CallsNotRecorded"
LOST_TYPE: Final = "CallsLost"

_log = logging.getLogger("leadwire.calls")


class Gap(msgspec.Struct):
    """The calls that are missing so far, and when the oldest and the newest began."""

    calls: int
    from_ms: int
    to_ms: int
    reason: str


class Gaps:
    """Counts the calls that one store did not record. For the event loop's thread.

    The count of an open gap is in memory only. If the process is killed then, no record counts
    these calls; the log line about the first of them remains.
    """

    def __init__(self, store: CallStore, *, clock: Clock, ids: IdSource) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._gap: Gap | None = None
        self._closing = asyncio.Lock()  # of concurrent calls, only one records the gap
        self.calls = 0
        """Calls in gaps since the start, the open one included."""
        self.closed = 0
        """Gaps that have their record."""

    @property
    def open(self) -> Gap | None:
        """The gap that calls fall into now; None while recording works."""
        return self._gap

    def add(self, record: CallRecord, reason: str) -> None:
        """Count a call whose record could not be kept."""
        self.calls += 1
        if self._gap is None:
            self._gap = Gap(0, record.started_at_ms, record.started_at_ms, reason)
            _log.error("calls cannot be recorded, from call %s on: %s", record.call_id, reason)
        self._gap.calls += 1
        # The clock may step back meanwhile, and calls end in another order than they began.
        self._gap.from_ms = min(self._gap.from_ms, record.started_at_ms)
        self._gap.to_ms = max(self._gap.to_ms, record.started_at_ms)

    async def close(self) -> bool:
        """Record the open gap. False when that still fails; True when no gap is open."""
        async with self._closing:
            return await self._close()

    async def _close(self) -> bool:
        gap = self._gap
        if gap is None:
            return True
        counted = gap.calls
        try:
            await self._store.append(self._record(gap))
        except RecordingError:
            return False
        # More calls may have been lost while the record was written: they open the next gap.
        left = gap.calls - counted
        self._gap = Gap(left, gap.to_ms, gap.to_ms, gap.reason) if left else None
        self.closed += 1
        _log.warning("calls are recorded again; %d are missing and counted in a gap", counted)
        return self._gap is None

    async def tell_of_lost(self, lost: tuple[int, int] | None) -> None:
        """Record the calls that a start did not find, given by their first and last number."""
        if lost is None:
            return
        first, last = lost
        now_ms = self._clock.now_ms()
        message = (
            f"{last - first + 1} call(s), numbers {first} to {last}, were recorded and are lost: "
            f"no file had them when leadwire started on {format_ms(now_ms)} UTC."
        )
        with suppress(RecordingError):  # the ledger also notes them
            await self._store.append(self._gap_record(now_ms, 0.0, LOST_TYPE, message))

    def _record(self, gap: Gap) -> CallRecord:
        return self._gap_record(
            gap.from_ms,
            float(gap.to_ms - gap.from_ms),
            EXCEPTION_TYPE,
            f"{gap.calls} call(s) from {format_ms(gap.from_ms)} to {format_ms(gap.to_ms)} UTC "
            f"could not be recorded: {gap.reason}",
        )

    def _gap_record(
        self, at_ms: int, duration_ms: float, exception_type: str, message: str
    ) -> CallRecord:
        return CallRecord(
            call_id=self._ids.call_id(self._clock.now_ms()),
            started_at_ms=at_ms,
            duration_ms=duration_ms,
            api_type=OPERATION,
            operation=OPERATION,
            method="",
            path="",
            status_code=0,
            outcome="gap",
            exception_type=exception_type,
            exception_message=message,
        )
