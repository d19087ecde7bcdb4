"""The two stores behind one face, and what a query means, said in plain Python."""

import asyncio
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Protocol

import msgspec
from stores.builders import FixedClock

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.clock import SystemClock
from leadwire.stores.clickhouse import (
    ClickHouseCallReader,
    ClickHouseSink,
    Connect,
    TableSettings,
)
from leadwire.stores.sqlite import SqliteCallStore

_QUERY_SECONDS_MAX = 3_600
_DATABASES = count(1)


def new_settings() -> TableSettings:
    # Longer than any date of a test is old; without fsync, which the driver does not see.
    return TableSettings(database=f"test_{next(_DATABASES)}", retention_days=20_000, fsync=False)


class BothStores(Protocol):
    reader: LiveReader

    def put(self, *records: CallRecord) -> None:
        """Keep the calls, in this order."""
        ...

    def close(self) -> None: ...


class SqliteWorld:
    def __init__(self, folder: Path) -> None:
        self.store = SqliteCallStore(folder, clock=FixedClock())
        self.reader = self.store.reader

    def put(self, *records: CallRecord) -> None:
        append(self.store, records)

    def close(self) -> None:
        self.store.close()


class ClickHouseWorld:
    """A table, what inserts into it and what reads it."""

    def __init__(self, connect: Connect, settings: TableSettings) -> None:
        self.settings = settings
        self.sink = ClickHouseSink(connect, settings=settings, make_tables=True)
        self.reader = ClickHouseCallReader(
            connect,
            settings=settings,
            clock=SystemClock(),
            # What is asked here is asked of a busy machine: no answer may depend on its speed.
            query_seconds_max=_QUERY_SECONDS_MAX,
        )
        self.client = connect()
        self.sink.make_tables()
        self._sequence = 0

    def put(self, *records: CallRecord) -> None:
        """Insert the calls as one batch of node ``n1``."""
        numbered = [
            msgspec.structs.replace(record, sequence=sequence)
            for sequence, record in enumerate(records, self._sequence + 1)
        ]
        self._sequence += len(numbered)
        self.sink.insert(numbered, node="n1", token=f"put-{self._sequence}")

    def rows(self) -> int:
        """Rows that lie in the table, copies included."""
        statement = f"SELECT count() FROM {self.settings.asked_table}"  # noqa: S608  # our own name
        return self.client.query(statement).result_rows[0][0]

    def close(self) -> None:
        self.client.command(f"DROP DATABASE {self.settings.database} SYNC")
        self.client.close()
        self.sink.close()
        self.reader.close()


def append(store: SqliteCallStore, records: Iterable[CallRecord]) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*map(store.append, records))

    asyncio.run(all_of_them())


def is_asked_for(record: CallRecord, query: CallQuery) -> bool:
    """What ``CallQuery`` means, without a thought for speed."""
    return (
        _is_of_account(record, query)
        and (query.from_ms is None or record.started_at_ms >= query.from_ms)
        and (query.until_ms is None or record.started_at_ms < query.until_ms)
        and query.condition.holds(record)
    )


def _is_of_account(record: CallRecord, query: CallQuery) -> bool:
    if query.refused_keys:
        return record.account_id == ""
    return query.account_id is None or record.account_id == query.account_id
