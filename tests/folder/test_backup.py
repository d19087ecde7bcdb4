"""Backups: whole under load, after kills at every step, and restored to the same answers."""

import asyncio
import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

import msgspec
import pytest
from amounts import each
from stores.builders import call
from support import LEADS, InProcess, ServerProcess, StandingClock, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.backup import check_backup, restore_backup, take_backup
from leadwire.calls.query import CallQuery
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.checks import problems
from leadwire.data_folder.making import prepare_data_folder
from leadwire.database.places import Place
from leadwire.dates import DAY_MS
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import folder_key, read_identity
from leadwire.server.app import set_up_data_folder
from leadwire.stores.clickhouse.shipper import ShippedNote, begin_new_node
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore, verify

_EVERYTHING = CallQuery(account_id=None)
_LOAD_THREADS = 4


def quiet(_what: str, _size: int) -> None:
    """Nobody looks on."""


def take(folder: Path, backup: Path, tell: Callable[[str, int], None] = quiet) -> int:
    """The bytes that were copied."""
    return take_backup(Place(folder), backup, clock=SystemClock(), tell=tell).copied_bytes


def restored(backup: Path, folder: Path) -> Path:
    """The folder, restored and checked in every way there is."""
    assert list(check_backup(backup, quiet)) == []
    restore_backup(backup, folder, ids=SystemIds(), tell=quiet)
    assert list(problems(Place(folder))) == []
    assert verify(folder / "calls").problems == ()
    return folder


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    """A table of the CRM or of the access database, in a fixed order."""
    name = "access" if table in ("keys", "users", "accounts") else "crm"
    with closing(sqlite3.connect(folder / f"{name}.sqlite")) as connection:
        return sorted(connection.execute(f"SELECT * FROM {table}"), key=repr)  # noqa: S608


def calls(folder: Path) -> list[object]:
    with closing(SqliteCallReader(folder / "calls")) as reader:
        return sorted(reader.stream(_EVERYTHING), key=lambda record: record.sequence)


def content(folder: Path) -> dict[str, object]:
    """All that a data folder answers with."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in (folder / "files").rglob("*")
        if path.is_file()
    }
    tables = {table: rows(folder, table) for table in ("leads", "keys", "users", "accounts")}
    return {**files, **tables, "calls": calls(folder), "identity": read_identity(folder)}


@pytest.fixture
def folder(data_folder: Path, make_api: Callable[..., InProcess]) -> Path:
    """Three days of calls, two of them closed; leads, a file, and every key."""
    folder_key(data_folder, data_folder / "personal.key", SystemIds())
    api = make_api()
    for day in range(3):
        for number in range(20):
            api.create(FirstName=f"Asha {day} {number}")
        if day < 2:
            api.clock.advance(DAY_MS)
    form = (
        b'--e\r\nContent-Disposition: form-data; name="uploadFiles"; filename="a"\r\n\r\nx\r\n--e--'
    )
    answer = api.call(
        "POST", "/File/Upload", form, headers={"Content-Type": "multipart/form-data; boundary=e"}
    )
    assert answer.status == 200
    api.close()
    with closing(SqliteCallStore(data_folder / "calls", clock=api.clock)) as store:
        assert store.close_days() == 2
    return data_folder


def test_a_restored_folder_answers_as_the_one_that_was_copied(folder: Path, tmp_path: Path) -> None:
    """Leads, keys, users, files, every call, and the folder's own id."""
    take(folder, tmp_path / "backup")
    assert content(restored(tmp_path / "backup", tmp_path / "new")) == content(folder)


def test_a_second_backup_copies_what_changed_alone(
    folder: Path, make_api: Callable[..., InProcess], tmp_path: Path
) -> None:
    """Closed days and files stay where they are; parts that nothing needs any more go."""
    backup = tmp_path / "backup"
    first = take(folder, backup)
    assert take(folder, backup) == 0
    before = {path: path.stat().st_ino for path in (backup / "parts").rglob("*") if path.is_file()}
    api = make_api()
    api.clock.advance(2 * DAY_MS)
    api.create(FirstName="Ravi")
    api.close()
    assert 0 < take(folder, backup) < first
    after = {path: path.stat().st_ino for path in (backup / "parts").rglob("*") if path.is_file()}
    for path, number in before.items():
        if "03-04" in path.name or "03-05" in path.name or "/files/" in str(path):
            assert after[path] == number
    assert len(after) == len(before)
    assert content(restored(backup, tmp_path / "new")) == content(folder)


