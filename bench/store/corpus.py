"""The generated corpus of calls (Arrow parts) as Arrow tables and as call records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import feather

from leadwire.calls.record import CallRecord, outcome_of

FIRST_MS = 1_790_000_000_000 // 86_400_000 * 86_400_000
DAY_MS = 86_400_000
FROM_MS, UNTIL_MS = FIRST_MS + 7 * DAY_MS, FIRST_MS + 14 * DAY_MS
ACCOUNT = "a1"
COLUMNS = (
    "call_id", "started_at_ms", "duration_ms", "account_id", "user_id", "key_id", "api_type",
    "operation", "method", "path", "query_string", "request_content_type", "request_body",
    "status_code", "outcome", "exception_type", "exception_message", "response_body",
    "client_address", "user_agent",
)  # fmt: skip


def parts(folder: Path, count: int) -> Iterator[list[CallRecord]]:
    """100,000 records at a time, in the order of time."""
    for path in sorted(folder.glob("*.arrow"))[:count]:
        table = feather.read_table(path, memory_map=False)
        yield [_record(row) for batch in table.to_batches(10_000) for row in batch.to_pylist()]


def arrow(records: list[CallRecord]) -> pa.Table:
    """The columns that every peer keeps."""
    return pa.table({name: [getattr(r, name) for r in records] for name in COLUMNS})


def _record(row: dict[str, Any]) -> CallRecord:
    path, _, query = row["path"].partition("?")
    stamp, noise = f"{row['ts']:012x}", row["request_id"]
    body, answer = row["req"], row["resp"]
    return CallRecord(
        call_id=f"{stamp[:8]}-{stamp[8:]}-7{noise[:3]}-a{noise[3:6]}-{noise[6:18]}",
        started_at_ms=row["ts"],
        duration_ms=row["latency"] / 1000,
        account_id=f"a{row['tenant']}",
        user_id=f"u{row['tenant']}",
        key_id=row["key_id"],
        api_type=row["api_type"],
        operation=row["api"],
        method=row["method"],
        path=path,
        query_string=query,
        request_content_type="application/json" if body else "",
        request_body=body,
        request_body_bytes=len(body),
        status_code=row["status"],
        outcome=outcome_of(status_code=row["status"], exception_type=row["exc_type"]),
        exception_type=row["exc_type"],
        exception_message=row["exc_msg"],
        response_body=answer,
        response_body_bytes=len(answer),
        client_address=row["ip"],
        user_agent="python-requests/2.31",
    )
