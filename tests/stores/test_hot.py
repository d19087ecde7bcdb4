"""Calls that are not sealed yet: in chunks, found like sealed ones."""

import random  # noqa: TID251  # seeded: every run makes the same texts
import sqlite3
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, keep_all

from leadwire.calls.language import phrase
from leadwire.calls.record import CallRecord
from leadwire.dates import day_of
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore, verify
from leadwire.stores.sqlite.chain import Chain
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.hot import (
    INSERT,
    SUCCEEDED,
    Accounts,
    Limits,
    chunks,
    hot_rows,
    oldest,
    read,
    rows_of,
    text_of,
    unpack,
)
from leadwire.stores.sqlite.needle import places_of
from leadwire.stores.sqlite.schema import (
    SEQUENCE_MASK,
    open_readable,
    open_writable,
    record_of,
)

CHAIN = Chain(bytes(32)).of_day(day_of(NOON_MS))
LARGE = " filler" * 3_000
"""Makes a call so large that its chunk is compressed."""
BOTH_SIZES = pytest.mark.parametrize("more", ["", LARGE], ids=["small", "large"])
TEXTS = ("plain", "Grüße", "half \ud83d of a pair", "x\x1fy", "")


class Ticking(FixedClock):
    """A clock by which every look takes a millisecond."""

    def elapsed_ns(self) -> int:
        self.at_ms += 1
        return super().elapsed_ns()


def some_calls(count: int, more: str = "", **fields: object) -> list[CallRecord]:
    """Of two accounts and all three kinds, not in order of time. Bodies end with *more*."""
    chance = random.Random(3)  # noqa: S311
    failures = ({}, {}, {"status_code": 404, "outcome": "client_fault"},
                {"status_code": 500, "outcome": "server_fault"})  # fmt: skip
    return [
        call(
            NOON_MS + chance.randrange(60_000),
            account_id=chance.choice(("a1", "a1", "a2")),
            request_body=chance.choice(TEXTS) + f" No{number}{more}",
            **(chance.choice(failures) | fields),
        )
        for number in range(count)
    ]


