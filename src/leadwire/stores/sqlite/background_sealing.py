"""Seal while calls are recorded. One thread compresses; the writer's thread reads and stores."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from leadwire.errors import LeadwireError
from leadwire.stores.sqlite.damage import DAMAGE
from leadwire.stores.sqlite.open_days import OpenDay, OpenDays
from leadwire.stores.sqlite.sealer import Job, Sealer

if TYPE_CHECKING:
    from leadwire.stores.sqlite.seal import BlockToStore, GroupToStore


class BackgroundSealing:
    """For the writer's thread. Only compressing runs elsewhere.

    *post* queues a task for that thread. *failed* is called when writing to a day failed.
    """

    def __init__(
        self,
        days: OpenDays,
        *,
        post: Callable[[Callable[[], None]], None],
        failed: Callable[[str, BaseException], None],
    ) -> None:
        self._days = days
        self._post = post
        self._failed = failed
        self._packer = ThreadPoolExecutor(1, thread_name_prefix="leadwire-seal")
        self._under_way: dict[Job, Future[BlockToStore | GroupToStore]] = {}

    @property
    def is_busy(self) -> bool:
        return bool(self._under_way)

    def step(self) -> None:
        """Start due sealing. Call this after calls were answered."""
        for day in self._days:
            sealer = day.known
            if sealer is None:
                continue
            if sealer.job is None:
                self._start(day, sealer)
            # Wait here when hot rows pile up: then recording slows down to the pace of sealing.
            while sealer.is_behind and (job := sealer.job) and day.known is sealer:
                self._finish(day, sealer, job)

    def close(self) -> None:
        """Wait for running compression, and discard its result."""
        self._packer.shutdown()

    def _start(self, day: OpenDay, sealer: Sealer) -> None:
        try:
            job = sealer.next_job()
        except (sqlite3.Error, OSError, LeadwireError) as error:
            self._failed(day.day, error)
            return
        if job is not None:
            work = self._under_way[job] = self._packer.submit(job.work)
            work.add_done_callback(lambda _: self._post(lambda: self._finish(day, sealer, job)))

    def _finish(self, day: OpenDay, sealer: Sealer, job: Job) -> None:
        """Store the result of *job*, unless it is stored already or the rows were reloaded."""
        work = self._under_way.pop(job, None)
        if work is None or sealer.job is not job or day.known is not sealer:
            return
        try:
            result = work.result()
        except DAMAGE:
            sealer.set_aside(job)
            self._start(day, sealer)
            return
        try:
            sealer.store(job, result)
        except (sqlite3.Error, OSError, LeadwireError) as error:
            # The rows stay hot, which is equally safe, and are sealed later.
            self._failed(day.day, error)
        else:
            self._start(day, sealer)
