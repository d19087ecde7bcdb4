"""Calls that cannot be recorded are counted, and the count is recorded."""

import asyncio

import pytest

from bench.serve.off import NoCallStore
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock, SystemIds
from leadwire.errors import RecordingError
from leadwire.recording.gaps import Gaps


class FaultyStore(NoCallStore):
    """Keeps records in a list, unless its disk is full."""

    def __init__(self) -> None:
        self.full = False
        self.kept: list[CallRecord] = []

    def append(self, record: CallRecord) -> "asyncio.Future[None]":
        future = asyncio.get_running_loop().create_future()
        if self.full:
            future.set_exception(RecordingError("the disk is full"))
        else:
            self.kept.append(record)
            future.set_result(None)
        return future


def lost(started_at_ms: int) -> CallRecord:
    return CallRecord(
        call_id=SystemIds().call_id(started_at_ms),
        started_at_ms=started_at_ms,
        duration_ms=1.0,
        method="GET",
        path="/v2/x",
        status_code=200,
        outcome="success",
    )


@pytest.fixture
def store() -> FaultyStore:
    return FaultyStore()


@pytest.fixture
def gaps(store: FaultyStore) -> Gaps:
    return Gaps(store, clock=SystemClock(), ids=SystemIds())


def test_a_gap_is_one_record_that_counts_its_calls_and_names_its_span(
    store: FaultyStore, gaps: Gaps
):
    """However many calls are lost, their number and their time stand in the log afterwards."""
    for started_at_ms in (0, 1_000, 2_500):
        gaps.add(lost(started_at_ms), "the disk is full")
    assert asyncio.run(gaps.close())
    (record,) = store.kept
    assert record.outcome == "gap"
    assert record.started_at_ms == 0
    assert record.duration_ms == 2_500
    assert record.exception_message == (
        "3 call(s) from 1970-01-01 00:00:00.000 to 1970-01-01 00:00:02.500 UTC "
        "could not be recorded: the disk is full"
    )
    assert gaps.open is None
    assert (gaps.calls, gaps.closed) == (3, 1)


def test_a_gap_stays_open_while_its_record_cannot_be_kept_either(store: FaultyStore, gaps: Gaps):
    """The count grows until the store works again: nothing of it is forgotten."""
    store.full = True
    gaps.add(lost(0), "the disk is full")
    assert not asyncio.run(gaps.close())
    gaps.add(lost(1), "the disk is full")
    store.full = False
    assert asyncio.run(gaps.close())
    assert store.kept[0].exception_message.startswith("2 call(s)")


def test_a_gap_spans_its_calls_also_when_the_clock_steps_back(store: FaultyStore, gaps: Gaps):
    """It begins with the oldest call and lasts to the newest, in whatever order they came."""
    for started_at_ms in (5_000, 9_000, 1_000):
        gaps.add(lost(started_at_ms), "the disk is full")
    assert asyncio.run(gaps.close())
    (record,) = store.kept
    assert (record.started_at_ms, record.duration_ms) == (1_000, 8_000)


def test_without_a_gap_nothing_is_recorded(store: FaultyStore, gaps: Gaps):
    """Closing without an open gap records nothing."""
    assert asyncio.run(gaps.close())
    assert store.kept == []
