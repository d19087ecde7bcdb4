"""What is damaged or missing is named wherever calls are asked for, and never passed over."""

import json
import sqlite3
from pathlib import Path

import pytest
from stores.builders import NOON_MS, FixedClock, call, every, keep_all
from support import leadwire

from leadwire.dates import DAY_MS, day_of
from leadwire.errors import CallLogDamaged
from leadwire.server.open_log import CALLS_FOLDER
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore

DAYS = [day_of(NOON_MS + number * DAY_MS) for number in range(3)]
IN_THE_MIDDLE = call(NOON_MS + DAY_MS, response_body="in the middle")


def a_block(folder: Path) -> None:
    with sqlite3.connect(folder / f"{DAYS[1]}.sqlite") as connection:
        connection.execute("UPDATE frames SET head = x'00'")
    connection.close()


def a_file(folder: Path) -> None:
    (folder / f"{DAYS[1]}.sqlite").write_bytes(b"junk" * 1_000)


def a_missing_file(folder: Path) -> None:
    (folder / f"{DAYS[1]}.sqlite").unlink()


def a_file_that_was_lost(folder: Path) -> None:
    a_missing_file(folder)
    SqliteCallStore(folder, clock=FixedClock(NOON_MS + 3 * DAY_MS)).close()


@pytest.fixture(params=[a_block, a_file, a_missing_file, a_file_that_was_lost])
def data(data_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A data folder of three days, of which the one in the middle is damaged."""
    folder = data_folder / CALLS_FOLDER
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + 3 * DAY_MS))
    for number in range(3):
        keep_all(store, [call(NOON_MS + number * DAY_MS) for _ in range(5)])
    keep_all(store, [IN_THE_MIDDLE])
    store.close_days()
    store.close()
    request.param(folder)
    return data_folder


def test_every_way_of_asking_names_the_day(data: Path) -> None:
    """A page, the counts, a single call and a stream; other days are read all the same."""
    reader = SqliteCallReader(data / CALLS_FOLDER)
    page = reader.search(every())
    assert len(page.calls) == 10
    assert {text[:10] for text in page.damaged} == {DAYS[1]}
    counted = reader.statistics(every(text="middle"))
    assert {text[:10] for text in counted.damaged} == {DAYS[1]}
    with pytest.raises(CallLogDamaged, match=DAYS[1]):
        reader.get(IN_THE_MIDDLE.call_id)
    with pytest.raises(CallLogDamaged, match=DAYS[1]):
        list(reader.stream(every()))
    reader.close()


def test_days_that_were_not_asked_for_are_not_complained_of(data: Path) -> None:
    """A search that ends before the damaged day, or leaves it out, is whole."""
    reader = SqliteCallReader(data / CALLS_FOLDER)
    assert reader.search(every(limit=3)).damaged == ()
    assert reader.search(every(from_ms=NOON_MS + 2 * DAY_MS)).damaged == ()
    assert reader.search(every(until_ms=NOON_MS + DAY_MS // 2)).damaged == ()
    assert reader.statistics(every(from_ms=NOON_MS + 2 * DAY_MS)).damaged == ()
    reader.close()


@pytest.mark.parametrize("command", [["search"], ["stats", "--q", "middle"], ["export"]])
@pytest.mark.parametrize("as_json", [True, False])
def test_every_command_names_the_day_and_fails(
    data: Path, command: list[str], as_json: bool
) -> None:
    """On standard error, in the JSON, and by the exit code."""
    if command == ["export"]:
        flags = ["--format", "jsonl" if as_json else "csv"]
    else:
        flags = ["--json"] if as_json else []
    done = leadwire("calls", *command, *flags, "--data", str(data))
    assert done.exit_code == 1
    assert DAYS[1] in done.stderr
    if as_json and command != ["export"]:
        assert json.loads(done.stdout)["damaged"][0].startswith(DAYS[1])
