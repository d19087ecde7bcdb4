"""What keeps the end of the log: the end mark, the ledger, and anchors."""

import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sim.world import make_blocks_small
from stores.builders import NOON_MS, FixedClock, call, every, keep_all
from support import USERS, InProcess, LoopThread, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import RecordingError, SetupError
from leadwire.folder_identity import read_identity
from leadwire.server.open_log import CALLS_FOLDER
from leadwire.settings import Settings
from leadwire.stores.sqlite import (
    SqliteCallReader,
    SqliteCallStore,
    parse_anchor,
    take_anchor,
    verify,
)
from leadwire.stores.sqlite.chain import read_chain
from leadwire.stores.sqlite.end_mark import SYNC_NS, read_end_mark
from leadwire.stores.sqlite.ledger import read_ledger


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def kept(folder: Path) -> list[CallRecord]:
    reader = SqliteCallReader(folder)
    try:
        return list(reader.search(every(limit=500)).calls)
    finally:
        reader.close()


def day_file(folder: Path, number: int) -> Path:
    return folder / f"{day_of(NOON_MS + number * DAY_MS)}.sqlite"


def test_numbers_are_not_given_twice_when_the_newest_day_is_lost(folder: Path) -> None:
    """The next start goes on behind the mark. verify says which calls are missing, and since when
    that is known; so it does after two more starts."""
    clock = FixedClock(NOON_MS + DAY_MS)
    store = SqliteCallStore(folder, clock=clock)
    keep_all(store, [call() for _ in range(20)])
    keep_all(store, [call(NOON_MS + DAY_MS) for _ in range(10)])
    store.close()
    day_file(folder, 1).unlink()
    for _ in range(3):
        store = SqliteCallStore(folder, clock=clock)
        assert store.lost in ((21, 30), None)
        keep_all(store, [call(NOON_MS + DAY_MS)])
        store.close()
    assert [record.sequence for record in kept(folder)][:3] == [33, 32, 31]
    problems = " ".join(verify(folder).problems)
    assert "its file was missing when the server started" in problems
    assert "Calls 21 to 30 are missing" in problems
    assert "No file had them when the server started on" in problems
    assert len(read_ledger(folder).holes) == 1


def test_a_hole_goes_with_the_days_that_retention_drops(folder: Path) -> None:
    """It is of no more interest than they are."""
    clock = FixedClock(NOON_MS)
    store = SqliteCallStore(folder, clock=clock)
    keep_all(store, [call() for _ in range(20)])
    store.close()
    day_file(folder, 0).unlink()
    store = SqliteCallStore(folder, clock=clock)
    keep_all(store, [call() for _ in range(5)])
    keep_all(store, [call(NOON_MS + DAY_MS)])
    assert store.prune(before_ms=NOON_MS + DAY_MS // 2) == 1
    store.close()
    assert verify(folder).problems == ()


def test_a_lost_day_is_complained_of_until_retention_has_passed_it(folder: Path) -> None:
    """By every search, and by verify; after that neither names it."""
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + DAY_MS))
    keep_all(store, [call() for _ in range(5)])
    store.close()
    day_file(folder, 0).unlink()
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + DAY_MS))
    keep_all(store, [call(NOON_MS + DAY_MS)])
    assert store.reader.search(every()).damaged
    assert verify(folder).problems
    assert store.prune(before_ms=NOON_MS + DAY_MS // 2) == 0
    assert store.reader.search(every()).damaged == ()
    store.close()
    day = day_of(NOON_MS)
    assert not any(problem.startswith(day) for problem in verify(folder).problems)


def test_a_server_tells_of_lost_calls_in_a_record(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount
) -> None:
    """The log never looks complete when it is not."""
    settings = Settings(data=data_folder)
    api = InProcess(loop_thread, settings, keys)
    for _ in range(3):
        api.get(USERS)
    api.close()
    for path in (data_folder / CALLS_FOLDER).glob("*.sqlite"):
        path.unlink()
    api = InProcess(loop_thread, settings, keys)
    api.close()
    [record] = kept(data_folder / CALLS_FOLDER)
    assert (record.outcome, record.exception_type, record.sequence) == ("gap", "CallsLost", 4)
    assert record.exception_message.startswith("3 call(s), numbers 1 to 3, were recorded and are")


def test_a_day_that_is_removed_under_a_running_server_is_noticed(folder: Path) -> None:
    """Calls of that day are refused and said why; those of other days are recorded."""
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call()])
    day_file(folder, 0).rename(folder / "aside")
    with pytest.raises(RecordingError, match="was removed or replaced while leadwire runs"):
        keep_all(store, [call()])
    keep_all(store, [call(NOON_MS + DAY_MS)])
    (folder / "aside").rename(day_file(folder, 0))
    keep_all(store, [call()])
    store.close()
    assert verify(folder).problems == ()


