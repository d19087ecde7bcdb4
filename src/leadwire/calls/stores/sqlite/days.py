"""The folder of the embedded store: a file per UTC day, and what must outlive the pruned ones."""

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from leadwire.dates import DAY_MS, day_of, parse_date
from leadwire.errors import SetupError

_DAY_FILE: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.sqlite", re.ASCII)
_SIDECARS: Final = ("-wal", "-shm")


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

    def sequence_floor(self) -> int:
        """The last sequence of the pruned days; 0 when none was pruned."""
        try:
            return int(self._floor_path().read_text("ascii"))
        except FileNotFoundError:
            return 0
        except ValueError:
            raise SetupError(f"{self._floor_path().name} does not hold a number.") from None

    def raise_sequence_floor(self, sequence: int) -> None:
        """Remember durably that sequences up to *sequence* were given, before days are removed."""
        if sequence <= self.sequence_floor():
            return
        written = self._floor_path().with_suffix(".new")
        with written.open("w", encoding="ascii") as file:
            file.write(str(sequence))
            file.flush()
            os.fsync(file.fileno())
        written.replace(self._floor_path())
        self.sync()

    def sync(self) -> None:
        """Make the folder's names durable."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _floor_path(self) -> Path:
        return self.folder / "sequence.pruned"


class WriterLock:
    """Holds the folder for one writing process. Raises SetupError when another one has it."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "writer.lock").open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise SetupError(
                f"Another process writes calls to {folder}: one folder has one writer."
            ) from None

    def release(self) -> None:
        self._file.close()
