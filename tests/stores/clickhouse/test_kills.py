"""A shipper killed anywhere, on real SQLite and ClickHouse's engine: every call, and each once."""

import os
import random  # noqa: TID251  # a replayable simulation
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import pytest
from amounts import examples
from stores.builders import NOON_MS, FixedClock, call, every
from stores.clickhouse.world import ClickHouseWorld, append

from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS
from leadwire.stores.clickhouse import (
    ClickHouseUnavailable,
    Connect,
    TableSettings,
)
from leadwire.stores.clickhouse.shipper import CallSink, ShippedNote, Shipper, ShipperLimits
from leadwire.stores.sqlite import SqliteCallSource, SqliteCallStore
from leadwire.stores.sqlite.schema import open_writable

SEEDS: Final = examples(240)
BEFORE_MIDNIGHT_MS: Final = NOON_MS + DAY_MS // 2 - 2
CALLS: Final = 24
LIMITS: Final = ShipperLimits(batch_calls_min=4, batch_calls_max=9)


class Killed(BaseException):
    """kill -9, as far as the process that is killed can tell."""


class Fate:
    """Decides, by one seed, where the process dies and when the far store is away."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.kills = 0
        self.is_kind = False

    def may_kill(self) -> None:
        if not self.is_kind and self.random.random() < 0.12:
            self.kills += 1
            raise Killed

    def may_fail(self) -> None:
        if not self.is_kind and self.random.random() < 0.1:
            raise ClickHouseUnavailable("ClickHouse cannot be reached.")


class FatefulSource(SqliteCallSource):
    def __init__(self, folder: Path, fate: Fate) -> None:
        super().__init__(folder)
        self.fate = fate

    def after(self, sequence: int, *, limit: int) -> Sequence[CallRecord]:
        self.fate.may_kill()
        return super().after(sequence, limit=limit)


class FatefulSink:
    """Fails or dies before a batch arrives, or after it did and before that is known."""

    def __init__(self, sink: CallSink, fate: Fate) -> None:
        self.sink = sink
        self.fate = fate
        self.calls = 0
        """Calls that arrived, counted as often as they did."""

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        self.fate.may_fail()
        self.fate.may_kill()
        self.sink.insert(records, node=node, token=token)
        self.calls += len(records)
        self.fate.may_fail()
        self.fate.may_kill()


class FatefulNote(ShippedNote):
    """Dies before the note is written, with half of it written, or after it was."""

    fate: Fate

    def __init__(self, path: Path, fate: Fate) -> None:
        self.fate = fate
        super().__init__(path, new_node=lambda: f"node-{fate.random.random()}")

    def _write(self, sequence: int, sending: int) -> None:
        self.fate.may_kill()
        kills = self.fate.kills
        try:
            self.fate.may_kill()
        except Killed:
            self._path.with_name(self._path.name + ".new").write_text('{"node": "no')
            raise
        assert kills == self.fate.kills
        super()._write(sequence, sending)
        self.fate.may_kill()


class Node:
    """One folder, its writing store, and the lives of the shipper beside it."""

    def __init__(self, folder: Path, sink: CallSink, *, seed: int) -> None:
        self.folder = folder
        self.account_id = f"seed-{seed}"
        self.fate = Fate(seed)
        self.sink = FatefulSink(sink, self.fate)
        self.clock = FixedClock()
        self.store = SqliteCallStore(folder, clock=self.clock, connect=_without_sync)
        self.recorded: list[str] = []

    def live(self) -> None:
        """Record calls, ship, die, come back, prune: until all is recorded and shipped."""
        while len(self.recorded) < CALLS or not self.fate.is_kind:
            self.fate.is_kind = len(self.recorded) >= CALLS
            source = FatefulSource(self.folder, self.fate)
            try:
                self._ship(source)
            except Killed:
                pass
            finally:
                source.close()

    def _ship(self, source: SqliteCallSource) -> None:
        shipper = Shipper(
            source,
            self.sink,
            FatefulNote(self.folder / "shipped", self.fate),
            clock=self.clock,
            jitter=self.fate.random.random,
            limits=LIMITS,
        )
        while True:
            self._record_some()
            self.clock.at_ms += round(shipper.step() * 1_000)
            self._prune(shipper)
            state = shipper.state()
            if len(self.recorded) >= CALLS and state.shipped_sequence == CALLS:
                assert state.calls_missing == 0
                return
            self.fate.may_kill()

    def _record_some(self) -> None:
        few = min(self.fate.random.choice((0, 0, 2, 4, 8)), CALLS - len(self.recorded))
        records = [
            # Some of a batch lie on either side of midnight: in two files, not one commit.
            call(BEFORE_MIDNIGHT_MS + self.fate.random.randrange(4), account_id=self.account_id)
            for _ in range(few)
        ]
        if records:
            append(self.store, records)
            self.recorded += [record.call_id for record in records]

    def _prune(self, shipper: Shipper) -> None:
        if self.fate.random.random() < 0.1:
            kept_from_ms = shipper.kept_from_ms()
            if kept_from_ms is not None:
                self.store.prune(before_ms=kept_from_ms)


def _without_sync(path: Path) -> sqlite3.Connection:
    connection = open_writable(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


@pytest.fixture
def _no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here a process dies and the machine does not: syncing would only cost time."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def far(connect: Connect, settings: TableSettings) -> Iterator[ClickHouseWorld]:
    opened = ClickHouseWorld(connect, msgspec.structs.replace(settings, text_index=False))
    # A merge would hide a copy that the batch's name should have kept out.
    opened.client.command(f"SYSTEM STOP MERGES {opened.settings.asked_table}")
    yield opened
    opened.close()


class FarTable:
    """What ClickHouse does with batches, as far as a shipper can tell."""

    def __init__(self) -> None:
        self.batches: dict[str, list[CallRecord]] = {}

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        assert node
        # One name for two batches would make ClickHouse drop the second.
        assert self.batches.setdefault(token, list(records)) == list(records)

    def rows(self) -> list[CallRecord]:
        return [record for records in self.batches.values() for record in records]


@pytest.mark.usefixtures("_no_sync")
@pytest.mark.parametrize("seeds", [range(start, start + 40) for start in range(0, SEEDS, 40)])
def test_killed_anywhere_every_call_arrives_once(tmp_path: Path, seeds: range) -> None:
    """Kills, failures, midnights and prunes between and within any two steps: every call that
    was recorded arrives, in batches that do not overlap, and none twice."""
    kills = 0
    for seed in seeds:
        table = FarTable()
        node = Node(tmp_path / str(seed), table, seed=seed)
        try:
            node.live()
        finally:
            node.store.close()
        arrived = table.rows()
        assert sorted(c.call_id for c in arrived) == sorted(node.recorded), f"seed {seed}"
        assert sorted(c.sequence for c in arrived) == list(range(1, CALLS + 1)), f"seed {seed}"
        kills += node.fate.kills
    assert kills > len(seeds)


@pytest.mark.clickhouse
@pytest.mark.usefixtures("_no_sync")
def test_killed_anywhere_clickhouse_answers_every_call_once(
    far: ClickHouseWorld, tmp_path: Path
) -> None:
    """The same on ClickHouse's engine: every call is answered, once, and no copy of a batch that
    was sent again is kept."""
    sent = 0
    for seed in range(SEEDS, SEEDS + 20):
        node = Node(tmp_path / str(seed), far.sink, seed=seed)
        try:
            node.live()
        finally:
            node.store.close()
        found = list(far.reader.stream(every(account_id=node.account_id)))
        assert sorted(c.call_id for c in found) == sorted(node.recorded), f"seed {seed}"
        assert sorted(c.sequence for c in found) == list(range(1, CALLS + 1)), f"seed {seed}"
        sent += node.sink.calls
    assert far.rows() == 20 * CALLS < sent
