"""A commit of the CRM's database that failed: whoever was told so never finds it made."""

import asyncio
import random  # noqa: TID251  # a replayable fault
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sim import vfs
from sim.disk import BAD_FLUSHES, BAD_WRITES, FULL_DISK, READ_ONLY, Disk, Fault
from sqlalchemy import Connection
from support import LoopThread

from leadwire.database.sqlite import SqliteDatabase
from leadwire.database.writer import WriteFailed, Writer

pytestmark = pytest.mark.skipif(not vfs.is_possible(), reason="SQLite is linked statically")

Work = Callable[[Connection], None]
_FAULTS = {
    "full": FULL_DISK,
    "bad writes": BAD_WRITES,
    "bad flushes": BAD_FLUSHES,
    "read-only": READ_ONLY,
}
_LONG = "x" * 30_000
"""Many pages, so that what is committed in its place is shorter."""


def put(name: str, text: str = "") -> Work:
    return lambda connection: connection.exec_driver_sql(
        "INSERT INTO kept VALUES (?, ?)", (name, text)
    ).close()


def kept(path: Path) -> list[str]:
    """As another process finds it: whole, too."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [name for (name,) in connection.execute("SELECT name FROM kept ORDER BY rowid")]


class Commits:
    """A writer on a disk that a test decides about."""

    def __init__(self, loop: LoopThread, disk: Disk) -> None:
        self._loop = loop
        self._disk = disk
        self._images = 0
        with closing(sqlite3.connect(disk.folder / "crm.sqlite")) as new:
            new.execute("PRAGMA journal_mode = WAL")
        database = SqliteDatabase(disk.folder / "crm.sqlite")
        engine = database.alone()
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE kept (name TEXT, text TEXT)")
            connection.commit()
        engine.dispose()
        self._writer = loop.run(self._open(database))

    async def _open(self, database: SqliteDatabase) -> Writer:
        return Writer(database.group_writer("accounts"), name="test")

    def run(self, *work: Work) -> list[object]:
        """What became of units that are committed together: None, or the exception."""

        async def together() -> list[object]:
            futures = [self._writer.run(one) for one in work]
            return await asyncio.gather(*futures, return_exceptions=True)

        return self._loop.run(together())

    def after_kill(self) -> list[str]:
        return kept(self._disk.image_after_kill(self._image()) / "crm.sqlite")

    def after_power_loss(self) -> list[str]:
        return kept(self._disk.image_after_power_loss(self._image()) / "crm.sqlite")

    def close(self) -> None:
        self._writer.close()

    def _image(self) -> Path:
        self._images += 1
        return self._disk.folder.with_name(f"image-{self._images}")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS.keys())
def test_a_change_that_was_refused_is_not_found_after_a_kill(
    loop_thread: LoopThread, tmp_path: Path, fault: Fault, seed: int
) -> None:
    """Its pages may be in the log, and only the flush failed: something else stands in their
    place before anybody is told. What is committed later is found, and the power may go, too."""
    folder = tmp_path / "data"
    folder.mkdir()
    disk = Disk(folder, chance=random.Random(seed))  # noqa: S311
    with disk.mounted(), closing(Commits(loop_thread, disk)) as commits:
        assert commits.run(put("first", _LONG)) == [None]
        disk.fault = fault
        for _ in range(2):
            failed = commits.run(put("refused", _LONG), put("refused, too"))
            assert all(isinstance(one, WriteFailed) for one in failed)
            assert commits.after_kill() == ["first"]
        disk.fault = None
        assert commits.run(put("last")) == [None]
        assert commits.after_kill() == ["first", "last"]
        assert commits.after_power_loss() == ["first", "last"]
    assert kept(folder / "crm.sqlite") == ["first", "last"]


@pytest.mark.parametrize("seed", range(5))
def test_a_flush_that_failed_once_leaves_nothing_even_when_the_power_goes(
    loop_thread: LoopThread, tmp_path: Path, seed: int
) -> None:
    """What stands in the place of the refused change was flushed before its caller was told."""
    folder = tmp_path / "data"
    folder.mkdir()
    disk = Disk(folder, chance=random.Random(seed))  # noqa: S311

    def once(_: int) -> None:
        disk.fault = None if disk.failures else BAD_FLUSHES

    with disk.mounted(), closing(Commits(loop_thread, disk)) as commits:
        assert commits.run(put("first", _LONG)) == [None]
        disk.at_event = once
        [failed] = commits.run(put("refused", _LONG))
        assert isinstance(failed, WriteFailed)
        disk.at_event = lambda _: None
        for _ in range(5):
            assert commits.after_power_loss() == ["first"]
