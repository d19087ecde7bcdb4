"""The worker behind every durable queue: it outlives failures, and reveals nothing of them."""

import asyncio
from collections.abc import Collection

import pytest
from support import LoopThread, StandingClock

from leadwire.background.worker import Job, Look, Worker, WorkerRules
from leadwire.dates import DAY_MS

RULES = WorkerRules(jobs_at_once_max=2, retention_days=1, close_seconds=1)
SECRET = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105  # made up


class Numbers:
    """A queue of numbers. Whatever is in *failing* raises."""

    name = "the queue of numbers"

    def __init__(self, *numbers: int, failing: Collection[int] = ()) -> None:
        self.waiting = list(numbers)
        self.failing = failing
        self.done: list[int] = []
        self.pruned_before: list[int] = []
        self.is_readable = True
        self.changed = asyncio.Condition()
        self.holding = asyncio.Event()
        self.holding.set()

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        if not self.is_readable:
            raise OSError(SECRET)
        free = [number for number in self.waiting if str(number) not in busy]
        return Look([Job(str(n), lambda n=n: self._carry_out(n)) for n in free[:jobs_max]])

    async def prune(self, before_ms: int) -> int:
        self.pruned_before.append(before_ms)
        return 0

    async def _carry_out(self, number: int) -> None:
        await self.holding.wait()
        if number in self.failing:
            raise ValueError(SECRET)
        self.waiting.remove(number)
        self.done.append(number)
        async with self.changed:
            self.changed.notify_all()

    async def all_done(self, numbers: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.done) == numbers)


def test_a_failing_job_delays_no_other_and_its_text_is_not_logged(
    loop_thread: LoopThread, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays in the queue. The log names the exception and the place, not what it says."""

    async def work() -> Numbers:
        queue = Numbers(1, 2, 3, 4, failing=[2])
        worker = Worker(queue, clock=StandingClock(), rules=RULES)
        async with asyncio.timeout(10):
            await queue.all_done(3)
        await worker.close()
        return queue

    queue = loop_thread.run(work())
    assert (queue.done, queue.waiting) == ([1, 3, 4], [2])
    assert "ValueError in _carry_out" in caplog.text
    assert SECRET not in caplog.text


def test_a_queue_that_cannot_be_read_is_read_again(
    loop_thread: LoopThread, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker goes on once it can, and the log holds no text of the exception."""

    async def work() -> Numbers:
        queue = Numbers(1)
        queue.is_readable = False
        worker = Worker(queue, clock=StandingClock(), rules=RULES)
        await asyncio.sleep(0.05)
        queue.is_readable = True
        await worker.settled()
        await worker.close()
        return queue

    assert loop_thread.run(work()).done == [1]
    assert "the queue of numbers cannot be read or written: OSError" in caplog.text
    assert SECRET not in caplog.text


def test_a_closed_worker_starts_nothing_and_waits_for_what_runs(loop_thread: LoopThread) -> None:
    """Jobs that last longer than it may wait are cancelled, and stay in the queue."""

    async def closed_while_running(*, ends: bool) -> Numbers:
        queue = Numbers(1, 2, 3)
        queue.holding.clear()
        worker = Worker(queue, clock=StandingClock(), rules=RULES)
        await asyncio.sleep(0.05)
        if ends:
            asyncio.get_running_loop().call_later(0.1, queue.holding.set)
        await worker.close()
        return queue

    assert loop_thread.run(closed_while_running(ends=True)).done == [1, 2]
    assert loop_thread.run(closed_while_running(ends=False)).waiting == [1, 2, 3]


def test_a_queue_is_pruned_once_an_hour(loop_thread: LoopThread) -> None:
    """By days of retention, counted from now."""
    clock = StandingClock()

    async def work() -> Numbers:
        queue = Numbers()
        worker = Worker(queue, clock=clock, rules=RULES)
        for minutes in (0, 59, 1, 30):
            clock.advance(minutes * 60_000)
            await worker.settled()
        await worker.close()
        return queue

    start_ms = clock.now_ms()
    hour_ms = 3_600_000
    pruned = loop_thread.run(work()).pruned_before
    assert pruned == [start_ms - DAY_MS, start_ms + hour_ms - DAY_MS]


def test_a_worker_that_is_woken_while_it_is_closed_still_ends(loop_thread: LoopThread) -> None:
    """The wake-up and the cancellation may come in the same turn of the loop, in either order."""

    async def woken_and_closed(turns: int) -> None:
        worker = Worker(Numbers(), clock=StandingClock(), rules=RULES)
        await worker.settled()
        for _ in range(turns):
            await asyncio.sleep(0)
        worker.wake()
        # Bounded from outside: a timeout around it would end what hangs, and look like a success.
        closing = asyncio.create_task(worker.close())
        done, _ = await asyncio.wait([closing], timeout=10)
        assert done == {closing}

    for turns in range(8):
        loop_thread.run(woken_and_closed(turns))
