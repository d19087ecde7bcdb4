"""Single histories that a store might get wrong, each told in a few lines."""

import os
import random  # noqa: TID251  # a replayable fault
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sim import vfs
from sim.disk import BAD_FLUSHES, Disk
from sim.world import make_blocks_small
from stores.builders import NOON_MS, FixedClock, call, every, keep_all

from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import RecordingError, SetupError
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore, verify

_NOBODY: Final = 65534

needs_vfs = pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    calls = tmp_path / "calls"
    calls.mkdir()
    return calls


def found(folder: Path) -> list[CallRecord]:
    reader = SqliteCallReader(folder)
    try:
        return list(reader.stream(every()))
    finally:
        reader.close()


@needs_vfs
@pytest.mark.parametrize("end", ["close", "kill", "power"])
def test_after_a_failed_flush_nothing_is_recorded_until_the_next_start(
    folder: Path, end: str
) -> None:
    """The store says why, once, and refuses calls of every day. However the process ends, the
    next start finds each number once, and gives none of them again."""
    disk = Disk(folder, chance=random.Random(0))  # noqa: S311
    image = folder.with_name("image")
    said: list[str] = []
    with disk.mounted():
        store = SqliteCallStore(folder, clock=FixedClock(), on_stopped=said.append)
        keep_all(store, answered := [call(), call()])
        disk.fault = BAD_FLUSHES
        with pytest.raises(RecordingError):
            keep_all(store, [call(), call()])
        disk.fault = None
        with pytest.raises(RecordingError, match="until leadwire is started again"):
            keep_all(store, [call(NOON_MS + DAY_MS)])
        if end == "close":
            store.close()
        look = disk.image_after_power_loss if end == "power" else disk.image_after_kill
        look(image)
        store.close()
    assert len(said) == 1
    store = SqliteCallStore(image, clock=FixedClock())
    keep_all(store, [later := call(NOON_MS + DAY_MS)])
    store.close()
    there = {record.call_id: record.sequence for record in found(image)}
    assert {record.call_id for record in [*answered, later]} <= there.keys()
    assert sorted(there.values()) == list(range(1, len(there) + 1))
    assert verify(image).problems == ()


@needs_vfs
def test_what_was_sealed_before_a_failed_flush_takes_no_call_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealing does not wait for the disk: when the next flush fails, and the system forgets what
    it was to write, calls that are recorded later are still there after the power failed."""
    make_blocks_small(monkeypatch)
    for seed in range(10):
        disk = Disk(folder, chance=random.Random(seed))  # noqa: S311
        image = folder.with_name(f"image-{seed}")
        with disk.mounted():
            store = SqliteCallStore(folder, clock=FixedClock())
            keep_all(store, [call() for _ in range(20)])
            disk.fault = BAD_FLUSHES
            with pytest.raises(RecordingError):
                keep_all(store, [call()])
            disk.fault = None
            store.close()
            store = SqliteCallStore(folder, clock=FixedClock())
            keep_all(store, later := [call(), call()])
            disk.image_after_power_loss(image)
            store.close()
        ids = [record.call_id for record in found(image)]
        assert ids.count(later[0].call_id) == ids.count(later[1].call_id) == 1
        assert len(set(ids)) == len(ids) >= 22
        assert verify(image).problems == ()


@needs_vfs
def test_an_account_of_a_commit_that_failed_is_not_taken_for_known(folder: Path) -> None:
    """Its number may not be there; after the next start, the next call of the account finds it."""
    disk = Disk(folder, chance=random.Random(0))  # noqa: S311
    with disk.mounted():
        store = SqliteCallStore(folder, clock=FixedClock())
        keep_all(store, [call()])
        disk.fault = BAD_FLUSHES
        with pytest.raises(RecordingError):
            keep_all(store, [call(account_id="new")])
        disk.fault = None
        store.close()
        store = SqliteCallStore(folder, clock=FixedClock())
        keep_all(store, [call(account_id="new")])
        assert len(store.reader.search(every(account_id="new")).calls) in (1, 2)
        store.close()
    assert verify(folder).problems == ()


@needs_vfs
def test_a_prune_that_was_killed_is_finished(folder: Path) -> None:
    """Between the note and the last unlink: no call is counted twice, before or after the next
    start, and a day that is written anew keeps what it got."""
    disk = Disk(folder, chance=random.Random(0))  # noqa: S311
    images = []

    def look(number: int) -> None:
        if "ledger" in disk.trace[-1] or disk.trace[-1].startswith("delete"):
            images.append(disk.image_after_kill(folder.with_name(f"image-{number}")))

    with disk.mounted():
        store = SqliteCallStore(folder, clock=FixedClock())
        keep_all(store, [call(NOON_MS + day * DAY_MS) for day in range(3)])
        disk.at_event = look
        assert store.prune(before_ms=NOON_MS + 2 * DAY_MS - DAY_MS // 2) == 2
        disk.at_event = lambda _: None
        store.close()
    assert len(images) >= 4
    for image in images:
        assert verify(image).problems == ()
        store = SqliteCallStore(image, clock=FixedClock())
        keep_all(store, [call()])
        assert store.reader.search(every()).calls[-1].sequence == 4 or len(found(image)) == 4
        store.close()
        assert verify(image).problems == ()


def test_a_reader_notices_that_a_pruned_day_was_written_anew(folder: Path) -> None:
    """Another process's connection to the file that is gone shows nothing for ever."""
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call()])
    reader = SqliteCallReader(folder)
    assert [record.sequence for record in reader.search(every()).calls] == [1]
    store.prune(before_ms=NOON_MS + DAY_MS)
    again = call()
    keep_all(store, [again])
    assert [record.sequence for record in reader.search(every()).calls] == [2]
    assert reader.get(again.call_id) is not None
    assert reader.statistics(every()).calls == 1
    reader.close()
    store.close()


