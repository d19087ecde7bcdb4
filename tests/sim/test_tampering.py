"""Tampering and loss, one row each: ``verify`` names it, or the row says why it cannot.

What a holder of the key did is found by an anchor that was taken before and kept elsewhere.
"""

import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from amounts import each
from sim.world import make_blocks_small
from stores.builders import NOON_MS, FixedClock, keep_all, numbered_call

from leadwire.calls.record import FIELDS
from leadwire.dates import DAY_MS, day_of
from leadwire.stores.sqlite import (
    SqliteCallStore,
    hot,
    ledger,
    parse_anchor,
    take_anchor,
    verify,
)
from leadwire.stores.sqlite.anchor import call_digest
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.chain import Chain, read_chain
from leadwire.stores.sqlite.end_mark import EndMark, EndMarkFile, read_end_mark
from leadwire.stores.sqlite.erasing import Eraser
from leadwire.stores.sqlite.groups import with_checksum
from leadwire.stores.sqlite.manifest import Manifest, read_manifest, write_manifest
from leadwire.stores.sqlite.schema import SEQUENCE_MASK
from leadwire.stores.sqlite.seal import block_of

PRUNED, CLOSED, REOPENED, YESTERDAY, TODAY = (day_of(NOON_MS + n * DAY_MS) for n in range(5))
FORGER: Final = Chain(bytes(32))
"""The chain of somebody who does not have the key."""
HOUR_MS: Final = 3_600_000
_BODY_AT: Final = FIELDS.index("response_body")


