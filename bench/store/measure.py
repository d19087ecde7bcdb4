"""What each engine is asked, and how long it takes: loading, then the questions of the budgets."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from bench.store.corpus import ONCE, parts
from bench.store.peers import Peer
from leadwire.calls.record import CallRecord

_BATCH: Final = 100
_LOAD_BATCH: Final = 10_000
_BATCHES_MEASURED: Final = 100
"""At two places of the corpus each."""
_RUNS: Final = 7

NEEDLES: Final = {
    "email once": ONCE,
    "uuid nowhere": "7c0ffee1-dead-4b1d-9a55",
    "phone, 10 digits": "9182736455",
    "8 digits": "91827364",
    "8 hex digits": "9a55c0fe",
    "6 digits": "918273",
    "first.last": "rohit.verma",
    "exception": "mxduplicateentryexception",
    "5 letters, nowhere": "zqxwv",
    "4 letters, nowhere": "zqxw",
    "common": "gmail.com",
}

Figures = dict[str, float]


def load(peer: Peer, corpus: Path, folder: Path) -> tuple[Figures, str]:
    """Load the corpus; the figures of that, and the id of a call in its middle."""
    total, wall, cpu, stalls, call_id = 0, 0.0, 0.0, [0.0], ""
    count = len(list(corpus.glob("*.arrow")))
    for number, records in enumerate(parts(corpus)):
        measured = _BATCH * _BATCHES_MEASURED if number in (0, count // 2) else 0
        if measured:
            peer.finish()  # work that earlier parts left for later must not count
            cpu_from = time.process_time()
            batches = _batches(records[:measured], _BATCH)
            taken = [_seconds(partial(peer.append, batch)) for batch in batches]
            wall += sum(taken) + _seconds(peer.finish)
            stalls += taken
            cpu += time.process_time() - cpu_from
        for batch in _batches(records[measured:], _LOAD_BATCH):
            peer.append(batch)
        total += len(records)
        call_id = call_id if number > count // 2 else records[len(records) // 2].call_id
    settled_from = time.perf_counter()
    peer.settle()
    measured = _BATCH * (len(stalls) - 1)
    return {
        "bytes a call": _size(folder) / total,
        "ingest in 100s, calls/s": measured / wall,
        "ingest in 100s, CPU µs a call": cpu / measured * 1e6,
        "ingest in 100s, worst ms": max(stalls) * 1e3,
        "settle, s": time.perf_counter() - settled_from,
    }, call_id


def _size(folder: Path) -> int:
    """Of its files, but for those that an engine tidies away meanwhile."""
    size = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += Path(place, name).stat().st_size
    return size


def ask(peer: Peer, call_id: str) -> Figures:
    """Median milliseconds of warm runs of every question."""
    figures = {
        "newest 1,000": milliseconds(peer.newest),
        "newest 1,000, status 500": milliseconds(lambda: peer.newest(status=500)),
        "by id": milliseconds(lambda: peer.by_id(call_id)),
        "histogram": milliseconds(peer.histogram),
        "percentiles": milliseconds(peer.percentiles),
    }
    for name, needle in NEEDLES.items():
        figures[name] = milliseconds(partial(peer.newest, text=needle))
    return figures


def milliseconds(question: Callable[[], object], runs: int = _RUNS) -> float:
    """The median of *runs*; of fewer when one takes long."""
    taken: list[float] = []
    question()
    while len(taken) < runs and sum(taken) < 3_000:  # noqa: PLR2004  # three seconds
        from_s = time.perf_counter()
        question()
        taken.append((time.perf_counter() - from_s) * 1e3)
    return statistics.median(taken)


def _seconds(work: Callable[[], object]) -> float:
    from_s = time.perf_counter()
    work()
    return time.perf_counter() - from_s


def _batches(records: list[CallRecord], size: int) -> Iterator[list[CallRecord]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]