def test_the_mark_is_not_behind_after_a_kill(folder: Path, tmp_path: Path) -> None:
    """Whenever a call was answered, the mark tells of it."""
    store = SqliteCallStore(folder, clock=FixedClock())
    for number in range(1, 6):
        keep_all(store, [call()])
        image = Path(shutil.copytree(folder, tmp_path / str(number)))
        assert read_end_mark(image, read_chain(image)).sequence == number
        assert verify(image).problems == ()
    store.close()


@pytest.fixture
def with_older_mark(data_folder: Path) -> Path:
    """A data folder whose end mark tells of 20 of 320 calls; the last 300 came an hour later."""
    calls = data_folder / CALLS_FOLDER
    clock = FixedClock()
    store = SqliteCallStore(calls, clock=clock, folder_id=read_identity(data_folder).folder_id)
    keep_all(store, [call() for _ in range(20)])
    older = (calls / "end-mark").read_bytes()
    clock.at_ms += 3_600_000
    keep_all(store, [call(clock.at_ms) for _ in range(300)])
    store.close()
    (calls / "end-mark").write_bytes(older)
    return data_folder


def test_an_older_mark_is_named_and_an_anchor_covers_the_whole_log(with_older_mark: Path) -> None:
    """verify and anchor say by how many calls it is behind, with exit code 1; doctor notes it."""
    behind = "end-mark is 300 call(s) behind the log: it ends at 20, and the log at 320"
    found = leadwire("calls", "verify", "--data", str(with_older_mark))
    assert (found.exit_code, behind in found.stdout) == (1, True)
    taken = leadwire("calls", "anchor", "--data", str(with_older_mark))
    assert (taken.exit_code, behind in taken.stderr) == (1, True)
    assert parse_anchor(taken.stdout).sequence == 320
    assert sum(day.calls for day in parse_anchor(taken.stdout).days) == 320
    looked = leadwire("doctor", "--data", str(with_older_mark))
    assert "300 call(s) behind" in looked.stdout, looked.stdout
    assert looked.exit_code == 0, looked.stdout


def test_a_start_brings_an_older_mark_up_to_date(with_older_mark: Path) -> None:
    """Without a call: what is cut off from then on is noticed."""
    calls = with_older_mark / CALLS_FOLDER
    SqliteCallStore(calls, clock=FixedClock()).close()
    assert read_end_mark(calls, read_chain(calls)).sequence == 320
    assert verify(calls).problems == verify(calls).notes == ()
    assert take_anchor(calls)[0].sequence == 320
    with sqlite3.connect(day_file(calls, 0)) as connection:
        connection.execute("DELETE FROM hot WHERE last_sequence = 320")
    connection.close()
    assert "missing at the end of the log" in " ".join(verify(calls).problems)


@pytest.mark.parametrize(
    ("together", "then"), [(15, 3_600_000), (300, 900)], ids=["a commit", "a second"]
)
def test_a_mark_that_lacks_what_a_crash_explains_is_noted(
    folder: Path, together: int, then: int
) -> None:
    """Calls of one commit, or of a second. verify says how many, and finds no problem."""
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call()])
    older = (folder / "end-mark").read_bytes()
    keep_all(store, [call(NOON_MS + then) for _ in range(together)])
    store.close()
    (folder / "end-mark").write_bytes(older)
    found = verify(folder)
    assert (found.problems, len(found.notes)) == ((), 1)
    assert f"is {together} call(s) behind the log" in found.notes[0]
    assert take_anchor(folder)[0].sequence == 1 + together


