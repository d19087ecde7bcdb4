"""The table, the reader and the sink on ClickHouse's engine; the source and the store around."""

import asyncio
import contextlib
import itertools
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec
import pytest
from clickhouse_connect.driver.exceptions import OperationalError
from stores.builders import NOON_MS, FixedClock, call, every, keep_all
from stores.clickhouse.world import ClickHouseWorld, append

from leadwire.clock import SystemClock
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import SetupError
from leadwire.stores.clickhouse import (
    ClickHouseCallReader,
    ClickHouseCallStore,
    ClickHouseSink,
    ClickHouseTooSlow,
    ClickHouseUnavailable,
    Connect,
    TableSettings,
    ddl,
    retention_ddl,
    server,
)
from leadwire.stores.clickhouse.match import windows
from leadwire.stores.clickhouse.schema import SEARCHED_TEXT
from leadwire.stores.clickhouse.shipper import ShippedNote, Shipper, ShipperLimits
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallSource, SqliteCallStore


@pytest.mark.clickhouse
class TestTable:
    @pytest.mark.parametrize("cluster", ["", "main-cluster.1"])
    def test_the_statements_are_clickhouse_s_language(
        self, world: ClickHouseWorld, cluster: str
    ) -> None:
        """The engine can parse every statement, those for a cluster too."""
        settings = TableSettings(cluster=cluster)
        for statement in [*ddl(settings), retention_ddl(settings)]:
            parsed = world.client.query(
                "SELECT formatQuery({sql:String})", parameters={"sql": statement}
            )
            assert parsed.result_rows[0][0].split()[0] == statement.split()[0]

    def test_a_search_for_text_uses_the_index(self, world: ClickHouseWorld) -> None:
        """The condition names the same expression as the index; else every text would be read."""
        world.put(call())
        found = world.client.query(
            f"SELECT call_id FROM {world.settings.asked_table} "  # noqa: S608  # our own names
            f"WHERE multiSearchAny({SEARCHED_TEXT}, [{{text:String}}])",
            parameters={"text": "not to be found"},
            settings={"force_data_skipping_indices": "by_text"},
        )
        assert found.result_rows == []

    def test_a_day_is_a_partition(self, world: ClickHouseWorld) -> None:
        """Old days are dropped whole, whatever the account."""
        world.put(*[call(NOON_MS + day * DAY_MS, account_id=f"a{day % 2}") for day in range(3)])
        partitions = world.client.query(
            "SELECT DISTINCT partition FROM system.parts WHERE active AND database = {name:String}",
            parameters={"name": world.settings.database},
        ).result_rows
        assert len(partitions) == 3

    def test_a_batch_may_span_any_number_of_days(self, world: ClickHouseWorld) -> None:
        """The quiet months of a small node are one batch, over the engine's usual limit."""
        world.put(*[call(NOON_MS - day * DAY_MS) for day in range(150)])
        assert world.rows() == 150

    def test_old_days_leave_the_table(self, connect: Connect, world: ClickHouseWorld) -> None:
        """Days that ended before the retention go by themselves; a change of the setting holds
        for the table that is there."""
        today_ms = SystemClock().now_ms()
        world.put(call(today_ms - 40 * DAY_MS), call(today_ms - 20 * DAY_MS), call(today_ms))
        shorter = msgspec.structs.replace(world.settings, retention_days=30)
        sink = ClickHouseSink(connect, settings=shorter, make_tables=True)
        sink.make_tables()
        sink.close()
        world.client.command(f"OPTIMIZE TABLE {world.settings.asked_table} FINAL")
        ages = [(today_ms - c.started_at_ms) // DAY_MS for c in world.reader.stream(every())]
        assert ages == [0, 20]

    def test_names_and_numbers_are_checked(self) -> None:
        """Nothing that is not a name is written into a statement."""
        for wrong in ({"database": "a b"}, {"table": "x;--"}, {"cluster": "`"}):
            with pytest.raises(SetupError):
                TableSettings(**wrong)
        for days in (0, 40_000):
            with pytest.raises(SetupError, match="can keep calls"):
                TableSettings(retention_days=days)

    def test_on_a_cluster_batches_are_confirmed_by_most_replicas(self) -> None:
        """What a server has only queued, or alone, is not taken for kept."""
        statements = ddl(TableSettings(cluster="c1"))
        assert "ON CLUSTER `c1`" in statements[0]
        assert "ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/" in statements[1]
        assert "Distributed(`c1`, leadwire, calls_local, sipHash64(call_id))" in statements[2]
        sink = ClickHouseSink(list, settings=TableSettings(cluster="c1"), make_tables=False)
        settings = sink._insert_settings("t")
        assert settings["distributed_foreground_insert"] == 1
        assert settings["insert_quorum"] == "auto"


@pytest.mark.clickhouse
class TestCopies:
    def test_a_batch_sent_again_adds_nothing(self, world: ClickHouseWorld) -> None:
        """The same batch under the same name is kept once, by its name and not by its bytes."""
        batch = [msgspec.structs.replace(call(), sequence=n) for n in range(1, 6)]
        for sent in (batch, batch, batch[::-1]):
            world.sink.insert(sent, node="n", token="one")  # noqa: S106  # not a secret
        assert world.rows() == 5

    @pytest.mark.parametrize("account_id", ["a1", None])
    def test_copies_that_lie_in_the_table_are_never_shown(
        self, world: ClickHouseWorld, account_id: str | None
    ) -> None:
        """Page, stream and get give one row a call, however often it was sent under whatever
        name, and pages are as long as they say."""
        world.client.command(f"SYSTEM STOP MERGES {world.settings.asked_table}")
        batch = [msgspec.structs.replace(call(NOON_MS + n // 3), sequence=n + 1) for n in range(40)]
        for copy in range(5):
            world.sink.insert(batch[: 40 - copy], node="n", token=f"copy {copy}")
        assert world.rows() == 190
        wanted = [c.call_id for c in reversed(batch)]
        query = every(account_id=account_id, limit=7)
        pages = []
        page = world.reader.search(query)
        while page.next:
            pages.append(page.calls)
            page = world.reader.search(msgspec.structs.replace(query, cursor=page.next))
        pages.append(page.calls)
        assert [len(calls) for calls in pages] == [7, 7, 7, 7, 7, 5]
        assert [c.call_id for calls in pages for c in calls] == wanted
        assert [c.call_id for c in world.reader.stream(query)] == wanted
        assert world.reader.get(wanted[-1]) == batch[0]


@pytest.mark.clickhouse
class TestTimeBudget:
    def test_a_search_out_of_time_says_so_and_goes_on(self, world: ClickHouseWorld) -> None:
        """A page that stopped early gives a cursor from which the rest is found."""
        world.put(*[call(NOON_MS + step) for step in range(5)])
        page = world.reader.search(every(time_budget_ms=0))
        assert page.stopped_early
        rest = world.reader.search(every(cursor=page.next))
        assert not rest.stopped_early
        assert len(page.calls) + len(rest.calls) == 5

    def test_the_engine_stops_a_query_that_takes_too_long(self, world: ClickHouseWorld) -> None:
        """The time that is left goes with the query, and what the engine says is understood."""
        with pytest.raises(ClickHouseTooSlow), world.reader._connection.use() as client:
            client.query(
                "SELECT sum(sleepEachRow(0.01)) FROM numbers(1000)",
                settings={"max_execution_time": 0.05, "max_block_size": 1},
            )

    def test_statistics_out_of_time_say_so(self, world: ClickHouseWorld) -> None:
        """Counts that are not complete never look as if they were."""
        world.put(*[call(NOON_MS + step) for step in range(5)])
        found = world.reader.statistics(every(time_budget_ms=0))
        assert (found.calls, found.stopped_early) == (0, True)

    def test_copies_are_not_counted(self, world: ClickHouseWorld) -> None:
        """Statistics count a call once, however often it lies in the table."""
        world.client.command(f"SYSTEM STOP MERGES {world.settings.asked_table}")
        batch = [call(), call()]
        for copy in range(3):
            world.sink.insert(batch, node="n", token=f"copy {copy}")
        assert world.rows() == 6
        assert world.reader.statistics(every()).calls == 2


class TestAway:
    def test_a_server_that_is_away_is_a_plain_error(self) -> None:
        """Neither the address nor the driver's text is shown; the server may come later."""

        def refused() -> None:
            raise OperationalError("http://u:secret@host: connection refused")

        reader = ClickHouseCallReader(refused, settings=TableSettings(), clock=SystemClock())
        sink = ClickHouseSink(refused, settings=TableSettings(), make_tables=True)
        with pytest.raises(ClickHouseUnavailable) as failed:
            reader.search(every())
        assert str(failed.value) == "ClickHouse cannot be reached (OperationalError)."
        with pytest.raises(ClickHouseUnavailable):
            sink.insert([call()], node="n", token="t")  # noqa: S106  # not a secret

    def test_nobody_listens(self) -> None:
        """A real refused connection is told the same way."""
        connect = server("http://127.0.0.1:9", user="u", password="p")  # noqa: S106  # no secret
        with pytest.raises(ClickHouseUnavailable, match="cannot be reached"):
            ClickHouseCallReader(connect, settings=TableSettings(), clock=SystemClock()).get("x")

    def test_https_is_spoken_where_https_is_asked_for(self) -> None:
        """On any port: a password is never sent in clear because of a port's number."""
        with Listener() as listener:
            connect = server(f"https://127.0.0.1:{listener.port}", user="u", password="p")  # noqa: S106
            with pytest.raises(ClickHouseUnavailable):
                ClickHouseCallReader(connect, settings=TableSettings(), clock=SystemClock()).get(
                    "x"
                )
        tls_handshake = b"\x16"
        assert listener.received.startswith(tls_handshake)

    def test_the_password_travels_in_a_header(self) -> None:
        """No request line, and so no access log on the way, holds it."""
        with Listener() as listener:
            connect = server(f"http://127.0.0.1:{listener.port}", user="u", password="hidden")  # noqa: S106
            with pytest.raises(ClickHouseUnavailable):
                ClickHouseCallReader(connect, settings=TableSettings(), clock=SystemClock()).get(
                    "x"
                )
        line, headers = listener.received.split(b"\r\n", 1)
        assert b"hidden" not in line
        assert b"Authorization: Basic " in headers

    @pytest.mark.parametrize("url", ["clickhouse:8443", "tcp://h:9000", "http://", "http://u:p@h"])
    def test_an_address_that_cannot_be_used_is_refused(self, url: str) -> None:
        """A wrong form is told at once, and so is a password in it."""
        with pytest.raises(SetupError):
            server(url)

    @pytest.mark.clickhouse
    def test_a_refusal_is_named_without_data(self, connect: Connect) -> None:
        """The engine's own name for what is wrong is shown, never its text."""
        reader = ClickHouseCallReader(
            connect, settings=TableSettings(table="not_there"), clock=SystemClock()
        )
        with pytest.raises(ClickHouseUnavailable, match=r"UNKNOWN_\w+ \(\d+\)"):
            reader.search(every(text="private"))
        reader.close()


class Listener:
    """Takes connections, keeps the first bytes it was sent, and hangs up on everybody."""

    def __enter__(self) -> Self:
        self.received = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                with connection:
                    self.received = self.received or connection.recv(65_536)


class TestWindows:
    def test_windows_touch_and_end_where_asked(self) -> None:
        """Together they are the range: nothing between two of them, nothing beyond."""
        spans = list(windows(from_ms=NOON_MS - 7 * DAY_MS, until_ms=NOON_MS, first_window_ms=60))
        assert spans[0] == (NOON_MS - 60, NOON_MS)
        assert all(newer[0] == older[1] for newer, older in itertools.pairwise(spans))
        assert spans[-1][0] == NOON_MS - 7 * DAY_MS

    def test_without_a_start_the_last_window_is_open(self) -> None:
        """A handful of questions reaches back to the beginning of time."""
        spans = list(windows(from_ms=None, until_ms=NOON_MS, first_window_ms=60_000))
        assert spans[-1][0] is None
        assert len(spans) < 10

    def test_an_empty_range_asks_nothing(self) -> None:
        """No window, so no statement either."""
        assert list(windows(from_ms=5, until_ms=5, first_window_ms=1)) == []


@pytest.fixture
def local(tmp_path: Path) -> Iterator[SqliteCallStore]:
    opened = SqliteCallStore(tmp_path / "calls", clock=FixedClock())
    yield opened
    opened.close()


@pytest.fixture
def source(tmp_path: Path, local: SqliteCallStore) -> Iterator[SqliteCallSource]:
    assert local
    opened = SqliteCallSource(tmp_path / "calls", batch_bytes_max=1_000)
    yield opened
    opened.close()


class TestSource:
    def test_calls_of_all_days_come_in_order(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """Sequences that alternate between days' files are read in one order."""
        for n in range(10):
            append(local, [call(NOON_MS + (n % 3) * DAY_MS)])
        assert [c.sequence for c in source.after(2, limit=5)] == [3, 4, 5, 6, 7]
        assert [c.sequence for c in source.after(7, limit=50)] == [8, 9, 10]
        assert source.after(10, limit=5) == []
        assert source.last_sequence() == 10

    def test_what_was_not_durable_at_the_start_is_left_for_later(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """A commit between reading two files never makes a lower number be passed over."""
        append(local, [call(), call()])
        last_sequence = source._last_sequence

        def last_then_midnight() -> int:
            last = last_sequence()
            append(local, [call(NOON_MS + DAY_MS)])
            return last

        source._last_sequence = last_then_midnight
        assert [c.sequence for c in source.after(0, limit=9)] == [1, 2]
        source._last_sequence = last_sequence
        assert [c.sequence for c in source.after(2, limit=9)] == [3]

    def test_long_bodies_make_short_batches(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """Memory is bounded by bytes too, and a call longer than the bound still goes."""
        append(local, [call(request_body="x" * size) for size in (400, 700, 5_000, 1)])
        batches, after = [], 0
        while batch := source.after(after, limit=9):
            batches.append([c.sequence for c in batch])
            after = batch[-1].sequence
        assert batches == [[1, 2], [3], [4]]

    def test_sealed_calls_come_in_order_with_those_that_are_not(self, tmp_path: Path) -> None:
        """Blocks of several accounts and hot rows are one sequence, before and after a day is
        closed, from wherever it is asked."""
        clock = FixedClock()
        store = SqliteCallStore(tmp_path / "sealed", clock=clock)
        source = SqliteCallSource(tmp_path / "sealed")
        records = [
            call(NOON_MS - n, account_id=f"a{n % 3}", status_code=500 if n % 7 == 0 else 200)
            for n in range(3_000)
        ]
        keep_all(store, records)
        wanted = [(number, record.call_id) for number, record in enumerate(records, 1)]
        for days in (0, 2):
            clock.at_ms = NOON_MS + days * DAY_MS
            assert store.close_days() == (1 if days else 0)
            for start in (0, 1_234):
                found, after = [], start
                while batch := source.after(after, limit=700):
                    found += [(c.sequence, c.call_id) for c in batch]
                    after = batch[-1].sequence
                assert found == wanted[start:]
        assert source.last_sequence() == 3_000
        source.close()
        store.close()

    @pytest.mark.parametrize("part", ["head", "body"])
    def test_a_damaged_block_is_left_out_and_holds_up_nothing(
        self, tmp_path: Path, part: str
    ) -> None:
        """Calls whose bytes are lost for good are passed over; the shipper counts them."""
        clock = FixedClock()
        store = SqliteCallStore(tmp_path / "sealed", clock=clock)
        keep_all(store, [call(account_id=f"a{n % 2}", request_body=f"b{n}") for n in range(1_100)])
        clock.at_ms += 2 * DAY_MS
        store.close_days()
        store.close()
        path = tmp_path / "sealed" / f"{day_of(NOON_MS)}.sqlite"
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            [lost] = connection.execute("SELECT calls FROM blocks WHERE block_id = 1").fetchone()
            connection.execute(f"UPDATE frames SET {part} = x'00' WHERE block_id = 1")  # noqa: S608
        source = SqliteCallSource(tmp_path / "sealed")
        assert len(source.after(0, limit=2_000)) == 1_100 - lost
        source.close()

    def test_a_day_written_anew_is_read_anew(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """A pruned day's file that comes back under its name is another file."""
        append(local, [call()])
        assert source.last_sequence() == 1
        local.prune(before_ms=NOON_MS + DAY_MS)
        append(local, [call()])
        assert [c.sequence for c in source.after(1, limit=9)] == [2]

    def test_sequences_go_on_when_every_day_was_pruned(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """The last sequence is that of the node, not of the days that are left."""
        append(local, [call(), call()])
        local.prune(before_ms=NOON_MS + DAY_MS)
        assert source.last_sequence() == 2
        assert source.oldest_day_after(0) is None

    def test_the_oldest_day_with_a_call_to_ship(
        self, local: SqliteCallStore, source: SqliteCallSource
    ) -> None:
        """A call that was recorded late keeps its old day."""
        append(local, [call(NOON_MS + DAY_MS), call(NOON_MS + 2 * DAY_MS)])
        append(local, [call(NOON_MS)])
        midnight = NOON_MS - DAY_MS // 2
        assert source.oldest_day_after(1) == midnight
        assert source.oldest_day_after(3) is None


@pytest.mark.clickhouse
def test_a_node_records_ships_and_answers(
    connect: Connect, world: ClickHouseWorld, tmp_path: Path
) -> None:
    """The composed store: durable here at once, answered from ClickHouse once shipped, and
    pruned here no further than it was shipped."""
    folder = tmp_path / "calls"
    local = SqliteCallStore(folder, clock=FixedClock())
    source = SqliteCallSource(folder)
    sink = ClickHouseSink(connect, settings=world.settings, make_tables=True)
    shipper = Shipper(
        source,
        sink,
        ShippedNote(folder / "shipped", new_node=lambda: "n1"),
        clock=FixedClock(),
        jitter=lambda: 0,
        limits=ShipperLimits(batch_calls_min=1, poll_seconds=0.01),
    )
    first = call()

    async def record_first() -> None:
        await local.append(first)

    asyncio.run(record_first())
    shipper.step()
    with pytest.MonkeyPatch.context() as patch:
        # The thread is held, so that what is not yet shipped can be looked at.
        patch.setattr(shipper, "step", lambda: 0.01)
        store = ClickHouseCallStore(
            local,
            ClickHouseCallReader(
                connect,
                settings=world.settings,
                clock=SystemClock(),
                own_calls=local.reader,
            ),
            source=source,
            sink=sink,
            shipper=shipper,
        )
        assert store.reader.get(first.call_id).call_id == first.call_id
        assert store.reader.search(every()).calls == ()
        assert store.prune(before_ms=NOON_MS + 9 * DAY_MS) == 0
        while shipper.shipped_sequence < 1:
            Shipper.step(shipper)
        assert [c.call_id for c in store.reader.search(every()).calls] == [first.call_id]
        assert [c.call_id for c in store.reader.stream(every())] == [first.call_id]
        assert store.prune(before_ms=NOON_MS + 9 * DAY_MS) == 1
        assert store.reader.get(first.call_id).call_id == first.call_id
        store.close()
        store.close()
    reader = SqliteCallReader(folder)
    assert reader.get(first.call_id) is None
    reader.close()
