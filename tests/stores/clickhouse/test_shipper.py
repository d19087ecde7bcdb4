"""The shipper's steps: nothing passed over, one batch held, and what is said while it lags."""

import json
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call

from leadwire.calls.record import CallRecord
from leadwire.errors import SetupError
from leadwire.server.metrics import ShippingMetrics
from leadwire.stores.clickhouse import ClickHouseUnavailable
from leadwire.stores.clickhouse.shipper import ShippedNote, Shipper, ShipperLimits, ShipperThread

SECOND_MS = 1_000


class Batch(list[CallRecord]):
    """A list that can be watched."""


class Calls:
    """A source of as many calls as a clock says: one every *every_ms* since noon."""

    def __init__(self, clock: FixedClock, *, every_ms: int) -> None:
        self.clock, self.every_ms = clock, every_ms
        self.batches: weakref.WeakSet[Batch] = weakref.WeakSet()
        self.removed_up_to = 0
        self.largest = 0

    def last_sequence(self) -> int:
        return (self.clock.at_ms - NOON_MS) // self.every_ms

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        first = max(sequence, self.removed_up_to) + 1
        last = min(self.last_sequence(), first + limit - 1)
        batch = Batch(self.record(number) for number in range(first, last + 1))
        self.batches = weakref.WeakSet(one for one in self.batches)
        self.batches.add(batch)
        self.largest = max(self.largest, len(batch))
        return batch

    def oldest_day_after(self, sequence: int) -> int | None:
        return None if sequence >= self.last_sequence() else NOON_MS

    def record(self, number: int) -> CallRecord:
        at_ms = NOON_MS + number * self.every_ms
        return call(at_ms, sequence=number, call_id=f"id-{number}")

    # Lists are not hashable; the set watches them by identity.
    Batch.__hash__ = object.__hash__


class Sink:
    """Takes every batch, or none while it is away."""

    def __init__(self) -> None:
        self.is_away = False
        self.tokens: list[str] = []
        self.sequences: list[int] = []

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        assert node == "node-1"
        if self.is_away:
            raise ClickHouseUnavailable("ClickHouse cannot be reached (OperationalError).")
        self.tokens.append(token)
        self.sequences += [record.sequence for record in records]


class Scene:
    def __init__(
        self, folder: Path, *, every_ms: int = 20, limits: ShipperLimits | None = None
    ) -> None:
        self.clock = FixedClock()
        self.source = Calls(self.clock, every_ms=every_ms)
        self.sink = Sink()
        self.limits = limits or ShipperLimits()
        self.path = folder / "shipped"
        self.shipper = self.open()

    def open(self) -> Shipper:
        return Shipper(
            self.source,
            self.sink,
            ShippedNote(self.path, new_node=lambda: "node-1"),
            clock=self.clock,
            jitter=lambda: 0.5,
            limits=self.limits,
        )

    def run(self, seconds: float) -> None:
        """Step, and let the clock go on by what each step says."""
        end_ms = self.clock.at_ms + seconds * SECOND_MS
        while self.clock.at_ms < end_ms:
            self.clock.at_ms += round(self.shipper.step() * SECOND_MS)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


