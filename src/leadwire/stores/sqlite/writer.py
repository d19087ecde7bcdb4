"""The one thread that writes calls. It commits all waiting calls together.

::

    append ──► queue ──► the thread takes what waits ──► one transaction per day ──► fsync
      ▲                                                                                │
      └── future ◄── loop ◄── every future of the batch is completed by one call ◄─────┘

``append`` costs the event loop only a future and a queue entry. A call gets its sequence in the
commit, so a failed batch uses no number.

A *held* day was sealed by ``close_day``, and another thread rewrites its file. Its calls wait until
``release_day``. If the outcome of a commit is unknown, the writer *stops*: it refuses everything
until leadwire restarts.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Final, NamedTuple

from leadwire.calls.record import CallRecord
from leadwire.clock import Clock, IdSource
from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.errors import RecordingError, SetupError
from leadwire.stores.sqlite.background_sealing import BackgroundSealing
from leadwire.stores.sqlite.closing import close_day
from leadwire.stores.sqlite.commits import CommitInDoubt, transaction
from leadwire.stores.sqlite.damage import DAMAGE
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.end_mark import COMMIT_CALLS_MAX
from leadwire.stores.sqlite.erasing import finish_rewrite
from leadwire.stores.sqlite.hot import INSERT, hot_rows
from leadwire.stores.sqlite.ledger import Runs
from leadwire.stores.sqlite.manifest import is_closed, read_manifest, runs_of, sequences_in
from leadwire.stores.sqlite.open_days import Connect, OpenDays
from leadwire.stores.sqlite.proof import Proof
from leadwire.stores.sqlite.schema import last_sequence, open_writable

_FAULTS_OF_A_RECORD: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    TypeError,
    ValueError,
)
"""Raised before the commit, so the other calls of the batch can be retried."""

Appended = tuple[CallRecord, "asyncio.Future[None]"]
Task = Callable[[], None]


class WriterLimits(NamedTuple):
    batch_calls_max: int = COMMIT_CALLS_MAX
    """Maximum of calls in one commit."""
    waiting_calls_max: int = 20_000
    """Maximum of calls in the queue; more are refused."""


class Writer:
    """Writes every call. ``append`` is for the loop's thread. Other methods name their thread."""

    def __init__(
        self,
        folder: DayFolder,
        *,
        clock: Clock,
        ids: IdSource,
        limits: WriterLimits,
        on_stopped: Callable[[str], None],
        connect: Connect = open_writable,
    ) -> None:
        """Open the log, and finish the work of a killed process.

        Raises sqlite3.Error, OSError and SetupError.
        """
        self._folder = folder
        self._on_stopped = on_stopped
        self._limits = limits
        self._stopped = ""
        """Why nothing more is recorded until the next start; empty while all is well."""
        self._held_days: dict[str, Event] = {}
        self._late: list[Appended] = []
        """Calls of held days, which are written when those are released."""
        self._proof = Proof(folder, clock=clock, ids=ids)
        self._days = OpenDays(folder, self._proof, clock=clock, connect=connect)
        self._sequence = 0
        """The last that was given."""
        self._heads: dict[str, tuple[int, bytes]] = {}
        """For each day that is written: its last block that a commit brought to the disk."""
        self.lost: tuple[int, int] | None = None
        """The first and the last of the calls that this start did not find, if it missed any."""
        try:
            self._days.finish_removing()
            finish_rewrite(folder, self._proof)
            folder.remove_leftovers()
            self._open_every_day()
        except BaseException:
            self._days.close_all_but()
            self._proof.close()
            raise
        self._queue: SimpleQueue[Appended | Task | None] = SimpleQueue()
        self._sealing = BackgroundSealing(
            self._days, post=self._queue.put, failed=self._after_failure
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._closing = Lock()
        self._thread = Thread(target=self._run, name="leadwire-calls", daemon=True)
        self._thread.start()

    # For other threads.

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        """Completes once the record is durable. Raises RecordingError if it cannot be stored."""
        loop = self._loop
        if loop is None or loop.is_closed():
            loop = self._loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if self._closed:
            done.set_exception(RecordingError("The call store is closed."))
        elif self._queue.qsize() >= self._limits.waiting_calls_max:
            waiting = self._limits.waiting_calls_max
            done.set_exception(RecordingError(f"{waiting} calls already wait to be recorded."))
        else:
            self._queue.put((record, done))
        return done

    def run(self, task: Task) -> None:
        """Run *task* on the writer's thread, between two batches, and wait for it.

        Raises the errors of *task*, and RecordingError if the store is closed.
        """
        outcome: SimpleQueue[BaseException | None] = SimpleQueue()

        def reported() -> None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001  # raised again for the caller of run
                outcome.put(error)
            else:
                outcome.put(None)

        with self._closing:
            if self._closed:
                raise RecordingError("The call store is closed.")
            self._queue.put(reported)
        if (error := outcome.get()) is not None:
            raise error

    def release_day(self, day: str, error: BaseException | None = None) -> None:
        """Let a held day be written again. *error* is the exception of its rewrite."""
        held = self._held_days.get(day)

        def write_late_calls() -> None:
            self._held_days.pop(day, None)
            if isinstance(error, CommitInDoubt):
                self._stop(day, error)
            late, self._late = self._late, []
            self._write(late)

        self._queue.put(write_late_calls)
        if held is not None:
            held.set()

    def close(self) -> None:
        """Write the waiting calls, then end the thread.

        Call it on the loop's thread, or when no loop runs.
        """
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    # For the writer's thread, through ``run``.

    def remove_days(self, before_ms: int, *, forget: Callable[[str], None]) -> int:
        """Unlink the days that ended before. Returns their number.

        Calls *forget* with each day, so that readers close its file. Skips a held day until next
        time.
        """
        self._refuse_when_stopped()
        days = [day for day in self._folder.days_before(before_ms) if day not in self._held_days]
        # A day whose file was lost also reaches the end of its retention.
        there = self._folder.days()
        lost = [day for day in self._proof.ledger.days if day not in there]
        lost = [day for day in lost if parse_date(day) + DAY_MS <= before_ms]
        if days or lost:
            runs: Runs = []
            for day in days:
                runs += _runs_in(self._days.get(day).connection)
                self._days.close(day)
                self._heads.pop(day, None)
            self._proof.note_pruning([*days, *lost], runs)
            self._days.finish_removing()
        for day in days:
            forget(day)
        return len(days)

    def close_day(self, day: str) -> bool:
        """Seal the rest of a finished day and hold it. Returns False if nothing was to do."""
        self._refuse_when_stopped()
        if day in self._held_days:
            return False
        opened = self._days.get(day)
        try:
            closed = close_day(opened.connection, opened.sealer())
            if manifest := read_manifest(opened.connection):
                self._proof.note_closed(day, blocks=manifest.blocks, chain=manifest.chain)
        except BaseException as error:
            self._after_failure(day, error)
            raise
        self._heads.pop(day, None)
        self._days.close(day)
        if closed:
            self._held_days[day] = Event()
        return closed

    # The start.

    def _open_every_day(self) -> None:
        """Find the last sequence, note what is missing, and bring the end mark up to date."""
        self._heads.update(self._proof.heads)
        there = self._folder.days()
        last = self._proof.ledger.pruned_sequence
        for day in there:
            try:
                # Closing the day moves the log of a killed process into the file.
                last = max(last, last_sequence(self._days.get(day).connection))
                self._raise_head(day)
            except sqlite3.Error as error:
                raise SetupError(
                    f"The calls of {day} cannot be opened: {error}. 'leadwire calls verify' says "
                    f"what is wrong; without {self._folder.path(day)} the other days can be served."
                ) from error
            self._days.close_all_but()
        missing = [day for day in self._proof.ledger.days if day not in there]
        self.lost = self._proof.note_missing(missing, last)
        self._sequence = max(last, self._proof.sequence)
        self._proof.bring_up_to_date(self._sequence, self._heads)

    def _raise_head(self, day: str) -> None:
        """Add new blocks to the end mark.

        Never lowers the number: a file with fewer blocks than the mark has lost some.
        """
        head = self._days.get(day).sealer().head
        is_open = day in self._heads or not self._proof.ledger.days[day].is_closed
        if is_open and head[0] > self._heads.get(day, (0, b""))[0]:
            self._heads[day] = head

    # The thread.

    def _run(self) -> None:
        going = True
        while going:
            batch, after = self._drain()
            if batch:
                self._write(batch)
                self._sealing.step()
            if after is None:
                going = False
            elif callable(after):
                after()
        self._sealing.close()
        # Another thread still rewrites the file of a held day.
        for held in list(self._held_days.values()):
            held.wait()
        self._held_days.clear()
        self._write(self._late)
        self._days.close_all_but()
        self._proof.close()

    def _drain(self) -> tuple[list[Appended], "Task | bool | None"]:
        """Wait for work. Returns the waiting calls, and the queue entry after them.

        The entry is a task, None for the end, or False for nothing.
        """
        batch: list[Appended] = []
        entry = self._queue.get()
        with contextlib.suppress(Empty):
            while True:
                if not isinstance(entry, tuple):
                    return batch, entry
                batch.append(entry)
                if len(batch) >= self._limits.batch_calls_max:
                    break
                entry = self._queue.get_nowait()
        return batch, False

    # Writing.

    def _write(self, batch: list[Appended]) -> None:
        """Commit a batch, with a transaction for each day that it touches (two at midnight)."""
        for day, calls in _by_day(batch):
            if day in self._held_days:
                self._late += calls
            else:
                self._write_day(day, calls)

    def _write_day(self, day: str, calls: Sequence[Appended]) -> None:
        try:
            self._commit(day, [record for record, _ in calls])
        except Exception as error:  # noqa: BLE001  # the thread must go on, whatever it was
            self._after_failure(day, error)
            if len(calls) > 1 and isinstance(error, _FAULTS_OF_A_RECORD):
                # One refused record must not fail the others, so each is written separately.
                for call in calls:
                    self._write_day(day, [call])
            else:
                why = self._stopped or f"The call could not be recorded: {error}"
                self._complete(calls, RecordingError(why))
        else:
            self._complete(calls, None)

    def _commit(self, day: str, records: Sequence[CallRecord]) -> None:
        self._refuse_when_stopped()
        self._proof.catch_up()
        opened = self._days.get(day)
        if not opened.is_in_place:
            # Calls in a file without a name would be lost when the process ends.
            raise RecordingError(
                f"{opened.path} was removed or replaced while leadwire runs. Calls of "
                f"{day} are not recorded until it is there again, or leadwire is started again."
            )
        sealer = opened.sealer()
        with transaction(opened.connection):
            rows = hot_rows(records, self._sequence + 1, sealer.accounts, sealer.chain)
            opened.connection.executemany(INSERT, rows)
        self._sequence += len(records)
        if sealer.head[0]:
            self._heads[day] = sealer.head
        self._proof.advance(self._sequence, self._heads)
        sealer.count(rows)

    def _complete(self, calls: Iterable[Appended], error: RecordingError | None) -> None:
        futures = [future for _, future in calls]
        loop = futures[0].get_loop()
        # Raised by a closed loop. Then no caller waits for these futures.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, futures, error)

    # Failures.

    def _refuse_when_stopped(self) -> None:
        if self._stopped:
            raise RecordingError(self._stopped)

    def _after_failure(self, day: str, error: BaseException) -> None:
        opened = self._days.find(day)
        if opened is not None:
            opened.known = None  # reload the counts before the next commit
        if isinstance(error, CommitInDoubt):
            self._stop(day, error)
        elif opened is not None and opened.connection.in_transaction:
            # The rollback failed too. Only a new connection helps.
            self._days.close(day)

    def _stop(self, day: str, error: CommitInDoubt) -> None:
        if self._stopped:
            return
        self._stopped = (
            f"Writing the calls of {day} failed ({error}). The disk may or may not hold them, "
            "so nothing more is recorded until leadwire is started again."
        )
        self._on_stopped(self._stopped)


def _by_day(batch: Sequence[Appended]) -> list[tuple[str, Sequence[Appended]]]:
    """The calls by day, oldest day first, in their order."""
    instants = [record.started_at_ms for record, _ in batch]
    if not instants:
        return []
    if min(instants) // DAY_MS == max(instants) // DAY_MS:  # nearly always
        return [(day_of(instants[0]), batch)]
    days: dict[int, list[Appended]] = {}
    for at_ms, call in zip(instants, batch, strict=True):
        days.setdefault(at_ms // DAY_MS, []).append(call)
    return [(day_of(number * DAY_MS), calls) for number, calls in sorted(days.items())]


def _resolve(futures: Iterable["asyncio.Future[None]"], error: RecordingError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _runs_in(connection: sqlite3.Connection) -> Runs:
    """The sequences in a day, as runs. Skips a damaged part, so its calls stay missing."""
    sequences: list[int] = []
    with contextlib.suppress(*DAMAGE):
        if is_closed(connection) and (manifest := read_manifest(connection)):
            return manifest.sequences
        for sequence in sequences_in(connection, skip_damaged=True):
            sequences.append(sequence)  # noqa: PERF402  # those before a damaged part count
    return runs_of(sequences)