class Log(NamedTuple):
    """A log and its copies: as it was earlier, as a killed process left it, another one."""

    whole: Path
    killed: Path
    before_closing: Path
    before_late: Path
    an_hour_ago: Path
    foreign: Path
    anchor: str
    """Of ``whole``."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    folder = tmp_path_factory.mktemp("tampering")
    whole = folder / "whole"
    with pytest.MonkeyPatch.context() as patch:
        make_blocks_small(patch)
        clock = FixedClock(NOON_MS + 4 * DAY_MS)
        store = SqliteCallStore(whole, clock=clock)
        for day in range(3):
            keep_all(store, [numbered_call(day, number) for number in range(60)])
        before_closing = _copy(store, whole, folder / "before-closing")
        store.close_days()
        before_late = _copy(store, whole, folder / "before-late")
        keep_all(store, [numbered_call(2, number) for number in range(20)])
        store.prune(before_ms=NOON_MS + DAY_MS // 2)
        keep_all(store, [numbered_call(3, number) for number in range(40)])
        keep_all(store, [numbered_call(4, number) for number in range(30)])
        an_hour_ago = _copy(store, whole, folder / "an-hour-ago")
        clock.at_ms += HOUR_MS
        keep_all(store, [numbered_call(4, HOUR_MS + number) for number in range(30, 328)])
        # Too few to be sealed, so this commit is the last.
        keep_all(store, [numbered_call(4, HOUR_MS + 328)])
        killed = _copy(store, whole, folder / "killed")
        store.close()
        foreign = folder / "foreign"
        store = SqliteCallStore(foreign, clock=clock)
        keep_all(store, [numbered_call(day, number) for day in range(5) for number in range(40)])
        store.close()
    for one in (whole, killed, before_closing, before_late, an_hour_ago, foreign):
        assert verify(one).problems == ()
    anchor, _ = take_anchor(whole)
    assert verify(killed, anchor=anchor).problems == ()
    return Log(whole, killed, before_closing, before_late, an_hour_ago, foreign, anchor.text())


def _copy(store: SqliteCallStore, folder: Path, to: Path) -> Path:
    """As a process that is killed now leaves it."""
    copied: list[Path] = []
    store._writer.run(lambda: copied.append(Path(shutil.copytree(folder, to))))
    return copied[0]


# What is done to a copy.


def file(folder: Path, day: str) -> Path:
    return folder / f"{day}.sqlite"


@contextmanager
def opened(folder: Path, day: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(file(folder, day), isolation_level=None)) as connection:
        yield connection


def run(folder: Path, day: str, *statements: str) -> None:
    with opened(folder, day) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount, statement


def sql(day: str, *statements: str) -> "Tamper":
    return lambda folder, _: run(folder, day, *statements)


def removed(*names: str) -> "Tamper":
    def remove(folder: Path, _: Log) -> None:
        for name in names:
            (folder / name).unlink()

    return remove


def day_removed(*days: str) -> "Tamper":
    return removed(*(f"{day}.sqlite" for day in days))


def renamed(day: str, to: str) -> "Tamper":
    return lambda folder, _: file(folder, day).rename(file(folder, to)) and None


def swapped(folder: Path, _: Log) -> None:
    file(folder, CLOSED).rename(folder / "aside")
    file(folder, REOPENED).rename(file(folder, CLOSED))
    (folder / "aside").rename(file(folder, REOPENED))


def replaced(name: str, source: Callable[[Log], Path]) -> "Tamper":
    """By the file of the same name in another copy."""

    def replace(folder: Path, log: Log) -> None:
        for path in folder.glob(f"{name}*"):
            path.unlink()
        for path in source(log).glob(f"{name}*"):
            if not path.name.endswith("-shm"):
                shutil.copyfile(path, folder / path.name)

    return replace


def killed(change: Callable[[Path], object]) -> "Tamper":
    """Something done to the log of the newest day, which a killed process left."""

    def tamper(folder: Path, log: Log) -> None:
        shutil.rmtree(folder)
        shutil.copytree(log.killed, folder)
        path = folder / f"{TODAY}.sqlite-wal"
        assert path.stat().st_size
        change(path)
        folder.joinpath(f"{TODAY}.sqlite-shm").unlink(missing_ok=True)

    return tamper


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def cut_log(path: Path, share: float) -> None:
    """Of the frames that count: behind them, older ones may stand."""
    content = path.read_bytes()
    frame_bytes = int.from_bytes(content[8:12], "big") + 24
    frames = 0
    while content[32 + frames * frame_bytes :][8:16] == content[16:24]:
        frames += 1
    path.write_bytes(content[: 32 + int(frames * share) * frame_bytes])


def rewrite_hot(chain_of: Callable[[Path], Chain]) -> "Tamper":
    """The newest hot row, with another body and a right checksum."""

    def rewrite(folder: Path, _: Log) -> None:
        with opened(folder, TODAY) as connection:
            place, checksum, packed = connection.execute(
                "SELECT place, checksum, packed FROM hot ORDER BY last_sequence DESC LIMIT 1"
            ).fetchone()
            columns = hot.unpack(place, checksum, packed)
            columns[_BODY_AT] = ["nothing happened"] * len(columns[0])
            account, kind = hot.kind_of(place)
            chain = chain_of(folder).of_day(TODAY)
            [row] = hot.packed_rows(hot.first_place(account, kind), columns, chain)
            connection.execute("DELETE FROM hot WHERE place = ?", (place,))
            connection.execute(hot.INSERT, row)

    return rewrite


def rewrite_block(chain_of: Callable[[Path], Chain], *, whole_chain: bool) -> "Tamper":
    """The calls of a block, with whatever can be computed computed anew."""

    def rewrite(folder: Path, _: Log) -> None:
        chain = chain_of(folder).of_day(CLOSED)
        with opened(folder, CLOSED) as connection:
            rows = [list(row) for row in read_block(connection, 1).all_rows()]
            for row in rows:
                row[_BODY_AT] = "nothing happened"
            [failed] = connection.execute("SELECT failed FROM blocks").fetchone()
            made = block_of([*zip(*rows, strict=True)], failed=bool(failed))
            connection.execute(
                "UPDATE frames SET ids = ?, head = ?, body = ? WHERE block_id = 1", made.frames
            )
            connection.execute("UPDATE blocks SET summary = ? WHERE block_id = 1", (made.summary,))
            previous, calls, last = chain.start, 0, 0
            for block_id, *_ in connection.execute(
                "SELECT block_id FROM blocks ORDER BY block_id"
            ).fetchall():
                if block_id > 1 and not whole_chain:
                    break
                *described, summary = connection.execute(
                    "SELECT block_id, account_id, failed, first_ms, last_ms, calls, sequence_max, "
                    "summary FROM blocks WHERE block_id = ?",
                    (block_id,),
                ).fetchone()
                frames = connection.execute(
                    "SELECT ids, head, body FROM frames WHERE block_id = ?", (block_id,)
                ).fetchone()
                previous = chain.block(previous, described, (*frames, summary))
                connection.execute(
                    "UPDATE blocks SET digest = ? WHERE block_id = ?", (previous, block_id)
                )
                calls, last = calls + described[5], block_id
            if whole_chain:
                manifest = read_manifest(connection)
                assert isinstance(manifest, Manifest)
                assert (manifest.calls, manifest.blocks) == (calls, last)
                told = msgspec.structs.replace(manifest, chain=previous.hex(), digest="")
                write_manifest(connection, told, chain)

    return rewrite


def with_key(folder: Path) -> Chain:
    return read_chain(folder)


def without_key(_: Path) -> Chain:
    return FORGER


def all_of_it(*tampers: "Tamper") -> "Tamper":
    def tamper(folder: Path, log: Log) -> None:
        for one in tampers:
            one(folder, log)

    return tamper


def change_ledger(
    change: Callable[[ledger.Ledger], ledger.Ledger], chain_of: Callable[[Path], Chain] | None
) -> "Tamper":
    """In its text alone, or signed anew."""

    def tamper(folder: Path, _: Log) -> None:
        found = change(ledger.read_ledger(folder))
        if chain_of is None:
            (folder / "ledger.json").write_bytes(msgspec.json.encode(found))
        else:
            key = found.key
            signed = ledger.write_ledger(folder, chain_of(folder), found)
            if chain_of is without_key:  # with the right fingerprint, as a forger would
                again = msgspec.structs.replace(signed, key=key)
                (folder / "ledger.json").write_bytes(msgspec.json.encode(again))

    return tamper


def pruned_too(found: ledger.Ledger) -> ledger.Ledger:
    return msgspec.structs.replace(
        found,
        days={day: note for day, note in found.days.items() if day != CLOSED},
        pruned=ledger.joined_runs([*found.pruned, (61, 120)]),
        pruned_days=(*found.pruned_days, CLOSED),
    )


def noted_again(chain_of: Callable[[Path], Chain]) -> "Tamper":
    """The ledger agrees with what now is in the file of the closed day."""

    def tamper(folder: Path, log: Log) -> None:
        with opened(folder, CLOSED) as connection:
            manifest = read_manifest(connection)
        assert manifest is not None
        note = ledger.DayNote(blocks=manifest.blocks, chain=manifest.chain, is_closed=True)
        change_ledger(
            lambda found: msgspec.structs.replace(found, days=found.days | {CLOSED: note}),
            chain_of,
        )(folder, log)

    return tamper


def move_mark(sequence: int, chain_of: Callable[[Path], Chain]) -> "Tamper":
    def tamper(folder: Path, _: Log) -> None:
        mark = read_end_mark(folder, read_chain(folder))
        chain = chain_of(folder)
        end = EndMarkFile(folder, chain)
        end.make()
        end.open(EndMark(number=mark.number, at_ms=mark.at_ms, ledger=mark.ledger))
        told = msgspec.structs.replace(end.mark, sequence=sequence)
        end.write_and_sync(told)
        end.write_and_sync(told)
        end.close()

    return tamper


def flipped(folder: Path, _: Log) -> None:
    """One bit of a call."""
    with opened(folder, CLOSED) as connection:
        [body] = connection.execute("SELECT body FROM frames WHERE block_id = 2").fetchone()
    content = bytearray(file(folder, CLOSED).read_bytes())
    content[content.index(body[:60]) + 50] ^= 1
    file(folder, CLOSED).write_bytes(content)


def newest_slot_damaged(folder: Path, _: Log) -> None:
    content = (folder / "end-mark").read_bytes()
    chain = read_chain(folder)
    newest = read_end_mark(folder, chain)
    for start in (0, 4096):
        changed = bytearray(content)
        changed[start + 5] ^= 1
        (folder / "end-mark").write_bytes(changed)
        if read_end_mark(folder, chain).number < newest.number:
            return


def moved_row(table: str, of: str, to: str) -> "Tamper":
    def move(folder: Path, _: Log) -> None:
        with opened(folder, to) as connection:
            connection.execute("ATTACH ? AS other", (str(file(folder, of)),))
            connection.execute(f"INSERT INTO {table} SELECT * FROM other.{table} LIMIT 1")  # noqa: S608

    return move


def forged_call(folder: Path, _: Log) -> None:
    """One more call at the end, as a program without the key would write it."""
    with opened(folder, TODAY) as connection:
        rows = hot.hot_rows(
            [numbered_call(4, 1)], 1 + _last(folder), hot.Accounts(connection), FORGER.of_day(TODAY)
        )
        connection.executemany(hot.INSERT, rows)


def forged_block(folder: Path, _: Log) -> None:
    with opened(folder, TODAY) as connection:
        records = [msgspec.structs.astuple(numbered_call(4, number)) for number in range(3)]
        columns = [list(column) for column in zip(*records, strict=True)]
        columns[FIELDS.index("sequence")] = [_last(folder) + n for n in (1, 2, 3)]
        columns[FIELDS.index("account_id")] = ["a1"] * 3
        block_of(columns, failed=False).insert(connection, FORGER.of_day(TODAY))


def _last(folder: Path) -> int:
    return read_end_mark(folder, read_chain(folder)).sequence


def duplicated_hot_row(folder: Path, _: Log) -> None:
    with opened(folder, TODAY) as connection:
        row = list(connection.execute("SELECT * FROM hot LIMIT 1").fetchone())
        row[0] += 1 << 20
        connection.execute(hot.INSERT, row)


def renumbered_hot_row(folder: Path, _: Log) -> None:
    at = FIELDS.index("sequence")
    with opened(folder, TODAY) as connection:
        place, checksum, packed = connection.execute(
            "SELECT place, checksum, packed FROM hot ORDER BY last_sequence DESC LIMIT 1"
        ).fetchone()
        columns = hot.unpack(place, checksum, packed)
        columns[at] = [number + 5 for number in columns[at]]
        again = msgspec.msgpack.encode(columns)
        connection.execute(
            "UPDATE hot SET place = place + 5, last_sequence = last_sequence + 5, packed = ?, "
            "checksum = ? WHERE place = ?",
            (again, zlib.crc32(again), place),
        )


def moved_to_another_account(folder: Path, _: Log) -> None:
    with opened(folder, TODAY) as connection:
        [place] = connection.execute("SELECT place FROM hot").fetchone()
        account, kind = hot.kind_of(place)
        moved = hot.first_place(3 - account, kind) | place & SEQUENCE_MASK
        connection.execute("UPDATE hot SET place = ? WHERE place = ?", (moved, place))


def zeroed(table: str, key: str, day: str) -> "Tamper":
    """Bits that lead no search anywhere, with a right checksum."""

    def zero(folder: Path, _: Log) -> None:
        with opened(folder, day) as connection:
            number, bits = connection.execute(f"SELECT {key}, bits FROM {table}").fetchone()  # noqa: S608
            again = with_checksum(bytes(len(bits) - 4))
            assert len(again) == len(bits)
            connection.execute(f"UPDATE {table} SET bits = ? WHERE {key} = ?", (again, number))  # noqa: S608

    return zero


def id_changed(folder: Path, _: Log) -> None:
    with opened(folder, CLOSED) as connection:
        [body] = connection.execute("SELECT ids FROM frames WHERE block_id = 2").fetchone()
        connection.execute(
            "UPDATE frames SET ids = ? WHERE block_id = 2", (body[:-1] + bytes([body[-1] ^ 1]),)
        )


def erased(folder: Path, _: Log) -> None:
    """Some calls of today, as it is done by the book."""
    eraser = Eraser(folder, clock=FixedClock(NOON_MS + 4 * DAY_MS))
    last = _last(folder)
    eraser.erase({TODAY: {last, last - 1, last - 20}}, by="the operator")
    eraser.close()


def buried(folder: Path, chain_of: Callable[[Path], Chain]) -> None:
    """The newest hot row taken out, with tombstones in its place."""
    with opened(folder, TODAY) as connection:
        place, checksum, packed = connection.execute(
            "SELECT place, checksum, packed FROM hot ORDER BY last_sequence DESC LIMIT 1"
        ).fetchone()
        connection.execute("DELETE FROM hot WHERE place = ?", (place,))
        chain = chain_of(folder).of_day(TODAY)
        for row in hot.rows_of(hot.unpack(place, checksum, packed)):
            number, digest = hot.key_of(row)[1], call_digest(row)
            connection.execute(
                "INSERT INTO tombstones VALUES (?, ?, 1, ?)",
                (number, digest, chain.tombstone(number, digest, 1)),
            )


def everything_older(folder: Path, log: Log) -> None:
    shutil.rmtree(folder)
    shutil.copytree(log.an_hour_ago, folder)


Tamper = Callable[[Path, Log], Any]


class Case(NamedTuple):
    what: str
    tamper: Tamper
    finds: str = ""
    """What ``verify`` says of it, as a pattern."""
    unseen: str = ""
    """Why ``verify`` finds nothing."""
    anchor_finds: str = ""
    """What it says of it with an anchor."""


CASES: Final = (
    # Missing.
    Case("the newest day", day_removed(TODAY), f"{TODAY}.sqlite is missing"),
    Case("the oldest day", day_removed(CLOSED), f"{CLOSED}.sqlite is missing"),
    Case("a day in the middle", day_removed(REOPENED), f"{REOPENED}.sqlite is missing"),
    Case("two days", day_removed(YESTERDAY, TODAY), "Calls .* missing at the end of the log"),
    Case(
        "all days",
        day_removed(CLOSED, REOPENED, YESTERDAY, TODAY),
        "Calls 61 to .* missing at the end",
    ),
    Case("the log of a killed process", killed(Path.unlink), "missing at the end of the log"),
    Case("half of that log", killed(lambda p: cut_log(p, 0.5)), "missing at the end of the log"),
    Case(
        "the end of that log", killed(lambda p: cut_log(p, 0.99)), "missing at the end of the log"
    ),
    Case("that log emptied", killed(lambda p: p.write_bytes(b"")), "missing at the end"),
    Case(
        "the newest hot row",
        sql(TODAY, "DELETE FROM hot WHERE last_sequence = (SELECT max(last_sequence) FROM hot)"),
        "missing (at the end|in)",
    ),
    Case("all hot rows of today", sql(TODAY, "DELETE FROM hot"), "missing"),
    Case(
        "the oldest hot row",
        sql(TODAY, "DELETE FROM hot WHERE place = (SELECT min(place) FROM hot)"),
        "missing",
    ),
    Case(
        "the last block",
        sql(
            TODAY,
            "DELETE FROM frames WHERE block_id = (SELECT max(block_id) FROM blocks)",
            "DELETE FROM bitmaps WHERE block_id = (SELECT max(block_id) FROM blocks)",
            "DELETE FROM blocks WHERE block_id = (SELECT max(block_id) FROM blocks)",
        ),
        "it had . block|missing",
    ),
    Case("the first block", sql(TODAY, "DELETE FROM blocks WHERE block_id = 1"), "block 1 is mis"),
    Case("the frames of a block", sql(CLOSED, "DELETE FROM frames WHERE block_id = 2"), "block 2"),
    Case("all blocks of today", sql(TODAY, "DELETE FROM blocks"), "missing"),
    Case("a group", sql(CLOSED, "DELETE FROM groups WHERE group_id = 1"), "the group of block"),
    Case(
        "bits of a group",
        sql(
            CLOSED,
            "DELETE FROM slices WHERE slice_id = 0 OR slice_id IN "
            "(SELECT min(slice_id) FROM slices)",
        ),
        "has lost some of its bits",
    ),
    Case("bits of a block", sql(TODAY, "DELETE FROM bitmaps"), "block ."),
    Case("a manifest", sql(CLOSED, "DELETE FROM meta"), "manifest is missing"),
    Case("the number of an account", sql(CLOSED, "DELETE FROM accounts"), "lost its number"),
    Case("an index", sql(CLOSED, "DROP INDEX blocks_by_time"), "index blocks_by_time is missing"),
    Case("a table", sql(CLOSED, "DROP TABLE slices"), "table slices is missing"),
    Case("the ledger", removed("ledger.json"), "ledger.json is missing"),
    Case("the end mark", removed("end-mark"), "end-mark is missing"),
    Case("the key", removed("chain.key"), "chain.key is missing"),
    Case(
        "the end mark and the newest day",
        all_of_it(removed("end-mark"), day_removed(TODAY)),
        f"{TODAY}.sqlite is missing",
    ),
    # Renamed, swapped, mixed.
    Case("a day renamed to an older one", renamed(REOPENED, "2020-01-01"), "of another log"),
    Case("a day renamed to a later one", renamed(TODAY, "2040-01-01"), "of another day"),
    Case("two days swapped", swapped, "of another day"),
    Case(
        "a day under a second name",
        lambda folder, _: shutil.copyfile(file(folder, CLOSED), file(folder, "2020-01-01")),
        "is there twice",
    ),
    Case(
        "a day in the place of another",
        lambda folder, _: shutil.copyfile(file(folder, CLOSED), file(folder, REOPENED)),
        "of another day",
    ),
    Case("a day of another log", replaced(CLOSED, lambda log: log.foreign), "was changed"),
    Case("today of another log", replaced(TODAY, lambda log: log.foreign), "was changed"),
    Case("a hot row of another day", moved_row("hot", REOPENED, TODAY), "of another day"),
    Case("the key of another log", replaced("chain.key", lambda log: log.foreign), "changed|same"),
    Case("the ledger of another log", replaced("ledger.json", lambda log: log.foreign), "same log"),
    Case("the end mark of another log", replaced("end-mark", lambda log: log.foreign), "another l"),
    # Older copies.
    Case("a day before it was closed", replaced(CLOSED, lambda log: log.before_closing), "older c"),
    Case("a day before late calls", replaced(REOPENED, lambda log: log.before_late), "missing"),
    Case("today an hour ago", replaced(TODAY, lambda log: log.an_hour_ago), "missing at the end"),
    Case("an older ledger", replaced("ledger.json", lambda log: log.before_late), "older copy"),
    Case(
        "an older end mark",
        replaced("end-mark", lambda log: log.an_hour_ago),
        "end-mark is 299 call.* behind the log",
    ),
    Case(
        "an older end mark, and the newest call removed",
        all_of_it(
            replaced("end-mark", lambda log: log.an_hour_ago),
            sql(
                TODAY, "DELETE FROM hot WHERE last_sequence = (SELECT max(last_sequence) FROM hot)"
            ),
        ),
        "end-mark is 298 call.* behind the log",
    ),
    Case(
        "an older copy of everything",
        everything_older,
        unseen="it was whole when it was made",
        anchor_finds="the log ends at",
    ),
    # Changed.
    Case("one bit of a call", flipped, "block 2"),
    Case("a file cut in half", lambda folder, _: cut(file(folder, CLOSED), 0.5), CLOSED),
    Case("a file emptied", lambda folder, _: file(folder, CLOSED).write_bytes(b""), CLOSED),
    Case("a file of junk", lambda folder, _: file(folder, CLOSED).write_bytes(b"x" * 9999), CLOSED),
    Case("a hot row with a right checksum", rewrite_hot(without_key), "was changed"),
    Case("a block", rewrite_block(without_key, whole_chain=False), "the chain breaks there"),
    Case("a whole chain", rewrite_block(without_key, whole_chain=True), "the chain breaks there"),
    Case("the id of a call", id_changed, "block 2"),
    Case("a hot row given a later number", renumbered_hot_row, "was changed"),
    Case("a hot row moved to another account", moved_to_another_account, "was changed"),
    Case("a hot row that is there twice", duplicated_hot_row, "does not describe its calls"),
    Case("a call added at the end", forged_call, "was changed"),
    Case("a block added at the end", forged_block, "the chain breaks there"),
    Case(
        "a name in a closed day",
        sql(CLOSED, "UPDATE accounts SET account_id = 'a3' WHERE account_id = 'a2'"),
        "lost its number",
    ),
    Case(
        "a name in an open day",
        sql(TODAY, "UPDATE accounts SET account_id = 'a3' WHERE account_id = 'a2'"),
        "under another account",
    ),
    Case(
        "the account of a block",
        sql(CLOSED, "UPDATE blocks SET account_id = 'a2' WHERE account_id = 'a1'"),
        "the chain breaks",
    ),
    Case("the time of a block", sql(TODAY, "UPDATE blocks SET first_ms = 1"), "the chain breaks"),
    Case("the time of a hot row", sql(TODAY, "UPDATE hot SET last_ms = 1"), "was changed"),
    Case("the calls of a block", sql(CLOSED, "UPDATE blocks SET calls = 1"), "the chain breaks"),
    Case(
        "a summary",
        sql(
            CLOSED,
            "UPDATE blocks SET summary = (SELECT summary FROM blocks "
            "WHERE block_id = 1) WHERE block_id = 2",
        ),
        "the chain breaks",
    ),
    Case("the summary of a group", sql(CLOSED, "UPDATE groups SET calls = calls - 1"), "group 1"),
    Case("bits of a block zeroed", zeroed("bitmaps", "block_id", TODAY), "the bits of block"),
    Case("bits of a group zeroed", zeroed("slices", "slice_id", CLOSED), "group . was changed"),
    Case("a digest", sql(CLOSED, "UPDATE blocks SET digest = x'00' WHERE block_id = 2"), "block 2"),
    Case(
        "a trigger",
        sql(
            TODAY,
            "CREATE TRIGGER gone AFTER INSERT ON hot BEGIN "
            "DELETE FROM hot WHERE place = new.place; END",
        ),
        "the trigger gone was added",
    ),
    Case(
        "a manifest of another day",
        lambda folder, _: (
            run(folder, CLOSED, "DELETE FROM meta")
            or moved_row("meta", REOPENED, CLOSED)(folder, _)
        ),
        "manifest",
    ),
    Case(
        "a manifest that tells of less",
        sql(CLOSED, "UPDATE meta SET value = replace(value, '\"calls\":60', '\"calls\":59')"),
        "manifest",
    ),
    Case("the ledger's text", change_ledger(pruned_too, None), "ledger.json was changed"),
    Case(
        "the oldest day, said to be pruned",
        all_of_it(day_removed(CLOSED), change_ledger(pruned_too, without_key)),
        "ledger.json was changed",
    ),
    Case(
        "the newest day, and the end mark moved back",
        all_of_it(day_removed(TODAY), move_mark(240, without_key)),
        "end-mark was changed",
    ),
    Case("half of the end mark", newest_slot_damaged, "end-mark was changed or damaged in part"),
    # By somebody who has the key.
    Case(
        "a hot row, with the key",
        rewrite_hot(with_key),
        unseen="every digest is right",
        anchor_finds=f"{TODAY}: the calls differ from the anchor",
    ),
    Case(
        "a whole day and the ledger, with the key",
        all_of_it(rewrite_block(with_key, whole_chain=True), noted_again(with_key)),
        unseen="every digest is right",
        anchor_finds=f"{CLOSED}: the calls differ from the anchor",
    ),
    Case(
        "the end, and the end mark moved back, with the key",
        all_of_it(
            replaced(TODAY, lambda log: log.an_hour_ago), move_mark(60 * 3 + 20 + 40 + 30, with_key)
        ),
        unseen="every digest is right",
        anchor_finds="the log ends at",
    ),
    # What holds nothing.
    Case("the lock", removed("writer.lock"), unseen="it holds nothing"),
    # Around calls that were erased.
    Case(
        "a tombstone",
        all_of_it(erased, sql(TODAY, "DELETE FROM tombstones")),
        "older copy|missing",
    ),
    Case(
        "the digest in a tombstone",
        all_of_it(erased, sql(TODAY, "UPDATE tombstones SET digest = x'00'")),
        "the tombstone of call",
        anchor_finds="the calls differ from the anchor",
    ),
    Case(
        "a call that is said to be erased",
        lambda folder, _: buried(folder, without_key),
        "the tombstone of call",
    ),
    Case(
        "a call that is said to be erased, with the key",
        lambda folder, _: buried(folder, with_key),
        "calls were erased that the ledger knows nothing of",
    ),
    Case(
        "a day from before an erasure",
        all_of_it(erased, replaced(TODAY, lambda log: log.whole)),
        "older copy",
    ),
    Case(
        "a file that was being made",
        lambda folder, _: (folder / "2040-01-01.sqlite.new").write_bytes(b"x"),
        unseen="it is no day yet",
    ),
)


@pytest.mark.parametrize("case", each(CASES, every=2), ids=lambda case: case.what)
def test_tampering_is_named_or_it_is_known_why_not(log: Log, tmp_path: Path, case: Case) -> None:
    """Whatever is removed, exchanged or changed in the folder of calls."""
    folder = tmp_path / "calls"
    shutil.copytree(log.whole, folder)
    case.tamper(folder, log)
    problems = verify(folder).problems
    assert bool(case.finds) != bool(case.unseen), "a row says one of the two"
    if case.finds:
        assert any(re.search(case.finds, problem) for problem in problems), problems
    else:
        assert problems == ()
    with_anchor = verify(folder, anchor=parse_anchor(log.anchor)).problems
    assert bool(with_anchor) == bool(problems or case.anchor_finds)
    assert any(re.search(case.anchor_finds, one) for one in with_anchor) or not with_anchor


def test_there_are_sixty_kinds(log: Log) -> None:
    """And their names differ."""
    assert len({case.what for case in CASES}) == len(CASES) >= 60
    assert verify(log.whole, anchor=parse_anchor(log.anchor)).problems == ()
