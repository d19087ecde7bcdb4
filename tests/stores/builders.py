"""Records for the tests of call stores, and how they get into one."""

import asyncio
import threading
from collections.abc import Sequence

from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import TokenOf
from leadwire.clock import SystemIds
from leadwire.dates import DAY_MS
from leadwire.stores.sqlite import SqliteCallStore

NOON_MS = 1_795_435_200_000 // DAY_MS * DAY_MS + DAY_MS // 2
_IDS = SystemIds()


class FixedClock:
    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def elapsed_ns(self) -> int:
        return self.at_ms * 1_000_000


def call(at_ms: int = NOON_MS, **fields: object) -> CallRecord:
    """An ordinary successful call of account ``a1`` with a fresh id."""
    values = {
        "call_id": _IDS.call_id(at_ms),
        "started_at_ms": at_ms,
        "duration_ms": 1.5,
        "account_id": "a1",
        "api_type": "Lead",
        "operation": "Lead.Capture",
        "method": "POST",
        "path": "/v2/LeadManagement.svc/Lead.Capture",
        "status_code": 200,
        "outcome": "success",
    }
    return CallRecord(**(values | fields))


def numbered_call(day: int, number: int) -> CallRecord:
    """One of many on a day: of two accounts and of every kind, told apart by their bodies."""
    status = (200, 200, 200, 404, 500)[number % 5]
    return call(
        NOON_MS + day * DAY_MS + number,
        account_id=("a1", "a2", "a1")[number % 3],
        status_code=status,
        outcome="success" if status == 200 else "client_fault",
        response_body=f"number {number:04} of day {day}, a word",
    )


def keep_all(store: SqliteCallStore, records: Sequence[CallRecord]) -> None:
    """Append *records* so that up to 256 share a commit, and wait until the store is at rest.

    Raises RecordingError when one of them was not recorded.
    """

    async def main() -> list[BaseException | None]:
        all_there = threading.Event()
        store._writer._queue.put(all_there.wait)
        futures = [store.append(record) for record in records]
        all_there.set()
        return await asyncio.gather(*futures, return_exceptions=True)

    results = asyncio.run(main())
    wait_for_sealing(store)
    for error in results:
        if error is not None:
            raise error


def wait_for_sealing(store: SqliteCallStore) -> None:
    """Return when the writer's thread has sealed what makes whole blocks."""
    writer = store._writer
    is_busy = [True]
    while is_busy.pop():
        writer.run(lambda: is_busy.append(writer._sealing.is_busy))


def every(
    text: str = "",
    *,
    api_type: str = "",
    status: str = "",
    token_of: TokenOf | None = None,
    **fields: object,
) -> CallQuery:
    """A query of every account, unless *fields* name one."""
    condition = condition_of(text, api_type=api_type, status=status, token_of=token_of)
    return CallQuery(**({"account_id": None, "condition": condition} | fields))
