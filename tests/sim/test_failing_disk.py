"""A server whose disk fails: each call is refused or counted, and the log is whole afterwards."""

import json
import random  # noqa: TID251  # a replayable fault
from pathlib import Path

import pytest
from sim import vfs
from sim.disk import BAD_FLUSHES, BAD_WRITES, FULL_DISK, READ_ONLY, Disk, Fault
from support import USERS, InProcess, LoopThread, assert_fault

from leadwire.access.accounts import FirstAccount
from leadwire.calls.query import CallQuery
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.settings import Settings
from leadwire.stores.sqlite import SqliteCallReader, verify

pytestmark = pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")

_FAULTS = {
    "full": FULL_DISK,
    "bad writes": BAD_WRITES,
    "read-only": READ_ONLY,
}
_LOST = 4


@pytest.mark.parametrize("policy", ["require", "degrade"])
@pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS.keys())
def test_calls_are_refused_or_counted_while_the_disk_fails(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount, fault: Fault, policy: str
) -> None:
    """require answers 503 and changes nothing, degrade answers; either way /readyz says why, a
    gap has their number, records and gaps make up the calls served, and verify finds no fault."""
    calls = data_folder / CALLS_FOLDER
    calls.mkdir(exist_ok=True)
    disk = Disk(calls, chance=random.Random(0))  # noqa: S311
    with disk.mounted():
        api = InProcess(loop_thread, Settings(data=data_folder, record_policy=policy), keys)
        try:
            answered = [api.get(USERS) for _ in range(3)]
            disk.fault = fault
            lost = [api.get(USERS) for _ in range(_LOST)]
            assert readiness(api)[0] == 503
            assert "cannot be recorded" in readiness(api)[1]
            disk.fault = None
            # No call is needed to find out: a node that is not ready gets none.
            assert readiness(api)[0] == 200
            answered += [api.get(USERS) for _ in range(3)]
        finally:
            api.close()
    for answer in lost:
        if policy == "require":
            assert_fault(answer, 503, "CallNotRecordedException")
        else:
            assert answer.status == 200
    reader = SqliteCallReader(calls)
    kept = list(reader.stream(CallQuery(account_id=None)))[::-1]
    reader.close()
    assert [record.call_id for record in kept if record.outcome != "gap"] == [
        answer.call_id for answer in answered
    ]
    (gap,) = (record for record in kept if record.outcome == "gap")
    assert gap.exception_message.startswith(f"{_LOST} call(s) from ")
    assert [record.sequence for record in kept] == list(range(1, len(kept) + 1))
    assert verify(calls).problems == ()


@pytest.mark.parametrize("policy", ["require", "degrade"])
def test_after_a_failed_flush_the_next_start_records_again(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount, policy: str
) -> None:
    """What the disk has is not known then: nothing more is recorded, /readyz says so, and what
    was answered before is there after the next start, which records as ever."""
    calls = data_folder / CALLS_FOLDER
    calls.mkdir(exist_ok=True)
    disk = Disk(calls, chance=random.Random(0))  # noqa: S311
    settings = Settings(data=data_folder, record_policy=policy)
    with disk.mounted():
        api = InProcess(loop_thread, settings, keys)
        try:
            answered = [api.get(USERS) for _ in range(3)]
            disk.fault = BAD_FLUSHES
            api.get(USERS)
            disk.fault = None
            refused = api.get(USERS)
            assert readiness(api)[0] == 503
            assert "until leadwire is started again" in readiness(api)[1]
        finally:
            api.close()
        api = InProcess(loop_thread, settings, keys)
        try:
            answered += [api.get(USERS) for _ in range(3)]
            assert readiness(api)[0] == 200
        finally:
            api.close()
    assert refused.status == (503 if policy == "require" else 200)
    reader = SqliteCallReader(calls)
    kept = {record.call_id for record in reader.stream(CallQuery(account_id=None))}
    reader.close()
    assert {answer.call_id for answer in answered} <= kept
    assert refused.call_id not in kept
    assert verify(calls).problems == ()


def readiness(api: InProcess) -> tuple[int, str]:
    answer = api.call("GET", "/readyz", keys="none")
    return answer.status, json.loads(answer.body)["reasons"] and answer.body.decode()
