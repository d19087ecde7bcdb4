"""Searches that see a write later, as LeadSquared's search indexes do.

A search reads a snapshot: a connection whose read transaction began before the hidden writes. The
lag is divided into eighths. Each eighth with a write has one snapshot. So a search sees every write
older than the lag. It sees a write at most an eighth of the lag early.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, select

from leadwire.crm.tables import counters
from leadwire.database.database import Database, begin_snapshot

_SNAPSHOTS_MAX: Final = 8
T = TypeVar("T")


class _Snapshot(NamedTuple):
    taken_on: int
    """The time of the first write that it does not see."""
    connection: Connection


class Lag:
    """The snapshots of one database. For one thread."""

    def __init__(self, database: Database, lag_ms: int) -> None:
        self._lag_ms = lag_ms
        self._snapshots: list[_Snapshot] = []
        self._engine = database.reader(connections=_SNAPSHOTS_MAX + 2)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="crm-lag")

    async def before_write(self, now_ms: int) -> None:
        """Take a snapshot that hides this write until it is old enough."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._take, now_ms)

    async def search(self, now_ms: int, work: Callable[[Connection | None], T]) -> T:
        """Run *work* on the snapshot for searches, or on None for the current database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(self._seen(now_ms)))

    def close(self) -> None:
        self._thread.submit(self._release_all)
        self._thread.shutdown()
        self._engine.dispose()

    def _take(self, now_ms: int) -> None:
        self._release_old(now_ms)
        apart_ms = self._lag_ms // _SNAPSHOTS_MAX
        if self._snapshots and now_ms - self._snapshots[-1].taken_on <= apart_ms:
            return
        connection = begin_snapshot(self._engine)
        connection.execute(select(counters.c.account_id).limit(1)).first()  # it begins here
        self._snapshots.append(_Snapshot(now_ms, connection))

    def _seen(self, now_ms: int) -> Connection | None:
        self._release_old(now_ms)
        return self._snapshots[0].connection if self._snapshots else None

    def _release_old(self, now_ms: int) -> None:
        while self._snapshots and now_ms - self._snapshots[0].taken_on >= self._lag_ms:
            self._snapshots.pop(0).connection.close()

    def _release_all(self) -> None:
        for snapshot in self._snapshots:
            snapshot.connection.close()
        self._snapshots.clear()
