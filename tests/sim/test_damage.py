"""Tampering: whatever is changed in, cut from or taken out of a file, verify finds or nobody can.

A byte is changed at places of the seed's choice, in every kind of file. Either ``verify`` names
the damage, or it was in a place that holds nothing: then every answer is as it was before.
"""

import asyncio
import random  # noqa: TID251  # the same places every time
import shutil
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from sim.world import make_blocks_small
from stores.builders import NOON_MS, FixedClock, every, keep_all, numbered_call

from leadwire.calls.language import phrase
from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.errors import LeadwireError
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore, verify
from leadwire.stores.sqlite.schema import SEQUENCE_MASK

_PLACES: Final = 40
_CALLS: Final = 4 * 60 + 20 + 30
CLOSED, REOPENED, OPEN = (f"{day_of(NOON_MS + number * DAY_MS)}.sqlite" for number in (1, 2, 3))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pruned days, closed ones, one that was reopened, and an open one."""
    folder = tmp_path_factory.mktemp("whole") / "calls"
    with pytest.MonkeyPatch.context() as patch:
        make_blocks_small(patch)
        clock = FixedClock(NOON_MS + 3 * DAY_MS)
        store = SqliteCallStore(folder, clock=clock)
        for day in range(4):
            keep_all(store, [numbered_call(day, number) for number in range(60)])
        store.close_days()
        keep_all(store, [numbered_call(2, number) for number in range(20)])
        store.prune(before_ms=NOON_MS + DAY_MS // 2)
        keep_all(store, [numbered_call(3, number) for number in range(30)])
        store.close()
    assert verify(folder).problems == ()
    return folder


def answers(folder: Path) -> list[object]:
    """What a user can see: lists, searches, counts, and single calls."""
    reader = SqliteCallReader(folder)
    try:
        calls = list(reader.stream(every()))
        found: list[object] = [calls, reader.statistics(every())]
        found += [
            reader.search(every(text=phrase(text), limit=500)) for text in ("0007 of", "day 2")
        ]
        found += [reader.search(every(account_id="a2", status="error", limit=500))]
        found += [reader.statistics(every(account_id="a1", api_type="Lead"))]
        found += [reader.get(record.call_id) for record in calls[::9]]
        return found
    finally:
        reader.close()


@pytest.mark.parametrize("name", [CLOSED, REOPENED, OPEN, "ledger.json", "end-mark"])
def test_a_changed_byte_is_found_or_changes_nothing(whole: Path, tmp_path: Path, name: str) -> None:
    """In every kind of file, wherever it is."""
    before = answers(whole)
    folder = Path(shutil.copytree(whole, tmp_path / "calls"))
    path = folder / name
    content = path.read_bytes()
    chance = random.Random(name)  # noqa: S311
    found = 0
    size = 200 if name == "end-mark" else len(content)  # the rest of that is padding
    for _ in range(min(_PLACES, size)):
        place = chance.randrange(size)
        changed = bytearray(content)
        changed[place] ^= 1 << chance.randrange(8)
        path.write_bytes(changed)
        if verify(folder).problems:
            found += 1
            with suppress(LeadwireError):
                answers(folder)
        else:
            assert answers(folder) == before, f"byte {place} of {name}"
        for suffix in ("-wal", "-shm"):
            path.with_name(name + suffix).unlink(missing_ok=True)
    assert found


@pytest.mark.parametrize("name", [CLOSED, REOPENED, OPEN])
def test_a_cut_file_is_found(whole: Path, tmp_path: Path, name: str) -> None:
    """Wherever it was cut, down to nothing; what is left of the log is read as far as it goes."""
    folder = Path(shutil.copytree(whole, tmp_path / "calls"))
    path = folder / name
    content = path.read_bytes()
    chance = random.Random(name)  # noqa: S311
    for size in [0, 1, 100, len(content) - 1, *(chance.randrange(len(content)) for _ in range(20))]:
        path.write_bytes(content[:size])
        assert verify(folder).problems[0].startswith(name[:10]), size
        reader = SqliteCallReader(folder)
        others = reader.search(every(until_ms=parse_date(name[:10]), limit=500))
        assert (len(others.calls) > 0, others.damaged) == (name != CLOSED, ()), size
        page = reader.search(every(limit=500))
        assert page.damaged or len(page.calls) == _CALLS - 60, size
        reader.close()


_ROWS = {
    CLOSED: ("blocks", "frames", "groups", "slices"),
    REOPENED: ("blocks", "frames", "groups", "slices", "bitmaps", "hot"),
    OPEN: ("blocks", "frames", "bitmaps", "hot"),
}


@pytest.mark.parametrize(
    ("name", "table"), [(name, table) for name, tables in _ROWS.items() for table in tables]
)
def test_a_deleted_row_is_found(whole: Path, tmp_path: Path, name: str, table: str) -> None:
    """Of any table, wherever it stands; the log is read as far as it goes, and says so.

    But for the newest calls of all: nothing follows them that could tell.
    """
    chance = random.Random(name + table)  # noqa: S311
    for number in range(3):
        folder = Path(shutil.copytree(whole, tmp_path / str(number)))
        connection = sqlite3.connect(folder / name, isolation_level=None)
        rows = [row for (row,) in connection.execute(f"SELECT rowid FROM {table}")]  # noqa: S608
        newest = _newest(connection) if table == "hot" else set()
        connection.execute(
            f"DELETE FROM {table} WHERE rowid = ?",  # noqa: S608
            (chance.choice(sorted(set(rows) - newest)),),
        )
        connection.close()
        assert verify(folder).problems
        with suppress(LeadwireError):
            answers(folder)


def _newest(connection: sqlite3.Connection) -> set[int]:
    """The chunk of the newest calls of all, if it has these alone."""
    found = connection.execute(
        "SELECT place FROM hot WHERE last_sequence = ? AND place & ? = last_sequence - calls + 1",
        (_CALLS, SEQUENCE_MASK),
    )
    return {place for (place,) in found}


def test_a_manifest_that_cannot_be_read_is_found_and_stops_nothing(
    whole: Path, tmp_path: Path
) -> None:
    """verify names it; other days are closed, the day itself is closed anew or pruned."""
    folder = Path(shutil.copytree(whole, tmp_path / "calls"))
    for name in (CLOSED, REOPENED):
        connection = sqlite3.connect(folder / name, isolation_level=None)
        connection.execute("UPDATE meta SET value = x'7b' WHERE name = 'manifest'")
        connection.close()
    assert [problem[:10] for problem in verify(folder).problems][:2] == [CLOSED[:10], REOPENED[:10]]
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + 5 * DAY_MS))
    assert store.close_days() == 3
    assert store.prune(before_ms=parse_date(REOPENED[:10])) == 1
    store.close()
    assert verify(folder).problems == ()


def test_a_damaged_day_is_pruned_when_its_time_has_come(whole: Path, tmp_path: Path) -> None:
    """And the days behind it, too. What could not be counted stays missing."""
    folder = Path(shutil.copytree(whole, tmp_path / "calls"))
    connection = sqlite3.connect(folder / CLOSED, isolation_level=None)
    connection.execute("DELETE FROM meta WHERE name = 'manifest'")
    connection.execute("UPDATE frames SET head = x'00' WHERE block_id = 2")
    connection.close()
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + 5 * DAY_MS))
    assert store.prune(before_ms=parse_date(OPEN[:10])) == 2
    store.close()
    assert "missing" in verify(folder).problems[0]


def test_a_damaged_call_stops_neither_recording_nor_the_sealing_of_others(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, its like stay as they arrived, and every other kind of call is sealed. Nor do
    the bits of a block that cannot be gathered."""
    make_blocks_small(monkeypatch)
    folder = Path(shutil.copytree(whole, tmp_path / "calls"))
    connection = sqlite3.connect(folder / OPEN, isolation_level=None)
    connection.execute("UPDATE bitmaps SET bits = x'00'")
    [place, lost] = connection.execute("SELECT min(place), calls FROM hot").fetchone()
    connection.execute("UPDATE hot SET packed = x'00' WHERE place = ?", (place,))
    [blocks] = connection.execute("SELECT count(*) FROM blocks").fetchone()
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + 3 * DAY_MS))

    async def arrive() -> None:
        for number in range(100, 160):
            await store.append(numbered_call(3, number))

    keep_all(store, [numbered_call(3, number) for number in range(60, 100)])
    asyncio.run(arrive())
    page = store.reader.search(every(from_ms=NOON_MS + 3 * DAY_MS, limit=500))
    assert len(page.calls) == 60 + 30 + 100 - lost
    assert len(page.damaged) == 1
    store.close()
    assert connection.execute("SELECT count(*) FROM blocks").fetchone()[0] > blocks
    connection.close()
    problems = verify(folder).problems
    known = ("checksum", "the bits of block", "1 damaged part")
    assert all(any(words in problem for words in known) for problem in problems), problems
