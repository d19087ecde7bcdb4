"""Units of work on one writing connection, committed in groups.

A unit is a function of a connection. It may run twice, so it changes nothing but the database.
Units that wait at the same time share one transaction and one fsync. A unit that raises an
exception changes nothing; the others are committed. The future of a unit completes after COMMIT. If
COMMIT fails, it completes after the failed commit was made void.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection

from leadwire.database.database import (
    DATABASE_ERRORS,
    UNAVAILABLE,
    GroupWriter,
    OutcomeUnknown,
    reason_of,
)
from leadwire.errors import LeadwireError

_UNITS_PER_COMMIT_MAX: Final = 128
"""Maximum of units in a commit. Units of one loop turn stay together."""
_BUSY_UNITS: Final = 4
"""After a commit of this many units, the next one waits for more: a larger group costs less."""
_GATHER_SECONDS: Final = 0.001

T = TypeVar("T")


class WriteFailed(LeadwireError):
    """The database could not commit (disk full, read-only, I/O error): nothing was changed."""


class RehearsalTooLong(LeadwireError):
    """What was to be undone took longer than its limit. Nothing was changed."""

    def __init__(self, seconds_max: float) -> None:
        super().__init__(f"The call was stopped after {seconds_max:g} s. Nothing was changed.")


Announce = Callable[[], None]


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    account_id: str
    future: asyncio.Future[Any]
    on_commit: Announce | None
    undone_within: float = 0
    """Above 0: the unit is undone, and may take this many seconds."""


class _Outcome(NamedTuple):
    future: asyncio.Future[Any]
    result: Any
    error: Exception | None
    on_commit: Announce | None = None


class Writer:
    """Runs units of work in a separate thread. ``run`` belongs to one event loop."""

    def __init__(self, group: GroupWriter, *, name: str) -> None:
        self._group = group
        self._loop = asyncio.get_running_loop()
        self._turn: list[_Unit] = []
        self._handing_over = threading.Lock()  # close() comes from another thread
        self._waiting: queue.SimpleQueue[list[_Unit] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(
        self,
        work: Callable[[Connection], T],
        *,
        account_id: str = "",
        on_commit: Announce | None = None,
    ) -> asyncio.Future[T]:
        """Queue *work*. The future has its result after the commit, or its exception.

        *work* changes only data of *account_id*, or of the server if that is empty. If the commit
        fails, the future has WriteFailed or OutcomeUnknown. *on_commit* runs on the event loop once
        the change is durable, also if the future was cancelled. It runs before any future of the
        same commit completes.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue(_Unit(work, account_id, future, on_commit))
        return future

    def rehearse(self, work: Callable[[Connection], T], *, seconds_max: float) -> asyncio.Future[T]:
        """Queue *work* to run in a transaction of its own, which is undone.

        The future has its result, or its exception; RehearsalTooLong after *seconds_max*. Writes
        of others wait that long at most.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue(_Unit(work, "", future, None, seconds_max))
        return future

    def _queue(self, unit: _Unit) -> None:
        if not self._turn:
            # Deferred to the end of the loop's turn, so that one wake-up serves all its units.
            self._loop.call_soon(self._hand_over)
        self._turn.append(unit)

    def close(self) -> None:
        """Finish the queued units, then stop the thread. Do not call ``run`` afterwards."""
        self._hand_over()
        self._waiting.put(None)
        self._thread.join()

    def _hand_over(self) -> None:
        with self._handing_over:
            units, self._turn = self._turn, []
        if units:
            self._waiting.put(units)

    def _work(self) -> None:
        is_busy = False
        while (units := self._waiting.get()) is not None:
            if is_busy:
                time.sleep(_GATHER_SECONDS)
            stopping = self._gather(units)
            is_busy = len(units) >= _BUSY_UNITS
            kept = [unit for unit in units if not unit.undone_within]
            if kept:
                self._loop.call_soon_threadsafe(_settle, _commit(self._group, kept))
            for unit in units:
                if unit.undone_within:
                    outcome = _rehearse(self._group, unit)
                    self._loop.call_soon_threadsafe(_settle, [outcome])
            if stopping:
                break
        self._group.close()

    def _gather(self, units: list[_Unit]) -> bool:
        """Add the waiting units to *units*. Returns whether the stop signal was among them."""
        while len(units) < _UNITS_PER_COMMIT_MAX:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                return False
            if more is None:
                return True
            units += more
        return False


def _commit(group: GroupWriter, units: list[_Unit]) -> list[_Outcome]:
    try:
        outcomes = _run_all(group, units)
        group.commit()
    except OutcomeUnknown as error:
        return [_Outcome(unit.future, None, error) for unit in units]
    except DATABASE_ERRORS as error:
        group.undo()
        return [_Outcome(unit.future, None, _write_failed(error)) for unit in units]
    return outcomes


def _run_all(group: GroupWriter, units: list[_Unit]) -> list[_Outcome]:
    """Run *units* in a transaction that stays open, and return their outcomes.

    A savepoint costs about as much as the unit itself, and most units raise nothing. So units run
    without one. If one raises, all are undone and run again, each in a savepoint.
    """
    accounts = {unit.account_id for unit in units}
    group.begin(accounts)
    try:
        connection = group.connection
        outcomes = [_Outcome(u.future, u.work(connection), None, u.on_commit) for u in units]
        group.finish()
    except Exception:  # noqa: BLE001  # the second run gives it to the unit's future
        group.undo()
    else:
        return outcomes
    group.begin(accounts)
    return [_run_one(group, unit) for unit in units]


def _run_one(group: GroupWriter, unit: _Unit) -> _Outcome:
    group.savepoint("unit")
    try:
        outcome = _Outcome(unit.future, unit.work(group.connection), None, unit.on_commit)
    except Exception as error:  # noqa: BLE001  # belongs to the unit's future
        group.undo_to("unit")
        failed = _write_failed(error) if isinstance(error, UNAVAILABLE) else error
        return _Outcome(unit.future, None, failed)
    group.release("unit")
    return outcome


def _rehearse(group: GroupWriter, unit: _Unit) -> _Outcome:
    """Run *unit* in a transaction that is undone."""
    ends = time.monotonic() + unit.undone_within
    try:
        group.begin({unit.account_id})
        group.limit(unit.undone_within)
        result = unit.work(group.connection)
        group.finish()
        outcome = _Outcome(unit.future, result, None)
    except Exception as error:  # noqa: BLE001  # belongs to the unit's future
        failed: Exception = error
        if isinstance(error, DATABASE_ERRORS):
            is_late = time.monotonic() >= ends - _LATE_SECONDS
            failed = RehearsalTooLong(unit.undone_within) if is_late else _write_failed(error)
        outcome = _Outcome(unit.future, None, failed)
    finally:
        group.undo()
    return outcome


_LATE_SECONDS: Final = 0.05
"""A statement is interrupted about at the end of the time, not exactly."""


def _write_failed(error: Exception) -> WriteFailed:
    return WriteFailed(f"The database could not commit: {reason_of(error)}.")


def _settle(outcomes: list[_Outcome]) -> None:
    for outcome in outcomes:
        if outcome.on_commit is not None:
            outcome.on_commit()
    for future, result, error, _ in outcomes:
        if future.cancelled():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
