"""The call store against its peers, on one corpus in one run: a JSON line per figure.

usage: scripts/bench store CORPUS_FOLDER [--parts N] [--work FOLDER] [--peers a,b]

Every engine syncs each commit to disk. Times are medians of five warm runs; compare them within
a run only.
"""

import argparse
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.store.corpus import parts
from bench.store.peers import PEERS, Peer

INGEST_CALLS = 20_000
LOAD_BATCH = 10_000
NEEDLES = {
    "email_once": "rohit.verma918273645@gmail.com",
    "uuid_nowhere": "7c0ffee1-dead-4b1d-9a55",
    "common": "gmail.com",
    "phone_10": "9182736455",
    "digits_8": "91827364",
    "hex_8": "9a55c0fe",
    "digits_6": "918273",
    "first_last": "rohit.verma",
    "exception": "mxduplicateentryexception",
    "letters_5": "zqxwv",
    "letters_4": "zqxw",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--parts", type=int, default=10)
    parser.add_argument("--work", type=Path, default=Path("bench-store"))
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS))
    options = parser.parse_args()
    wanted = options.peers.split(",")
    options.work.mkdir(exist_ok=True)
    for kind in PEERS:
        if kind.name not in wanted:
            continue
        folder = options.work / kind.name
        shutil.rmtree(folder, ignore_errors=True)
        peer = kind(folder)
        try:
            call_id = load(peer, options.corpus, options.parts, folder)
            ask(peer, call_id)
        finally:
            peer.close()
            shutil.rmtree(folder, ignore_errors=True)


def load(peer: Peer, corpus: Path, count: int, folder: Path) -> str:
    """Load the corpus, and print what that took; the id of a call in the middle."""
    total, call_id, cpu, wall, worst = 0, "", 0.0, 0.0, 0.0
    for number, records in enumerate(parts(corpus, count)):
        start = 0
        if number in (0, count // 2):
            for start in range(0, INGEST_CALLS, 100):
                batch = records[start : start + 100]
                cpu_from, from_s = time.process_time(), time.perf_counter()
                peer.append(batch)
                cpu += time.process_time() - cpu_from
                wall += time.perf_counter() - from_s
                worst = max(worst, time.perf_counter() - from_s)
            start = INGEST_CALLS
        for at in range(start, len(records), LOAD_BATCH):
            peer.append(records[at : at + LOAD_BATCH])
        total += len(records)
        if number == count * 3 // 4:
            call_id = records[777].call_id
    measured = 2 * INGEST_CALLS
    say(peer, "ingest_100_calls_per_s", measured / wall)
    say(peer, "ingest_100_cpu_us_per_call", cpu / measured * 1e6)
    say(peer, "ingest_100_worst_ms", worst * 1e3)
    from_s = time.perf_counter()
    peer.settle()
    say(peer, "settle_s", time.perf_counter() - from_s)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    say(peer, "bytes_per_call", size / total)
    return call_id


def ask(peer: Peer, call_id: str) -> None:
    timed(peer, "newest_1000", peer.newest)
    timed(peer, "newest_1000_status_500", lambda: peer.newest(status=500))
    timed(peer, "by_id", lambda: peer.by_id(call_id))
    timed(peer, "histogram", peer.histogram)
    timed(peer, "percentiles", peer.percentiles)
    for name, needle in NEEDLES.items():
        timed(peer, f"needle_{name}", lambda needle=needle: peer.newest(text=needle))


def timed(peer: Peer, figure: str, question: Callable[[], int], runs: int = 5) -> None:
    taken = []
    rows = 0
    for _ in range(runs):
        from_s = time.perf_counter()
        rows = question()
        taken.append((time.perf_counter() - from_s) * 1e3)
    say(peer, f"{figure}_ms", statistics.median(taken), rows=rows)


def say(peer: Peer, figure: str, value: float, **more: int) -> None:
    print(json.dumps({"engine": peer.name, "figure": figure, "value": round(value, 3), **more}))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
