"""Shipping calls from a node's durable store to the store of all nodes: at least once, in order.

The node's own store is the queue. A call is recorded and answered whether or not the far store
is there; the shipper reads what is durable here, in order of its sequence, notes durably what it
is about to send, sends it, waits until the far store has it, and notes durably that it has.
Killed anywhere, it goes on at the note: a batch can be sent twice, then with the same calls and
under the same name, so that the far store keeps it once; but no call is passed over. While the
far store is away the shipper lags and holds one batch, however long that takes.
"""

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Final, NamedTuple, Protocol

from leadwire.calls.record import CallRecord
from leadwire.clock import Clock
from leadwire.disk import replace_file
from leadwire.errors import LeadwireError, SetupError

_log = logging.getLogger("leadwire.calls")
_NS_PER_SECOND: Final = 1_000_000_000
_MS_PER_SECOND: Final = 1_000
_DOUBLINGS_MAX: Final = 30


class CallSource(Protocol):
    """A node's durable calls, in order of sequence. Used by one thread at a time."""

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        """The calls that follow *sequence*, in order: at least one if there is any.

        At most *limit*, and fewer when their bodies are long. Only durable calls, and never one
        behind which a call of a lower sequence may still appear. A file that cannot be read
        raises: a number that is left out belongs to a call that is no longer there, or whose
        bytes are damaged for good.
        """
        ...

    def last_sequence(self) -> int:
        """The highest sequence given to a call that is durable; 0 when there was none."""
        ...

    def oldest_day_after(self, sequence: int) -> int | None:
        """Midnight, in milliseconds, of the earliest day with a call beyond *sequence*."""
        ...


class CallSink(Protocol):
    """The far store. ``insert`` returns when the calls are durable there, and else raises."""

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        """The same *token* comes with the same calls only: sent again, it may add nothing."""
        ...


class ShipperLimits(NamedTuple):
    batch_calls_min: int = 1_000
    """So many are sent at once; fewer wait for *batch_seconds_max*."""
    batch_calls_max: int = 5_000
    batch_seconds_max: float = 1.0
    poll_seconds: float = 0.25
    """How often to look for calls when there are none."""
    backoff_seconds_first: float = 0.5
    backoff_seconds_max: float = 30.0


_LIMITS: Final = ShipperLimits()


class ShippingState(NamedTuple):
    """How far a shipper came."""

    shipped_sequence: int
    calls_behind: int
    """Calls that are durable here and not yet noted as shipped, when last looked."""
    seconds_behind: float
    """The age of the oldest such call; 0 without any."""
    failures: int
    """Attempts in a row that failed."""
    calls_missing: int
    """Calls that were gone or damaged before they were shipped. Stays 0 unless files are removed
    by hand or a disk fails."""
    problem: str
    """Why the last attempt failed; empty when it did not."""


class ShippedNote:
    """The file that says which node this is and how far its calls were shipped.

    ``sequence`` is the last call that arrived, ``sending`` the last of the batch that may be
    under way. Lies in the folder of the calls, so that it goes where they go. Raises SetupError
    when it cannot be read, and OSError when it cannot be written.
    """

    def __init__(self, path: Path, *, new_node: Callable[[], str]) -> None:
        self._path = path
        try:
            content = json.loads(path.read_bytes())
            self.node = str(content["node"])
            self.sequence, self.sending = int(content["sequence"]), int(content["sending"])
        except FileNotFoundError:
            self.node = new_node()
            self.sequence = self.sending = 0
            self._write(0, 0)
        except (ValueError, KeyError, TypeError):
            raise SetupError(f"{path.name} does not say how far calls were shipped.") from None

    def begin(self, last: int) -> None:
        """Remember durably that the calls up to *last* may be under way."""
        if last != self.sending:
            self._write(self.sequence, last)
            self.sending = last

    def advance(self, sequence: int) -> None:
        """Remember durably that the calls up to *sequence* arrived."""
        self._write(sequence, sequence)
        self.sequence = self.sending = sequence

    def _write(self, sequence: int, sending: int) -> None:
        note = {"node": self.node, "sequence": sequence, "sending": sending}
        replace_file(self._path, json.dumps(note).encode())


def begin_new_node(path: Path, node: str) -> None:
    """Let a restored log ship on as another node. Raises OSError and ValueError.

    The node that was backed up may have shipped later calls, whose numbers are given again now.
    """
    note = json.loads(path.read_bytes())
    replace_file(path, json.dumps({**note, "node": node}).encode())