class TestChunks:
    @BOTH_SIZES
    def test_every_call_is_in_one_chunk_with_its_own_number(
        self, tmp_path: Path, more: str
    ) -> None:
        """What is packed is what is read; half a surrogate pair is read as its escape."""
        connection = open_writable(tmp_path / "day.sqlite")
        records = some_calls(300, more)
        chunks = hot_rows(records, 41, Accounts(connection), CHAIN)
        connection.close()
        found = {}
        for place, first_ms, last_ms, calls, last_sequence, checksum, packed, _ in chunks:
            rows = [record_of(row) for row in rows_of(unpack(place, checksum, packed))]
            assert len(rows) == calls <= 64
            assert place & SEQUENCE_MASK == rows[0].sequence
            assert last_sequence == rows[-1].sequence
            assert first_ms == min(row.started_at_ms for row in rows)
            assert last_ms == max(row.started_at_ms for row in rows)
            assert len({row.account_id for row in rows}) == 1
            found |= {row.sequence: row for row in rows}
        escaped = [record.request_body.replace("\ud83d", "\\ud83d") for record in records]
        assert [found[number].request_body for number in range(41, 341)] == escaped

    def test_large_calls_make_small_chunks(self, tmp_path: Path) -> None:
        """So that no hot row has more than some hundred kilobytes, but for one large call."""
        connection = open_writable(tmp_path / "day.sqlite")
        records = [call(request_body="x" * 200_000) for _ in range(9)]
        chunks = hot_rows(
            [*records, call(response_body="y" * 900_000)], 1, Accounts(connection), CHAIN
        )
        connection.close()
        assert sum(calls for _, _, _, calls, *_ in chunks) == 10
        for place, _, _, calls, _, checksum, packed, _ in chunks:
            assert calls == 1 or len(text_of(place, checksum, packed)) < 530_000

    def test_a_large_call_is_stored_compressed_and_a_small_one_as_it_is(
        self, tmp_path: Path
    ) -> None:
        """Its commit keeps the small ones of others waiting for as short as possible."""
        connection = open_writable(tmp_path / "day.sqlite")
        bodies = [LARGE, "x", random.Random(3).randbytes(30_000).hex()]  # noqa: S311
        sizes = []
        for body in bodies:
            [row] = hot_rows([call(request_body=body)], 1, Accounts(connection), CHAIN)
            sizes.append(len(row[-2]) / len(text_of(row[0], row[-3], row[-2])))
        connection.close()
        assert sizes[0] < 0.1
        assert sizes[1] == 1
        assert sizes[2] < 0.7

    def test_a_block_is_bounded_by_the_size_of_its_calls_before_compression(
        self, tmp_path: Path
    ) -> None:
        """All of them are in memory while they are sealed."""
        connection = open_writable(tmp_path / "day.sqlite")
        accounts = Accounts(connection)
        for sequence in range(1, 6):
            rows = hot_rows([call(request_body=LARGE)], sequence, accounts, CHAIN)
            connection.executemany(INSERT, rows)
        number = accounts.number("a1")
        found = oldest(connection, number, SUCCEEDED, Limits(512, 2 * len(LARGE) + 2_000))
        connection.close()
        assert len(found) == 2

    @BOTH_SIZES
    @pytest.mark.parametrize("text", ["no7", "capture?a=1", "NO7 ", "@nowhere"])
    def test_a_needle_is_found_in_hot_calls(self, tmp_path: Path, text: str, more: str) -> None:
        """In any case, and across path and query string."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        records = some_calls(100, more, query_string="a=1&b=2")
        keep_all(store, records)
        query = every(text=phrase(text), limit=1000)
        found = {record.call_id for record in store.reader.search(query).calls}
        assert found == {record.call_id for record in records if query.condition.holds(record)}
        for record in records[:10]:
            one = store.reader.get(record.call_id)
            assert one is not None
            assert one.path == record.path
        store.close()

    @BOTH_SIZES
    def test_a_damaged_chunk_is_reported_also_when_nothing_is_looked_for_in_it(
        self, tmp_path: Path, more: str
    ) -> None:
        """A lost bit could hide a match: the page says so, and has the other calls."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        keep_all(store, [call(request_body="one" + more)])
        keep_all(store, [call(request_body="two")])
        store.close()
        with sqlite3.connect(tmp_path / f"{day_of(NOON_MS)}.sqlite") as connection:
            connection.execute(
                "UPDATE hot SET packed = CAST(packed || x'00' AS BLOB) "
                "WHERE place = (SELECT min(place) FROM hot)"
            )
        connection.close()
        reader = SqliteCallReader(tmp_path)
        page = reader.search(every(text="nowhere"))
        assert page.damaged == (
            f"{day_of(NOON_MS)}: The calls from sequence 1 cannot be read: wrong checksum.",
        )
        assert [record.request_body for record in reader.search(every()).calls] == ["two"]
        reader.close()

    def test_a_chunk_that_is_missing_takes_no_other_with_it(self, tmp_path: Path) -> None:
        """What an index still names and the table has lost is told, and the rest is read."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        for _ in range(3):
            keep_all(store, [call()])
        store.close()
        connection = open_readable(tmp_path / f"{day_of(NOON_MS)}.sqlite")
        places = [chunk.place for chunk in chunks(connection, "a1", "1", ())]
        found = read(connection, [places[0], places[0] + 7, *places[1:]])
        connection.close()
        assert [place for place, _, _ in found if place in places] == places
        with pytest.raises(BlockDamaged, match=r"sequence 10 .*missing"):
            unpack(*found[1])
        assert [row for one in (0, 2, 3) for row in unpack(*found[one])[1]] == [3, 2, 1]

    def test_a_token_is_found_in_hot_calls(self, tmp_path: Path) -> None:
        """What stands for the value that is looked for, beside the value itself."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        texts = ("asha@example.com", "by pv:7d3f here", "nobody")
        for text in texts:
            keep_all(store, [call(request_body=text)])
        query = every(text="asha@example.com", token_of=lambda _: "pv:7D3F")
        bodies = [record.request_body for record in store.reader.search(query).calls]
        assert bodies == [texts[1], texts[0]]
        store.close()

    @pytest.mark.parametrize(
        "change", ["calls = 3", "last_sequence = 3", "first_ms = 1", "last_ms = 1 << 50"]
    )
    def test_a_hot_row_that_does_not_describe_its_calls_is_found(
        self, tmp_path: Path, change: str
    ) -> None:
        """What a row says of its chunk is checked against the chunk."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        keep_all(store, [call(), call()])
        store.close()
        with sqlite3.connect(tmp_path / f"{day_of(NOON_MS)}.sqlite") as connection:
            connection.execute(f"UPDATE hot SET {change}")  # noqa: S608  # a literal
        connection.close()
        wanted = f"{day_of(NOON_MS)}: the hot row from sequence 1 does not describe its calls."
        assert wanted in verify(tmp_path).problems

    def test_statistics_of_hot_calls_stop_in_time(self, tmp_path: Path) -> None:
        """The time budget is looked at while hot calls are counted, too."""
        store = SqliteCallStore(tmp_path, clock=FixedClock())
        for _ in range(200):
            keep_all(store, [call()])
        store.close()
        reader = SqliteCallReader(tmp_path, clock=Ticking())
        statistics = reader.statistics(every(time_budget_ms=2))
        assert statistics.stopped_early
        assert statistics.calls < 200
        assert reader.statistics(every()).calls == 200
        reader.close()


@pytest.mark.parametrize("length", [1, 3, 11, 200, 70_000])
def test_a_needle_is_found_wherever_it_stands(length: int) -> None:
    """The same places as in the folded text, at the joints of windows, too."""
    chance = random.Random(length)  # noqa: S311
    text = bytes(chance.choices(b'aAbB1"@`[{\xc3\xa4\x1f', k=300_000))
    for start in (0, 131_072 - length // 2, 131_072, 300_000 - length, 5_000):
        needle = text[start : start + length].lower()
        folded, expected, place = text.lower(), [], -1
        while (place := folded.find(needle, place + 1)) >= 0:
            expected.append(place)
        assert places_of(needle, text).tolist() == expected
    assert places_of(b"x" * length, text).tolist() == []
    assert places_of(b"needle", b"").tolist() == []
