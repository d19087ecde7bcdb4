"""Calls that are erased are gone for good, and the log proves itself as before."""

import random  # noqa: TID251  # a replayable history
import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace
from sim import vfs
from sim.disk import Disk
from sim.world import make_blocks_small
from sqlalchemy import select
from stores.builders import NOON_MS, FixedClock, call, every, keep_all
from support import LEADS, USERS, InProcess, LoopThread, attributes, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.pins import pin_call, pins_of
from leadwire.access.tables import METADATA
from leadwire.calls.language import phrase
from leadwire.calls.packed import packed
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock, SystemIds
from leadwire.crm.leads.grams import grams_of
from leadwire.crm.tables import counters, lead_words
from leadwire.data_folder.erasing import erase_data
from leadwire.data_folder.making import opened_access
from leadwire.database.database import transaction
from leadwire.database.places import Place
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import SetupError
from leadwire.folder_identity import ACCESS_NAME
from leadwire.server.open_log import CALLS_FOLDER
from leadwire.settings import Settings
from leadwire.stores.sqlite import (
    SqliteCallReader,
    SqliteCallStore,
    parse_anchor,
    take_anchor,
    verify,
)
from leadwire.stores.sqlite.erasing import Eraser, by_day
from leadwire.stores.sqlite.ledger import Erasure, read_ledger