def test_doctor_says_that_the_end_of_the_log_is_missing(data_folder: Path, tmp_path: Path) -> None:
    """A killed process left calls in the -wal of a day, and that was removed."""
    calls = data_folder / CALLS_FOLDER
    identity = read_identity(data_folder)
    store = SqliteCallStore(calls, clock=FixedClock(), folder_id=identity.folder_id)
    keep_all(store, [call() for _ in range(3)])
    killed = Path(shutil.copytree(data_folder, tmp_path / "killed"))
    store.close()
    looked = leadwire("doctor", "--data", str(killed))
    assert looked.exit_code == 0
    assert "call 3, same as the end mark" in looked.stdout
    for path in (killed / CALLS_FOLDER).glob("*.sqlite-*"):
        path.unlink()
    looked = leadwire("doctor", "--data", str(killed))
    assert looked.exit_code == 1
    assert "calls 1 to 3 are missing" in looked.stdout


def test_the_mark_is_flushed_at_most_once_a_second(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a commit costs one flush. What the mark lags behind after a loss of power is what
    was recorded in a second."""
    flushed: list[str] = []
    fsync = os.fsync

    def counted(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    clock = FixedClock()
    store = SqliteCallStore(folder, clock=clock)
    keep_all(store, [call()])
    monkeypatch.setattr(os, "fsync", counted)
    for _ in range(10):
        keep_all(store, [call()])
        clock.at_ms += SYNC_NS // 1_000_000 // 2
    assert 4 <= sum(name.endswith("end-mark") for name in flushed) <= 6
    store.close()


@pytest.mark.parametrize("name", ["chain.key", "ledger.json", "end-mark"])
@pytest.mark.parametrize("change", ["missing", "empty", "foreign"])
def test_a_lost_proof_stops_the_start(folder: Path, tmp_path: Path, name: str, change: str) -> None:
    """In one sentence that names the file and says what to do; nothing is made anew."""
    for place in (folder, tmp_path / "other"):
        store = SqliteCallStore(place, clock=FixedClock())
        keep_all(store, [call()])
        store.close()
    path = folder / name
    if change == "missing":
        path.unlink()
    elif change == "empty":
        path.write_bytes(b"")
    else:
        shutil.copyfile(tmp_path / "other" / name, path)
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    with pytest.raises(SetupError, match="backup") as refused:
        SqliteCallStore(folder, clock=FixedClock())
    assert str(folder) in str(refused.value)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_the_key_is_for_its_owner_alone(folder: Path) -> None:
    """Whoever reads it can rewrite the log."""
    SqliteCallStore(folder, clock=FixedClock()).close()
    assert (folder / "chain.key").stat().st_mode & 0o777 == 0o600


def _nothing(_: SqliteCallStore, clock: FixedClock) -> None: ...


def _more_calls(store: SqliteCallStore, clock: FixedClock) -> None:
    keep_all(store, [call(clock.at_ms, account_id="a2") for _ in range(30)])


def _late_calls(store: SqliteCallStore, _: FixedClock) -> None:
    keep_all(store, [call(NOON_MS) for _ in range(5)])


def _closed(store: SqliteCallStore, clock: FixedClock) -> None:
    clock.at_ms += DAY_MS
    assert store.close_days()


def _pruned(store: SqliteCallStore, _: FixedClock) -> None:
    assert store.prune(before_ms=NOON_MS + DAY_MS // 2) == 1


@pytest.mark.parametrize("then", [_nothing, _more_calls, _late_calls, _closed, _pruned])
def test_an_anchor_is_proven_whatever_happens_to_the_files(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    then: Callable[[SqliteCallStore, FixedClock], None],
) -> None:
    """Of hot calls that are sealed later, of days that are closed or get late calls; of a day that
    retention dropped it says that it cannot be proven any more."""
    make_blocks_small(monkeypatch)
    clock = FixedClock(NOON_MS + DAY_MS)
    store = SqliteCallStore(folder, clock=clock)
    odd = {"duration_ms": 3, "truncated": True, "request_body": "half \ud83d of a pair"}
    keep_all(store, [call(NOON_MS, **odd) for _ in range(3)])
    keep_all(store, [call(NOON_MS + DAY_MS, **odd) for _ in range(13)])
    taken, found = take_anchor(folder)
    assert (taken.sequence, found.problems) == (16, ())
    then(store, clock)
    told = verify(folder, anchor=parse_anchor(taken.text()))
    assert told.problems == ()
    assert bool(told.notes) == (then is _pruned)
    store.close()


def test_an_anchor_that_was_cut_or_mistyped_is_not_taken_for_tampering(folder: Path) -> None:
    """It carries a check of itself."""
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call()])
    store.close()
    text = take_anchor(folder)[0].text()
    assert parse_anchor(f" {text}\n") == take_anchor(folder)[0]
    for wrong in (text[:-1], text[:40], text.replace("leadwire1:1:", "leadwire1:2:"), "", "x:y"):
        with pytest.raises(SetupError, match="anchor"):
            parse_anchor(wrong)


def test_the_command_line_takes_and_compares_anchors(data_folder: Path) -> None:
    """One line on standard output; exit code 1 when the calls differ from the anchor."""
    calls = data_folder / CALLS_FOLDER
    store = SqliteCallStore(calls, clock=FixedClock())
    keep_all(store, [call(), call()])
    store.close()
    taken = leadwire("calls", "anchor", "--data", str(data_folder))
    assert (taken.exit_code, taken.stdout.count("\n")) == (0, 1)
    verify_it = ("calls", "verify", "--data", str(data_folder), "--anchor", taken.stdout)
    assert leadwire(*verify_it).exit_code == 0
    store = SqliteCallStore(calls, clock=FixedClock())
    keep_all(store, [call()])
    store.close()
    assert leadwire(*verify_it).output == "3 calls of 1 day(s): whole.\n"
    wrong = leadwire(*verify_it[:-1], "leadwire1:2")
    assert wrong.exit_code != 0
    assert "copy the whole line" in wrong.output
    day_file(calls, 0).unlink()
    found = leadwire(*verify_it)
    assert found.exit_code == 1
    assert "the anchor covers 2 calls here" in found.output
    assert leadwire("calls", "anchor", "--data", str(data_folder)).exit_code == 1


def test_verify_goes_on_behind_damage_and_says_how_much_there_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of a day's blocks and a hot row: each is named, and so is their share of the day."""
    make_blocks_small(monkeypatch)
    store = SqliteCallStore(folder, clock=FixedClock())
    keep_all(store, [call() for _ in range(16)])
    keep_all(store, [call() for _ in range(16)])
    keep_all(store, [call(account_id="a2")])
    store.close()
    with sqlite3.connect(day_file(folder, 0)) as connection:
        blocks = connection.execute("SELECT block_id, calls FROM blocks").fetchall()
        connection.execute("UPDATE frames SET body = x'00' WHERE block_id IN (1, 2)")
        connection.execute("UPDATE hot SET packed = x'00'")
    connection.close()
    problems = verify(folder).problems
    for part in ("block 1 ", "block 2 ", "the hot row from sequence 33"):
        assert any(part in problem for problem in problems)
    lost = sum(calls for block_id, calls in blocks if block_id <= 2) + 1
    assert any(f"3 damaged part(s) with {lost} of 33 call(s)" in one for one in problems)


def test_verify_finds_nothing_wrong_beside_a_server_that_writes(folder: Path) -> None:
    """However many calls arrive, and days are closed, meanwhile."""
    clock = FixedClock(NOON_MS + DAY_MS)
    store = SqliteCallStore(folder, clock=clock)
    done = threading.Event()

    def work() -> None:
        for number in range(60):
            keep_all(store, [call(NOON_MS + number % 2 * DAY_MS) for _ in range(7)])
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        assert verify(folder).problems == ()
        assert take_anchor(folder)[1].problems == ()
    thread.join()
    store.close()
    assert verify(folder).calls == 420


def test_a_server_ends_when_it_does_not_know_what_the_disk_has(
    data_folder: Path, keys: FirstAccount
) -> None:
    """With exit code 1 and one sentence, so that whoever watches it starts it again."""
    script = (
        "import sqlite3, sys\n"
        "from leadwire.stores.sqlite.commits import CommitInDoubt\n"
        "from leadwire.stores.sqlite.writer import Writer\n"
        "from leadwire.command import main\n"
        "def failing(self, day, records):\n"
        "    raise CommitInDoubt('disk I/O error')\n"
        "Writer._commit = failing\n"
        "main()\n"
    )
    server = ServerProcess(data_folder, keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("support.LEADWIRE", [sys.executable, "-c", script])
        server.start()
    assert server._process is not None
    assert server.api().get(USERS).status == 503
    assert server._process.wait(30) == 1
    server.stop()
    assert "until leadwire is started again" in server.errors.read_text()
    assert "Traceback" not in server.errors.read_text()