class TestShipping:
    def test_calls_arrive_in_order_and_each_once(self, scene: Scene) -> None:
        """Without faults every call is sent once, in the order of its sequence."""
        scene.run(10)
        assert scene.sink.sequences == list(range(1, len(scene.sink.sequences) + 1))
        assert len(scene.sink.sequences) > 400

    def test_few_calls_go_once_a_second(self, scene: Scene) -> None:
        """Quiet nodes make one insert a second, not one a call."""
        scene.run(10)
        assert 9 <= len(scene.sink.tokens) <= 11

    def test_many_calls_go_at_once(self, tmp_path: Path) -> None:
        """From the least batch on nothing waits, and no batch is longer than the limit."""
        limits = ShipperLimits(batch_calls_min=100, batch_calls_max=150)
        scene = Scene(tmp_path, every_ms=1, limits=limits)
        scene.clock.at_ms += 1_000
        for _ in range(30):
            scene.shipper.step()
        assert scene.sink.sequences == list(range(1, 1_001))
        assert scene.source.largest == 150

    def test_nothing_is_sent_when_there_is_nothing(self, tmp_path: Path) -> None:
        """An idle node asks for nothing but its own last sequence."""
        scene = Scene(tmp_path, every_ms=10**9)
        scene.run(10)
        assert scene.sink.tokens == []
        assert scene.shipper.state().calls_behind == 0

    def test_a_batch_sent_again_has_the_same_token(self, scene: Scene) -> None:
        """Killed between sending and noting, the same calls go out again under the same name,
        whatever was recorded since; other calls of the same numbers have another name."""
        scene.clock.at_ms += 2_000
        for _ in range(2):
            scene.shipper.step()
        for name in ("same", "same", "other"):
            scene.clock.at_ms += 2_000
            if name == "other":
                scene.source.record = lambda number: call(sequence=number)
            again = scene.open()
            for _ in range(2):
                again.step()
        first, second, third, other = scene.sink.tokens
        assert first == second == third != other
        assert scene.sink.sequences == list(range(1, 101)) * 4

    def test_calls_that_are_gone_are_counted_and_do_not_stop_the_rest(self, scene: Scene) -> None:
        """Days removed by hand before they were shipped are reported, never hidden."""
        scene.clock.at_ms += 10_000
        scene.source.removed_up_to = 100
        scene.run(3)
        assert scene.sink.sequences[0] == 101
        assert scene.shipper.state().calls_missing == 100

    def test_when_all_are_gone_shipping_goes_on_behind_them(self, scene: Scene) -> None:
        """A log that was emptied by hand does not look like a lag for ever."""
        scene.clock.at_ms += 10_000
        scene.source.removed_up_to = 500
        scene.shipper.step()
        assert scene.shipper.shipped_sequence == 500
        assert scene.shipper.state()[1:] == (0, 0.0, 0, 500, "")


class TestOutage:
    def test_an_hour_is_caught_up_with_one_batch_in_memory(self, scene: Scene) -> None:
        """While the far store is away for an hour one batch is held; then all calls arrive."""
        scene.run(5)
        scene.sink.is_away = True
        scene.run(3_600)
        state = scene.shipper.state()
        assert state.calls_behind >= 3_570 * 50
        assert 3_595 <= state.seconds_behind <= 3_700
        assert state.failures > 100
        assert "cannot be reached" in state.problem
        assert len(scene.source.batches) <= 1
        scene.sink.is_away = False
        scene.run(60)
        assert scene.sink.sequences == list(range(1, len(scene.sink.sequences) + 1))
        assert scene.source.largest <= scene.limits.batch_calls_max
        state = scene.shipper.state()
        assert state.calls_behind < 100
        assert state.seconds_behind < 3
        assert (state.failures, state.problem) == (0, "")

    def test_attempts_grow_rarer_up_to_a_limit(self, scene: Scene) -> None:
        """Waits double from the first to the longest, each shortened by up to half at random."""
        scene.sink.is_away = True
        scene.clock.at_ms += 2_000
        scene.shipper.step()
        waits = [scene.shipper.step() for _ in range(60)]
        assert waits[:4] == [0.375, 0.75, 1.5, 3.0]
        assert waits[-1] == 30 * 0.75

    def test_a_text_that_is_not_ours_is_not_shown(self, scene: Scene) -> None:
        """What a foreign error says may hold data, so only its kind is shown."""
        scene.sink.insert = lambda *_, **__: (_ for _ in ()).throw(RuntimeError("secret"))
        scene.clock.at_ms += 2_000
        scene.shipper.step()
        scene.shipper.step()
        assert scene.shipper.state().problem == "RuntimeError"

    def test_a_source_that_cannot_be_read_is_tried_again(self, scene: Scene) -> None:
        """A read error passes nothing over: the same calls are asked for again."""
        whole = scene.source.after
        scene.source.after = lambda *_, **__: (_ for _ in ()).throw(OSError("I/O"))
        scene.run(10)
        assert scene.shipper.state().failures > 1
        scene.source.after = whole
        scene.run(60)
        assert scene.sink.sequences[0] == 1

    def test_a_note_that_cannot_be_written_is_tried_again(self, tmp_path: Path) -> None:
        """With a full disk a batch under way is not sent again, nor is another begun."""
        scene = Scene(tmp_path)
        scene.clock.at_ms += 2_000
        scene.shipper.step()
        blocker = scene.path.with_name(scene.path.name + ".new")
        blocker.mkdir()
        scene.run(5)
        assert scene.shipper.shipped_sequence == 0
        assert len(scene.sink.tokens) == 1
        blocker.rmdir()
        scene.run(60)
        assert scene.shipper.shipped_sequence > 0
        assert scene.sink.sequences == list(range(1, len(scene.sink.sequences) + 1))