PERSON: Final = "asha@example.com"
CLOCK: Final = FixedClock(NOON_MS + 2 * DAY_MS)
_CALLS: Final = 140


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed day, one that was reopened, and an open one; each with calls of the person."""
    make_blocks_small(monkeypatch)
    folder = tmp_path / "calls"
    store = SqliteCallStore(folder, clock=CLOCK)
    for day in range(2):
        keep_all(store, [_at(day, number) for number in range(50)])
    assert store.close_days() == 2
    keep_all(store, [_at(1, number) for number in range(50, 60)])
    keep_all(store, [_at(2, number) for number in range(30)])
    store.close()
    assert verify(folder).problems == ()
    return folder


def _at(day: int, number: int) -> CallRecord:
    about = PERSON if number % 7 == 0 else f"other-{number}@example.com"
    return call(
        NOON_MS + day * DAY_MS + number,
        account_id=("a1", "a2")[number % 2],
        status_code=(200, 200, 404)[number % 3],
        outcome=("success", "success", "client_fault")[number % 3],
        request_body=f'{{"EmailAddress": "{about}", "number": {number}}}',
    )


def found(folder: Path, text: str = "") -> list[CallRecord]:
    reader = SqliteCallReader(folder)
    try:
        return list(reader.stream(every(text=phrase(text) if text else "")))
    finally:
        reader.close()


def erase(folder: Path, text: str = PERSON, *, by: str = "the operator") -> Erasure:
    doomed = by_day((one.started_at_ms, one.sequence) for one in found(folder, text))
    eraser = Eraser(folder, clock=CLOCK)
    try:
        return eraser.erase(doomed, by=by)
    finally:
        eraser.close()


def test_no_byte_of_an_erased_call_is_left_and_the_rest_is_as_it_was(folder: Path) -> None:
    """Neither found by any way of asking, nor in any file of the folder; every other call is as
    it was, under its number, and is found."""
    before = {record.call_id: record for record in found(folder)}
    doomed = {record.call_id for record in found(folder, PERSON)}
    assert len(doomed) > 15
    done = erase(folder)
    assert (done.calls, len(done.days)) == (len(doomed), 3)
    left = {record.call_id: record for record in found(folder)}
    assert left == {name: one for name, one in before.items() if name not in doomed}
    assert found(folder, PERSON) == []
    assert len(found(folder, "other-11@example.com")) == 3
    reader = SqliteCallReader(folder)
    assert reader.statistics(every()).calls == len(left)
    assert all(reader.get(name) is None for name in doomed)
    reader.close()
    for path in folder.iterdir():
        content = path.read_bytes()
        for name in doomed:
            assert PERSON.encode() not in content
            assert name.encode() not in content
            assert bytes.fromhex(name.replace("-", "")) not in content


def test_an_anchor_from_before_says_erased_and_not_damaged(folder: Path) -> None:
    """And so does verify, with when, by whom and how many; not whose they were."""
    anchor = take_anchor(folder)[0].text()
    done = erase(folder, by="Meera")
    told = verify(folder, anchor=parse_anchor(anchor))
    assert told.problems == ()
    assert (told.calls, told.erased) == (_CALLS - done.calls, done.calls)
    notes = " ".join(told.notes)
    assert f"{done.calls} call(s) of" in notes
    assert "were erased on 2026-11-25 12:00:00.000 UTC by Meera" in notes
    assert "calls of the anchor were erased" in notes
    assert PERSON not in (folder / "ledger.json").read_text()
    later = take_anchor(folder)[0]
    assert verify(folder, anchor=later).problems == ()


def test_a_server_goes_on_after_an_erasure(folder: Path) -> None:
    """Calls are recorded behind it, also in days that lost some; days are closed and pruned."""
    done = erase(folder)
    store = SqliteCallStore(folder, clock=FixedClock(NOON_MS + 4 * DAY_MS))
    keep_all(store, [late := _at(0, 1), _at(1, 1), _at(2, 1), _at(4, 1)])
    assert store.reader.get(late.call_id) is not None
    assert store.close_days() == 3
    assert verify(folder).problems == ()
    assert len(found(folder)) == _CALLS + 4 - done.calls
    assert store.prune(before_ms=NOON_MS + DAY_MS // 2) == 1
    store.close()
    assert verify(folder).problems == ()
    again = erase(folder, "other-11@example.com")
    assert (again.number, again.calls) == (2, 2)
    assert verify(folder).problems == ()


def test_all_calls_of_a_day_may_be_erased(folder: Path) -> None:
    """What is left is a day of tombstones; its numbers are not given again."""
    erase(folder, "example.com")
    assert found(folder) == []
    assert verify(folder).problems == ()
    store = SqliteCallStore(folder, clock=CLOCK)
    keep_all(store, [_at(2, 1)])
    store.close()
    assert [record.sequence for record in found(folder)] == [_CALLS + 1]
    assert verify(folder).problems == ()


def test_the_file_from_before_an_erasure_is_noticed(folder: Path, tmp_path: Path) -> None:
    """Who puts an older copy back brings the calls back: verify says so."""
    for number in range(3):
        older = shutil.copytree(folder, tmp_path / f"older-{number}")
        copy = shutil.copytree(folder, tmp_path / f"copy-{number}")
        erase(copy)
        name = f"{day_of(NOON_MS + number * DAY_MS)}.sqlite"
        shutil.copyfile(older / name, copy / name)
        assert any("older copy" in problem for problem in verify(copy).problems), number


def test_a_damaged_day_is_not_signed_anew(folder: Path) -> None:
    """Erasing would hide the damage: nothing is erased, of no day."""
    doomed = by_day((one.started_at_ms, one.sequence) for one in found(folder, PERSON))
    with sqlite3.connect(folder / f"{day_of(NOON_MS)}.sqlite") as connection:
        connection.execute("UPDATE frames SET head = x'00' WHERE block_id = 2")
    connection.close()
    before = {path.name: path.read_bytes() for path in folder.glob("*.sqlite")}
    eraser = Eraser(folder, clock=CLOCK)
    with pytest.raises(SetupError, match="Nothing was erased"):
        eraser.erase(doomed, by="x")
    eraser.close()
    assert {path.name: path.read_bytes() for path in folder.glob("*.sqlite")} == before


def test_a_folder_that_a_server_writes_to_is_refused(folder: Path) -> None:
    """In one sentence that says what to do."""
    store = SqliteCallStore(folder, clock=CLOCK)
    with pytest.raises(SetupError, match="stop it, erase, and start it again"):
        Eraser(folder, clock=CLOCK)
    store.close()


@pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")
@pytest.mark.parametrize("power", [False, True])
def test_an_erasure_that_dies_anywhere_leaves_each_day_whole(
    folder: Path, tmp_path: Path, power: bool
) -> None:
    """Killed or without power at each event on the disk: every day is as it was or as it is to
    be, verify finds no fault and the anchor is proven; the next run erases the rest."""
    kept = {record.call_id for record in found(folder)}
    doomed = {record.call_id for record in found(folder, PERSON)}
    anchor = take_anchor(folder)[0]
    disk = Disk(folder, chance=random.Random(0))  # noqa: S311
    images: list[Path] = []

    def look(number: int) -> None:
        if number % 5 == 0 or "ledger" in disk.trace[-1] or disk.trace[-1].startswith("open"):
            make = disk.image_after_power_loss if power else disk.image_after_kill
            images.append(make(tmp_path / f"image-{number}"))

    with disk.mounted():
        disk.at_event = look
        erase(folder)
        disk.at_event = lambda _: None
    assert len(images) > 30
    for number, image in enumerate(images):
        assert verify(image, anchor=anchor).problems == (), image.name
        there = {record.call_id for record in found(image)}
        assert kept - doomed <= there <= kept
        if number % 4 == 0:
            erase(image)
            assert {record.call_id for record in found(image)} == kept - doomed
            told = verify(image, anchor=anchor)
            assert (told.problems, told.erased) == ((), len(doomed))
            assert sum(one.calls for one in read_ledger(image).erasures) == len(doomed)
        shutil.rmtree(image)


def test_the_command_counts_first_asks_and_notes(data_folder: Path, keys: FirstAccount) -> None:
    """A dry run changes nothing; without --yes it asks; afterwards the log is whole."""
    folder = data_folder / CALLS_FOLDER
    store = SqliteCallStore(folder, clock=CLOCK)
    calls = [_at(2, number) for number in range(20)]
    calls[1::2] = [replace(record, account_id=keys.account_id) for record in calls[1::2]]
    keep_all(store, calls)
    store.close()
    flags = ("--data", str(data_folder), "--q", PERSON)
    dry = leadwire("calls", "erase", *flags, "--dry-run")
    assert (dry.exit_code, dry.stdout.splitlines()[-1]) == (0, "3 call(s) match.")
    assert leadwire("calls", "erase", *flags).exit_code != 0  # nobody answers
    assert len(found(folder)) == 20
    done = leadwire("calls", "erase", *flags, "--yes", "--by", "Meera")
    assert done.exit_code == 0
    assert len(found(folder)) == 17
    assert read_ledger(folder).erasures[0].by == "Meera"
    of_account = leadwire(
        "calls", "erase", *flags[:2], "--account", keys.account_id, "--yes", "--json"
    )
    assert '"calls":' in of_account.stdout
    assert {record.account_id for record in found(folder)} == {"a1"}
    assert leadwire("calls", "verify", "--data", str(data_folder)).exit_code == 0
    assert leadwire("calls", "erase", "--data", str(data_folder)).exit_code == 2


def test_copies_of_pinned_calls_are_erased_with_the_calls(data_folder: Path) -> None:
    """Also those whose day is gone from the log; other copies stay."""
    doomed, kept = _at(2, 0), _at(2, 2)
    where = Place(data_folder)
    with opened_access(where, clock=CLOCK, ids=SystemIds()) as store:
        for record in (doomed, kept):
            pin = partial(
                pin_call,
                account_id=record.account_id,
                call_id=record.call_id,
                record=packed(record),
                note="",
                pins_max=9,
            )
            store.change(COMMAND_LINE, pin)
    flags = ("--data", str(data_folder), "--q", PERSON)
    assert "pinned calls that match: 1." in leadwire("calls", "erase", *flags, "--dry-run").stdout
    assert leadwire("calls", "erase", *flags, "--yes").exit_code == 0
    with (
        opened_access(where, clock=CLOCK, ids=SystemIds()) as store,
        store.engine.connect() as connection,
    ):
        assert [pin.call_id for pin in pins_of(connection, "a1")] == [kept.call_id]


def test_an_account_is_erased_with_all_that_it_has(
    loop_thread: LoopThread, data_folder: Path, keys: FirstAccount
) -> None:
    """No byte of a lead is left in any file; the log verifies; a server starts on the folder and
    makes an account anew, which the old keys do not open."""
    settings = Settings(data=data_folder)
    api = InProcess(loop_thread, settings, keys)
    lead = attributes({"FirstName": "Unmistakable", "EmailAddress": PERSON})
    assert api.post(LEADS + "Lead.Create", lead).status == 200
    groups = "/v2/UserGroup.svc/"
    made = api.post(groups + "Create", {"Name": "Unmistakable"}).json["Message"]["Id"]
    member = {"GroupId": made, "GroupUsers": [{"UserId": keys.user_id}]}
    assert api.post(groups + "AddUsers", member).status == 200
    place = {"Source": "API", "Location": "Unmistakable"}
    assert api.post("/v2/UserManagement.svc/User/CheckIn", place).status == 200
    api.close()
    with opened_access(Place(data_folder), clock=SystemClock(), ids=SystemIds()) as store:
        [account_id] = store.account_ids()
    flags = ("--data", str(data_folder))
    dry = leadwire("account", "erase", account_id, *flags, "--dry-run")
    assert dry.stdout == "The account has 1 lead(s) and 4 call(s).\n"
    wrong = leadwire("account", "erase", "nobody", *flags, "--yes")
    assert (wrong.exit_code, account_id in wrong.stderr) == (1, True)
    done = leadwire("account", "erase", account_id, *flags, "--yes", "--by", "Meera")
    assert done.exit_code == 0, done.output
    for path in data_folder.rglob("*"):
        if path.is_file():
            assert b"Unmistakable" not in path.read_bytes(), path
            assert PERSON.encode() not in path.read_bytes(), path
    assert leadwire("calls", "verify", *flags).exit_code == 0
    with closing(sqlite3.connect(data_folder / ACCESS_NAME)) as connection:
        for table in METADATA.tables:
            rows = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
            assert rows == (int(table == "audit"),), table  # that it was erased
    fresh = InProcess(loop_thread, settings, keys)
    assert fresh.get(USERS).status == 401
    fresh.close()


def test_quick_search_reads_the_leads_of_other_accounts_until_they_have_entries_again(
    data_folder: Path, keys: FirstAccount
) -> None:
    """The entries of all accounts go, so no lead may count as one that has an entry."""
    crm = Place(data_folder).crm.alone()
    with transaction(crm) as connection:
        assert grams_of(connection).make(connection)
        connection.execute(counters.insert().values(account_id="other", words_to=32))
        entry = {"account_id": keys.account_id, "first_auto_id": 1, "last_auto_id": 16}
        connection.execute(lead_words.insert().values(entry))
    crm.dispose()
    erase_data(Place(data_folder), keys.account_id)
    crm = Place(data_folder).crm.alone()
    with crm.connect() as connection:
        assert connection.execute(select(counters.c.words_to)).scalars().all() == [0]
    crm.dispose()
