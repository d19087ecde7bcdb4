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
from operator import attrgetter
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Final, TypeVar

from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.closing import close_day
from leadwire.calls.stores.sqlite.days import DayFolder, Pruned
from leadwire.calls.stores.sqlite.hot import INSERT, hot_rows
from leadwire.calls.stores.sqlite.manifest import (
    Runs,
    is_closed,
    joined_runs,
    read_manifest,
    runs_of,
    sequences_in,
)
from leadwire.calls.stores.sqlite.schema import last_sequence, open_writable
from leadwire.calls.stores.sqlite.seal import BlockToStore, GroupToStore, transaction
from leadwire.calls.stores.sqlite.sealer import Job, Sealer
from leadwire.clock import Clock
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import LeadwireError, RecordingError

_OPEN_DAYS_MAX: Final = 4

_FAULTS_OF_THE_DISK: Final = (sqlite3.OperationalError, OSError, LeadwireError)

_T = TypeVar("_T")
Appended = tuple[CallRecord, "asyncio.Future[None]"]
Task = Callable[[], None]
Connect = Callable[[Path], sqlite3.Connection]


class DayHeld(Exception):
    """A day cannot be written until *released*."""

    def __init__(self, released: Event) -> None:
        super().__init__()
        self.released = released


class Writer:
    """Owns every writing connection. ``append`` belongs to the loop's thread, the rest to any."""

    def __init__(
        self,
        days: DayFolder,
        *,
        clock: Clock,
        batch_calls_max: int,
        waiting_calls_max: int,
        connect: Connect = open_writable,
    ) -> None:
        self._days = days
        self._clock = clock
        self._batch_calls_max = batch_calls_max
        self._waiting_calls_max = waiting_calls_max
        self._connect = connect
        self._connections: dict[str, sqlite3.Connection] = {}
        self._sealers: dict[str, Sealer] = {}
        self._held_days: dict[str, Event] = {}
        self._late: list[Appended] = []
        """Calls of held days, which are written when those are released."""
        self._sequence = days.pruned().last_sequence
        for day in days.days():
            self._connection(day)
            self._close_all_but(())
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
        elif self._queue.qsize() >= self._waiting_calls_max:
            done.set_exception(
                RecordingError(f"{self._waiting_calls_max} calls already wait to be recorded.")
            )
        else:
            self._queue.put((record, done))
        return done

    def write(self, records: Sequence[CallRecord]) -> None:
        """Commit *records* as one batch a day; to be called on the writer's thread.

        Raises what the commit raises; a day that was committed before stays committed. Raises
        DayHeld, and has written nothing, while one of their days is being made compact.
        """
        days = _by_day(records, _started_at_ms)
        if held := [day for day, _ in days if day in self._held_days]:
            raise DayHeld(self._held_days[held[0]])
        for day, group in days:
            try:
                self._commit(day, group)
            except (sqlite3.Error, OSError, LeadwireError):
                self._disconnect(day)
                raise
        self._seal_now()

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
        days = [day for day in self._days.days_before(before_ms) if day not in self._held_days]
        if days:
            pruned = self._days.pruned()
            runs = list(pruned.sequences)
            for day in days:
                runs += _runs_in(self._connection(day))
            self._days.remember_pruned(
                Pruned(last_sequence=self._sequence, sequences=joined_runs(runs))
            )
        for day in days:
            self._disconnect(day)
            self._days.remove(day)
            forget(day)
        return len(days)

    def close_day(self, day: str) -> bool:
        """Seal the rest of a day that is over and let go of its file; False when it was closed.

        To be called on the writer's thread. Until ``release_day``, calls of that day wait, and
        only they.
        """
        if day in self._held_days:
            return False
        closed = close_day(self._connection(day), self._sealers[day])
        self._disconnect(day)
        if closed:
            self._held_days[day] = Event()
        return closed

    def release_day(self, day: str) -> None:
        """The file of a closed day may be written again. From any thread."""
        held = self._held_days.get(day)

        def write_late_calls() -> None:
            self._held_days.pop(day, None)
            late, self._late = self._late, []
            self._write(late)

        self._queue.put(write_late_calls)
        if held is not None:
            held.set()

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
        if self._late:
            for held in list(self._held_days.values()):
                held.wait()
            self._held_days.clear()
            self._write(self._late)
        self._close_all_but(())

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
                if len(batch) >= self._batch_calls_max:
                    break
                entry = self._queue.get_nowait()
        return batch, False

    def _write(self, batch: list[Appended]) -> None:
        """Commit a batch, a transaction per day that it touches (two at midnight)."""
        for day, group in _by_day(batch, _started_at_ms_of_appended):
            if day in self._held_days:
                self._late += group
            else:
                self._write_day(day, group)

    def _write_day(self, day: str, calls: Sequence[Appended]) -> None:
        try:
            self._commit(day, [record for record, _ in calls])
        except Exception as error:  # noqa: BLE001  # whatever it was, the thread must go on
            # A connection that failed is not trusted again: the next batch opens a new one.
            self._disconnect(day)
            if len(calls) > 1 and not isinstance(error, _FAULTS_OF_THE_DISK):
                for call in calls:  # one record that SQLite refuses must not fail the others
                    self._write_day(day, [call])
            else:
                self._complete(calls, RecordingError(f"The call could not be recorded: {error}"))
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
        except (sqlite3.Error, OSError, LeadwireError):
            self._disconnect(day)
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
            sealer.store(job, work.result())
        except (sqlite3.Error, OSError, LeadwireError):
            # The rows stay hot, where they are as safe, and are sealed another time.
            self._disconnect(day)
        else:
            self._start_job(day, sealer)

    def _seal_now(self) -> None:
        for day, sealer in list(self._sealers.items()):
            try:
                sealer.seal_full_blocks()
            except (sqlite3.Error, OSError, LeadwireError):
                self._disconnect(day)

    def _commit(self, day: str, records: Sequence[CallRecord]) -> None:
        connection = self._connection(day)
        sealer = self._sealers[day]
        with transaction(connection):
            rows = hot_rows(records, self._sequence + 1, sealer.accounts)
            connection.executemany(INSERT, rows)
        self._sequence += len(records)
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
            if len(self._connections) >= _OPEN_DAYS_MAX:
                now_ms = self._clock.now_ms()
                self._close_all_but((day_of(now_ms), day_of(now_ms - DAY_MS)))
            path = self._days.path(day)
            is_new = not path.exists()
            connection = self._connect(path)
            if is_new:
                self._days.sync()
            self._connections[day] = connection
            # A commit that failed may yet be found in the file: its numbers are taken.
            self._sequence = max(self._sequence, last_sequence(connection))
            self._sealers[day] = Sealer(connection)
        return connection

    def _close_all_but(self, kept: Sequence[str]) -> None:
        for day in [day for day in self._connections if day not in kept]:
            self._disconnect(day)

    def _disconnect(self, day: str) -> None:
        connection = self._connections.pop(day, None)
        self._sealers.pop(day, None)
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


_started_at_ms: Final = attrgetter("started_at_ms")


def _started_at_ms_of_appended(appended: Appended) -> int:
    return appended[0].started_at_ms


def _by_day(calls: Sequence[_T], instant: Callable[[_T], int]) -> list[tuple[str, Sequence[_T]]]:
    """*calls* by the day of their *instant*, the oldest day first, in the order they have."""
    instants = list(map(instant, calls))
    if not instants:
        return []
    if min(instants) // DAY_MS == max(instants) // DAY_MS:  # nearly always
        return [(day_of(instants[0]), calls)]
    days: dict[int, list[_T]] = {}
    for at_ms, one in zip(instants, calls, strict=True):
        days.setdefault(at_ms // DAY_MS, []).append(one)
    return [(day_of(number * DAY_MS), group) for number, group in sorted(days.items())]


def _resolve(futures: Iterable["asyncio.Future[None]"], error: RecordingError | None) -> None:
    for future in futures:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _runs_in(connection: sqlite3.Connection) -> Runs:
    manifest = read_manifest(connection) if is_closed(connection) else None
    return manifest.sequences if manifest else runs_of(sequences_in(connection))
