"""Following the log from a place: every call comes, of a node in its order, however late."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest
from stores.builders import NOON_MS, call, every
from stores.clickhouse.world import BothStores, ClickHouseWorld

from leadwire.calls.query import CallQuery, NewCalls, QueryError
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.cli.calls import new_calls
from leadwire.dates import DAY_MS
from leadwire.stores.clickhouse.schema import (
    COLUMN_TYPES,
    COLUMNS,
    NOW,
    row_of,
)

_TOKENS = itertools.count(1)


def follow(reader: LiveReader, place: str, query: CallQuery) -> Iterator[NewCalls]:
    """Looks until nothing is left."""
    while True:
        new = reader.since(query, place)
        yield new
        place = new.place
        if not new.more:
            return


def ids(records: object) -> list[str]:
    return [record.call_id for record in records]


class TestBothStores:
    def test_what_was_recorded_since_comes_in_order(self, store: BothStores) -> None:
        """However old it says it is, and only once."""
        store.put(call(), call())
        place = store.reader.place()
        assert store.reader.since(every(), place).calls == ()
        late = [call(NOON_MS - days * DAY_MS) for days in (0, 3, 1)]
        for record in late:
            store.put(record)
        new = store.reader.since(every(), place)
        assert ids(new.calls) == ids(late)
        assert not new.more
        assert store.reader.since(every(), new.place).calls == ()

    def test_an_empty_log_is_followed_from_its_first_call(self, store: BothStores) -> None:
        """There is a place before anything is there."""
        place = store.reader.place()
        first = call()
        store.put(first)
        assert ids(store.reader.since(every(), place).calls) == [first.call_id]

    def test_only_matches_come(self, store: BothStores) -> None:
        """Those of the account, the filters, the search and the range; refused keys apart."""
        place = store.reader.place()
        records = [
            call(account_id="a2", request_body="ravi"),
            call(request_body="ravi", api_type="Task"),
            call(request_body="ravi", status_code=500, outcome="server_fault"),
            call(request_body="asha"),
            call(NOON_MS - DAY_MS, request_body="ravi"),
            call(account_id=""),
        ]
        for record in records:
            store.put(record)

        def found(**fields: object) -> list[int]:
            new = store.reader.since(every(**fields), place)
            return [record.sequence for record in new.calls]

        assert found(account_id="a1") == [2, 3, 4, 5]
        assert found(account_id="a1", text="ravi") == [2, 3, 5]
        assert found(api_type="Task") == [2]
        assert found(status="error") == found(status="500") == [3]
        assert found(status="success", account_id="a2") == [1]
        assert found(text="ravi", from_ms=NOON_MS) == [1, 2, 3]
        assert found(text="ravi", until_ms=NOON_MS) == [5]
        assert found(refused_keys=True) == [6]

    def test_more_than_fits_is_looked_through_at_once(self, store: BothStores) -> None:
        """A full answer says that there is more, and the next one goes on behind it."""
        place = store.reader.place()
        records = [call(NOON_MS - number) for number in range(7)]
        store.put(*records)
        looks = list(follow(store.reader, place, every(limit=3)))
        assert ids(record for new in looks for record in new.calls) == ids(records)
        assert [new.more for new in looks[:2]] == [True, True]

    @pytest.mark.parametrize("place", ["7", "AA", "!", "é", "AgA"])
    def test_a_made_up_place_is_refused(self, store: BothStores, place: str) -> None:
        """And so is one of the other store: its numbers mean something else."""
        with pytest.raises(QueryError):
            store.reader.since(every(), place)

    def test_a_place_fits_into_a_header(self, store: BothStores) -> None:
        """Letters, digits, - and _ only."""
        store.put(call())
        assert store.reader.place().replace("-", "").replace("_", "").isalnum()

    def test_the_command_line_goes_on_as_calls_come(self, store: BothStores) -> None:
        """It waits when there is nothing new, and gives every call once."""
        store.put(call())
        records = [call() for _ in range(5)]
        coming = iter(records)
        found = new_calls(
            store.reader, lambda: every(limit=2), wait=lambda: store.put(next(coming))
        )
        assert ids(itertools.islice(found, 5)) == ids(records)


@pytest.mark.clickhouse
class TestNodes:
    def test_each_node_has_its_own_numbers(self, world: ClickHouseWorld) -> None:
        """A node far behind another in numbers is followed like any; a new one from its first."""
        send(world, "far", 1_000, 1_001)
        send(world, "near", 1)
        place = world.reader.place()
        near, far, new = send(world, "near", 2), send(world, "far", 1_002), send(world, "new", 1, 2)
        found = world.reader.since(every(), place)
        assert sorted(ids(found.calls)) == sorted(ids(near + far + new))
        assert world.reader.since(every(), found.place).calls == ()

    def test_calls_that_were_shipped_late_come(self, world: ClickHouseWorld) -> None:
        """A node that was cut off for days sends what it kept: older than all that is there."""
        send(world, "here", 1, 2)
        send(world, "cut off", 40, arrived_ms_ago=8 * DAY_MS)
        place = world.reader.place()
        late = send(world, "cut off", 41, 42, at_ms=NOON_MS - 9 * DAY_MS)
        assert ids(world.reader.since(every(), place).calls) == ids(late)

    def test_a_call_that_is_seen_late_is_waited_for(self, world: ClickHouseWorld) -> None:
        """The parts of a batch come one after the other: none behind a missing number is given
        before it, while other nodes go on."""
        send(world, "n", 1)
        place = world.reader.place()
        behind = send(world, "n", 3, 4)
        other = send(world, "m", 1)
        new = world.reader.since(every(), place)
        assert ids(new.calls) == ids(other)
        between = send(world, "n", 2)
        new = world.reader.since(every(), new.place)
        assert ids(new.calls) == ids(between + behind)

    def test_a_place_is_before_what_is_behind_a_missing_number(
        self, world: ClickHouseWorld
    ) -> None:
        """What the page did not find comes by the stream, with calls that it did find."""
        before = send(world, "n", 1)
        behind = send(world, "n", 3)
        place = world.reader.place()
        between = send(world, "n", 2)
        assert ids(world.reader.since(every(), place).calls) == ids(before + between + behind)

    def test_a_number_that_never_comes_holds_up_nothing(self, world: ClickHouseWorld) -> None:
        """A call that was lost on its node's disk is given up after a minute."""
        send(world, "n", 1)
        place = world.reader.place()
        behind = send(world, "n", 3, arrived_ms_ago=61_000)
        assert ids(world.reader.since(every(), place).calls) == ids(behind)

    def test_a_quiet_node_is_followed_from_where_it_was(self, world: ClickHouseWorld) -> None:
        """Nothing of it is in a place; what it sent before that is not given again."""
        send(world, "quiet", 7, 8, arrived_ms_ago=DAY_MS)
        place = world.reader.place()
        new = send(world, "quiet", 9)
        assert ids(world.reader.since(every(), place).calls) == ids(new)

    def test_a_batch_that_was_sent_twice_comes_once(self, world: ClickHouseWorld) -> None:
        """Whether its copy is there at the same look, or later."""
        world.client.command(f"SYSTEM STOP MERGES {world.settings.asked_table}")
        place = world.reader.place()
        batch = send(world, "n", 1, 2)
        for _ in range(2):
            world.sink.insert(batch, node="n", token=f"copy {next(_TOKENS)}")
            new = world.reader.since(every(), place)
            assert ids(new.calls) == ids(batch)
            assert world.reader.since(every(), new.place).calls == ()

    def test_nodes_that_do_not_fit_are_gone_on_with(self, world: ClickHouseWorld) -> None:
        """A full answer may end within any node's calls: each call comes, and once."""
        send(world, "a", 1)
        place = world.reader.place()
        sent = [*send(world, "a", 2, 3, 4), *send(world, "b", 1, 2, 3), *send(world, "c", 1)]
        for limit in (1, 2, 3, 7, 8):
            looks = list(follow(world.reader, place, every(limit=limit)))
            found = [record for new in looks for record in new.calls]
            assert sorted(ids(found)) == sorted(ids(sent))


def send(
    world: ClickHouseWorld,
    node: str,
    *sequences: int,
    at_ms: int = NOON_MS,
    arrived_ms_ago: int = 0,
) -> list[CallRecord]:
    """Calls of a node with these numbers, in the table."""
    records = [msgspec.structs.replace(call(at_ms), sequence=number) for number in sequences]
    if not arrived_ms_ago:
        world.sink.insert(records, node=node, token=f"batch {next(_TOKENS)}")
        return records
    arrived_at_ms = world.client.query(NOW).result_rows[0][0] - arrived_ms_ago
    world.client.insert(
        world.settings.asked_table,
        [row_of(record, node, arrived_at_ms) for record in records],
        column_names=COLUMNS,
        column_type_names=COLUMN_TYPES,
    )
    return records
