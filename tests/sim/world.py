"""A store that lives and dies on a ``Disk``, by one seed, and what must be true after each death.

A life is some dozens of steps: calls arrive, days end, are closed and pruned, the clock jumps,
the disk fails for a while. It ends when the process is killed, or the power goes, at some
event on the disk. What is then on the disk is looked at as a reader would, opened as a server
would, and lived on.
"""

import asyncio
import random  # noqa: TID251  # a replayable simulation
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from sim.disk import BAD_FLUSHES, FAULTS, Disk
from stores.builders import NOON_MS, FixedClock, call, every, wait_for_sealing

from leadwire.calls.language import phrase
from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import CallLogDamaged, LeadwireError, RecordingError
from leadwire.stores.sqlite import (
    SqliteCallReader,
    SqliteCallStore,
    schema,
    seal,
    sealer,
    verify,
)
from leadwire.stores.sqlite.writer import Appended, Writer

HOUR_MS: Final = 3_600_000
CALLS_PER_BLOCK: Final = 8
BLOCKS_PER_GROUP: Final = 3
_RETENTION_DAYS: Final = 2
_STEPS_PER_LIFE: Final = 14
_LARGE_BYTES: Final = 10_000_000
_FAULT_EVENTS_MAX: Final = 12


class SameThread(Executor):
    """Makes blocks at once: when a thread of its own would have is no matter of the seed."""

    def submit(self, task: Callable[[], Any], /) -> "Future[Any]":  # type: ignore[override]
        done: Future[Any] = Future()
        try:
            done.set_result(task())
        except Exception as error:  # noqa: BLE001  # as an executor does
            done.set_exception(error)
        return done


class Ledger:
    """What the callers know."""

    def __init__(self) -> None:
        self.offered: dict[str, CallRecord] = {}
        self.answered: set[str] = set()
        self.doomed: set[str] = set()
        """Calls of days that a prune was asked to drop: there or not."""
        self.sequences: dict[str, int] = {}
        """As they were seen: a call keeps its number."""


class World:
    """One seed's history. ``live`` raises AssertionError when a promise is broken."""

    def __init__(self, folder: Path, seed: int, *, large_calls: bool = False) -> None:
        self._folder = folder
        self._chance = random.Random(seed)  # noqa: S311
        self._large_calls = large_calls
        self._images = 0
        self._ledger = Ledger()
        self._clock = FixedClock()
        self._late_until_ms = 0
        self.counts: Counter[str] = Counter()
        self.trace: list[str] = []

    def live(self, *, lives: int) -> None:
        current = self._new_folder()
        current.mkdir()
        for _ in range(lives):
            life = Life(current, self._ledger, self._clock, self._chance, self.counts)
            life.live(large_calls=self._large_calls)
            self.trace += life.disk.trace
            following = self._new_folder()
            if life.disk.is_dead and self._chance.random() < 0.5:
                self.counts["power losses"] += 1
                life.disk.image_after_power_loss(following)
            else:
                self.counts["kills"] += life.disk.is_dead
                life.disk.image_after_kill(following)
            shutil.rmtree(current)
            self._clock.at_ms = max(self._clock.at_ms, NOON_MS)
            check_as_found(following, self._ledger)
            check_when_opened(following, self._ledger, self._clock)
            current = following

    def _new_folder(self) -> Path:
        self._images += 1
        return self._folder / f"life-{self._images}"