def test_a_clock_that_steps_back_over_midnight_loses_and_doubles_nothing(folder: Path) -> None:
    """Calls go to the day they say, numbers go on; a day that was closed is reopened for them."""
    clock = FixedClock(NOON_MS + DAY_MS)
    store = SqliteCallStore(folder, clock=clock)
    for at_ms in (NOON_MS, NOON_MS + DAY_MS, NOON_MS, NOON_MS + DAY_MS):
        clock.at_ms = at_ms
        keep_all(store, [call(at_ms) for _ in range(5)])
        store.close_days()
    store.close()
    assert sorted(record.sequence for record in found(folder)) == list(range(1, 21))
    assert verify(folder).problems == ()


def test_a_day_whose_compaction_failed_is_made_compact_the_next_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was signed off before; the space of its sealed rows is still given back."""
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + DAY_MS))
    keep_all(store, [call(response_body="x" * 5_000) for _ in range(600)])

    def full(_: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("leadwire.stores.sqlite.store.compact", full)
    with pytest.raises(RecordingError, match="full"):
        store.close_days()
    monkeypatch.undo()
    size = (folder / f"{day_of(NOON_MS)}.sqlite").stat().st_size
    assert store.close_days() == 1
    assert store.close_days() == 0
    store.close()
    assert (folder / f"{day_of(NOON_MS)}.sqlite").stat().st_size < size


def test_a_day_that_cannot_be_opened_is_named(folder: Path) -> None:
    """The server says which file it is, and how to serve the others."""
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call(), call(NOON_MS + DAY_MS)])
    store.close()
    path = folder / f"{day_of(NOON_MS)}.sqlite"
    path.write_bytes(b"not a database " * 1_000)
    with pytest.raises(SetupError, match=f"{day_of(NOON_MS)} cannot be opened.*verify"):
        SqliteCallStore(folder, clock=FixedClock())
    path.unlink()
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call(NOON_MS + DAY_MS)])
    store.close()


def test_a_fork_that_ends_leaves_the_store_as_it_was(folder: Path) -> None:
    """The child's end neither releases the folder, nor empties a log under the parent."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from leadwire.stores.sqlite import SqliteCallStore, verify\n"
        "from leadwire.errors import SetupError\n"
        "from stores.builders import FixedClock, call, keep_all\n"
        "folder = Path(sys.argv[1])\n"
        "store = SqliteCallStore(folder, clock=FixedClock())\n"
        "keep_all(store, [call() for _ in range(50)])\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    sys.exit()\n"
        "os.waitpid(child, 0)\n"
        "try:\n"
        "    SqliteCallStore(folder, clock=FixedClock())\n"
        "except SetupError:\n"
        "    print('held')\n"
        "keep_all(store, [call() for _ in range(50)])\n"
        "store.close()\n"
        "print(*verify(folder).problems, verify(folder).calls)\n"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", script, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.stdout.split() == ["held", "100"]


@pytest.fixture
def open_to_nobody() -> Iterator[Path]:
    """A folder below one that a user without any rights may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, folder / "calls"):
        path.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes the rights of somebody else")
@pytest.mark.parametrize("left", ["closed day", "log", "log and its index"])
def test_a_log_is_read_from_a_folder_that_cannot_be_written(
    open_to_nobody: Path, left: str
) -> None:
    """Closed days, and what a killed server left beside one; or it says what cannot be read."""
    calls, clock = open_to_nobody / "calls", FixedClock(NOON_MS + DAY_MS)
    store = SqliteCallStore(calls, clock=clock)
    keep_all(store, [call() for _ in range(20)])
    killed = shutil.copytree(calls, open_to_nobody / "killed")
    store.close()
    if left != "closed day":
        shutil.rmtree(calls)
        killed.rename(calls)
    if left == "log":
        (calls / f"{day_of(NOON_MS)}.sqlite-shm").unlink()
    if left == "closed day":
        store = SqliteCallStore(calls, clock=clock)
        assert store.close_days() == 1
        store.close()
    for path in calls.iterdir():
        path.chmod(0o444)
    calls.chmod(0o555)
    os.seteuid(_NOBODY)
    try:
        reader = SqliteCallReader(calls)
        page = reader.search(every())
        reader.close()
    finally:
        os.seteuid(0)
    assert len(page.calls) == (0 if left == "log" else 20), page.damaged
    assert bool(page.damaged) == (left == "log")
