"""The embedded store: durable before it says so, and readable by anybody at any time."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, wait_for_sealing

from leadwire.calls.language import phrase
from leadwire.calls.query import QueryError
from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import CallLogDamaged, RecordingError, SetupError
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore
from leadwire.stores.sqlite.schema import open_writable
from leadwire.stores.sqlite.writer import WriterLimits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "calls"


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteCallStore]:
    opened = SqliteCallStore(folder, clock=FixedClock())
    yield opened
    opened.close()


class Ticking(FixedClock):
    """A clock by which every look takes a millisecond."""

    def elapsed_ns(self) -> int:
        self.at_ms += 1
        return super().elapsed_ns()


def append(store: SqliteCallStore, *records: CallRecord) -> None:
    async def all_of_them() -> None:
        await asyncio.gather(*[store.append(record) for record in records])

    asyncio.run(all_of_them())


def ids(calls: object) -> list[str]:
    return [one.call_id for one in calls]


class TestKeeping:
    def test_every_field_comes_back_as_it_was(self, store: SqliteCallStore) -> None:
        """A record read back equals the one appended, but for the sequence it was given."""
        record = call(
            vantage="proxy", user_id="u", key_id="k", query_string="a=1", request_body="{\0é}",
            request_content_type="application/json", request_body_bytes=5, outcome="client_fault",
            exception_type="MXE", exception_message="no", response_body="[]", truncated=True,
            response_body_bytes=2, redacted=3, client_address="::1", user_agent="curl",
            trace_id="t", refusal_reason="r", traceback="tb", status_code=500,
        )  # fmt: skip
        append(store, record)
        [found] = store.reader.search(every()).calls
        assert found.sequence == 1
        assert found == store.reader.get(record.call_id)
        assert {**_fields(found), "sequence": 0} == _fields(record)

    def test_sequences_are_gap_free_across_days_and_restarts(self, folder: Path) -> None:
        """Sequences run on from 1 over midnight, over a restart and over a clock that goes back."""
        for start in (0, DAY_MS, -DAY_MS):
            store = SqliteCallStore(folder, clock=FixedClock())
            append(store, *[call(NOON_MS + start + step) for step in range(20)])
            store.close()
        reader = SqliteCallReader(folder)
        assert sorted(c.sequence for c in reader.stream(every())) == list(range(1, 61))
        reader.close()

    def test_midnight_splits_a_batch_into_two_files(
        self, store: SqliteCallStore, folder: Path
    ) -> None:
        """Calls appended together land in the file of the day each one started."""
        midnight = NOON_MS + DAY_MS // 2
        append(store, *[call(midnight + offset) for offset in (-2, -1, 0, 1)])
        assert sorted(path.stem for path in folder.glob("*.sqlite")) == [
            day_of(midnight - 1),
            day_of(midnight),
        ]
        assert [c.started_at_ms - midnight for c in store.reader.search(every()).calls] == [
            1,
            0,
            -1,
            -2,
        ]

    def test_half_a_surrogate_pair_is_kept_as_its_escape(self, store: SqliteCallStore) -> None:
        """Text that UTF-8 cannot write does not fail the batch it is in."""
        append(store, call(), call(user_agent="\ud800"))
        assert "\\ud800" in {c.user_agent for c in store.reader.search(every()).calls}

    def test_a_record_that_cannot_be_stored_fails_alone(self, store: SqliteCallStore) -> None:
        """One unstorable record is refused; those appended with it are kept, without a gap."""

        async def main() -> list[object]:
            records = [call(), call(redacted=1 << 70), call()]
            return await asyncio.gather(*map(store.append, records), return_exceptions=True)

        results = asyncio.run(main())
        assert [type(one) for one in results] == [type(None), RecordingError, type(None)]
        assert [c.sequence for c in store.reader.search(every()).calls] == [2, 1]

    def test_a_second_writer_is_refused(self, store: SqliteCallStore, folder: Path) -> None:
        """One folder has one writing process; the second is told so and harms nothing."""
        with pytest.raises(SetupError, match="one writer"):
            SqliteCallStore(folder, clock=FixedClock())
        append(store, call())

    def test_a_newer_format_is_refused(self, store: SqliteCallStore, folder: Path) -> None:
        """A file of a later version is never misread: the text says which leadwire to use."""
        append(store, call())
        store.close()
        with sqlite3.connect(folder / f"{day_of(NOON_MS)}.sqlite") as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
        with pytest.raises(SetupError, match="format 99"):
            SqliteCallStore(folder, clock=FixedClock())

    def test_append_after_close_is_an_error(self, store: SqliteCallStore) -> None:
        """A closed store says so instead of hanging, and may be closed again."""
        store.close()
        store.close()
        with pytest.raises(RecordingError, match="closed"):
            append(store, call())

    def test_too_many_waiting_calls_are_refused(self, folder: Path) -> None:
        """The queue has a limit: what is beyond it fails at once."""
        store = SqliteCallStore(
            folder, clock=FixedClock(), limits=WriterLimits(waiting_calls_max=0)
        )
        with pytest.raises(RecordingError, match="wait"):
            append(store, call())
        store.close()


class TestFaults:
    def test_a_failed_commit_fails_its_calls_and_nothing_else(self, folder: Path) -> None:
        """While the disk fails each call gets RecordingError; then the store goes on, gap-free."""
        fault = {"on": False}

        class Failing(sqlite3.Connection):
            def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
                if fault["on"] and sql == "COMMIT":
                    error = sqlite3.OperationalError("database or disk is full")
                    error.sqlite_errorcode = sqlite3.SQLITE_FULL
                    raise error
                return super().execute(sql, *args)

        def connect(path: Path) -> sqlite3.Connection:
            open_writable(path).close()
            return sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, factory=Failing
            )

        store = SqliteCallStore(folder, clock=FixedClock(), connect=connect)
        append(store, call())
        fault["on"] = True
        with pytest.raises(RecordingError, match="disk is full"):
            append(store, call(), call())
        fault["on"] = False
        append(store, call())
        assert [c.sequence for c in store.reader.search(every()).calls] == [2, 1]
        store.close()

    def test_a_folder_that_cannot_be_made_is_a_setup_error(self, tmp_path: Path) -> None:
        """A file where the folder should be is reported as something to set right."""
        (tmp_path / "calls").write_text("")
        with pytest.raises(SetupError, match="cannot be written"):
            SqliteCallStore(tmp_path / "calls", clock=FixedClock())

    @pytest.mark.parametrize("rounds", [3])
    def test_kill_9_loses_no_acknowledged_call(self, folder: Path, rounds: int) -> None:
        """Whatever a killed process acknowledged is in the log, and sequences have no gap."""
        acknowledged: set[str] = set()
        for _ in range(rounds):
            acknowledged |= _append_until_killed(folder, calls_min=400)
        reader = SqliteCallReader(folder)
        kept = list(reader.stream(every()))
        reader.close()
        assert acknowledged <= {c.call_id for c in kept}
        assert sorted(c.sequence for c in kept) == list(range(1, len(kept) + 1))


class TestReading:
    def test_newest_first_also_within_a_millisecond(self, store: SqliteCallStore) -> None:
        """200 calls of one millisecond come in the order of their sequence, newest first."""
        append(store, *[call() for _ in range(200)], call(NOON_MS - 1))
        found = store.reader.search(every()).calls
        assert [c.sequence for c in found] == [*range(200, 0, -1), 201]

    def test_the_cursor_visits_every_row_once_while_rows_arrive(
        self, store: SqliteCallStore
    ) -> None:
        """Paging sees each row of the start exactly once, over days, while newer ones come in."""
        before = [call(NOON_MS + (step % 3) * DAY_MS) for step in range(50)]
        append(store, *before)
        seen: list[str] = []
        cursor = ""
        while True:
            page = store.reader.search(every(limit=7, cursor=cursor))
            seen += ids(page.calls)
            append(store, call(NOON_MS + 3 * DAY_MS))
            if not (cursor := page.next):
                break
        assert sorted(seen) == sorted(ids(before))

    @pytest.mark.parametrize("cursor", ["x", "****", "AAAA", "é"])
    def test_a_made_up_cursor_is_refused(self, store: SqliteCallStore, cursor: str) -> None:
        """A cursor that no page gave out is an error that names the parameter."""
        with pytest.raises(QueryError) as refused:
            store.reader.search(every(cursor=cursor))
        assert refused.value.field == "cursor"

    def test_stream_ignores_the_limit(self, store: SqliteCallStore) -> None:
        """A stream has every match, newest first, beyond the limit and beyond one page."""
        append(store, *[call(NOON_MS + step) for step in range(1200)])
        times = [c.started_at_ms for c in store.reader.stream(every(limit=1))]
        assert times == [NOON_MS + step for step in reversed(range(1200))]

    @pytest.mark.parametrize(
        ("fields", "needle"),
        [
            ({"path": "/v2/Needle"}, "nEEdle"),
            ({"query_string": "email=a%40b.c_d"}, "a%40B.C_D"),
            ({"path": "/p", "query_string": "q=1"}, "/p?q=1"),
            ({"request_body": '{"a":"\\"x"}'}, '\\"X'),
            ({"request_body": "before\0behind"}, "behind"),
            ({"response_body": "100% _sure"}, "0% _s"),
            ({"exception_type": "MXDuplicate"}, "mxdup"),
            ({"exception_message": "already exists"}, "ALREADY"),
            ({"user_agent": "Curl/8"}, "curl/8"),
            ({"client_address": "203.0.113.9"}, "113.9"),
            ({"operation": "Task.Create"}, "task.c"),
            ({"trace_id": "4bf92f35"}, "F92F"),
            ({"request_body": "Grüße"}, "GRüß"),
        ],
    )
    def test_text_is_found_literally_and_without_case(
        self, store: SqliteCallStore, fields: dict[str, str], needle: str
    ) -> None:
        """The needle is taken as it stands in any searched field; only A-Z and a-z are equal."""
        wanted = call(**fields)
        append(store, call(), wanted, call())
        assert ids(store.reader.search(every(text=needle)).calls) == [wanted.call_id]

    def test_each_header_is_a_text_of_its_own(self, store: SqliteCallStore) -> None:
        """A header is found by its line, in hot and in sealed calls; no text spans two of them."""
        sent = "Host: crm.example.com\nX-Request-Id: {}\nAccept: */*"
        records = [
            call(request_headers=sent.format(n), response_headers="Vary: Accept\nServer: leadwire")
            for n in range(700)
        ]
        append(store, *records)
        wait_for_sealing(store)
        for needle, found in (
            ("x-request-id: 699", [records[699]]),
            ("X-Request-Id: 13", [records[n] for n in (139, *range(138, 129, -1), 13)]),
            ("com\nX-Request-Id: 13", []),
            ("13\naccept", []),
            ("accept\nserver", []),
            ("Accept: */*", records[::-1]),
            ("vary: accept", records[::-1]),
        ):
            page = store.reader.search(every(text=phrase(needle), limit=1000))
            assert ids(page.calls) == [record.call_id for record in found], needle
        assert store.reader.get(records[5].call_id).request_headers == sent.format(5)

    def test_a_call_id_is_text_too(self, store: SqliteCallStore) -> None:
        """A piece of a call id pasted into the search finds the call."""
        wanted = call()
        append(store, call(), wanted)
        assert ids(store.reader.search(every(text=wanted.call_id[9:].upper())).calls) == [
            wanted.call_id
        ]

    @pytest.mark.parametrize("text", ["e", '"', "x" * 36, "ABCDEF01-0000-7000-8000-000000000000"])
    def test_what_is_no_id_is_looked_up_nowhere(self, folder: Path, text: str) -> None:
        """Only a lower-case UUID is the id of a call: for anything else no file is read."""
        folder.mkdir()
        (folder / f"{day_of(NOON_MS)}.sqlite").write_bytes(b"damaged " * 1_000)
        reader = SqliteCallReader(folder)
        assert reader.get(text) is None
        with pytest.raises(CallLogDamaged):
            reader.get(call().call_id)
        reader.close()

    def test_a_lookup_by_id_keeps_its_time_budget(self, folder: Path) -> None:
        """An id whose instant is elsewhere is looked for in every block, for a while."""
        store = SqliteCallStore(folder, clock=FixedClock())
        append(store, *[call(account_id=f"a{n}") for n in range(200)])
        store.close()
        reader = SqliteCallReader(folder, clock=Ticking(), lookup_budget_ms=2)
        with pytest.raises(TimeoutError):
            reader.get(call(NOON_MS - 9 * DAY_MS).call_id)
        reader.close()

    def test_filters_must_all_hold(self, store: SqliteCallStore) -> None:
        """Account, API type, status, time range and refused keys each narrow the answer."""
        midnight = NOON_MS + DAY_MS // 2
        records = [
            call(midnight - 1),
            call(midnight, account_id="a2", api_type="Task"),
            call(midnight + 1, status_code=500, outcome="client_fault"),
            call(midnight + 2, account_id="", status_code=401, outcome="refused"),
        ]
        append(store, *records)

        def found(**fields: object) -> list[int]:
            return [c.started_at_ms - midnight for c in store.reader.search(every(**fields)).calls]

        assert found(account_id="a1") == [1, -1]
        assert found(api_type="Task") == [0]
        assert found(status="success") == [0, -1]
        assert found(status="error") == [2, 1]
        assert found(status="500", account_id="a1") == [1]
        assert found(from_ms=midnight, until_ms=midnight + 2) == [1, 0]
        assert found(refused_keys=True) == [2]
        assert found(account_id="a2", status="error") == []

    def test_get_finds_ids_of_any_time(self, store: SqliteCallStore) -> None:
        """A call is found by id when the id's time is another day's."""
        wanted = call(call_id=call(NOON_MS - 9 * DAY_MS).call_id)
        append(store, call(NOON_MS + 2 * DAY_MS), wanted, call(NOON_MS - 4 * DAY_MS))
        assert store.reader.get(wanted.call_id).call_id == wanted.call_id
        assert store.reader.get("ffffffff-ffff-7fff-bfff-ffffffffffff") is None
        assert store.reader.get(call().call_id) is None

    def test_another_process_reads_while_calls_are_written(self, folder: Path) -> None:
        """A reader beside the writing process sees whole batches, in order, and no error."""
        appender = _start_appender(folder)
        reader = SqliteCallReader(folder)
        try:
            acknowledged = [appender.stdout.readline().strip() for _ in range(200)]
            assert all(reader.get(call_id) is not None for call_id in acknowledged)
            sequences = [c.sequence for c in reader.search(every(limit=100)).calls]
            assert sequences == list(range(sequences[0], sequences[0] - 100, -1))
        finally:
            _kill(appender)
            reader.close()

    def test_an_empty_folder_is_an_empty_log(self, tmp_path: Path) -> None:
        """A reader of a folder that is not there yet finds nothing, and makes nothing."""
        reader = SqliteCallReader(tmp_path / "none")
        assert reader.search(every()).calls == ()
        assert reader.get("x") is None
        assert not (tmp_path / "none").exists()
        reader.close()


class TestPruning:
    def test_prune_drops_whole_days_that_ended(self, store: SqliteCallStore, folder: Path) -> None:
        """Days that ended at or before the instant go, with all their files; later ones stay."""
        append(store, *[call(NOON_MS + day * DAY_MS) for day in range(3)])
        assert len(store.reader.search(every()).calls) == 3
        midnight = NOON_MS + DAY_MS // 2
        assert store.prune(before_ms=midnight + DAY_MS - 1) == 1
        assert store.prune(before_ms=midnight + DAY_MS) == 1
        assert [c.sequence for c in store.reader.search(every()).calls] == [3]
        assert {p.name.split(".")[0] for p in folder.glob("2*")} == {day_of(NOON_MS + 2 * DAY_MS)}

    def test_a_pruned_day_may_be_written_again(self, store: SqliteCallStore) -> None:
        """A late call of a pruned day starts that day's file anew, and is found."""
        append(store, call())
        assert len(store.reader.search(every()).calls) == 1
        store.prune(before_ms=NOON_MS + DAY_MS)
        append(store, call())
        assert [c.sequence for c in store.reader.search(every()).calls] == [2]

    def test_sequences_go_on_when_every_day_was_pruned(self, folder: Path) -> None:
        """No number is given twice, though nothing is left of the calls that had it."""
        store = SqliteCallStore(folder, clock=FixedClock())
        append(store, call(), call())
        store.prune(before_ms=NOON_MS + DAY_MS)
        store.close()
        store = SqliteCallStore(folder, clock=FixedClock())
        append(store, call())
        assert [c.sequence for c in store.reader.search(every()).calls] == [3]
        store.close()

    def test_a_reader_of_another_process_survives_a_prune(
        self, store: SqliteCallStore, folder: Path
    ) -> None:
        """A day that vanishes under an open reader is simply no longer there, and not held."""
        append(store, call(), call(NOON_MS + DAY_MS))
        reader = SqliteCallReader(folder)
        stream = reader.stream(every(limit=1))
        assert next(stream).sequence == 2
        store.prune(before_ms=NOON_MS + DAY_MS)
        assert [c.sequence for c in reader.search(every()).calls] == [2]
        assert not [name for name in _open_files() if "deleted" in name and "sqlite" in name]
        reader.close()


