"""Units of work on one writing connection, committed in groups.

A unit is a function of a connection, which may be run twice: it changes nothing but the database.
Units that wait at the same time share one transaction and one fsync; a unit that raises leaves no
trace, and the others stand. A unit's future completes only after COMMIT, or after what failed to be
committed was made void.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine

from leadwire.errors import LeadwireError

_UNITS_PER_COMMIT_MAX: Final = 128
"""No more are gathered; those of one turn of the loop stay together."""

T = TypeVar("T")


class WriteFailed(LeadwireError):
    """The database could not commit (disk full, read-only, I/O error): nothing was changed."""


Announce = Callable[[], None]


class _Unit(NamedTuple):
    work: Callable[[Connection], Any]
    future: asyncio.Future[Any]
    on_commit: Announce | None


class _Outcome(NamedTuple):
    future: asyncio.Future[Any]
    result: Any
    error: Exception | None
    on_commit: Announce | None = None


class Writer:
    """Runs units of work in a thread of its own. ``run`` belongs to one event loop."""

    def __init__(self, engine: Engine, *, name: str) -> None:
        self._engine = engine
        self._loop = asyncio.get_running_loop()
        self._turn: list[_Unit] = []
        self._handing_over = threading.Lock()  # close() comes from another thread
        self._waiting: queue.SimpleQueue[list[_Unit] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(
        self, work: Callable[[Connection], T], *, on_commit: Announce | None = None
    ) -> asyncio.Future[T]:
        """The future of *work*'s result: set once it is committed, with its exception otherwise.

        Raises WriteFailed through the future when the commit itself fails. *on_commit* is called
        on the event loop once what *work* wrote is durable: before any future of the same commit
        completes, and also when nobody waits for it any more.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._turn:
            # At the end of the loop's turn: the thread is woken once for all that came in it.
            self._loop.call_soon(self._hand_over)
        self._turn.append(_Unit(work, future, on_commit))
        return future

    def close(self) -> None:
        """Finish the units that were handed in, then stop the thread. None may follow."""
        self._hand_over()
        self._waiting.put(None)
        self._thread.join()
        self._engine.dispose()

    def _hand_over(self) -> None:
        with self._handing_over:
            units, self._turn = self._turn, []
        if units:
            self._waiting.put(units)

    def _work(self) -> None:
        with self._engine.connect() as connection:
            while (units := self._waiting.get()) is not None:
                stopping = self._gather(units)
                outcomes = _commit(connection, units)
                self._loop.call_soon_threadsafe(_settle, outcomes)
                if stopping:
                    return

    def _gather(self, units: list[_Unit]) -> bool:
        """Add to *units* what else waits; whether the end came with it."""
        while len(units) < _UNITS_PER_COMMIT_MAX:
            try:
                more = self._waiting.get_nowait()
            except queue.Empty:
                return False
            if more is None:
                return True
            units += more
        return False


def _commit(connection: Connection, units: list[_Unit]) -> list[_Outcome]:
    # The driver's connection takes BEGIN, SAVEPOINT and COMMIT: SQLAlchemy's own transaction
    # objects would cost more than the statements they surround.
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        outcomes = _run_all(connection, driver, units)
        driver.execute("COMMIT")
    except sqlite3.Error as error:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        _overwrite_failed(driver)
        failed = WriteFailed(f"The database could not commit: {error}.")
        return [_Outcome(unit.future, None, failed) for unit in units]
    finally:
        connection.rollback()  # ends SQLAlchemy's own view of the transaction; touches nothing
    return outcomes


def _overwrite_failed(driver: sqlite3.Connection) -> None:
    """Commit next to nothing, in the place of what was just not committed.

    A commit whose flush failed stands in the log, unseen: this process, once killed and started
    again, would take it for made, after its callers were told that nothing was changed. SQLite
    writes over it only on this connection. Where even that cannot be written, the next commit
    does it.
    """
    with contextlib.suppress(sqlite3.Error):
        [version] = driver.execute("PRAGMA user_version").fetchone()
        driver.execute(f"PRAGMA user_version = {version}")  # the same, and still written


def _run_all(
    connection: Connection, driver: sqlite3.Connection, units: list[_Unit]
) -> list[_Outcome]:
    """The outcomes of *units* in a transaction that is left open.

    A savepoint a unit costs about as much as what the unit does, and most units raise nothing.
    So they run without; when one raises, all is undone and run again, each in its savepoint.
    """
    driver.execute("BEGIN IMMEDIATE")
    try:
        return [_Outcome(u.future, u.work(connection), None, u.on_commit) for u in units]
    except Exception:  # noqa: BLE001  # the second run gives it to whoever awaits the unit
        if driver.in_transaction:
            driver.execute("ROLLBACK")
    driver.execute("BEGIN IMMEDIATE")
    return [_run_one(connection, driver, unit) for unit in units]


def _run_one(connection: Connection, driver: sqlite3.Connection, unit: _Unit) -> _Outcome:
    driver.execute("SAVEPOINT unit")
    try:
        outcome = _Outcome(unit.future, unit.work(connection), None, unit.on_commit)
    except Exception as error:  # noqa: BLE001  # belongs to whoever awaits the unit
        driver.execute("ROLLBACK TO unit")
        outcome = _Outcome(unit.future, None, error)
    driver.execute("RELEASE unit")
    return outcome


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