class Shipper:
    """Takes, sends and notes batches, a step at a time. For one thread; ``state`` for any.

    *jitter* gives numbers from 0 to 1, so that nodes do not return all at once. Raises
    SetupError when the note is ahead of the calls: then it belongs to another folder, and going
    on would pass over calls.
    """

    def __init__(  # the composition root names every part
        self,
        source: CallSource,
        sink: CallSink,
        note: ShippedNote,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        limits: ShipperLimits = _LIMITS,
    ) -> None:
        self._source = source
        self._sink = sink
        self._note = note
        self._clock = clock
        self._jitter = jitter
        self._limits = limits
        self._batch: Sequence[CallRecord] = ()
        self._is_sent = False
        # What waited for this process to start goes at once.
        self._sent_at_ns = clock.elapsed_ns() - int(limits.batch_seconds_max * _NS_PER_SECOND)
        self._failures = 0
        self._missing = 0
        self._problem = ""
        self._behind_since_ms: int | None = None
        self._last = source.last_sequence()
        if self._last < note.sequence:
            raise SetupError(
                f"Calls up to {note.sequence} are noted as shipped, but there are only "
                f"{self._last}: the note is not of this folder."
            )

    @property
    def shipped_sequence(self) -> int:
        """Every call up to this one is durable in the far store."""
        return self._note.sequence

    def step(self) -> float:
        """Do the next thing: take a batch, send it, or note it. Seconds until there is another.

        Never raises for a store that is away or a disk that is full: it says how long to wait
        before the same thing is tried again.
        """
        try:
            if not self._batch:
                wait_seconds = self._take()
            elif not self._is_sent:
                wait_seconds = self._send()
            else:
                wait_seconds = self._finish()
        except Exception as error:  # noqa: BLE001  # whatever it was: the calls are kept here
            return self._failed(error)
        return wait_seconds

    def state(self) -> ShippingState:
        behind = max(self._last - self._note.sequence, 0)
        since_ms = self._behind_since_ms
        seconds = 0.0
        if behind and since_ms is not None:
            seconds = max(self._clock.now_ms() - since_ms, 0) / _MS_PER_SECOND
        return ShippingState(
            shipped_sequence=self._note.sequence,
            calls_behind=behind,
            seconds_behind=seconds,
            failures=self._failures,
            calls_missing=self._missing,
            problem=self._problem,
        )

    def kept_from_ms(self) -> int | None:
        """Days from this instant on hold calls that were not shipped; None when none does."""
        return self._source.oldest_day_after(self._note.sequence)

    def _take(self) -> float:
        self._last = self._source.last_sequence()
        behind = self._last - self._note.sequence
        if behind <= 0:
            self._behind_since_ms = None
            return self._limits.poll_seconds
        if self._behind_since_ms is None:
            self._behind_since_ms = self._clock.now_ms()
        rest_seconds = self._limits.batch_seconds_max - self._seconds_since_sent()
        if behind < self._limits.batch_calls_min and rest_seconds > 0:
            return min(rest_seconds, self._limits.poll_seconds)
        batch = self._next_batch()
        if not batch:
            # Every durable call up to the last was looked for, and none is left.
            self._note.advance(self._last)
            self._count_missing(behind)
            return 0.0
        self._note.begin(batch[-1].sequence)
        self._behind_since_ms = batch[0].started_at_ms
        self._batch, self._is_sent = batch, False
        return 0.0

    def _next_batch(self) -> Sequence[CallRecord]:
        done, sending = self._note.sequence, self._note.sending
        limit = self._limits.batch_calls_max
        if sending == done:
            return self._source.after(done, limit=limit)
        # A process before this one was killed while it sent: the very same batch first.
        batch = self._source.after(done, limit=min(limit, sending - done))
        return [record for record in batch if record.sequence <= sending] or batch

    def _send(self) -> float:
        batch = self._batch
        self._sink.insert(batch, node=self._note.node, token=_token(self._note.node, batch))
        self._is_sent = True
        self._sent_at_ns = self._clock.elapsed_ns()
        return 0.0

    def _finish(self) -> float:
        first, last = self._note.sequence + 1, self._batch[-1].sequence
        self._note.advance(last)
        self._count_missing(last - first + 1 - len(self._batch))
        self._batch = ()
        if self._failures:
            _log.info("calls are shipped again, up to %d", last)
        self._failures, self._problem = 0, ""
        return 0.0

    def _failed(self, error: Exception) -> float:
        # Text of our own errors is safe to show; of another's only the kind is.
        self._problem = str(error) if isinstance(error, LeadwireError) else type(error).__name__
        if self._failures == 0:
            _log.warning("calls cannot be shipped, and wait here: %s", self._problem)
        doublings = min(self._failures, _DOUBLINGS_MAX)
        self._failures += 1
        # Calls go on being recorded meanwhile, and the lag must say so.
        with contextlib.suppress(Exception):
            self._last = self._source.last_sequence()
        limits = self._limits
        longest = min(limits.backoff_seconds_first * (1 << doublings), limits.backoff_seconds_max)
        return longest * (1 + self._jitter()) / 2

    def _count_missing(self, calls: int) -> None:
        if calls > 0:
            self._missing += calls
            _log.error("%d calls were gone or damaged before they were shipped", calls)

    def _seconds_since_sent(self) -> float:
        return (self._clock.elapsed_ns() - self._sent_at_ns) / _NS_PER_SECOND


class ShipperThread:
    """Runs a shipper until it is stopped."""

    def __init__(self, shipper: Shipper) -> None:
        self._shipper = shipper
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="leadwire-shipper", daemon=True)
        self._thread.start()

    def stop(self, *, seconds_max: float) -> None:
        """End after the step under way, and wait for it so long.

        One that takes longer is left behind, and harms nothing: what it sends and cannot note is
        sent again at the next start.
        """
        self._stopping.set()
        self._thread.join(seconds_max)

    def _run(self) -> None:
        while not self._stopping.wait(self._shipper.step()):
            pass


def _token(node: str, batch: Sequence[CallRecord]) -> str:
    """The name of exactly these calls.

    Numbers alone could name others after a folder was lost, and the far store would drop those.
    """
    digest = hashlib.blake2b(digest_size=16)
    for record in batch:
        digest.update(record.call_id.encode())
        digest.update(b"\0")
    return f"{node}:{batch[0].sequence}-{batch[-1].sequence}:{digest.hexdigest()}"
