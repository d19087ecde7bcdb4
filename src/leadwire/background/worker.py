"""One worker for every durable queue: wake, look, carry out, retry, prune, close.

Each kind of background work has a durable queue in the database. A queue defines its jobs; this
module processes them. A job stays in its queue until the database holds its result, so a crash
repeats a job and never loses one.
"""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from leadwire.clock import Clock
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.database.writer import WriteFailed
from leadwire.dates import DAY_MS, HOUR_MS, SECOND_MS

_LOOK_AGAIN_SECONDS: Final = 60
"""Read a queue this often without a wake-up, since the clock may have been changed."""
_AFTER_TROUBLE_SECONDS: Final = 5
_PRUNE_EVERY_MS: Final = HOUR_MS

_log = logging.getLogger("leadwire.background")


class Job(NamedTuple):
    """Work that is due. Two jobs with one *key* never run at the same time."""

    key: str
    carry_out: Callable[[], Awaitable[None]]


class Look(NamedTuple):
    """The due jobs of a queue. *next_on_ms* is when the first later job is due."""

    jobs: Sequence[Job]
    next_on_ms: int | None = None
    again_on_ms: int | None = None
    """When to look again though no job is due then."""


class Queue(Protocol):
    """A durable queue of jobs."""

    name: str
    """For log lines: ``the outbox``."""

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        """At most *jobs_max* due jobs, without jobs whose key is in *busy*."""
        ...

    async def prune(self, before_ms: int) -> int:
        """Delete some finished jobs older than *before_ms*. Returns 0 once none is left."""
        ...


class WorkerRules(NamedTuple):
    jobs_at_once_max: int
    retention_days: int
    close_seconds: int
    """How long ``close`` waits for the jobs that are running."""


class Worker:
    """Works through one queue, on the event loop that made it, until it is closed.

    The log line of a failure names the exception and its place in the code. It omits the
    exception's text, which may hold a caller's data.
    """

    def __init__(self, queue: Queue, *, clock: Clock, rules: WorkerRules) -> None:
        self._queue = queue
        self._clock = clock
        self._rules = rules
        self._awake = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._looks = self._idle_since = 0
        self._idle = asyncio.Condition()
        self._pruned_on_ms: int | None = None
        self.prunes = True
        """Whether old finished jobs are deleted. A test's clock may run ahead of its evidence."""
        self.started = 0
        """Jobs begun since the start."""
        self._is_closing = False
        self._task = asyncio.create_task(self._run())

    @property
    def running(self) -> int:
        """How many jobs run now."""
        return len(self._running)

    def wake(self) -> None:
        """Look at the queue soon: a job was added, or may be due."""
        self._awake.set()

    async def settled(self) -> None:
        """Return once a look that began after this call found nothing to do."""
        look = self._looks
        self.wake()
        async with self._idle:
            await self._idle.wait_for(lambda: self._idle_since > look)

    async def next_on_ms(self) -> int | None:
        """When the first job that waits is due; None if there is none."""
        return (await self._queue.look((), 1)).next_on_ms

    async def close(self) -> None:
        """Start no more jobs. Wait for the running jobs, then cancel them; they run again later."""
        self._is_closing = True
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._running:
            tasks = tuple(self._running.values())
            await asyncio.wait(tasks, timeout=self._rules.close_seconds)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while not self._is_closing:
            self._awake.clear()
            self._looks += 1
            try:
                await self._prune_now_and_then()
                seconds = await self._look()
                if not self._running:
                    await self._report_idle()
            except Exception as error:  # noqa: BLE001  # the worker must outlive any failure
                _log.error("%s cannot be read or written: %s", self._queue.name, _named(error))
                seconds = _AFTER_TROUBLE_SECONDS
            # Not wait_for: in Python 3.11 it loses a cancellation that comes with the wake-up.
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._awake.wait()

    async def _look(self) -> float:
        """Start every job that may start. Returns the seconds until the next look."""
        free = self._rules.jobs_at_once_max - len(self._running)
        if free <= 0:
            return _LOOK_AGAIN_SECONDS  # the end of a job wakes the worker
        found = await self._queue.look(tuple(self._running), free)
        for job in found.jobs:
            self._start(job)
        looks_on = [on for on in (found.next_on_ms, found.again_on_ms) if on is not None]
        if not looks_on:
            return _LOOK_AGAIN_SECONDS
        wait_ms = max(min(looks_on) - self._clock.now_ms(), 1)
        return min(wait_ms / SECOND_MS, _LOOK_AGAIN_SECONDS)

    def _start(self, job: Job) -> None:
        def ended(_task: asyncio.Task[None]) -> None:
            del self._running[job.key]
            self.wake()

        task = asyncio.create_task(self._carry_out(job))
        self._running[job.key] = task
        self.started += 1
        task.add_done_callback(ended)

    async def _carry_out(self, job: Job) -> None:
        try:
            await job.carry_out()
        except Exception as error:  # noqa: BLE001  # one job must not stop the others
            _log.error("a job of %s failed: %s", self._queue.name, _named(error))
            # The job is still in the queue and due: this pause keeps it from running in a loop.
            await asyncio.sleep(_AFTER_TROUBLE_SECONDS)

    async def _prune_now_and_then(self) -> None:
        now_ms = self._clock.now_ms()
        if not self.prunes:
            return
        if self._pruned_on_ms is not None and now_ms - self._pruned_on_ms < _PRUNE_EVERY_MS:
            return
        self._pruned_on_ms = now_ms
        # Delete a few rows at a time, so that callers' writes do not wait long.
        while await self._queue.prune(now_ms - self._rules.retention_days * DAY_MS):
            pass

    async def _report_idle(self) -> None:
        async with self._idle:
            self._idle_since = self._looks
            self._idle.notify_all()


def _named(error: Exception) -> str:
    """What the database says, or else the exception's name and the code location that raised it.

    Other messages may hold a caller's data.
    """
    if isinstance(error, (*DATABASE_ERRORS, WriteFailed)):
        return reason_of(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.name} ({last.filename}:{last.lineno})"
