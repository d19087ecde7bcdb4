"""Decide when a day's hot rows are sealed and its blocks grouped. For the writer's thread."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.groups import BLOCKS_MAX
from leadwire.stores.sqlite.hot import SUCCEEDED, Accounts, HotRow, kind_of
from leadwire.stores.sqlite.seal import (
    CALLS_PER_BLOCK,
    Batch,
    BlockToStore,
    Gathering,
    GroupToStore,
    batch_to_seal,
    blocks_to_gather,
    head_of,
    hot_counts,
    ungrouped_counts,
)

_BEHIND_CALLS: Final = 16 * CALLS_PER_BLOCK

Kind = tuple[int, int]
"""(account number, kind of call): the key of calls sealed together. Groups use (account number,
failed)."""


class Job:
    """An unfinished block or group. ``work`` may run on any thread."""

    def __init__(self, kind: Kind, task: Batch | Gathering) -> None:
        self.kind: Final = kind
        self.is_gathering: Final = isinstance(task, Gathering)
        self._task = task

    def work(self) -> BlockToStore | GroupToStore:
        return self._task.work()


class Sealer:
    """Counts a day's unsealed rows and ungrouped blocks. Relies on one writer per file."""

    def __init__(self, connection: sqlite3.Connection, chain: DayChain) -> None:
        self._connection = connection
        self.chain: Final = chain
        self.head = head_of(connection, chain)
        """How many blocks the day has, and the digest of the last."""
        self.accounts: Final = Accounts(connection)
        self._hot = Counter(hot_counts(connection))
        self._ungrouped = Counter(ungrouped_counts(connection))
        self._full = {kind for kind, calls in self._hot.items() if calls >= CALLS_PER_BLOCK}
        self._damaged: set[Kind] = set()
        self.job: Job | None = None
        """The job that is under way; None when its result must not be stored any more."""

    @property
    def is_behind(self) -> bool:
        """Whether rows arrive faster than they are sealed."""
        return any(self._hot[kind] >= _BEHIND_CALLS for kind in self._full)

    def count(self, rows: Sequence[HotRow]) -> None:
        """Count committed hot rows."""
        for place, _, _, calls, *_ in rows:
            kind = kind_of(place)
            self._hot[kind] += calls
            if self._hot[kind] >= CALLS_PER_BLOCK and kind not in self._damaged:
                self._full.add(kind)

    def next_job(self) -> Job | None:
        """The next job, if there is one. It replaces the previous job."""
        self.job = self._group_job() or self._block_job()
        return self.job

    def set_aside(self, job: Job) -> None:
        """Skip *job*, whose rows are unreadable. They stay hot, and other kinds continue."""
        if job.is_gathering:
            self._ungrouped[job.kind] = 0  # retried after as many new blocks
            return
        self._damaged.add(job.kind)
        self._full.discard(job.kind)

    def store(self, job: Job, result: BlockToStore | GroupToStore) -> None:
        """Store the result of *job*. Raises sqlite3.Error."""
        moved = result.store(self._connection, self.chain)
        if isinstance(result, GroupToStore):
            self._ungrouped[job.kind] -= moved
            return
        self.head = head_of(self._connection, self.chain)
        self._hot[job.kind] -= moved
        number, kind = job.kind
        self._ungrouped[number, int(kind != SUCCEEDED)] += 1
        if self._hot[job.kind] < CALLS_PER_BLOCK:
            self._full.discard(job.kind)

    def _group_job(self) -> Job | None:
        kind = next((kind for kind, n in self._ungrouped.items() if n >= BLOCKS_MAX), None)
        blocks = kind and blocks_to_gather(self._connection, *kind, blocks_min=BLOCKS_MAX)
        return Job(kind, blocks) if kind and blocks else None

    def _block_job(self) -> Job | None:
        while self._full:
            kind = next(iter(self._full))
            try:
                batch = batch_to_seal(self._connection, *kind)
            except (TypeError, ValueError):  # the columns of a hot row are damaged
                self._damaged.add(kind)
                batch = None
            if batch is not None:
                return Job(kind, batch)
            self._full.discard(kind)
        return None

    def seal_everything(self) -> None:
        """Seal and group everything, for a finished day."""
        self.job = None
        self._hot = Counter(hot_counts(self._connection))
        for kind in list(self._hot):
            while batch := batch_to_seal(self._connection, *kind):
                job = Job(kind, batch)
                self.store(job, job.work())
        self.gather_everything()
        self._full.clear()

    def gather_everything(self) -> None:
        """Put every block into a group."""
        for kind in list(self._ungrouped):
            while blocks := blocks_to_gather(self._connection, *kind, blocks_min=1):
                blocks.work().store(self._connection, self.chain)
        self._ungrouped.clear()
