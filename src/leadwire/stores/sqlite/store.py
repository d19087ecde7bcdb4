"""The embedded store of the server process: a writer and a reader over one folder."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from leadwire.calls.record import CallRecord
from leadwire.clock import Clock, SystemIds
from leadwire.dates import HOUR_MS
from leadwire.errors import RecordingError, SetupError
from leadwire.stores.sqlite.closing import compact
from leadwire.stores.sqlite.damage import DAMAGE
from leadwire.stores.sqlite.days import DayFolder, WriterLock
from leadwire.stores.sqlite.open_days import Connect
from leadwire.stores.sqlite.reader import SqliteCallReader
from leadwire.stores.sqlite.schema import open_writable
from leadwire.stores.sqlite.writer import Writer, WriterLimits

_LATE_MS: Final = HOUR_MS
"""A day is closed an hour after its end, since calls from before midnight arrive late."""
_T = TypeVar("_T")

_log = logging.getLogger("leadwire.calls")


class SqliteCallStore:
    """Keeps calls in *folder*, one file per UTC day of ``started_at_ms``.

    When ``append`` completes, the call is on the disk (fsync): it survives a killed process and a
    power loss. ``sequence`` counts from 1 without a gap, over all days, pruned days included.

    After a failed write the store recovers once the cause is gone. After a failed flush the content
    of the disk is unknown. Then the store refuses all calls, and calls *on_stopped* from its own
    thread. The process should then restart.

    Only one process may open a folder for writing. Raises SetupError in a second process, and if
    the folder or a file is unusable. The mark of a new file has *folder_id*, its data folder.
    """

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        folder: Path,
        *,
        clock: Clock,
        on_stopped: Callable[[str], None] | None = None,
        limits: WriterLimits | None = None,
        lookup_budget_ms: int | None = None,
        folder_id: str = "",
        connect: Connect | None = None,
    ) -> None:
        days = self._days = DayFolder(folder)
        self._clock = clock
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = WriterLock(folder)
        except OSError as error:
            raise SetupError(f"The folder of calls cannot be written: {error}") from error
        try:
            self._writer = Writer(
                days,
                clock=clock,
                ids=SystemIds(),
                on_stopped=on_stopped or _log.critical,
                limits=limits or WriterLimits(),
                connect=connect or partial(open_writable, folder_id=folder_id),
            )
        except (sqlite3.Error, OSError) as error:
            self._lock.release()
            raise SetupError(f"The calls in {folder} cannot be opened: {error}") from error
        except SetupError:
            self._lock.release()
            raise
        self.reader: Final = SqliteCallReader(
            folder, clock=clock, lookup_budget_ms=lookup_budget_ms
        )
        self.lost = self._writer.lost
        """The first and the last of the calls that this start did not find, if it missed any."""

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        return self._writer.append(record)

    def prune(self, *, before_ms: int) -> int:
        """Waits until the current batch is written, so do not call it on the loop's thread."""
        try:
            return self._on_writer_thread(
                lambda: self._writer.remove_days(before_ms, forget=self.reader.forget)
            )
        except (sqlite3.Error, OSError) as error:
            raise RecordingError(f"Old days of calls could not be removed: {error}") from error

    def confirmed_ms(self) -> int:
        return self._days.confirmed_ms()

    def close_days(self) -> int:
        """Seal, sign and compact the days that ended over an hour ago. Returns their number.

        Takes as long as copying a day's file, so do not call it on the loop's thread. Calls of
        other days are recorded meanwhile; late calls of that day wait.
        """
        closed, problems = 0, []
        for day in self._days.days_before(self._clock.now_ms() - _LATE_MS):
            try:
                closed += self._close_day(day)
            except (OSError, *DAMAGE) as error:
                problems.append(f"The calls of {day} could not be made compact: {error}")
        if problems:
            raise RecordingError(" ".join(problems))
        return closed

    def close(self) -> None:
        self._writer.close()
        self.reader.close()
        self._lock.release()

    def _close_day(self, day: str) -> bool:
        if not self._on_writer_thread(lambda: self._writer.close_day(day)):
            return False
        try:
            compact(self._days.path(day))
        except BaseException as error:
            self._writer.release_day(day, error)
            raise
        self._writer.release_day(day)
        return True

    def _on_writer_thread(self, task: Callable[[], _T]) -> _T:
        results: list[_T] = []
        self._writer.run(lambda: results.append(task()))
        return results[0]
