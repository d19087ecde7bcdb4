"""Figures of the store alone: searching while calls arrive, memory, a kill, a day dropped."""

import asyncio
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from bench.store.corpus import ACCOUNT, FIRST_MS, FROM_MS, ONCE, UNTIL_MS, live_calls
from bench.store.measure import Figures, ask, milliseconds
from bench.store.peers import Leadwire
from leadwire.calls.language import phrase
from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock
from leadwire.dates import DAY_MS
from leadwire.stores.sqlite import SqliteCallStore

_SECONDS: Final = 6
_TICK_S: Final = 0.005
_CALLS_A_TICK: Final = 10
_PHASES: Final = 6
_PHASE_S: Final = 1.0
_CALLS_A_PHASE: Final = int(_PHASE_S / _TICK_S) * _CALLS_A_TICK
_TEXTS: Final = (ONCE, "7c0ffee1-dead-4b1d-9a55", "rohit.verma", "gmail.com", "zqxw")
_KILLED_AFTER: Final = 3_000


def live(folder: Path) -> Figures:
    """Of a store that was loaded; changes it."""
    figures = {"memory after all questions, MB": _memory_mb(folder)}
    store = SqliteCallStore(folder, clock=SystemClock())
    try:
        figures |= _four_at_once(store)
        figures["event-loop lag during searches, p99 ms"] = asyncio.run(_lag_ms(store))
        figures |= asyncio.run(_while_writing(store))
    finally:
        store.close()
    figures["open after kill -9, ms"] = _open_after_kill_ms(folder)
    store = SqliteCallStore(folder, clock=SystemClock())
    from_s = time.perf_counter()
    store.prune(before_ms=FIRST_MS + DAY_MS)
    figures["drop a day, ms"] = (time.perf_counter() - from_s) * 1e3
    store.close()
    return figures


def _query(text: str) -> CallQuery:
    return CallQuery(
        account_id=ACCOUNT,
        condition=condition_of(phrase(text)),
        from_ms=FROM_MS,
        until_ms=UNTIL_MS + DAY_MS,
    )


def _four_at_once(store: SqliteCallStore) -> Figures:
    queries = [_query(text) for text in (_TEXTS[1], "6b0ffee2-dead", "91827364", _TEXTS[0])]

    def at_once() -> None:
        list(threads.map(store.reader.search, queries))

    with ThreadPoolExecutor(len(queries)) as threads:
        one_by_one = milliseconds(lambda: list(map(store.reader.search, queries)))
        return {"four searches at once, times one by one": milliseconds(at_once) / one_by_one}


async def _lag_ms(store: SqliteCallStore) -> float:
    """The 99th percentile of how late a loop wakes up, while another thread searches."""
    lags: list[float] = []
    searching = asyncio.create_task(asyncio.to_thread(_search_for, _SECONDS, store))
    while not searching.done():
        from_s = time.perf_counter()
        await asyncio.sleep(0.001)
        lags.append((time.perf_counter() - from_s - 0.001) * 1e3)
    return statistics.quantiles(lags, n=100)[98]


def _search_for(seconds: float, store: SqliteCallStore) -> None:
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        for text in _TEXTS:
            store.reader.search(_query(text))


async def _while_writing(store: SqliteCallStore) -> Figures:
    """A search for what is nowhere, over and over, while calls arrive and rest by turns.

    By turns, so that both medians are of the same calls: those that have just come, too.
    """
    calls = live_calls(_PHASES * _CALLS_A_PHASE)
    searching = _Searching(store, _query(_TEXTS[1]))
    running = asyncio.create_task(asyncio.to_thread(searching.run))
    stalls: list[float] = []
    for start in range(0, len(calls), _CALLS_A_PHASE):
        searching.calls_arrive = True
        await _append_in_time(store, calls[start : start + _CALLS_A_PHASE], stalls)
        searching.calls_arrive = False
        await asyncio.sleep(_PHASE_S)
    searching.is_over = True
    await running
    arriving, idle = statistics.median(searching.arriving), statistics.median(searching.idle)
    return {
        "search while 2,000 calls/s arrive, ms": arriving,
        "search while 2,000 calls/s arrive, times idle": arriving / idle,
        "worst stall while 2,000 calls/s arrive, ms": max(stalls),
    }


class _Searching:
    """Asks the same question every 20 ms, and tells the times by what happened meanwhile."""

    def __init__(self, store: SqliteCallStore, query: CallQuery) -> None:
        self._ask = partial(store.reader.search, query)
        self.calls_arrive = False
        self.is_over = False
        self.arriving: list[float] = []
        self.idle: list[float] = []

    def run(self) -> None:
        while not self.is_over:
            calls_arrived, from_s = self.calls_arrive, time.perf_counter()
            self._ask()
            taken_ms = (time.perf_counter() - from_s) * 1e3
            if calls_arrived is self.calls_arrive:
                (self.arriving if calls_arrived else self.idle).append(taken_ms)
            time.sleep(0.02)


async def _append_in_time(
    store: SqliteCallStore, calls: list[CallRecord], stalls: list[float]
) -> None:
    """Append *calls* at 2,000 a second; how long each few took to be durable goes to *stalls*."""
    from_s = time.perf_counter()
    futures = []
    for start in range(0, len(calls), _CALLS_A_TICK):
        due_s = from_s + start / _CALLS_A_TICK * _TICK_S
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        appended_s = time.perf_counter()
        futures.append(asyncio.gather(*map(store.append, calls[start : start + _CALLS_A_TICK])))
        futures[-1].add_done_callback(_stall_since(appended_s, stalls))
    await asyncio.gather(*futures)


def _stall_since(from_s: float, stalls: list[float]) -> Callable[[object], None]:
    return lambda _: stalls.append((time.perf_counter() - from_s) * 1e3)


def _open_after_kill_ms(folder: Path) -> float:
    """How long the store takes to open, and to answer, after its process was killed."""
    command = [sys.executable, "-m", "bench.store.live", "append", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:  # noqa: S603
        if writer.stdout is not None:
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
    from_s = time.perf_counter()
    store = SqliteCallStore(folder, clock=SystemClock())
    store.reader.search(CallQuery(account_id=ACCOUNT, limit=1))
    taken_ms = (time.perf_counter() - from_s) * 1e3
    store.close()
    return taken_ms


def _memory_mb(folder: Path) -> float:
    """Private memory of a process of its own, after every question."""
    command = [sys.executable, "-m", "bench.store.live", "ask", str(folder)]
    return float(subprocess.run(command, capture_output=True, check=True).stdout)  # noqa: S603


def _ask_and_tell_memory(folder: Path) -> None:
    peer = Leadwire(folder)
    ask(peer, "")
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    private_kb = sum(int(line.split()[1]) for line in lines if line.startswith("Private_"))
    peer.close()
    print(private_kb / 1000)


async def _append_for_ever(folder: Path) -> None:
    store = SqliteCallStore(folder, clock=SystemClock())
    calls = live_calls(4 * _KILLED_AFTER)
    for start in range(0, len(calls), 50):
        await asyncio.gather(*map(store.append, calls[start : start + 50]))
        if start == _KILLED_AFTER:
            print("ready", flush=True)
    await asyncio.sleep(60)


if __name__ == "__main__":
    if sys.argv[1] == "ask":
        _ask_and_tell_memory(Path(sys.argv[2]))
    else:
        asyncio.run(_append_for_ever(Path(sys.argv[2])))
