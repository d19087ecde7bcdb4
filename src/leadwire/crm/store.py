"""The CRM's database: changes by one writer in group commit, reads from worker threads."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import Connection

from leadwire.clock import Clock, IdSource, RepeatedIds
from leadwire.crm.lag import Lag
from leadwire.crm.leads.field_index import bring_next_index, schemas_of
from leadwire.crm.leads.field_use import FieldUse, IndexPolicy, fields_in_use
from leadwire.crm.leads.index_builder import IndexBuilder
from leadwire.crm.leads.schema import DEFAULT_RULES, LeadRules, LeadSchema, load_schema
from leadwire.crm.leads.trigram_index import index_next_leads, tidy_index
from leadwire.crm.tables import SCHEMA, counters
from leadwire.crm.unit import Actor, Unit
from leadwire.crm.webhooks.listeners import AT_ONCE, ActivityPace, Listeners, load_listeners
from leadwire.database.database import DATABASE_ERRORS, Database, reason_of, snapshot
from leadwire.database.migrate import is_usable, upgrade
from leadwire.database.statistics import analyze_grown_tables
from leadwire.database.writer import RehearsalTooLong, WriteFailed, Writer
from leadwire.dates import HOUR_MS

_READERS: Final = 2
_INDEX_LEADS_SECONDS: Final = 1.0

T = TypeVar("T")
Work = Callable[[Unit], T]


class Crm(Protocol):
    """Runs units of work on the CRM."""

    async def write(self, actor: Actor, work: Work[T]) -> T:
        """Run *work*. Returns its result once its writes are durable, or raises its exception."""
        ...

    async def read(self, actor: Actor, work: Work[T]) -> T:
        """Run *work* on the state after some commit. Returns its result."""
        ...

    async def search(self, actor: Actor, work: Work[T]) -> T:
        """As ``read``, for searches: sees a write once it is older than the configured lag."""
        ...

    async def schema(self, account_id: str) -> LeadSchema:
        """The account's lead schema, with every change that a finished ``write`` made to it."""
        ...

    async def keep_up(self) -> None:
        """Update the search indexes, in small steps between the writes of callers.

        Call it repeatedly. Searches also find what is not indexed yet. Raises WriteFailed, and can
        then be called again.
        """
        ...

    def close(self) -> None:
        """Finish the accepted units, then release everything."""
        ...


NO_INDEXES: Final = IndexPolicy()


class Rehearsed(NamedTuple):
    """A step of a call that is undone. It runs once more for each later step."""

    work: Work[Any]
    now_ms: int
    ids: RepeatedIds


class _Account(NamedTuple):
    """Cached data of an account, valid until a unit of work changes it."""

    schema: LeadSchema
    listeners: Listeners


def upgrade_crm_database(database: Database) -> None:
    """Migrate the database. One that is usable as it is is not opened for writing.

    A server may be running on it, and two processes that write can damage a SQLite file.
    """
    reader = database.reader(connections=1)
    try:
        if is_usable(reader, SCHEMA):
            return
    finally:
        reader.dispose()
    writer = database.alone()
    try:
        upgrade(writer, SCHEMA)
    finally:
        writer.dispose()