def test_a_backup_is_for_its_owner_alone(folder: Path, tmp_path: Path) -> None:
    """It holds keys, and says so; what is restored is closed, too."""
    before = os.umask(0o022)
    try:
        shown = leadwire("backup", str(tmp_path / "b"), "--data", str(folder))
        assert "keys, leads and calls" in shown.stdout
        assert (
            leadwire("restore", str(tmp_path / "b"), "--data", str(tmp_path / "n")).exit_code == 0
        )
    finally:
        os.umask(before)
    assert b"keys of its data folder" in (tmp_path / "b" / "backup.json").read_bytes()
    for top in (tmp_path / "b", tmp_path / "n"):
        for path in (top, *top.rglob("*")):
            assert path.stat().st_mode & 0o077 == 0, path


def killed_at(step: int, work: Callable[[Callable[[str, int], None]], object]) -> bool:
    """Do *work* in a process that is killed at its step of that number; whether it was."""
    child = os.fork()
    if child == 0:
        steps = 0

        def tell(_what: str, _size: int) -> None:
            nonlocal steps
            steps += 1
            if steps == step:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            work(tell)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def test_a_backup_that_is_killed_at_any_step_leaves_the_one_before(
    folder: Path, make_api: Callable[..., InProcess], tmp_path: Path
) -> None:
    """Whole, and as it was; or it is the new one. The next backup goes on, and is whole."""
    backup = tmp_path / "backup"
    take(folder, backup)
    old = content(restored(backup, tmp_path / "old"))
    api = make_api()
    api.clock.advance(3 * DAY_MS)
    api.create(FirstName="Ravi")
    api.close()
    new = content(folder)
    assert new != old
    step = 1
    while True:
        again = Path(shutil.copytree(backup, tmp_path / f"backup{step}"))

        def work(tell: Callable[[str, int], None], again: Path = again) -> None:
            take(folder, again, tell)

        if not killed_at(step, work):
            break
        assert content(restored(again, tmp_path / f"at{step}")) in (old, new)
        take(folder, again)
        assert content(restored(again, tmp_path / f"end{step}")) == new
        assert {path.name for path in again.iterdir()} == {"backup.json", "backup.lock", "parts"}
        step += 1
    assert step > 10


def test_a_first_backup_that_is_killed_at_any_step_is_gone_on_with(
    folder: Path, tmp_path: Path
) -> None:
    """Until it is whole, check and restore say so; what was copied is not copied again."""
    backup = tmp_path / "backup"
    step = 1
    while killed_at(step, lambda tell: take(folder, backup, tell)):
        if not (backup / "backup.json").exists():
            with pytest.raises(SetupError, match="no complete backup"):
                restore_backup(backup, tmp_path / "new", ids=SystemIds(), tell=quiet)
            assert not (tmp_path / "new").exists()
        step += 2
    assert content(restored(backup, tmp_path / "new")) == content(folder)


def test_a_restore_that_is_killed_at_any_step_is_no_data_folder(
    folder: Path, tmp_path: Path
) -> None:
    """No server starts on it, and says why; the same command begins anew."""
    backup, new = tmp_path / "backup", tmp_path / "new"
    take(folder, backup)

    def restore(tell: Callable[[str, int], None]) -> None:
        restore_backup(backup, new, ids=SystemIds(), tell=tell)

    step = 1
    while killed_at(step, restore):
        with pytest.raises(SetupError, match=r"restore into .* did not finish"):
            prepare_data_folder(Place(new), clock=SystemClock(), ids=SystemIds())
        assert "did not finish" in leadwire("doctor", "--data", str(new)).stdout
        step += 3
    assert step > 10
    assert content(new) == content(folder)


def load(server: ServerProcess, stop: threading.Event, done: list[tuple[str, str]]) -> None:
    """Create leads until *stop*; *done* gets the id of each with the id of its call."""
    api = server.api()
    while not stop.is_set():
        body = [{"Attribute": "FirstName", "Value": "Asha"}]
        try:
            answer = api.post(LEADS + "Lead.Create", body)
        except (OSError, HTTPException):
            return  # a test killed the server
        if answer.status == 200:
            done.append((answer.json["Message"]["Id"], answer.call_id))


@pytest.fixture
def busy(server: ServerProcess) -> Iterator[list[tuple[str, str]]]:
    """What a server under load has answered so far."""
    stop = threading.Event()
    done: list[tuple[str, str]] = []
    threads = [
        threading.Thread(target=load, args=(server, stop, done)) for _ in range(_LOAD_THREADS)
    ]
    for thread in threads:
        thread.start()
    while len(done) < 50:
        stop.wait(0.05)
    yield done
    stop.set()
    for thread in threads:
        thread.join()


