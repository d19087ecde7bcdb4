"""The folder of the embedded store: a file per UTC day."""

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from leadwire.database.mark import make_empty_file
from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.disk import sync_folder
from leadwire.errors import SetupError
from leadwire.stores.sqlite import end_mark, ledger
from leadwire.stores.sqlite.ledger import Ledger
from leadwire.stores.sqlite.schema import NEW_SUFFIX

_DAY_FILE: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.sqlite", re.ASCII)
_SIDECARS: Final = ("-wal", "-shm")
_NAME_CHARACTERS: Final = len("yyyy-mm-dd.sqlite")


class DayFolder:
    """Names, lists and removes the files. Holds nothing, so it may be shared by threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, day: str) -> Path:
        return self.folder / f"{day}.sqlite"

    def days(self) -> list[str]:
        """The days with a file, newest first; empty without a folder."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        matches = map(_DAY_FILE.fullmatch, names)
        return sorted((match[1] for match in matches if match), reverse=True)

    def days_between(self, from_ms: int | None, until_ms: int | None) -> list[str]:
        """The days with a file that overlap the range, newest first."""
        first, last = days_of_range(from_ms, until_ms)
        return [day for day in self.days() if first <= day <= last]

    def days_before(self, before_ms: int) -> list[str]:
        """The days with a file that ended at or before *before_ms*, oldest first."""
        return [day for day in reversed(self.days()) if parse_date(day) + DAY_MS <= before_ms]

    def confirmed_ms(self) -> int:
        """The end of the second newest day; 0 if there are fewer than two."""
        newest = self.days()[:2]
        return parse_date(newest[1]) + DAY_MS if len(newest) > 1 else 0

    def size_bytes(self, day: str) -> int:
        """The bytes of a day's file and of its write-ahead log."""
        total, path = 0, self.path(day)
        for suffix in ("", *_SIDECARS):
            with suppress(FileNotFoundError):  # a checkpoint or retention may just remove it
                total += path.with_name(path.name + suffix).stat().st_size
        return total

    def remove(self, day: str) -> None:
        """Unlink the day, main file first: without it, no reader looks for the rest."""
        self.path(day).unlink(missing_ok=True)
        self.remove_sidecars(day)

    def remove_sidecars(self, day: str) -> None:
        """Unlink a day's write-ahead log. Its content must be in the file or not needed."""
        path = self.path(day)
        for suffix in _SIDECARS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Unlink logs without a day: a process may be killed between two unlinks."""
        days = {self.path(day).name for day in self.days()}
        for path in self.folder.glob("*.sqlite*"):
            name, suffix = path.name[:_NAME_CHARACTERS], path.name[_NAME_CHARACTERS:]
            # A log without its day, or a file that was still being created.
            is_orphan = suffix in _SIDECARS and name not in days
            if _DAY_FILE.fullmatch(name) and (is_orphan or suffix.startswith(NEW_SUFFIX)):
                path.unlink(missing_ok=True)

    def is_begun(self) -> bool:
        """Whether a log was ever written here."""
        names = (ledger.NAME, end_mark.NAME)
        return bool(self.days()) or any((self.folder / name).exists() for name in names)

    def ledger(self) -> Ledger:
        """The ledger in the folder; an empty one if no log was begun.

        Raises SetupError when it is missing or cannot be read.
        """
        return ledger.read_ledger(self.folder) if self.is_begun() else Ledger()

    def sync(self) -> None:
        """Flush the folder, so that its file names are durable."""
        sync_folder(self.folder)


def days_of_range(from_ms: int | None, until_ms: int | None) -> tuple[str, str]:
    """The least and the greatest name that a day in the range can have."""
    first = day_of(from_ms) if from_ms is not None else ""
    return first, day_of(until_ms - 1) if until_ms is not None else "~"


def file_number(path: str | Path) -> int | None:
    """The inode, which is not reused while this file is open. None without a file.

    A pruned day can be written again, in a new file of the same name. A connection to the old file
    would never show the new calls.
    """
    try:
        return os.stat(path).st_ino  # noqa: PTH116  # before each commit, so it must be quick
    except FileNotFoundError:
        return None


class WriterLock:
    """Locks the folder for one writing process. Raises SetupError if another process has it."""

    def __init__(self, folder: Path) -> None:
        path = folder / "writer.lock"
        make_empty_file(path)
        self._file = path.open("r+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SetupError(
                f"Another process writes calls to {folder}: one folder has one writer."
            ) from None

    def release(self) -> None:
        self._file.close()