class TestNote:
    def test_the_node_and_the_place_outlive_the_process(self, tmp_path: Path) -> None:
        """A folder keeps the id it was given first, and how far it was shipped."""
        path = tmp_path / "shipped"
        ShippedNote(path, new_node=lambda: "first").advance(7)
        again = ShippedNote(path, new_node=lambda: "second")
        assert (again.node, again.sequence) == ("first", 7)

    @pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b'{"node": "a", "sequence": 1}'])
    def test_an_unreadable_note_is_a_setup_error(self, tmp_path: Path, content: bytes) -> None:
        """A damaged note is never taken for the beginning, nor for the end."""
        (tmp_path / "shipped").write_bytes(content)
        with pytest.raises(SetupError, match="does not say"):
            ShippedNote(tmp_path / "shipped", new_node=lambda: "n")

    def test_a_note_ahead_of_the_calls_is_refused(self, scene: Scene) -> None:
        """A note of another folder would pass over the calls of this one."""
        scene.path.write_text(json.dumps({"node": "node-1", "sequence": 5, "sending": 5}))
        with pytest.raises(SetupError, match="belongs to another folder"):
            scene.open()

    def test_days_with_calls_that_were_not_shipped_are_named(self, scene: Scene) -> None:
        """Retention asks from when on calls must stay; caught up, it is free."""
        scene.clock.at_ms += 5_000
        assert scene.shipper.kept_from_ms() == NOON_MS
        for _ in range(3):
            scene.shipper.step()
        assert scene.shipper.kept_from_ms() is None


def test_metrics_show_the_lag(scene: Scene) -> None:
    """Calls, age, failures and missing calls are numbers that an alert can watch."""
    scene.sink.is_away = True
    scene.run(60)
    state = scene.shipper.state()
    shown = {
        metric.name: metric.samples[0].value
        for metric in ShippingMetrics(scene.shipper.state).collect()
    }
    assert shown == {
        "leadwire_calls_unshipped": state.calls_behind,
        "leadwire_shipping_lag_seconds": state.seconds_behind,
        "leadwire_shipping_failures": state.failures,
        "leadwire_calls_missing": 0,
    }
    assert state.seconds_behind > 50


def test_the_thread_ships_until_it_is_stopped(tmp_path: Path) -> None:
    """Started, it ships by itself; stopped, it has ended."""
    scene = Scene(tmp_path, limits=ShipperLimits(batch_calls_min=1, poll_seconds=0))
    scene.clock.at_ms += 1_000
    arrived = threading.Event()
    insert = scene.sink.insert

    def signalled(records: Sequence[CallRecord], *, node: str, token: str) -> None:
        insert(records, node=node, token=token)
        arrived.set()

    scene.sink.insert = signalled
    thread = ShipperThread(scene.shipper)
    assert arrived.wait(10)
    thread.stop(seconds_max=10)
    assert scene.sink.sequences == list(range(1, 51))
    assert scene.shipper.shipped_sequence == 50