def _fields(record: CallRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _open_files() -> list[str]:
    links = list(Path("/proc/self/fd").iterdir())
    return [str(link.readlink()) for link in links if link.is_symlink()]


def _start_appender(folder: Path) -> "subprocess.Popen[str]":
    script = Path(__file__).with_name("appender.py")
    return subprocess.Popen(  # noqa: S603  # our own script
        [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, text=True
    )


def _kill(process: "subprocess.Popen[str]") -> str:
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate()
    return rest


def _append_until_killed(folder: Path, *, calls_min: int) -> set[str]:
    process = _start_appender(folder)
    lines = [process.stdout.readline() for _ in range(calls_min)]
    rest = _kill(process)
    # The last line may be cut in the middle by the kill.
    return {line.strip() for line in [*lines, *rest.splitlines(keepends=True)] if line[-1] == "\n"}


def test_a_pattern_with_many_stars_is_matched_in_linear_time(store: SqliteCallStore) -> None:
    """A long path and a pattern that nearly fits take no longer than any other search."""
    append(store, call(path="/" + "a" * 100_000))
    started_s = time.perf_counter()
    assert store.reader.search(every(text=f"path:{'*a' * 40}*b")).calls == ()
    assert len(store.reader.search(every(text=f"path:{'*a' * 40}*")).calls) == 1
    assert time.perf_counter() - started_s < 2
