"""The recording of a proxy: begins, notes, closes and keeps each call, or says that it cannot.

The order that makes the log complete: a note before a request leaves; the record on the disk
before the last bytes of the answer leave; then the note goes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.parts import Parts
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource
from leadwire.errors import CallLogDamaged, LimitExceeded, RecordingError
from leadwire.explain.stages import ENDED_TYPE
from leadwire.operations import OTHER
from leadwire.proxy.callers import CALLER, Callers
from leadwire.proxy.closing import RecordRule, is_small, record_of
from leadwire.proxy.opened_notes import OpenedCall, OpenedNotes
from leadwire.proxy.requests import Reader
from leadwire.proxy.room import HeldBytes, Room
from leadwire.proxy.watched import Prefix, WatchedCall
from leadwire.proxy.watching import CallWatch, Ending, Refusal
from leadwire.recording.draft import Draft, Start
from leadwire.recording.gaps import Gaps
from leadwire.recording.metrics import CallMetrics
from leadwire.setting import RecordPolicy
from leadwire.wire.calls_per_address import CallsPerAddress

_ENDED: Final = (
    "The proxy ended while this call was under way. It was sent to the upstream and may have been "
    "carried out."
)
_BUSY_TYPE: Final = "ServerBusyException"
_RETRY_SECONDS: Final = 5
_LARGE_BYTES: Final = 16_384
"""Larger bodies, decoded, are redacted in a thread of their own: other calls go on meanwhile."""

_log = logging.getLogger("leadwire.proxy")


class Keepers(NamedTuple):
    """What keeps calls: their records, their counts, and their notes."""

    store: CallStore
    metrics: CallMetrics
    beyond_bound: Gaps
    """Counts calls of refused keys beyond the bound per address."""
    not_sent: Gaps
    """Counts calls that were refused, since they could not have been recorded."""
    notes: OpenedNotes


class ProxyRecording:
    """The recording of one proxy: see ``Recording``. For the event loop's thread."""

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        keepers: Keepers,
        *,
        rule: RecordRule,
        reader: Reader,
        callers: Callers,
        memory: HeldBytes,
        room: Room,
        policy: RecordPolicy,
        refused_per_address: CallsPerAddress,
        account_id: Callable[[], str],
        clock: Clock,
        ids: IdSource,
    ) -> None:
        self._keepers = keepers
        self._rule = rule
        self._room = room
        self._policy = policy
        self._refused_per_address = refused_per_address
        self._account_id = account_id
        self._ids = ids
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leadwire-redaction")
        self.reader = reader
        self.callers = callers
        self.memory = memory
        self.clock = clock
        self.metrics = ProxyMetrics(keepers.notes)

    def begin(self, peer: str) -> CallWatch | Refusal:
        """A call begins; with policy ``require`` it is refused while none can be recorded."""
        start = self._start()
        why_not = self._room.why_not()
        if why_not and self._policy == "require":
            self.metrics.not_sent += 1
            self._keepers.metrics.served += 1
            self._count(self._keepers.not_sent, start, f"they were not sent. {why_not}")
            message = f"The call was not sent, because it cannot be recorded. {why_not}"
            return Refusal(503, _BUSY_TYPE, message, start.call_id, _RETRY_SECONDS)
        self._keepers.metrics.served += 1
        return WatchedCall(self, start, peer)

    def prefix(self) -> Prefix:
        """What keeps the first bytes of one body."""
        return Prefix(self._rule.body_bytes_max, self.memory)

    def note(self, draft: Draft, caller: str, upstream: str) -> int | None:
        """Note that a call leaves, and return the note's slot; None if that failed."""
        parts = Parts(path=draft.path)
        clean, _ = self._rule.redaction.clean(
            parts, draft.keys, all_keys_go=not draft.keys.are_in_place
        )
        call = OpenedCall(
            call_id=draft.call_id,
            started_at_ms=draft.start.at_ms,
            account_id=self._account_id(),
            key_id=f"{CALLER}{caller}" if caller else "",
            api_type=draft.operation.api_type if draft.operation else OTHER,
            operation=draft.operation.name if draft.operation else "",
            method=draft.method,
            path=clean.path,
            upstream=upstream,
            client_address=draft.client_address,
        )
        try:
            return self._keepers.notes.write(call)
        except OSError as error:
            if not self.metrics.notes_failed:
                _log.error("calls are sent without a note on the disk: %s", error.strerror)
            self.metrics.notes_failed += 1
            return None

    def keep(self, call: WatchedCall, ending: Ending) -> None:
        """Tell *call* when its record is durable, or it is counted in a gap."""
        try:
            seen = call.seen(ending)
            make = partial(record_of, seen, self._rule, account_id=self._account_id())
            if not is_small(seen, _LARGE_BYTES):
                made = asyncio.get_running_loop().run_in_executor(self._thread, make)
                made.add_done_callback(partial(self._made, call))
                return
            record = make()
        except Exception as error:  # noqa: BLE001  # the answer must leave, whatever it was
            self._not_made(call, error)
        else:
            self._append(call, record)

    async def recover(self) -> int:
        """Record the calls that were under way when an earlier process ended; their number.

        A note whose record cannot be kept stays for the next start.
        """
        found = 0
        notes, store = self._keepers.notes, self._keepers.store
        for slot, call in notes.left:
            try:
                if await asyncio.to_thread(store.reader.get, call.call_id) is None:
                    await store.append(_unfinished(call))
                    found += 1
            except (CallLogDamaged, RecordingError) as error:
                _log.error("a call of an earlier start is not recorded yet: %s", error)
                continue
            notes.clear(slot)
        notes.left.clear()
        return found

    async def record_counted(self) -> None:
        """Record how many calls were only counted. Call it from time to time."""
        await self._keepers.beyond_bound.close()
        await self._keepers.not_sent.close()

    async def close(self) -> None:
        """Record what is still counted, and end the thread. Calls must have been closed."""
        await asyncio.sleep(0)  # for ``_after`` of the last calls
        await self.record_counted()
        self._thread.shutdown()
        self._keepers.notes.close()

    def _start(self) -> Start:
        now_ms = self.clock.now_ms()
        return Start(self._ids.call_id(now_ms), now_ms, self.clock.elapsed_ns())

    def _made(self, call: WatchedCall, made: "asyncio.Future[CallRecord]") -> None:
        try:
            record = made.result()
        except Exception as error:  # noqa: BLE001  # as in ``keep``
            self._not_made(call, error)
        else:
            self._append(call, record)

    def _not_made(self, call: WatchedCall, error: Exception) -> None:
        # An exception's text may hold a caller's data.
        kind = type(error).__name__
        _log.error("call %s could not be recorded: %s", call.call_id, kind)
        reason = f"The record could not be made: {kind}."
        self._count(self._keepers.metrics.gaps, call.start, reason)
        self._kept(call, None)

    def _append(self, call: WatchedCall, record: CallRecord) -> None:
        self.metrics.stages[record.stage] += 1
        if record.stage == "answered" and record.account_id:
            self.callers.remember(call.keys)  # also if the record cannot be stored
        if record.account_id or self._admits_refused(record):
            appended = self._keepers.store.append(record)
            appended.add_done_callback(partial(self._appended, call, record))
        else:
            self._kept(call, None)

    def _appended(
        self, call: WatchedCall, record: CallRecord, appended: "asyncio.Future[None]"
    ) -> None:
        error = appended.exception()
        if error is None:
            self._kept(call, record)
        else:
            self._keepers.metrics.gaps.add(record, str(error))
            self._kept(call, None)

    def _kept(self, call: WatchedCall, record: CallRecord | None) -> None:
        """Let the answer leave. *record* is durable; None: the call is only counted."""
        # The loop sends what is written now before it calls ``_after``.
        asyncio.get_running_loop().call_soon(self._after, call, record)
        call.kept()

    def _after(self, call: WatchedCall, record: CallRecord | None) -> None:
        """What the answer does not wait for."""
        if record is not None:
            self._keepers.metrics.observe(record)
        if call.note is not None:
            self._keepers.notes.clear(call.note)

    def _admits_refused(self, record: CallRecord) -> bool:
        """Whether one more refused call of its address has a record. The others are counted."""
        try:
            self._refused_per_address.count(record.client_address)
        except LimitExceeded as error:
            self._keepers.metrics.only_counted += 1
            self._keepers.beyond_bound.add(record, f"refused calls from one address; {error}")
            return False
        return True

    def _count(self, gaps: Gaps, start: Start, reason: str) -> None:
        if gaps is not self._keepers.metrics.gaps:
            self._keepers.metrics.only_counted += 1
        empty = CallRecord(
            call_id=start.call_id,
            started_at_ms=start.at_ms,
            duration_ms=0.0,
            method="",
            path="",
            status_code=0,
            outcome="aborted",
        )
        gaps.add(empty, reason)