def test_a_backup_under_load_is_whole_and_serves(
    server: ServerProcess, busy: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Every call that was answered before it began is in it, with its lead; the log is whole; the
    calls are at least as new as the leads. A server on the restored folder takes the same keys.
    """  # one thought
    backup = tmp_path / "backup"
    for turn in range(3):
        answered = list(busy)
        take(server.folder, backup)
        new = restored(backup, tmp_path / f"new{turn}")
        leads = {str(row[0]) for row in rows(new, "leads")} | {
            str(value) for row in rows(new, "leads") for value in row
        }
        made = {record.call_id: record for record in calls(new)}  # type: ignore[attr-defined]
        for lead_id, call_id in answered:
            assert lead_id in leads
            assert call_id in made
        assert len(made) >= len(rows(new, "leads"))
    second = ServerProcess(new, server.keys).start()
    try:
        assert second.api().lead(answered[0][0])["FirstName"] == "Asha"
        second.api().create(FirstName="Ravi")
    finally:
        second.stop()
    assert verify(new / "calls").problems == ()


def test_a_backup_of_a_server_that_is_killed_meanwhile_is_whole(
    server: ServerProcess, busy: list[tuple[str, str]], tmp_path: Path
) -> None:
    """As is one of the folder that the killed server leaves behind."""
    answered = list(busy)
    killer = threading.Timer(0.05, server.kill)
    killer.start()
    take(server.folder, tmp_path / "during")
    killer.join()
    take(server.folder, tmp_path / "after")
    for name in ("during", "after"):
        new = restored(tmp_path / name, tmp_path / f"new-{name}")
        made = {record.call_id for record in calls(new)}  # type: ignore[attr-defined]
        assert {call_id for _, call_id in answered} <= made


def test_days_that_are_written_in_turn_are_copied_as_of_one_instant(
    data_folder: Path, tmp_path: Path
) -> None:
    """Around midnight late calls go to the day before: no number is missing between the two."""
    stop = threading.Event()
    identity = read_identity(data_folder)
    clock = StandingClock()
    store = SqliteCallStore(data_folder / "calls", clock=clock, folder_id=identity.folder_id)

    async def write() -> None:
        number = 0
        while not stop.is_set():
            at_ms = clock.now_ms() - (number % 2 if number < 300 else 0) * DAY_MS
            await store.append(call(at_ms))
            number += 1

    writer = threading.Thread(target=lambda: asyncio.run(write()))
    writer.start()
    try:
        for turn in range(4):
            take(data_folder, tmp_path / f"backup{turn}")
            new = restored(tmp_path / f"backup{turn}", tmp_path / f"new{turn}")
            assert verify(new / "calls").problems == ()
    finally:
        stop.set()
        writer.join()
        store.close()


def test_retention_beside_a_backup_leaves_it_whole(folder: Path, tmp_path: Path) -> None:
    """Days that are dropped while they are copied are dropped in the copy, too, or in neither."""
    identity = read_identity(folder)
    clock = StandingClock(StandingClock().at_ms + 10 * DAY_MS)
    store = SqliteCallStore(folder / "calls", clock=clock, folder_id=identity.folder_id)
    pruned = []

    def tell(what: str, _size: int) -> None:
        if what.startswith("copying calls/2026-03-05") and not pruned:
            pruned.append(store.prune(before_ms=StandingClock().at_ms + DAY_MS))

    try:
        take(folder, tmp_path / "backup", tell)
    finally:
        store.close()
    assert pruned
    assert content(restored(tmp_path / "backup", tmp_path / "new")) == content(folder)


def test_what_is_no_backup_of_this_folder_is_left_alone(folder: Path, tmp_path: Path) -> None:
    """Other files, another folder's backup, the data folder itself, and a file."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("x")
    other = tmp_path / "other"
    set_up_data_folder(Place(other), account_name="Other", email="a@other.test")
    take(other, tmp_path / "others")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    for backup, told in (
        ("notes", "holds other files"),
        ("others", "is a backup of another data folder"),
        (f"{folder.name}/backup", "contains the other"),
        (".", "contains the other"),
        ("file", "is a file. Choose an absent or empty folder"),
    ):
        result = leadwire("backup", str(tmp_path / backup), "--data", str(folder))
        assert result.exit_code == 1
        assert told in result.stderr
    left = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path in before}
    changed = {path for path in before if left.get(path) != before[path] and path.is_file()}
    assert {path.name for path in changed} <= {"backup.lock", "crm.sqlite-shm", "crm.sqlite-wal"}


def test_a_damaged_folder_is_not_backed_up(folder: Path, tmp_path: Path) -> None:
    """A backup of it would stand in the place of a good one: the reason is told instead."""
    take(folder, tmp_path / "backup")
    (folder / "crm.sqlite").write_bytes(b"junk" * 1_000)
    result = leadwire("backup", str(tmp_path / "backup"), "--data", str(folder))
    assert result.exit_code == 1
    assert "crm.sqlite is damaged" in result.stderr
    assert leadwire("backup", "--check", str(tmp_path / "backup")).exit_code == 0


