"""A process that appends calls until it is killed, and prints each id once it is acknowledged.

usage: python appender.py FOLDER
"""

import asyncio
import sys
from pathlib import Path

from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock, SystemIds
from leadwire.stores.sqlite import SqliteCallStore


async def append_for_ever(folder: Path) -> None:
    clock, ids = SystemClock(), SystemIds()
    store = SqliteCallStore(folder, clock=clock)
    while True:
        batch = []
        for _ in range(40):
            at_ms = clock.now_ms()
            record = CallRecord(
                call_id=ids.call_id(at_ms),
                started_at_ms=at_ms,
                duration_ms=1.0,
                method="GET",
                path="/",
                status_code=200,
                outcome="success",
                response_body="x" * 500,
            )
            batch.append((record.call_id, store.append(record)))
        for call_id, recorded in batch:
            await recorded
            sys.stdout.write(call_id + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(append_for_ever(Path(sys.argv[1])))
