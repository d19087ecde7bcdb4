"""The folder of the embedded store: a file per UTC day, and what must outlive the pruned ones."""

import fcntl
import re
from pathlib import Path
from typing import Final

import msgspec

from leadwire.calls.stores.sqlite.schema import NEW_SUFFIX
from leadwire.database.mark import make_empty_file
from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.durable import replace_file, sync_folder
from leadwire.errors import SetupError

_DAY_FILE: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.sqlite", re.ASCII)
_SIDECARS: Final = ("-wal", "-shm")
_NAME_CHARACTERS: Final = len("yyyy-mm-dd.sqlite")


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What must outlive the days that were removed: no sequence is given twice, or missed."""

    last_sequence: int
    sequences: list[tuple[int, int]]
    """The ranges that were in those days."""
    days: list[str] = []
    """Those of them that may still have a file."""


class DayFolder:
    """Names, lists and removes the files. Holds nothing, so it may be shared by threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, day: str) -> Path:
        return self.folder / f"{day}.sqlite"

    def days(self) -> list[str]:
        """The days that have a file, newest first; none when there is no folder."""
        try:
            names = [path.name for path in self.folder.iterdir()]
        except FileNotFoundError:
            return []
        matches = map(_DAY_FILE.fullmatch, names)
        return sorted((match[1] for match in matches if match), reverse=True)

    def days_between(self, from_ms: int | None, until_ms: int | None) -> list[str]:
        """The days with a file that overlap the range, newest first."""
        first = day_of(from_ms) if from_ms is not None else ""
        last = day_of(until_ms - 1) if until_ms is not None else "~"
        return [day for day in self.days() if first <= day <= last]

    def days_before(self, before_ms: int) -> list[str]:
        """The days with a file that ended at or before *before_ms*, oldest first."""
        return [day for day in reversed(self.days()) if parse_date(day) + DAY_MS <= before_ms]

    def remove(self, day: str) -> None:
        """Unlink the day. The main file goes first: without it, no reader looks for the rest."""
        path = self.path(day)
        path.unlink(missing_ok=True)
        for suffix in _SIDECARS:
            path.with_name(path.name + suffix).unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Unlink what belongs to no day any more: a process may be killed between two unlinks."""
        days = {self.path(day).name for day in self.days()}
        for path in self.folder.glob("*.sqlite*"):
            name, suffix = path.name[:_NAME_CHARACTERS], path.name[_NAME_CHARACTERS:]
            is_orphan = suffix in _SIDECARS and name not in days
            if _DAY_FILE.fullmatch(name) and (is_orphan or suffix == NEW_SUFFIX):
                path.unlink(missing_ok=True)

    def pruned(self) -> Pruned:
        """What is known of the days that were removed."""
        try:
            return msgspec.json.decode(self._pruned_path().read_bytes(), type=Pruned)
        except FileNotFoundError:
            return Pruned(last_sequence=0, sequences=[])
        except msgspec.MsgspecError as error:
            raise SetupError(f"{self._pruned_path().name} cannot be read: {error}") from None

    def remember_pruned(self, pruned: Pruned) -> None:
        """Write it durably, which must come before the days are removed."""
        replace_file(self._pruned_path(), msgspec.json.encode(pruned))

    def sync(self) -> None:
        """Make the folder's names durable."""
        sync_folder(self.folder)

    def _pruned_path(self) -> Path:
        return self.folder / "pruned.json"


def file_number(path: Path) -> int | None:
    """The inode: not given to another file while this one is held open. None without a file.

    A day that was pruned can be written anew, in another file of the same name: a connection to
    the old one would never show what is in the new one.
    """
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


class WriterLock:
    """Holds the folder for one writing process. Raises SetupError when another one has it."""

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
