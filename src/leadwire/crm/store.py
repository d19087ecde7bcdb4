"""The CRM's database: changes by one writer in group commit, reads from worker threads."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol, TypeVar

from leadwire.clock import Clock, IdSource
from leadwire.crm.field_index import bring_next_index
from leadwire.crm.lead_words import enter_texts, merge_entries
from leadwire.crm.schema import LeadSchema, load_schema
from leadwire.crm.tables import SCHEMA
from leadwire.crm.unit import Actor, Unit
from leadwire.database.engine import DATABASE_ERRORS, reader_engine, writer_engine
from leadwire.database.migrate import upgrade
from leadwire.database.writer import WriteFailed, Writer

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

    async def schema(self, account_id: str) -> LeadSchema:
        """The account's lead schema, with every change that a finished ``write`` made to it."""
        ...

    async def keep_up(self) -> None:
        """Make what searches are quick by, a little at a time between the writes of callers.

        To be called again and again; what it has not come to yet is searched all the same. Raises
        WriteFailed, and can then be called again.
        """
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

    def __init__(
        self, folder: Path, *, clock: Clock, ids: IdSource, indexed_fields: Sequence[str] = ()
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._writer = Writer(writer_engine(folder / DATABASE_NAME), name="crm-writer")
        self._read_engine = reader_engine(folder / DATABASE_NAME, connections=_READERS)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="crm-reader")
        self._schemas: dict[str, LeadSchema] = {}
        self._schemas_forgotten = 0
        self._indexed_fields = indexed_fields
        self._indexed_at: int | None = None
        self._writes = 1
        self._kept_up_to = 0

    async def write(self, actor: Actor, work: Work[T]) -> T:
        schema = self._schemas.get(actor.account_id) or await self.schema(actor.account_id)
        now_ms = self._clock.now_ms()
        stale: set[str] = set()
        self._writes += 1
        return await self._writer.run(
            lambda c: work(Unit(c, actor, now_ms, self._ids, schema, stale)),
            on_commit=lambda: self._forget(stale),
        )

    async def read(self, actor: Actor, work: Work[T]) -> T:
        schema = self._schemas.get(actor.account_id) or await self.schema(actor.account_id)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, actor, schema, work)

    async def schema(self, account_id: str) -> LeadSchema:
        known = self._schemas.get(account_id)
        if known is not None:
            return known
        forgotten = self._schemas_forgotten
        loop = asyncio.get_running_loop()
        schema = await loop.run_in_executor(self._readers, self._load_schema, account_id)
        # One that was read while a change was committed may be the older: good for this call,
        # which began before the change was confirmed, and for no other.
        if forgotten == self._schemas_forgotten:
            self._schemas[account_id] = schema
        return schema

    async def keep_up(self) -> None:
        try:
            await self._keep_up()
        except DATABASE_ERRORS as error:
            raise WriteFailed(f"The database could not be written: {error}") from None

    async def _keep_up(self) -> None:
        schemas, writes = self._schemas_forgotten, self._writes
        if self._indexed_at != schemas:
            names = self._indexed_fields
            while await self._writer.run(lambda c: bring_next_index(c, names)):
                pass
            self._indexed_at = schemas
        if self._kept_up_to != writes:
            for work in (enter_texts, merge_entries):
                while await self._writer.run(work):
                    pass
            self._kept_up_to = writes

    def _forget(self, account_ids: set[str]) -> None:
        """On the event loop, after the change's COMMIT and before its caller hears of it."""
        if account_ids:
            self._schemas_forgotten += 1
        for account_id in account_ids:
            self._schemas.pop(account_id, None)

    def _load_schema(self, account_id: str) -> LeadSchema:
        with self._read_engine.connect() as connection:
            return load_schema(connection, account_id)

    def _read(self, actor: Actor, schema: LeadSchema, work: Work[T]) -> T:
        with self._read_engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # one snapshot for every statement of the unit
            now_ms = self._clock.now_ms()
            return work(Unit(connection, actor, now_ms, self._ids, schema, set()))

    def close(self) -> None:
        self._writer.close()
        self._readers.shutdown()
        self._read_engine.dispose()