class Life:
    """From one start of the process to its end, whichever it is."""

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        clock: FixedClock,
        chance: random.Random,
        counts: "Counter[str]",
    ) -> None:
        self.disk = Disk(folder, chance=chance)
        self._folder = folder
        self._ledger = ledger
        self._clock = clock
        self._chance = chance
        self._counts = counts
        self._store: SqliteCallStore | None = None
        self._large_calls = False
        self._interrupted: Callable[[], None] | None = None
        self._interrupt_at = 0
        self._interrupted_now = False
        self._fault_until = 0
        self._death_at = 0
        self._broken: AssertionError | None = None

    def live(self, *, large_calls: bool) -> None:
        self._large_calls = large_calls
        self._death_at = self._chance.choice((0, self._chance.randrange(1, 900)))
        self.disk.at_event = self._at_event
        steps: list[tuple[Callable[[], None], int]] = [
            (self._append, 14),
            (self._append_at_one_instant, 1),
            (self._close_days, 4),
            (self._prune, 2),
            (self._start_again, 2),
            (self._move_clock, 6),
            (self._break_disk, 2),
            (self._fail_to_flush, 3),
            (self._read, 2),
        ]
        names, weights = zip(*steps, strict=True)
        with self.disk.mounted():
            try:
                for _ in range(_STEPS_PER_LIFE):
                    if self._opened() and not self.disk.is_dead:
                        self._chance.choices(names, weights)[0]()
                    if self.disk.is_dead:
                        break
            finally:
                self._shut()
        if self._broken:
            raise self._broken

    def _opened(self) -> bool:
        if self._store is not None and self._store._writer._stopped:
            self._counts["stops"] += 1
            self._shut()  # as the process does
        if self._store is None:
            with self._excused():
                self._store = SqliteCallStore(self._folder, clock=self._clock)
            if self._store is None:
                self.disk.fault = None
                return False
            self._store._writer._sealing._packer.shutdown()
            self._store._writer._sealing._packer = SameThread()  # type: ignore[assignment]
            self._note_answers(self._store._writer)
        return True

    def _note_answers(self, writer: Writer) -> None:
        """At the moment they are given: the process may die while the answer is on its way."""
        complete = writer._complete

        def noted(calls: Iterable[Appended], error: RecordingError | None) -> None:
            given = list(calls)
            if error is None:
                self._answer([record for record, _ in given])
            complete(given, error)

        writer._complete = noted  # type: ignore[method-assign]

    def _shut(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _at_event(self, number: int) -> None:
        if number == self._death_at:
            self.disk.die()
        if self.disk.fault and number >= self._fault_until:
            self.disk.fault = None
        if self._interrupted and number == self._interrupt_at:
            step, self._interrupted = self._interrupted, None
            self._interrupted_now = True
            try:
                step()
            except AssertionError as error:  # C would not let it through
                self._broken = error
                self.disk.die()
            self._interrupted_now = False

    # The steps.

    def _append(self, records: list[CallRecord] | None = None) -> None:
        assert self._store is not None
        store, calls = self._store, records or self._new_calls(self._chance.randrange(1, 30))

        async def main() -> None:
            all_there = threading.Event()
            store._writer._queue.put(all_there.wait)  # how many share a commit is the seed's, too
            futures = [store.append(record) for record in calls]
            all_there.set()
            results = await asyncio.gather(*futures, return_exceptions=True)
            self._counts["failed calls"] += sum(result is not None for result in results)

        asyncio.run(main())
        wait_for_sealing(store)

    def _append_at_one_instant(self) -> None:
        at_ms = self._clock.at_ms
        self._append([self._new_call(at_ms) for _ in range(200)])

    def _close_days(self) -> None:
        """Meanwhile calls of today arrive, and a reader looks."""
        assert self._store is not None

        def interrupt() -> None:
            self._counts["steps within steps"] += 1
            if threading.current_thread() is threading.main_thread():
                self._append()  # else it is the writer's own thread that was interrupted
            self._read()

        self._interrupted = interrupt if self._chance.random() < 0.7 else None
        self._interrupt_at = self.disk.events + self._chance.randrange(1, 60)
        with self._excused():
            self._counts["days closed"] += self._store.close_days()
        self._interrupted = None
        wait_for_sealing(self._store)

    def _prune(self) -> None:
        assert self._store is not None
        before_ms = self._clock.at_ms - _RETENTION_DAYS * DAY_MS
        first_kept = day_of(before_ms)
        self._ledger.doomed |= {
            call_id
            for call_id, record in self._ledger.offered.items()
            if day_of(record.started_at_ms) < first_kept
        }
        with self._excused():
            self._counts["days pruned"] += self._store.prune(before_ms=before_ms)

    def _start_again(self) -> None:
        self._shut()

    def _move_clock(self) -> None:
        hours = self._chance.choice((1, 5, 5, 11, 23, 30, -1, -13, -25))
        self._clock.at_ms += hours * HOUR_MS + self._chance.randrange(HOUR_MS)

    def _break_disk(self) -> None:
        self.disk.fault = self._chance.choice(FAULTS)
        self._fault_until = self.disk.events + self._chance.randrange(1, _FAULT_EVENTS_MAX)
        self._counts["faults"] += 1

    def _fail_to_flush(self) -> None:
        """Where it hurts: in calls of two days, and not long before the end."""
        if self._chance.random() < 0.5:
            self._clock.at_ms += DAY_MS - self._clock.at_ms % DAY_MS + HOUR_MS // 4
        self._append()
        self.disk.fault = BAD_FLUSHES
        self._fault_until = self.disk.events + self._chance.randrange(2, _FAULT_EVENTS_MAX)
        self._counts["faults"] += 1
        for _ in range(3):
            self._append()
        if self._chance.random() < 0.5:
            self._death_at = self.disk.events + self._chance.randrange(1, 40)
            self._append()

    def _read(self) -> None:
        """By another connection, as another process would."""
        if self.disk.is_dead:
            return
        failures = self.disk.failures
        reader = SqliteCallReader(self._folder)
        try:
            check_calls(list(reader.stream(every())), self._ledger)
            self._counts["reads"] += 1
        except CallLogDamaged as error:
            # It has to say so. Where the writer was stopped, it may hold a lock for ever.
            self._counts["reads refused"] += 1
            if not self._has_failed(failures) and "locked" not in str(error):
                raise AssertionError(f"refused for no reason: {error}") from error
        finally:
            reader.close()

    # What they need.

    @contextmanager
    def _excused(self) -> Iterator[None]:
        """A step may fail when the disk did, and in no way but ours."""
        failures = self.disk.failures
        try:
            yield
        except LeadwireError as error:
            if not self._has_failed(failures):
                raise AssertionError(f"failed for no reason: {error}") from error
            self._counts["failed steps"] += 1

    def _has_failed(self, failures: int) -> bool:
        """Whether the disk failed since it had done so *failures* times."""
        return self.disk.is_dead or self.disk.failures > failures

    def _new_calls(self, count: int) -> list[CallRecord]:
        """Mostly of now; some were under way for half an hour, and may be of yesterday."""
        late_ms = self._chance.choice((0, HOUR_MS // 2))
        if self._interrupted_now:
            late_ms = 0  # they would wait for the step that they interrupt
        calls = [self._new_call(self._clock.at_ms - late_ms * (n % 2)) for n in range(count)]
        if self._large_calls and self._chance.random() < 0.2:
            self._counts["large calls"] += 1
            calls.append(self._new_call(self._clock.at_ms, request_body="x" * _LARGE_BYTES))
        return calls

    def _new_call(self, at_ms: int, **fields: object) -> CallRecord:
        digits = f"{at_ms:012x}7{self._chance.getrandbits(12):03x}"
        digits += f"8{self._chance.getrandbits(60):015x}"
        call_id = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        status = self._chance.choice((200, 200, 200, 400, 500))
        values: dict[str, object] = {
            "call_id": call_id,
            "account_id": self._chance.choice(("a1", "a1", "a2")),
            "status_code": status,
            "outcome": "success" if status == 200 else "client_fault",
            "response_body": f"token-{call_id[-12:]} " + "y" * self._chance.randrange(400),
        }
        record = call(at_ms, **(values | fields))
        self._ledger.offered[record.call_id] = record
        return record

    def _answer(self, records: list[CallRecord]) -> None:
        # Whatever is acknowledged once the process is dead, is acknowledged to nobody.
        if not self.disk.is_dead:
            self._ledger.answered |= {record.call_id for record in records}
            self._counts["answered"] += len(records)


def check_calls(found: list[CallRecord], ledger: Ledger) -> None:
    """Every answered call is there, none twice, each as it was sent and with its own number."""
    ids = [record.call_id for record in found]
    assert len(set(ids)) == len(ids), f"twice: {[i for i, n in Counter(ids).items() if n > 1]}"
    missing = ledger.answered - ledger.doomed - set(ids)
    assert not missing, f"answered and missing: {sorted(missing)}"
    numbers = [record.sequence for record in found]
    assert len(set(numbers)) == len(numbers), "a sequence was given twice"
    for record in found:
        assert msgspec.structs.replace(record, sequence=0) == ledger.offered[record.call_id]
        if record.call_id in ledger.answered:
            known = ledger.sequences.setdefault(record.call_id, record.sequence)
            assert known == record.sequence, f"{record.call_id} was renumbered"


def check_as_found(folder: Path, ledger: Ledger) -> None:
    """The promises to whoever looks before a server opens the folder again."""
    found = verify(folder)
    assert not found.problems, found.problems
    reader = SqliteCallReader(folder)
    try:
        check_calls(list(reader.stream(every())), ledger)
    finally:
        reader.close()


def check_when_opened(folder: Path, ledger: Ledger, clock: FixedClock) -> None:
    """The promises of a server that starts on the folder, of which every way of asking agrees."""
    store = SqliteCallStore(folder, clock=clock)
    try:
        calls = list(store.reader.stream(every()))
        check_calls(calls, ledger)
        statistics = store.reader.statistics(every())
        assert (statistics.calls, statistics.damaged) == (len(calls), ())
        for record in calls[:: max(1, len(calls) // 5)]:
            assert store.reader.get(record.call_id) == record
            token = f"token-{record.call_id[-12:]}"
            assert record in store.reader.search(every(text=phrase(token))).calls
    finally:
        store.close()
    problems = verify(folder).problems
    assert not problems, problems


def make_blocks_small(patch: pytest.MonkeyPatch) -> None:
    """So that a few dozen calls go every way that millions do."""
    patch.setattr(seal, "CALLS_PER_BLOCK", CALLS_PER_BLOCK)
    patch.setattr(sealer, "CALLS_PER_BLOCK", CALLS_PER_BLOCK)
    patch.setattr(sealer, "_BEHIND_CALLS", 16 * CALLS_PER_BLOCK)
    patch.setattr(schema, "BUSY_WAIT_SECONDS", 0)  # nobody would come to release a lock
    patch.setattr(seal, "BLOCKS_MAX", BLOCKS_PER_GROUP)
    patch.setattr(sealer, "BLOCKS_MAX", BLOCKS_PER_GROUP)
