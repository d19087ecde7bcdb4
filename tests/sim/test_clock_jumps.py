"""A clock that jumps ahead deletes no calls: retention believes calls of two days."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, keep_all

from leadwire.background.upkeep import prune_for_ever
from leadwire.dates import DAY_MS
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallStore

_RETENTION_DAYS = 3
_YEARS_MS = 3_650 * DAY_MS


def prune(store: SqliteCallStore, clock: FixedClock) -> int:
    """Do what a server does at its start and each hour; how many calls are left."""

    async def once() -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await prune_for_ever(
                    store,
                    clock=clock,
                    settings=lambda: Settings(calls_retention_days=_RETENTION_DAYS),
                )

    asyncio.run(once())
    return len(store.reader.search(every(limit=500)).calls)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON_MS)


@pytest.fixture
def store(tmp_path: Path, clock: FixedClock) -> SqliteCallStore:
    store = SqliteCallStore(tmp_path, clock=clock)
    for day in range(5):
        clock.at_ms = NOON_MS + day * DAY_MS
        keep_all(store, [call(clock.at_ms)])
    return store


def test_days_past_retention_go_when_the_clock_is_right(
    store: SqliteCallStore, clock: FixedClock
) -> None:
    """The oldest of five days is past a retention of three; a day later the next is."""
    assert prune(store, clock) == 4
    clock.at_ms += DAY_MS
    keep_all(store, [call(clock.at_ms)])
    assert prune(store, clock) == 4
    store.close()


def test_a_jump_deletes_nothing_though_calls_are_recorded_under_it(
    store: SqliteCallStore, clock: FixedClock
) -> None:
    """Neither at the start, nor once calls have the wrong time, nor when the clock is right again.
    A later call only shows that the last true day is over, so one day goes some hours early."""
    assert prune(store, clock) == 4
    right_ms = clock.at_ms
    clock.at_ms += _YEARS_MS
    assert prune(store, clock) == 4
    keep_all(store, [call(clock.at_ms)])
    assert prune(store, clock) == 4
    clock.at_ms = right_ms
    assert prune(store, clock) == 4
    store.close()


def test_a_time_that_two_days_of_calls_confirm_is_believed(
    store: SqliteCallStore, clock: FixedClock
) -> None:
    """A server that was off for long drops what is past retention when it is a day at work."""
    clock.at_ms += _YEARS_MS
    keep_all(store, [call(clock.at_ms)])
    prune(store, clock)
    clock.at_ms += DAY_MS
    keep_all(store, [call(clock.at_ms)])
    assert prune(store, clock) == 2
    store.close()


def test_a_log_of_one_day_is_never_pruned(tmp_path: Path, clock: FixedClock) -> None:
    """Nothing confirms the clock."""
    store = SqliteCallStore(tmp_path, clock=clock)
    keep_all(store, [call(NOON_MS)])
    clock.at_ms += _YEARS_MS
    assert prune(store, clock) == 1
    store.close()