def test_a_folder_that_is_not_empty_is_not_restored_into(folder: Path, tmp_path: Path) -> None:
    """Neither a data folder nor anything else is written over."""
    take(folder, tmp_path / "backup")
    before = content(folder)
    for target in (folder, tmp_path):
        result = leadwire("restore", str(tmp_path / "backup"), "--data", str(target))
        assert result.exit_code == 1
    assert content(folder) == before
    (tmp_path / "empty").mkdir(mode=0o755)
    (tmp_path / "empty" / "lost+found").mkdir()
    restored(tmp_path / "backup", tmp_path / "empty")


@pytest.mark.parametrize("damage", ["flipped", "cut", "removed", "exchanged"])
@pytest.mark.parametrize(
    "part", each(["crm.sqlite", "secret.key", "folder.json", "calls/2026-03-05"], every=2)
)
def test_a_damaged_part_is_found_and_nothing_is_restored(
    folder: Path, tmp_path: Path, part: str, damage: str
) -> None:
    """By the check, and by the restore, which leaves an empty folder as it was."""
    backup = tmp_path / "backup"
    take(folder, backup)
    (path,) = (backup / "parts").glob(f"{part}*")
    if damage == "removed":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    elif damage == "exchanged":
        path.write_bytes(next((backup / "parts").glob("access*")).read_bytes())
    else:
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    checked = leadwire("backup", "--check", str(backup))
    assert checked.exit_code == 1
    assert str(path) in checked.stdout
    target = tmp_path / "new"
    result = leadwire("restore", str(backup), "--data", str(target))
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert list(target.iterdir()) == []


def test_a_changed_list_of_parts_is_found(folder: Path, tmp_path: Path) -> None:
    """A part that was taken out of it, or led to another place."""
    backup = tmp_path / "backup"
    take(folder, backup)
    manifest = backup / "backup.json"
    whole = msgspec.json.decode(manifest.read_bytes())
    fewer = {**whole, "entries": whole["entries"][:-1]}
    away = {**whole, "entries": [{**whole["entries"][0], "path": "../../x"}]}
    for changed in (fewer, away, {**whole, "format": 99}, "x"):
        manifest.write_bytes(msgspec.json.encode(changed))
        for words in (("backup", "--check"), ("restore", "--data", str(tmp_path / "new"))):
            result = leadwire(*words, str(backup))
            assert result.exit_code == 1
            assert "backup.json" in result.stderr
    assert not (tmp_path / "new").exists()


def test_a_restored_log_ships_on_as_another_node(tmp_path: Path) -> None:
    """Numbers that it gives again must not pass for calls that the far store has."""
    note = ShippedNote(tmp_path / "shipped", new_node=lambda: "first")
    note.begin(7)
    note.advance(7)
    begin_new_node(tmp_path / "shipped", "second")
    again = ShippedNote(tmp_path / "shipped", new_node=lambda: "third")
    assert (again.node, again.sequence) == ("second", 7)


def test_a_full_disk_ends_a_backup_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    """And names what to do."""

    def full(what: str, _size: int) -> None:
        if what.startswith("naming calls"):
            raise OSError(28, "No space left on device")

    with pytest.raises(
        LeadwireError, match=r"is full.*Free some space, then run the command again to continue"
    ):
        take(folder, tmp_path / "backup", full)
    take(folder, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")


def test_one_backup_at_a_time(folder: Path, tmp_path: Path) -> None:
    """The second says that the first is under way."""

    def second(what: str, _size: int) -> None:
        if what.startswith("naming crm"):
            with pytest.raises(SetupError, match="Another process"):
                take(folder, tmp_path / "backup")

    assert take(folder, tmp_path / "backup", second)


def test_programs_are_told_in_json(folder: Path, keys: FirstAccount, tmp_path: Path) -> None:
    """What was copied, checked and restored; never a key."""
    data = ("--data", str(folder))
    taken = msgspec.json.decode(leadwire("backup", str(tmp_path / "b"), "--json", *data).stdout)
    assert taken["bytes"] == taken["copied_bytes"] > 0
    assert taken["folder_id"] == read_identity(folder).folder_id
    checked = leadwire("backup", "--check", "--json", str(tmp_path / "b"))
    assert msgspec.json.decode(checked.stdout)["problems"] == []
    shown = leadwire("restore", str(tmp_path / "b"), "--json", "--data", str(tmp_path / "n"))
    assert msgspec.json.decode(shown.stdout)["made_at"] == taken["made_at"]
    assert keys.secret_key not in str(taken)
