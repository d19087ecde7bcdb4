"""Sealed calls: found as before they were sealed, in one place only, and provably whole."""

import asyncio
import random  # noqa: TID251  # seeded: every run makes the same calls
import shutil
import sqlite3
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, keep_all
from stores.trends_model import assert_trends_of

from leadwire.calls.language import phrase
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import CallLogDamaged, RecordingError
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore, verify
from leadwire.stores.sqlite import store as store_module
from leadwire.stores.sqlite.chain import Chain
from leadwire.stores.sqlite.closing import compact
from leadwire.stores.sqlite.hot import (
    INSERT,
    hot_rows,
)
from leadwire.stores.sqlite.schema import open_writable
from leadwire.stores.sqlite.seal import CALLS_PER_BLOCK
from leadwire.stores.sqlite.sealer import Sealer

MIDNIGHT_MS = NOON_MS - DAY_MS // 2


class _Hasty(FixedClock):
    """A millisecond passes at each look."""

    def elapsed_ns(self) -> int:
        self.at_ms += 1
        return self.at_ms * 1_000_000


CALLS = 6 * CALLS_PER_BLOCK
WORDS = ("Rohit", "VERMA", "grüße", "a,b", '"quoted"', "x\x1fy", "nul\0", "100%_")
FAULTS = (("MXDuplicate", 500), ("MXInvalid", 400), ("", 503))


def many_calls(count: int = CALLS) -> list[CallRecord]:
    """Calls of a day, mostly in order, of three accounts, with every kind of text."""
    chance = random.Random(7)  # noqa: S311
    return [_some_call(chance, MIDNIGHT_MS + number * DAY_MS // count) for number in range(count)]


def _some_call(chance: random.Random, at_ms: int) -> CallRecord:
    exception_type, status = chance.choice(FAULTS) if chance.random() < 0.2 else ("", 200)
    operation = chance.choice(("Lead.Capture", "Lead.Update", "Task.Create"))
    late_ms = chance.choice((0, 0, 0, 3_600_000))
    body = " ".join(chance.choices(WORDS, k=3)) + f" {chance.randrange(10**6):06} {chance.random()}"
    return call(
        max(MIDNIGHT_MS, at_ms - late_ms),
        account_id=chance.choices(("a1", "a2", ""), weights=(8, 2, 1))[0],
        duration_ms=chance.choice((1.25, 3.0, 1 / 3, 40.001)),
        api_type=operation.split(".")[0],
        operation=operation,
        query_string=chance.choice(("", "a=1&b=%20", "q?x")),
        request_body=body,
        request_body_bytes=len(body) + chance.choice((0, 0, 9)),
        response_body=chance.choice(("", '{"Status":"Success"}', "é" * 40)),
        status_code=status,
        outcome="success" if status == 200 else "client_fault",
        exception_type=exception_type,
        truncated=chance.random() < 0.1,
        user_agent=f"client/{chance.randrange(400)}",
        key_id=f"k{chance.randrange(3)}",
    )


def test_a_log_is_followed_through_sealed_blocks_and_other_accounts(tmp_path: Path) -> None:
    """One question looks at so many calls and says that there are more; the place goes on."""
    store = SqliteCallStore(tmp_path / "calls", clock=FixedClock())
    before = store.reader.place()
    for _ in range(3):
        keep_all(store, [call() for _ in range(1_000)])
    wanted = call(account_id="a2")
    keep_all(store, [wanted, call()])
    first = store.reader.since(every(account_id="a2"), before)
    assert (first.calls, first.more) == ((), True)
    new = store.reader.since(every(account_id="a2"), first.place)
    assert [record.call_id for record in new.calls] == [wanted.call_id]
    assert (new.place, new.more) == (store.reader.place(), False)
    followed, place = [], before
    while place != store.reader.place():
        new = store.reader.since(every(), place)
        followed += [record.sequence for record in new.calls]
        place = new.place
    assert followed == list(range(1, 3_003))
    assert store.prune(before_ms=NOON_MS + 2 * DAY_MS) == 1
    assert store.reader.since(every(), before).calls == ()
    keep_all(store, [call(NOON_MS + 3 * DAY_MS)])
    assert [record.sequence for record in store.reader.since(every(), before).calls] == [3_003]
    store.close()


def keep(store: SqliteCallStore, records: list[CallRecord]) -> list[CallRecord]:
    """Append in batches; the records with the sequence each was given."""
    for start in range(0, len(records), 100):
        keep_all(store, records[start : start + 100])
    given = enumerate(records, 1)
    return [CallRecord(**{**_fields(record), "sequence": number}) for number, record in given]


def expected(records: list[CallRecord], query: CallQuery) -> list[CallRecord]:
    """What *query* must find, worked out without a store."""
    found = [record for record in records if _matches(record, query)]
    return sorted(found, key=lambda r: (r.started_at_ms, r.sequence), reverse=True)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[CallRecord]]:
    """A folder with a closed day, an open day that is partly sealed, and what is in them."""
    folder = tmp_path_factory.mktemp("calls")
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + DAY_MS))
    tomorrow = [
        CallRecord(**{**_fields(record), "started_at_ms": record.started_at_ms + DAY_MS})
        for record in many_calls(2 * CALLS_PER_BLOCK)
    ]
    records = keep(store, many_calls() + tomorrow)
    assert store.close_days() == 1
    assert store.close_days() == 0
    store.close()
    return folder, records


