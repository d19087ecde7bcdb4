"""Load a corpus into a call store and search it: with whichever leadwire is on the path.

usage: python one_version.py CORPUS FOLDER [--headers]

So that a version can be measured beside an earlier one in one run (versions.py), this file uses
nothing but what both have. Prints its figures as JSON.
"""

import asyncio
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from pyarrow import feather

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock
from leadwire.stores.sqlite import SqliteCallStore

try:
    phrase = import_module("leadwire.calls.language").phrase
except ImportError:
    phrase = import_module("leadwire.calls.search").phrase

condition_of = getattr(import_module("leadwire.calls.query"), "condition_of", None)

_ACCOUNT = "a1"
_BATCH = 100
_BLOCK_CALLS = 512
_RUNS = 7
_NEEDLES = {
    "email once": "rohit.verma918273645@gmail.com",
    "uuid nowhere": "7c0ffee1-dead-4b1d-9a55",
    "phone, 10 digits": "9182736455",
    "8 digits": "91827364",
    "8 hex digits": "9a55c0fe",
    "first.last": "rohit.verma",
    "exception": "mxduplicateentryexception",
    "5 letters, nowhere": "zqxwv",
    "common": "gmail.com",
}
_ESCAPED = {
    "email once": "rohit.verma918273645%40gmail.com",
    "uuid nowhere": "7c0ffee1%2Ddead%2D4b1d%2D9a55",
    "phone, 10 digits": "\\u0039182736455",
    "8 digits": "\\u00391827364",
    "8 hex digits": "9a55c0f\\u0065",
    "first.last": "rohit%2Everma",
    "exception": "mxduplicate%65ntryexception",
    "5 letters, nowhere": "zqxw\\u0076",
    "common": "gmail\\u002ecom",
}


def main(corpus: Path, folder: Path, *, headers: bool) -> None:
    loop = asyncio.new_event_loop()
    store = SqliteCallStore(folder, clock=SystemClock())
    calls, cpu_s = 0, 0.0
    for batch in _batches(corpus, headers=headers):
        started_s = time.process_time()
        loop.run_until_complete(_recorded(store, batch))
        cpu_s += time.process_time() - started_s
        calls += len(batch)
    started_s = time.process_time()
    while _has_whole_block(max(folder.glob("*.sqlite"))):
        time.sleep(0.002)
    cpu_s += time.process_time() - started_s
    store.close_days()
    size = sum(path.stat().st_size for path in folder.iterdir())
    figures = {"bytes a call": size / calls, "CPU µs a call": cpu_s / calls * 1e6}
    for name, needle in _NEEDLES.items():
        figures[name] = _milliseconds(store, needle)
        figures[f"{name}, escaped"] = _milliseconds(store, _ESCAPED[name])
    store.close()
    loop.close()
    print(json.dumps(figures))


async def _recorded(store: SqliteCallStore, batch: list[CallRecord]) -> None:
    await asyncio.gather(*map(store.append, batch))


def _batches(corpus: Path, *, headers: bool) -> Iterator[list[CallRecord]]:
    for path in sorted(corpus.glob("*.arrow")):
        rows = feather.read_table(path, memory_map=False).to_pylist()
        for start in range(0, len(rows), _BATCH):
            yield [_record(row, headers=headers) for row in rows[start : start + _BATCH]]


def _record(row: dict[str, Any], *, headers: bool) -> CallRecord:
    row |= {f"{name}_bytes": len(row[name]) for name in ("request_body", "response_body")}
    if headers:
        row |= _headers(row)
    return CallRecord(**row)


def _headers(row: dict[str, Any]) -> dict[str, str]:
    """What a client of eight headers sends behind a proxy, and what it gets."""
    sent = [
        "Host: crm.example.com", f"User-Agent: {row['user_agent']}",
        "Accept-Encoding: gzip, deflate, br", "Accept: */*",
        f"Content-Length: {len(row['request_body'])}", "Content-Type: application/json",
        f"X-Forwarded-For: {row['client_address']}", "X-Forwarded-Proto: https",
    ]  # fmt: skip
    answered = [
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(row['response_body'])}", "Cache-Control: no-store",
    ]  # fmt: skip
    return {"request_headers": "\n".join(sent), "response_headers": "\n".join(answered)}


def _has_whole_block(path: Path) -> bool:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        counts = connection.execute("SELECT sum(calls) FROM hot GROUP BY place >> 40")
        return max((calls for (calls,) in counts), default=0) >= _BLOCK_CALLS
    finally:
        connection.close()


def _milliseconds(store: SqliteCallStore, needle: str) -> float:
    query = _query(phrase(needle))
    reader: Any = getattr(store, "reader", store)
    taken = []
    for _ in range(_RUNS):
        started_s = time.process_time()
        reader.search(query)
        taken.append((time.process_time() - started_s) * 1e3)
    return min(taken)


def _query(text: str) -> CallQuery:
    if condition_of is None:  # an earlier version, whose query has the text itself
        return CallQuery(account_id=_ACCOUNT, text=text)  # type: ignore[call-arg]
    return CallQuery(account_id=_ACCOUNT, condition=condition_of(text))


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main(Path(sys.argv[1]), Path(sys.argv[2]), headers="--headers" in sys.argv)
