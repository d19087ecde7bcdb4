"""Ship calls from a node's durable store to the store of all nodes: at least once, in order.

The node's store is the queue. Recording and answering do not need the far store. The shipper reads
durable calls in order of sequence. It durably notes the batch, sends it, waits until the far store
has it, and durably notes the success. After a kill it continues at the note. So a batch can be sent
twice, with the same calls and the same name, and the far store keeps it once. No call is skipped.
While the far store is unreachable, the shipper keeps retrying one batch.
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
    """A node's durable calls, in order of sequence. For one thread at a time."""

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        """The calls after *sequence*, in order; at least one if any exists.

        At most *limit*, and fewer if their bodies are long. Returns only durable calls, and stops
        before a call with a lower sequence could still appear. Raises for an unreadable file. So a
        missing number is a call that was removed or is damaged for good.
        """
        ...

    def last_sequence(self) -> int:
        """The highest sequence of a durable call; 0 if there was none."""
        ...

    def oldest_day_after(self, sequence: int) -> int | None:
        """Midnight, in milliseconds, of the earliest day with a call after *sequence*."""
        ...


class CallSink(Protocol):
    """The far store. ``insert`` returns once the calls are durable there, or raises."""

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        """Insert *calls*. A repeated *token* has the same calls, and must not add them again."""
        ...


class ShipperLimits(NamedTuple):
    batch_calls_min: int = 1_000
    """Maximum of calls in a batch. A smaller batch waits for *batch_seconds_max*."""
    batch_calls_max: int = 5_000
    batch_seconds_max: float = 1.0
    poll_seconds: float = 0.25
    """Interval between looks for new calls."""
    backoff_seconds_first: float = 0.5
    backoff_seconds_max: float = 30.0


_LIMITS: Final = ShipperLimits()


class ShippingState(NamedTuple):
    """The progress of a shipper."""

    shipped_sequence: int
    calls_behind: int
    """Durable calls not yet noted as shipped, at the last look."""
    seconds_behind: float
    """The age of the oldest such call; 0 if there is none."""
    failures: int
    """Consecutive failed attempts."""
    calls_missing: int
    """Calls that were removed or damaged before shipping. Stays 0 unless files are removed by hand
    or a disk fails."""
    problem: str
    """Why the last attempt failed; empty after a success."""


class ShippedNote:
    """The file with this node's name and its shipping progress.

    ``sequence`` is the last shipped call, ``sending`` the last call of the batch in progress. The
    file is in the folder of the calls, so that both move together. Raises SetupError if it cannot
    be read, and OSError if it cannot be written.
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
        """Durably note that a batch up to *last* is in progress."""
        if last != self.sending:
            self._write(self.sequence, last)
            self.sending = last

    def advance(self, sequence: int) -> None:
        """Durably note that the calls up to *sequence* arrived."""
        self._write(sequence, sequence)
        self.sequence = self.sending = sequence

    def _write(self, sequence: int, sending: int) -> None:
        note = {"node": self.node, "sequence": sequence, "sending": sending}
        replace_file(self._path, json.dumps(note).encode())


def begin_new_node(path: Path, node: str) -> None:
    """Let a restored log ship as a new node. Raises OSError and ValueError.

    The original node may have shipped later calls, and this log reuses their numbers.
    """
    note = json.loads(path.read_bytes())
    replace_file(path, json.dumps({**note, "node": node}).encode())


class Shipper:
    """Takes, sends and notes batches step by step. For one thread; ``state`` is thread-safe.

    *jitter* returns numbers from 0 to 1, so that nodes do not retry in step. Raises SetupError if
    the note is ahead of the calls. It then belongs to another folder, and calls would be skipped.
    """

    def __init__(
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
        # Send calls from before the start at once.
        self._sent_at_ns = clock.elapsed_ns() - int(limits.batch_seconds_max * _NS_PER_SECOND)
        self._failures = 0
        self._missing = 0
        self._problem = ""
        self._behind_since_ms: int | None = None
        self._last = source.last_sequence()
        if self._last < note.sequence:
            raise SetupError(
                f"Calls up to {note.sequence} are noted as shipped, but there are only "
                f"{self._last}: the note belongs to another folder."
            )

    @property
    def shipped_sequence(self) -> int:
        """Every call up to this one is durable in the far store."""
        return self._note.sequence

    def step(self) -> float:
        """Take, send or note a batch. Returns the seconds until the next step.

        Does not raise for an unreachable store or a full disk. Returns the delay before the retry
        instead.
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
        """The start of the first day with unshipped calls; None if all are shipped."""
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
            # Every durable call was read, and none is left.
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
        # A previous process was killed while sending, so send the identical batch first.
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
        # The text of leadwire's errors is safe to show. For other errors only the kind is.
        self._problem = str(error) if isinstance(error, LeadwireError) else type(error).__name__
        if self._failures == 0:
            _log.warning("calls cannot be shipped, and wait here: %s", self._problem)
        doublings = min(self._failures, _DOUBLINGS_MAX)
        self._failures += 1
        # Calls are still recorded meanwhile, so update the lag.
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
        """Stop after the current step, and wait for that time at most.

        A longer step is abandoned, which is safe: an unnoted batch is sent again at the next start.
        """
        self._stopping.set()
        self._thread.join(seconds_max)

    def _run(self) -> None:
        while not self._stopping.wait(self._shipper.step()):
            pass


def _token(node: str, batch: Sequence[CallRecord]) -> str:
    """The token of exactly these calls.

    Sequences alone are reused after the loss of a folder, and the far store would then drop new
    calls.
    """
    digest = hashlib.blake2b(digest_size=16)
    for record in batch:
        digest.update(record.call_id.encode())
        digest.update(b"\0")
    return f"{node}:{batch[0].sequence}-{batch[-1].sequence}:{digest.hexdigest()}"
