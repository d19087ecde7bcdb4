"""The CRM's database: changes by one writer in group commit, reads from worker threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, TypeVar

from leadwire.clock import Clock, IdSource
from leadwire.crm.tables import SCHEMA
from leadwire.crm.unit import Actor, Unit
from leadwire.database.engine import reader_engine, writer_engine
from leadwire.database.migrate import upgrade
from leadwire.database.writer import Writer

DATABASE_NAME: Final = "crm.sqlite"
_READERS: Final = 2

T = TypeVar("T")
Work = Callable[[Unit], T]


class Crm(Protocol):
    """Where units of work are done."""

    async def write(self, actor: Actor, work: Work[T]) -> T:
        """*work*'s result, once everything it wrote is durable; its exception otherwise."""
        ...

    async def read(self, actor: Actor, work: Work[T]) -> T:
        """*work*'s result, from a state that some commit left behind."""
        ...

    def close(self) -> None:
        """Finish what was handed in, then release everything."""
        ...


def make_crm_database(folder: Path) -> None:
    """Create the database, or bring it up to date. Only while no server runs on the folder."""
    engine = writer_engine(folder / DATABASE_NAME)
    try:
        upgrade(engine, SCHEMA)
    finally:
        engine.dispose()


class CrmStore:
    """The store of a running server. Made, used and closed on its event loop."""

    def __init__(self, folder: Path, *, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._writer = Writer(writer_engine(folder / DATABASE_NAME), name="crm-writer")
        self._read_engine = reader_engine(folder / DATABASE_NAME, connections=_READERS)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="crm-reader")

    async def write(self, actor: Actor, work: Work[T]) -> T:
        now_ms = self._clock.now_ms()
        return await self._writer.run(lambda c: work(Unit(c, actor, now_ms, self._ids)))

    async def read(self, actor: Actor, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, actor, work)

    def _read(self, actor: Actor, work: Work[T]) -> T:
        with self._read_engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # one snapshot for every statement of the unit
            return work(Unit(connection, actor, self._clock.now_ms(), self._ids))

    def close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._read_engine.dispose()