class CrmStore:
    """The store of a running server. Create, use and close it on its event loop."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        ids: IdSource,
        index_policy: IndexPolicy = NO_INDEXES,
        lead_rules: LeadRules = DEFAULT_RULES,
        activity_pace: ActivityPace = AT_ONCE,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._activity_pace = activity_pace
        self._lead_rules = lead_rules
        self._writer = Writer(database.group_writer(counters.name), name="crm-writer")
        building = database.builder()
        self._builder = IndexBuilder(building) if building is not None else None
        self._read_engine = database.reader(connections=_READERS)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="crm-reader")
        lag_ms = lead_rules.search_lag_ms
        self._lag = Lag(database, lag_ms) if lag_ms else None
        self._accounts: dict[str, _Account] = {}
        self._accounts_forgotten = 0
        self._index_policy = index_policy
        self._field_use = FieldUse()
        self._uses_checked_on: int | None = None
        self._in_use: tuple[str, ...] = ()
        self._indexed_at: tuple[int, tuple[str, ...]] | None = None
        self._writes = 1
        self._kept_up_to = 0
        self._wakes: list[Callable[[], None]] = []

    def wake_when_queued(self, wake: Callable[[], None]) -> None:
        """Call *wake* on the event loop whenever a job for a background worker is durable."""
        self._wakes.append(wake)

    async def write(self, actor: Actor, work: Work[T]) -> T:
        account = self._accounts.get(actor.account_id) or await self._account(actor.account_id)
        now_ms = self._clock.now_ms()
        if self._lag is not None:
            await self._lag.before_write(now_ms)
        stale: set[str] = set()
        self._writes += 1
        queued: set[str] = set()
        sought: list[str] = []
        unit = (actor, now_ms, self._ids, account.schema, stale, account.listeners, queued, sought)

        def committed() -> None:
            self._field_use.note(sought)
            self._committed(stale, queued)

        return await self._writer.run(lambda c: work(Unit(c, *unit)), on_commit=committed)

    async def rehearse(
        self, actor: Actor, before: Sequence[Rehearsed], last: Rehearsed, *, seconds_max: float
    ) -> Any:  # noqa: ANN401  # what *last* returns
        """Run *before*, then *last*, in a transaction that is undone. Returns what *last* returns.

        Nobody is told, nothing is counted, and no worker wakes. Raises RehearsalTooLong.
        """
        account = self._accounts.get(actor.account_id) or await self._account(actor.account_id)
        ends = time.monotonic() + seconds_max

        def undone(connection: Connection) -> Any:  # noqa: ANN401
            known, result = account, None
            for step in (*before, last):
                if time.monotonic() >= ends:
                    raise RehearsalTooLong(seconds_max)
                step.ids.begin_again()
                stale: set[str] = set()
                unit = Unit(
                    connection, actor, step.now_ms, step.ids, known.schema, stale,
                    known.listeners, set(), [],
                )  # fmt: skip
                result = step.work(unit)
                if stale:
                    known = self._account_from(connection, actor.account_id)
            return result

        return await self._writer.rehearse(undone, seconds_max=seconds_max)

    async def read(self, actor: Actor, work: Work[T]) -> T:
        account = self._accounts.get(actor.account_id) or await self._account(actor.account_id)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._read, actor, account, work)

    async def look(self, actor: Actor, work: Work[T]) -> T:
        """As ``read``, without counting which fields are searched."""
        account = self._accounts.get(actor.account_id) or await self._account(actor.account_id)

        def look() -> T:
            with snapshot(self._read_engine) as connection:
                return self._work(connection, actor, account, work, is_counted=False)

        return await asyncio.get_running_loop().run_in_executor(self._readers, look)

    async def search(self, actor: Actor, work: Work[T]) -> T:
        if self._lag is None:
            return await self.read(actor, work)
        account = self._accounts.get(actor.account_id) or await self._account(actor.account_id)

        def search(seen: Connection | None) -> T:
            if seen is None:
                return self._read(actor, account, work)
            return self._work(seen, actor, account, work)

        return await self._lag.search(self._clock.now_ms(), search)

    async def schema(self, account_id: str) -> LeadSchema:
        account = self._accounts.get(account_id) or await self._account(account_id)
        return account.schema

    async def _account(self, account_id: str) -> _Account:
        forgotten = self._accounts_forgotten
        loop = asyncio.get_running_loop()
        account = await loop.run_in_executor(self._readers, self._load_account, account_id)
        # A schema read during a commit may be outdated. It is valid for this call, which began
        # before the commit was confirmed, but must not be cached.
        if forgotten == self._accounts_forgotten:
            self._accounts[account_id] = account
        return account

    async def keep_up(self) -> None:
        try:
            await self._keep_up()
        except DATABASE_ERRORS as error:
            raise WriteFailed(f"The database could not be written: {reason_of(error)}.") from None

    async def _keep_up(self) -> None:
        accounts, writes = self._accounts_forgotten, self._writes
        await self._choose_indexes()
        indexed = (accounts, self._in_use)
        if self._indexed_at != indexed:
            await self._bring_indexes((*self._index_policy.names, *self._in_use))
            self._indexed_at = indexed
        await self._index_leads(writes)

    async def _bring_indexes(self, names: tuple[str, ...]) -> None:
        if self._builder is None:
            while await self._writer.run(lambda c: bring_next_index(c, names)):
                pass
            return
        building = asyncio.ensure_future(asyncio.to_thread(self._builder.bring, names))
        while not building.done():  # it may take hours, and quick search goes on
            await self._index_leads(self._writes)
            await asyncio.wait([building], timeout=_INDEX_LEADS_SECONDS)
        building.result()

    async def _index_leads(self, writes: int) -> None:
        if self._kept_up_to == writes:
            return
        await self._writer.run(analyze_grown_tables)
        for work in (index_next_leads, tidy_index):
            while await self._writer.run(work):
                pass
        self._kept_up_to = writes

    async def _choose_indexes(self) -> None:
        """Choose fields for indexes from their use; once an hour if there is no use."""
        used, now_ms, policy = self._field_use.take(), self._clock.now_ms(), self._index_policy
        checked_on = self._uses_checked_on
        if used or checked_on is None or now_ms - checked_on >= HOUR_MS:
            self._in_use = await self._writer.run(
                lambda c: fields_in_use(c, schemas_of(c), used, policy, now_ms)
            )
            self._uses_checked_on = now_ms

    def _committed(self, stale: set[str], queued: set[str]) -> None:
        """Runs on the event loop, after COMMIT and before the caller's future completes."""
        if stale:
            self._accounts_forgotten += 1
        for account_id in stale:
            self._accounts.pop(account_id, None)
        if queued:
            for wake in self._wakes:
                wake()

    def _load_account(self, account_id: str) -> _Account:
        with snapshot(self._read_engine) as connection:
            return self._account_from(connection, account_id)

    def _account_from(self, connection: Connection, account_id: str) -> _Account:
        return _Account(
            load_schema(connection, account_id, self._lead_rules),
            load_listeners(connection, account_id, self._activity_pace),
        )

    def _read(self, actor: Actor, account: _Account, work: Work[T]) -> T:
        with snapshot(self._read_engine) as connection:
            return self._work(connection, actor, account, work)

    def _work(
        self,
        connection: Connection,
        actor: Actor,
        account: _Account,
        work: Work[T],
        *,
        is_counted: bool = True,
    ) -> T:
        """Run *work*, which only reads."""
        now_ms, (schema, listeners) = self._clock.now_ms(), account
        sought: list[str] = []
        result = work(
            Unit(connection, actor, now_ms, self._ids, schema, set(), listeners, set(), sought)
        )
        if is_counted:
            self._field_use.note(sought)
        return result

    def close(self) -> None:
        if self._lag is not None:
            self._lag.close()
        if self._builder is not None:
            self._builder.close()
        self._readers.shutdown()
        self._read_engine.dispose()
        self._writer.close()  # closed last, so that its connection can checkpoint the log
