"""The embedded store of the process that serves: a writer and a reader over one folder."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.stores.sqlite.days import DayFolder, WriterLock
from leadwire.calls.stores.sqlite.reader import SqliteCallReader
from leadwire.calls.stores.sqlite.schema import open_writable
from leadwire.calls.stores.sqlite.writer import Connect, Writer
from leadwire.clock import Clock
from leadwire.errors import RecordingError, SetupError


class SqliteCallStore:
    """Keeps calls in *folder*, one file per UTC day of ``started_at_ms``.

    A completed ``append`` is on disk (fsync): neither a killed process nor lost power takes it
    back. ``sequence`` counts from 1 without a gap over all days, also over pruned ones. After a
    failed write the store goes on by itself once the fault is gone. One process may have a
    folder open for writing; SetupError is raised in the second, and when the folder or a file
    cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        batch_calls_max: int = 256,
        waiting_calls_max: int = 20_000,
        connect: Connect = open_writable,
    ) -> None:
        days = DayFolder(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = WriterLock(folder)
        except OSError as error:
            raise SetupError(f"The folder of calls cannot be written: {error}") from error
        try:
            self._writer = Writer(
                days,
                clock=clock,
                batch_calls_max=batch_calls_max,
                waiting_calls_max=waiting_calls_max,
                connect=connect,
            )
        except (sqlite3.Error, OSError) as error:
            self._lock.release()
            raise SetupError(f"The calls in {folder} cannot be opened: {error}") from error
        except SetupError:
            self._lock.release()
            raise
        self._reader = SqliteCallReader(folder, clock=clock)

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        return self._writer.append(record)

    def append_all(self, records: Sequence[CallRecord]) -> None:
        """Keep many calls at once: they are durable when it returns.

        May be called from any thread but the loop's. Raises RecordingError; calls of a day that
        was committed before the failing one stay.
        """
        try:
            self._writer.run(lambda: self._writer.write(records))
        except (sqlite3.Error, OSError) as error:
            raise RecordingError(f"The calls could not be recorded: {error}") from error

    def search(self, query: CallQuery) -> CallPage:
        return self._reader.search(query)

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        return self._reader.stream(query)

    def get(self, call_id: str) -> CallRecord | None:
        return self._reader.get(call_id)

    def prune(self, *, before_ms: int) -> int:
        """May be called from any thread but the loop's: it waits for the batch being written."""
        removed = 0

        def remove() -> None:
            nonlocal removed
            removed = self._writer.remove_days(before_ms, forget=self._reader.forget)

        self._writer.run(remove)
        return removed

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
        self._lock.release()