QUERIES = {
    "all": {},
    "account": {"account_id": "a2"},
    "unknown account": {"account_id": "nobody"},
    "refused": {"refused_keys": True},
    "errors": {"status": "error", "account_id": "a1"},
    "success": {"status": "success"},
    "code": {"status": "400", "account_id": "a1"},
    "rare code": {"status": "418"},
    "type": {"api_type": "Task"},
    "range": {"from_ms": NOON_MS, "until_ms": NOON_MS + DAY_MS // 3},
    "one ms": {"from_ms": NOON_MS, "until_ms": NOON_MS + 1},
    "word": {"text": phrase("rohit verma")},
    "not ascii": {"text": phrase("GRüßE")},
    "quotes": {"text": phrase('"QUOTED"')},
    "separator": {"text": phrase("x\x1fy")},
    "nul": {"text": phrase("nul\0")},
    "wildcards": {"text": phrase("0%_")},
    "digits": {"text": phrase("12345")},
    "one letter": {"text": phrase("q")},
    "path and query": {"text": phrase("capture?a=1")},
    "exception": {"text": phrase("mxdup"), "status": "error"},
    "user agent": {"text": phrase("client/77")},
    "nowhere": {"text": phrase("zzzzzz")},
    "hyphen": {"text": phrase("-")},
    "one field": {"text": "operation:lead.*"},
    "not": {"text": "verma -status:5xx -operation:Task.*", "account_id": "a1"},
    "either": {"text": "status:418 OR rohit duration:>20ms OR method:get"},
    "piece of a body": {"text": 'request:"rohit verma"'},
    "path": {"text": "path:*/lead.capture"},
    "exact status": {"text": "status:400", "account_id": "a1"},
    "status word": {"text": "-status:success type:Lead"},
    "id": {"text": "id:0*"},
    "two values": {"text": phrase("success\x1f")},
}


class TestFinding:
    @pytest.mark.parametrize("fields", QUERIES.values(), ids=QUERIES.keys())
    def test_sealed_and_hot_calls_are_found_alike(
        self, kept: tuple[Path, list[CallRecord]], fields: dict[str, object]
    ) -> None:
        """Every filter finds exactly the right calls, every field as it was, newest first."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        query = every(**{"limit": 100_000} | fields)
        assert list(reader.search(query).calls) == expected(records, query)
        assert reader.statistics(query).calls == len(expected(records, query))
        reader.close()

    def test_pages_join_without_a_seam(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """Pages of any size, one after another, are the whole answer."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        for size in (1, 7, 513):
            query = every(account_id="a1", limit=size, text="verma")
            seen: list[CallRecord] = []
            while len(seen) < 60 * size:
                page = reader.search(query)
                seen += page.calls
                if not page.next:
                    break
                query = every(account_id="a1", limit=size, text="verma", cursor=page.next)
            assert seen == expected(records, query)[: len(seen)]
        reader.close()

    def test_every_call_is_found_by_its_id(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """Sealed or hot, a call's id leads to it; a piece of the id does as a text."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        for record in records[::97]:
            assert reader.get(record.call_id) == record
            piece = record.call_id[15:].upper()
            assert record in reader.search(every(text=phrase(piece))).calls
        assert reader.get("0199f0f0-0000-7000-8000-00000000dead") is None
        reader.close()

    def test_any_piece_of_any_text_is_found(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """No index hides a match: pieces of four and more characters lead back to their call."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        chance = random.Random(3)  # noqa: S311
        for record in chance.sample(records, 60):
            start = chance.randrange(len(record.request_body) - 12)
            piece = record.request_body[start : start + chance.randrange(4, 12)]
            found = reader.search(every(text=phrase(piece), limit=100_000)).calls
            assert record in found
        reader.close()

    def test_a_token_is_found_as_the_text_it_stands_for(
        self, kept: tuple[Path, list[CallRecord]]
    ) -> None:
        """Also among several texts, so many that blocks are not told by all of them."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        for record in records[::499]:
            token = record.call_id[15:]
            for text in ("nobody", "nobody noone", f"nobody {record.operation} a b c e"):
                query = every(text=text, token_of=lambda _text, token=token: token)
                assert record in reader.search(query).calls, text
        assert reader.search(every(text="nobody", token_of=lambda _text: "")).calls == ()
        reader.close()

    def test_statistics_are_those_of_the_matches(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """Histogram and facets count each match once; percentiles are at most 1 % off."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        for fields in ({"account_id": "a1"}, {"status": "400"}, {"from_ms": NOON_MS + 12_345}):
            query = every(**fields)
            matches = expected(records, query)
            found = reader.statistics(query)
            hours = Counter((r.started_at_ms // 3_600_000 * 3_600_000, r.outcome) for r in matches)
            assert {(at, outcome): calls for at, outcome, calls in found.histogram} == hours
            keys = dict(next(facet.values for facet in found.facets if facet.name == "key_id"))
            assert keys == Counter(r.key_id for r in matches)
            for row in found.durations:
                times = sorted(r.duration_ms for r in matches if r.operation == row.operation)
                assert row.p50_ms == pytest.approx(times[(len(times) - 1) // 2], rel=0.011)
        reader.close()

    def test_trends_are_those_of_the_matches(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """Of sealed and of hot calls, by account, in a part of a block, and of failures alone."""
        folder, records = kept
        reader = SqliteCallReader(folder)
        for fields in (
            {"account_id": "a1"},
            {"status": "error"},
            {"from_ms": NOON_MS + 12_345, "until_ms": NOON_MS + 9_999_999},
        ):
            query = every(**fields)
            found = reader.trends(query, span_ms=1_800_000)
            assert_trends_of(found, expected(records, query), 1_800_000)
        hasty = SqliteCallReader(folder, clock=_Hasty())
        assert hasty.trends(every(time_budget_ms=4), span_ms=1).stopped_early
        hasty.close()
        reader.close()

    def test_a_search_out_of_time_says_so_and_goes_on(
        self, kept: tuple[Path, list[CallRecord]]
    ) -> None:
        """Cut short by its time budget, a search has lost nothing: its cursor goes on."""
        folder, records = kept
        reader = SqliteCallReader(folder, clock=_Hasty())
        fields = {"account_id": "a1", "text": "verma", "limit": 100_000, "time_budget_ms": 4}
        seen: list[CallRecord] = []
        page = reader.search(every(**fields))
        assert page.stopped_early
        while page.next:
            seen += page.calls
            page = reader.search(every(**fields, cursor=page.next))
        assert seen + list(page.calls) == expected(records, every(**fields))
        assert reader.statistics(every(**fields)).stopped_early
        reader.close()


class TestDays:
    def test_the_days_of_a_log_say_what_they_hold(
        self, kept: tuple[Path, list[CallRecord]], tmp_path: Path
    ) -> None:
        """How many calls, whether they are closed, and which file is missing or damaged."""
        folder = tmp_path / "calls"
        shutil.copytree(kept[0], folder)
        first, second = day_of(NOON_MS), day_of(NOON_MS + DAY_MS)
        reader = SqliteCallReader(folder)
        found = {day.day: (day.calls, day.state) for day in reader.log_days()}
        per_day = Counter(day_of(record.started_at_ms) for record in kept[1])
        assert found == {first: (per_day[first], "closed"), second: (per_day[second], "open")}
        assert all(day.size_bytes > 100_000 for day in reader.log_days())
        reader.close()
        (folder / f"{first}.sqlite").unlink()
        (folder / f"{second}.sqlite").write_bytes(b"no database" * 1_000)
        reader = SqliteCallReader(folder)
        assert [day.state for day in reader.log_days()] == ["lost", "damaged"]
        reader.close()


class TestSealing:
    def test_sealing_shrinks_the_day(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """A closed day has no hot row and no side file, and all of its calls in blocks."""
        folder, _ = kept
        path = folder / f"{day_of(NOON_MS)}.sqlite"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        assert connection.execute("SELECT count(*) FROM hot").fetchone() == (0,)
        assert connection.execute("SELECT sum(calls) FROM blocks").fetchone() == (CALLS,)
        assert connection.execute("SELECT count(*) FROM bitmaps").fetchone() == (0,)
        connection.close()
        assert path.stat().st_size < 700 * CALLS

    def test_a_late_call_of_a_closed_day_is_kept(self, tmp_path: Path) -> None:
        """A closed day may be written again, is found whole, and is closed once more."""
        store = SqliteCallStore(tmp_path, clock=FixedClock(NOON_MS + DAY_MS))
        keep(store, many_calls(600))
        assert store.close_days() == 1
        late = call(NOON_MS, operation="Late")
        keep_all(store, [late])
        assert [c.call_id for c in store.reader.search(every(text="late")).calls] == [late.call_id]
        assert verify(tmp_path).problems == ()
        assert store.close_days() == 1
        assert [c.call_id for c in store.reader.search(every(text="late")).calls] == [late.call_id]
        assert verify(tmp_path).problems == ()
        store.close()

    def test_a_day_that_is_made_compact_stops_nothing_but_its_late_calls(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Calls of other days are recorded meanwhile; a late one waits, and is then kept."""
        clock = FixedClock(NOON_MS + DAY_MS)
        store = SqliteCallStore(tmp_path, clock=clock)
        keep(store, many_calls(600))

        async def main() -> None:
            loop, compacting = asyncio.get_running_loop(), asyncio.Event()
            go_on = threading.Event()

            def waiting(path: Path) -> None:
                loop.call_soon_threadsafe(compacting.set)
                go_on.wait()
                compact(path)

            monkeypatch.setattr(store_module, "compact", waiting)
            closing = asyncio.create_task(asyncio.to_thread(store.close_days))
            await compacting.wait()
            late = store.append(call(NOON_MS, operation="Late"))
            await store.append(call(NOON_MS + DAY_MS))
            assert store.prune(before_ms=NOON_MS + DAY_MS // 2) == 0
            assert not late.done()
            go_on.set()
            await late
            assert await closing == 1
            monkeypatch.undo()

        asyncio.run(main())
        assert len(store.reader.search(every(text="late")).calls) == 1
        assert store.close_days() == 1
        store.close()
        assert verify(tmp_path).problems == ()
        assert verify(tmp_path).calls == 602

    def test_a_block_that_was_overtaken_changes_nothing(self, tmp_path: Path) -> None:
        """A block in the making whose rows were sealed otherwise leaves each call in one place."""
        connection = open_writable(tmp_path / f"{day_of(NOON_MS)}.sqlite")
        sealer = Sealer(connection, Chain(bytes(32)).of_day(day_of(NOON_MS)))
        rows = hot_rows(many_calls(900), 1, sealer.accounts, sealer.chain)
        connection.executemany(INSERT, rows)
        sealer.count(rows)
        job = sealer.next_job()
        assert job is not None
        result = job.work()
        sealer.seal_everything()
        assert sealer.job is None
        with pytest.raises(sqlite3.IntegrityError):
            sealer.store(job, result)
        calls = connection.execute("SELECT sum(calls), max(sequence_max) FROM blocks").fetchone()
        assert calls == (900, 900)
        connection.close()

    @pytest.mark.parametrize("step", range(1, 26, 2))
    def test_a_fault_at_any_step_leaves_each_call_in_one_place(
        self, tmp_path: Path, step: int
    ) -> None:
        """Whichever statement fails while rows are sealed, no call is lost and none is doubled."""
        countdown = {"left": 10**9}

        class Failing(sqlite3.Connection):
            def execute(self, sql: str, *args: object) -> sqlite3.Cursor:
                countdown["left"] -= 1
                if countdown["left"] < 0 and sql != "ROLLBACK":
                    raise sqlite3.OperationalError("disk I/O error")
                return super().execute(sql, *args)

        def connect(path: Path) -> sqlite3.Connection:
            open_writable(path).close()
            return sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, factory=Failing
            )

        store = SqliteCallStore(tmp_path, clock=FixedClock(NOON_MS + DAY_MS), connect=connect)
        records = keep(store, many_calls(700))
        countdown["left"] = step
        with pytest.raises(RecordingError):
            store.close_days()
        countdown["left"] = 10**9
        assert list(store.reader.stream(every())) == expected(records, every())
        store.close_days()
        assert list(store.reader.stream(every())) == expected(records, every())
        store.close()
        assert verify(tmp_path).problems == ()

    def test_calls_are_searched_while_they_are_written(self, tmp_path: Path) -> None:
        """A search sees each acknowledged call once, whether it is being sealed or not."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        records = many_calls(3 * CALLS_PER_BLOCK)

        async def main() -> None:
            for start in range(0, len(records), 64):
                await asyncio.gather(*map(store.append, records[start : start + 64]))
                page = await asyncio.to_thread(store.reader.search, every(limit=100_000))
                assert len(page.calls) == min(start + 64, len(records))

        asyncio.run(main())
        store.close()


class Ticking(FixedClock):
    """A clock by which every look takes a millisecond."""

    def elapsed_ns(self) -> int:
        self.at_ms += 1
        return super().elapsed_ns()


class TestTimeBudget:
    def test_a_search_of_many_terms_stops_inside_a_block(
        self, kept: tuple[Path, list[CallRecord]]
    ) -> None:
        """It says where it stopped, and page by page finds what it would have found at once."""
        folder, _ = kept
        text = " OR ".join(f"request:{number:02}" for number in range(60))
        reader = SqliteCallReader(folder)
        wanted = [record.call_id for record in reader.stream(every(text=text))]
        reader.close()
        reader = SqliteCallReader(folder, clock=Ticking())
        found, pages, cursor = [], 0, ""
        while pages == 0 or cursor:
            page = reader.search(every(text=text, time_budget_ms=40, cursor=cursor))
            found += [record.call_id for record in page.calls]
            pages, cursor = pages + 1, page.next
        reader.close()
        assert pages > 5
        assert found == wanted

    def test_sixty_four_terms_keep_the_budget(self, kept: tuple[Path, list[CallRecord]]) -> None:
        """However many calls a term matches, and however the terms are put together."""
        folder, _ = kept
        reader = SqliteCallReader(folder)
        for text in (
            " ".join(f"-e{number}x" for number in range(64)),
            " OR ".join(f'"{number % 10} {number}"' for number in range(64)),
            " ".join(f"(e OR {number})" for number in range(32)),
        ):
            started_s = time.perf_counter()
            page = reader.search(every(text=text, time_budget_ms=100))
            assert time.perf_counter() - started_s < 2
            assert page.calls or page.stopped_early
        reader.close()

    def test_statistics_stop_in_time_among_sealed_blocks(
        self, kept: tuple[Path, list[CallRecord]]
    ) -> None:
        """The budget is looked at for each summary, too, and what was counted is given."""
        folder, records = kept
        reader = SqliteCallReader(folder, clock=Ticking())
        for text in ("", "status:5xx", "verma"):
            statistics = reader.statistics(every(text=text, time_budget_ms=3))
            assert statistics.stopped_early
            assert statistics.calls < len(records)
        reader.close()

    def test_statistics_of_many_keys_take_little_memory(self, tmp_path: Path) -> None:
        """Each refused call may name another key: hours and keys are not multiplied."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        refused = [
            call(MIDNIGHT_MS + number * 300_000, account_id="", key_id=f"unknown:{number:064x}",
                 status_code=401, outcome="refused")
            for number in range(4_000)
        ]  # fmt: skip
        keep_all(store, refused)
        tracemalloc.start()
        statistics = store.reader.statistics(every(account_id=None, refused_keys=True))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        store.close()
        assert len(dict(statistics.facets[-1].values)) == statistics.calls == 4_000
        assert peak < 6_000_000, peak


class TestProof:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        store = SqliteCallStore(tmp_path, clock=FixedClock(NOON_MS + DAY_MS))
        keep(store, [*many_calls(700), call(NOON_MS + DAY_MS)])
        keep(store, [call(NOON_MS + DAY_MS)])
        store.close_days()
        store.close()
        assert verify(tmp_path).problems == ()
        return tmp_path

    @pytest.mark.parametrize(
        ("table", "column"),
        [
            ("frames", "ids"),
            ("frames", "head"),
            ("frames", "body"),
            ("slices", "bits"),
            ("blocks", "summary"),
            ("groups", "summary"),
        ],
    )
    def test_one_changed_byte_is_found(self, folder: Path, table: str, column: str) -> None:
        """A byte changed anywhere in what is kept of a call is named by day and block."""
        path = folder / f"{day_of(NOON_MS)}.sqlite"
        with sqlite3.connect(path) as connection:
            row, value = connection.execute(f"SELECT rowid, {column} FROM {table}").fetchone()  # noqa: S608
            place = len(value) // 2
            changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
            connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, row))  # noqa: S608
        connection.close()
        problems = verify(folder).problems
        assert problems
        assert problems[0].startswith(day_of(NOON_MS))

    def test_a_deleted_call_is_found(self, folder: Path) -> None:
        """A call that was taken out leaves a gap in the sequence, which is named."""
        with sqlite3.connect(folder / f"{day_of(NOON_MS + DAY_MS)}.sqlite") as connection:
            connection.execute("DELETE FROM hot WHERE rowid = (SELECT min(rowid) FROM hot)")
        connection.close()
        [problem] = verify(folder).problems
        assert problem.startswith(f"Call 701 is missing between {day_of(NOON_MS)} and")

    def test_a_changed_hot_call_is_found(self, folder: Path) -> None:
        """A call that is not sealed yet has a checksum of its own."""
        with sqlite3.connect(folder / f"{day_of(NOON_MS + DAY_MS)}.sqlite") as connection:
            connection.execute("UPDATE hot SET packed = CAST(packed || x'00' AS BLOB)")
        connection.close()
        assert "checksum" in verify(folder).problems[0]

    def test_a_cut_file_is_found(self, folder: Path) -> None:
        """A file that lost its end is reported, and the other days are still read."""
        path = folder / f"{day_of(NOON_MS)}.sqlite"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert verify(folder).problems[0].startswith(day_of(NOON_MS))

    def test_a_missing_day_is_found_and_a_pruned_one_is_none(self, folder: Path) -> None:
        """Days that were pruned are accounted for; a day that was deleted is a gap."""
        store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + DAY_MS))
        store.prune(before_ms=NOON_MS + DAY_MS // 2)
        store.close()
        assert verify(folder).problems == ()
        (folder / f"{day_of(NOON_MS + DAY_MS)}.sqlite").unlink()
        assert verify(folder).problems == (
            f"{day_of(NOON_MS + DAY_MS)}: the file {day_of(NOON_MS + DAY_MS)}.sqlite is missing.",
            "Calls 701 to 702 are missing at the end of the log.",
        )

    def test_a_damaged_block_leaves_the_rest_readable(self, folder: Path) -> None:
        """A block that cannot be read is reported with the page; every other call is there."""
        with sqlite3.connect(folder / f"{day_of(NOON_MS)}.sqlite") as connection:
            block_id, calls = connection.execute("SELECT block_id, calls FROM blocks").fetchone()
            connection.execute("UPDATE frames SET body = x'00' WHERE block_id = ?", (block_id,))
        connection.close()
        reader = SqliteCallReader(folder)
        page = reader.search(every(limit=10_000))
        assert len(page.calls) == 702 - calls
        assert page.damaged[0].startswith(f"{day_of(NOON_MS)}: Block {block_id}:")
        readable = []
        with pytest.raises(CallLogDamaged, match=f"Block {block_id}:"):
            readable.extend(reader.stream(every()))
        assert {record.call_id for record in page.calls} <= {record.call_id for record in readable}
        reader.close()


def _fields(record: CallRecord) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def _matches(record: CallRecord, query: CallQuery) -> bool:
    wanted = "" if query.refused_keys else query.account_id
    return (
        (wanted is None or record.account_id == wanted)
        and (query.from_ms is None or record.started_at_ms >= query.from_ms)
        and (query.until_ms is None or record.started_at_ms < query.until_ms)
        and query.condition.holds(record)
    )
