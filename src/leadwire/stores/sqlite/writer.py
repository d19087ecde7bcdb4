"""Group commit: one thread, one connection per day file, one transaction for all that waits.

``append`` costs the event loop a future and a queue entry. The thread takes whatever has
gathered, commits it with ``synchronous=FULL`` and completes all of its futures with one call into
the loop. A sequence is given at commit, so a batch that failed has used none.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from leadwire.calls.record import CallRecord
from leadwire.clock import Clock, IdSource
from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.errors import LeadwireError, RecordingError, SetupError
from leadwire.stores.sqlite.closing import close_day
from leadwire.stores.sqlite.commits import CommitInDoubt, transaction
from leadwire.stores.sqlite.damage import DAMAGE
from leadwire.stores.sqlite.days import DayFolder, file_number
from leadwire.stores.sqlite.end_mark import COMMIT_CALLS_MAX
from leadwire.stores.sqlite.erasing import finish_rewrite
from leadwire.stores.sqlite.hot import INSERT, hot_rows
from leadwire.stores.sqlite.ledger import Runs
from leadwire.stores.sqlite.manifest import (
    is_closed,
    read_manifest,
    runs_of,
    sequences_in,
)
from leadwire.stores.sqlite.proof import Proof
from leadwire.stores.sqlite.schema import flush_log, last_sequence, open_writable
from leadwire.stores.sqlite.sealer import Job, Sealer

if TYPE_CHECKING:
    from leadwire.stores.sqlite.seal import BlockToStore, GroupToStore

_OPEN_DAYS_MAX: Final = 4

_FAULTS_OF_A_RECORD: Final = (
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    TypeError,
    ValueError,
)
"""Raised before anything is committed, so the calls beside it may be tried again."""

Appended = tuple[CallRecord, "asyncio.Future[None]"]
Task = Callable[[], None]
Connect = Callable[[Path], sqlite3.Connection]


class WriterLimits(NamedTuple):
    batch_calls_max: int = COMMIT_CALLS_MAX
    """Calls of one commit."""
    waiting_calls_max: int = 20_000


class Writer:
    """Owns every writing connection. ``append`` belongs to the loop's thread, the rest to any."""

    def __init__(
        self,
        days: DayFolder,
        *,
        clock: Clock,
        ids: IdSource,
        limits: WriterLimits,
        on_stopped: Callable[[str], None],
        connect: Connect = open_writable,
    ) -> None:
        self._days = days
        self._clock = clock
        self._on_stopped = on_stopped
        self._limits = limits
        self._connect = connect
        self._connections: dict[str, sqlite3.Connection] = {}
        self._sealers: dict[str, Sealer] = {}
        self._held_days: dict[str, Event] = {}
        self._files: dict[str, tuple[str, int | None]] = {}
        """The path of each open day, and its ``file_number``."""
        self._late: list[Appended] = []
        """Calls of held days, which are written when those are released."""
        self._stopped = ""
        """Why nothing more is recorded until the next start; empty while all is well."""
        self._proof = Proof(days, clock=clock, ids=ids)
        self._sequence = 0
        self.lost: tuple[int, int] | None = None
        """The first and the last of the calls that this start did not find."""
        self._heads: dict[str, tuple[int, bytes]] = {}
        """Of each day that is written, as its last commit brought it to the disk."""
        try:
            self._finish_removing()
            finish_rewrite(days, self._proof)
            self._days.remove_leftovers()
            self._open_every_day()
        except BaseException:
            self._close_all_but(())
            self._proof.close()
            raise
        self._queue: SimpleQueue[Appended | Task | None] = SimpleQueue()
        self._packer = ThreadPoolExecutor(1, thread_name_prefix="leadwire-seal")
        self._results: dict[Job, Future[BlockToStore | GroupToStore]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._closing = Lock()
        self._thread = Thread(target=self._run, name="leadwire-calls", daemon=True)
        self._thread.start()

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        loop = self._loop
        if loop is None or loop.is_closed():
            loop = self._loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if self._closed:
            done.set_exception(RecordingError("The call store is closed."))
        elif self._queue.qsize() >= self._limits.waiting_calls_max:
            done.set_exception(
                RecordingError(
                    f"{self._limits.waiting_calls_max} calls already wait to be recorded."
                )
            )
        else:
            self._queue.put((record, done))
        return done

    def run(self, task: Task) -> None:
        """Do *task* on the writer's thread, between two batches, and wait for its end.

        Raises what *task* raises, and RecordingError when the store is closed.
        """
        outcome: SimpleQueue[BaseException | None] = SimpleQueue()

        def reported() -> None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
                outcome.put(error)
            else:
                outcome.put(None)

        with self._closing:
            if self._closed:
                raise RecordingError("The call store is closed.")
            self._queue.put(reported)
        if (error := outcome.get()) is not None:
            raise error

    def close(self) -> None:
        """Write what waits, then end the thread. On the loop's thread, or when no loop runs."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def remove_days(self, before_ms: int, *, forget: Callable[[str], None]) -> int:
        """Unlink the days that ended before; to be called on the writer's thread.

        A day that is being made compact is left for the next time.
        """
        self._refuse_when_stopped()
        days = [day for day in self._days.days_before(before_ms) if day not in self._held_days]
        # A day whose file was lost is as much past retention as the others.
        there = self._days.days()
        lost = [day for day in self._proof.ledger.days if day not in there]
        lost = [day for day in lost if parse_date(day) + DAY_MS <= before_ms]
        if days or lost:
            runs: Runs = []
            for day in days:
                runs += _runs_in(self._connection(day))
                self._disconnect(day)
                self._heads.pop(day, None)
            self._proof.note_pruning([*days, *lost], runs)
            self._finish_removing()
        for day in days:
            forget(day)
        return len(days)

    def close_day(self, day: str) -> bool:
        """Seal the rest of a day that is over and let go of its file; False when it was done.

        To be called on the writer's thread. Until ``release_day``, calls of that day wait, and
        only they.
        """
        self._refuse_when_stopped()
        if day in self._held_days:
            return False
        connection = self._connection(day)
        try:
            closed = close_day(connection, self._sealers[day])
            if manifest := read_manifest(connection):
                self._proof.note_closed(day, blocks=manifest.blocks, chain=manifest.chain)
        except BaseException as error:
            self._after_failure(day, error)
            raise
        self._heads.pop(day, None)
        self._disconnect(day)
        if closed:
            self._held_days[day] = Event()
        return closed

    def release_day(self, day: str, error: BaseException | None = None) -> None:
        """The file of a closed day may be written again. From any thread.

        *error* is what making it compact raised.
        """
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

    def _open_every_day(self) -> None:
        """Find the last sequence, note what is missing, and bring the end mark up to date.

        What a killed process left in a log moves into its file.
        """
        self._heads.update(self._proof.heads)
        there = self._days.days()
        last = self._proof.ledger.pruned_sequence
        for day in there:
            try:
                last = max(last, last_sequence(self._connection(day)))
                self._raise_head(day)
            except sqlite3.Error as error:
                raise SetupError(
                    f"The calls of {day} cannot be opened: {error}. 'leadwire calls verify' says "
                    f"what is wrong; without {self._days.path(day)} the other days can be served."
                ) from error
            self._close_all_but(())
        missing = [day for day in self._proof.ledger.days if day not in there]
        self.lost = self._proof.note_missing(missing, last)
        self._sequence = max(last, self._proof.sequence)
        self._proof.bring_up_to_date(self._sequence, self._heads)

    def _raise_head(self, day: str) -> None:
        """Blocks behind the mark count from now on; a file that has fewer is not believed."""
        head = self._sealers[day].head
        is_open = day in self._heads or not self._proof.ledger.days[day].is_closed
        if is_open and head[0] > self._heads.get(day, (0, b""))[0]:
            self._heads[day] = head

    def _finish_removing(self) -> None:
        """Unlink the days that are noted as pruned: none is written to before that is done."""
        days = self._proof.ledger.to_remove
        if not days:
            return
        self._days.sync()  # the ledger's name first: without it, these days would be missing
        for day in days:
            self._days.remove(day)
        self._days.sync()
        self._proof.note_pruned()

    def _run(self) -> None:
        going = True
        while going:
            batch, after = self._drain()
            if batch:
                self._write(batch)
                self._seal_in_background()
            if after is None:
                going = False
            elif callable(after):
                after()
        self._packer.shutdown()
        for held in list(self._held_days.values()):
            held.wait()  # a day that is made compact is written to until then
        self._held_days.clear()
        self._write(self._late)
        self._close_all_but(())
        self._proof.close()

    def _drain(self) -> tuple[list[Appended], "Task | bool | None"]:
        """Wait for work; the calls that gathered, and what stands in the queue behind them.

        The second is a task, None for the end, or False for nothing.
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

    def _write(self, batch: list[Appended]) -> None:
        """Commit a batch, a transaction per day that it touches (two at midnight)."""
        for day, group in _by_day(batch):
            if day in self._held_days:
                self._late += group
            else:
                self._write_day(day, group)

    def _write_day(self, day: str, calls: Sequence[Appended]) -> None:
        try:
            self._commit(day, [record for record, _ in calls])
        except Exception as error:  # noqa: BLE001  # whatever it was, the thread must go on
            self._after_failure(day, error)
            if len(calls) > 1 and isinstance(error, _FAULTS_OF_A_RECORD):
                for call in calls:  # one record that SQLite refuses must not fail the others
                    self._write_day(day, [call])
            else:
                why = self._stopped or f"The call could not be recorded: {error}"
                self._complete(calls, RecordingError(why))
        else:
            self._complete(calls, None)

    def _seal_in_background(self) -> None:
        """After the calls were acknowledged; the work is done by another thread."""
        for day, sealer in list(self._sealers.items()):
            if sealer.job is None:
                self._start_job(day, sealer)
            while sealer.is_behind and (job := sealer.job) and self._sealers.get(day) is sealer:
                # So that hot rows do not pile up: recording goes at the pace of sealing.
                self._finish_job(day, sealer, job)

    def _start_job(self, day: str, sealer: Sealer) -> None:
        try:
            job = sealer.next_job()
        except (sqlite3.Error, OSError, LeadwireError) as error:
            self._after_failure(day, error)
            return
        if job is not None:
            work = self._results[job] = self._packer.submit(job.work)
            work.add_done_callback(
                lambda _: self._queue.put(lambda: self._finish_job(day, sealer, job))
            )

    def _finish_job(self, day: str, sealer: Sealer, job: Job) -> None:
        """Store the result of *job*, unless that was done or something else came before it."""
        work = self._results.pop(job, None)
        if work is None or sealer.job is not job or self._sealers.get(day) is not sealer:
            return
        try:
            result = work.result()
        except DAMAGE:
            sealer.set_aside(job)
            self._start_job(day, sealer)
            return
        try:
            sealer.store(job, result)
        except (sqlite3.Error, OSError, LeadwireError) as error:
            # The rows stay hot, where they are as safe, and are sealed another time.
            self._after_failure(day, error)
        else:
            self._start_job(day, sealer)

    def _commit(self, day: str, records: Sequence[CallRecord]) -> None:
        self._refuse_when_stopped()
        self._proof.catch_up()
        connection = self._connection(day)
        path, number = self._files[day]
        if file_number(path) != number:
            raise RecordingError(
                f"{path} was removed or replaced while leadwire runs. Calls of "
                f"{day} are not recorded until it is there again, or leadwire is started again."
            )
        sealer = self._sealers[day]
        with transaction(connection):
            rows = hot_rows(records, self._sequence + 1, sealer.accounts, sealer.chain)
            connection.executemany(INSERT, rows)
        self._sequence += len(records)
        if sealer.head[0]:
            self._heads[day] = sealer.head
        self._proof.advance(self._sequence, self._heads)
        sealer.count(rows)

    def _complete(self, calls: Iterable[Appended], error: RecordingError | None) -> None:
        futures = [future for _, future in calls]
        loop = futures[0].get_loop()
        # A loop that is closed has nobody left who waits for an answer.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, futures, error)

    def _connection(self, day: str) -> sqlite3.Connection:
        connection = self._connections.get(day)
        if connection is None:
            return self._open(day)
        if day not in self._sealers:
            self._sealers[day] = Sealer(connection, self._proof.chain.of_day(day))
        return connection

    def _open(self, day: str) -> sqlite3.Connection:
        if len(self._connections) >= _OPEN_DAYS_MAX:
            now_ms = self._clock.now_ms()
            self._close_all_but((day_of(now_ms), day_of(now_ms - DAY_MS)))
        if day in self._proof.ledger.to_remove:
            self._finish_removing()
        path = self._days.path(day)
        flush_log(path)
        connection = self._connect(path)
        try:
            self._days.sync()  # a call is durable only in a file whose name is
            self._note_day(day, connection)
            self._sealers[day] = Sealer(connection, self._proof.chain.of_day(day))
            self._files[day] = str(path), file_number(path)
        except BaseException:
            self._sealers.pop(day, None)
            connection.close()
            raise
        self._connections[day] = connection
        return connection

    def _note_day(self, day: str, connection: sqlite3.Connection) -> None:
        """The ledger knows a day before it has calls. Raises SetupError for one with calls."""
        if day in self._proof.ledger.days:
            return
        if last_sequence(connection):
            raise SetupError(
                f"{self._days.path(day)} does not belong to this log: the ledger knows no such "
                "day. It was renamed, or comes from another log: move it away."
            )
        self._proof.note_day(day)

    def _refuse_when_stopped(self) -> None:
        if self._stopped:
            raise RecordingError(self._stopped)

    def _after_failure(self, day: str, error: BaseException) -> None:
        """What is known of the file is forgotten. After a commit in doubt, nothing is written."""
        self._sealers.pop(day, None)
        if isinstance(error, CommitInDoubt):
            self._stop(day, error)
            return
        connection = self._connections.get(day)
        if connection is not None and connection.in_transaction:
            self._disconnect(day)

    def _stop(self, day: str, error: CommitInDoubt) -> None:
        if self._stopped:
            return
        self._stopped = (
            f"The disk did not take the calls of {day} ({error}). It is not known what it has of "
            "them, so nothing more is recorded until leadwire is started again."
        )
        self._on_stopped(self._stopped)

    def _close_all_but(self, kept: Sequence[str]) -> None:
        for day in [day for day in self._connections if day not in kept]:
            self._disconnect(day)

    def _disconnect(self, day: str) -> None:
        connection = self._connections.pop(day, None)
        self._sealers.pop(day, None)
        self._files.pop(day, None)
        if connection is None:
            return
        # Closing moves what is in the log into the file: all of it must be on the disk by then.
        with contextlib.suppress(OSError):
            flush_log(self._days.path(day))
        with contextlib.suppress(sqlite3.Error):
            connection.close()


def _by_day(batch: Sequence[Appended]) -> list[tuple[str, Sequence[Appended]]]:
    """The calls by the day they started, the oldest day first, in the order they have."""
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
    """What a damaged day cannot tell is left out, and stays missing: it is dropped all the same."""
    sequences: list[int] = []
    with contextlib.suppress(*DAMAGE):
        if is_closed(connection) and (manifest := read_manifest(connection)):
            return manifest.sequences
        for sequence in sequences_in(connection, skip_damaged=True):
            sequences.append(sequence)  # noqa: PERF402  # kept when the next cannot be read
    return runs_of(sequences)