class ProxyMetrics:
    """A Prometheus collector over the recording of a proxy."""

    def __init__(self, notes: OpenedNotes) -> None:
        self._notes = notes
        self.stages: Counter[str] = Counter()
        self.not_sent = 0
        """Calls that were not sent, because they could not be recorded."""
        self.notes_failed = 0

    def collect(self) -> Iterator[Metric]:
        stages = CounterMetricFamily(
            "leadwire_proxy_calls", "Proxied calls by how far they came.", labels=("stage",)
        )
        for stage, count in self.stages.items():
            stages.add_metric((stage,), count)
        yield stages
        yield GaugeMetricFamily(
            "leadwire_proxy_calls_sent",
            "Calls that left for the upstream and have no record yet.",
            value=self._notes.count,
        )
        for name, text, value in (
            ("not_sent", "Calls refused because they could not be recorded.", self.not_sent),
            ("not_noted", "Calls sent without a note on the disk.", self.notes_failed),
        ):
            yield CounterMetricFamily(f"leadwire_proxy_calls_{name}", text, value=value)


def _unfinished(call: OpenedCall) -> CallRecord:
    return CallRecord(
        call_id=call.call_id,
        started_at_ms=call.started_at_ms,
        duration_ms=0.0,
        vantage="proxy",
        account_id=call.account_id,
        key_id=call.key_id,
        api_type=call.api_type,
        operation=call.operation,
        method=call.method,
        path=call.path,
        status_code=0,
        outcome="aborted",
        exception_type=ENDED_TYPE,
        exception_message=_ENDED,
        client_address=call.client_address,
        upstream=call.upstream,
        stage="sent_unanswered",
    )
