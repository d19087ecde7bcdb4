"""The files of days that are open for writing. For the writer's thread."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadwire.clock import Clock
from leadwire.dates import DAY_MS, day_of
from leadwire.errors import SetupError
from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.days import DayFolder, file_number
from leadwire.stores.sqlite.proof import Proof
from leadwire.stores.sqlite.schema import flush_log, last_sequence
from leadwire.stores.sqlite.sealer import Sealer

_OPEN_DAYS_MAX: Final = 4

Connect = Callable[[Path], sqlite3.Connection]


@dataclass(slots=True)
class OpenDay:
    """The writing connection of one day, with cached facts about its file."""

    day: str
    path: Path
    file: int | None
    """The ``file_number`` of the connection's file."""
    connection: sqlite3.Connection
    chain: DayChain
    known: Sealer | None = None
    """Counts of the rows and blocks in the file; None if they must be read again."""

    @property
    def is_in_place(self) -> bool:
        """Whether the path still leads to the file that is open."""
        return file_number(self.path) == self.file

    def sealer(self) -> Sealer:
        """The counts of the file, read if necessary. Raises sqlite3.Error."""
        if self.known is None:
            self.known = Sealer(self.connection, self.chain)
        return self.known


class OpenDays:
    """Opens a day at its first write. Owns every writing connection."""

    def __init__(self, folder: DayFolder, proof: Proof, *, clock: Clock, connect: Connect) -> None:
        self._folder = folder
        self._proof = proof
        self._clock = clock
        self._connect = connect
        self._open: dict[str, OpenDay] = {}

    def __iter__(self) -> Iterator[OpenDay]:
        """The days that are open; they may be closed meanwhile."""
        return iter(list(self._open.values()))

    def get(self, day: str) -> OpenDay:
        """Get a day. Opens it if necessary, and creates a missing file.

        Raises sqlite3.Error, OSError, and SetupError if the file is unusable.
        """
        found = self._open.get(day)
        return self._opened(day) if found is None else found

    def find(self, day: str) -> OpenDay | None:
        """The day if it is open."""
        return self._open.get(day)

    def close(self, day: str) -> None:
        """Close the day's file, if it is open."""
        found = self._open.pop(day, None)
        if found is None:
            return
        found.known = None
        # Closing moves the log into the file, so flush the log first.
        with contextlib.suppress(OSError):
            flush_log(found.path)
        with contextlib.suppress(sqlite3.Error):
            found.connection.close()

    def close_all_but(self, kept: Sequence[str] = ()) -> None:
        for day in [day for day in self._open if day not in kept]:
            self.close(day)

    def finish_removing(self) -> None:
        """Unlink the files of days that the ledger lists as pruned.

        After a kill between the note and the unlinking, the next start finishes it.
        """
        days = self._proof.ledger.to_remove
        if not days:
            return
        # Flush the ledger's name first. Without it, these days would count as missing.
        self._folder.sync()
        for day in days:
            self._folder.remove(day)
        self._folder.sync()
        self._proof.note_pruned()

    def _opened(self, day: str) -> OpenDay:
        if len(self._open) >= _OPEN_DAYS_MAX:
            now_ms = self._clock.now_ms()
            self.close_all_but((day_of(now_ms), day_of(now_ms - DAY_MS)))
        if day in self._proof.ledger.to_remove:
            self.finish_removing()
        path = self._folder.path(day)
        flush_log(path)
        connection = self._connect(path)
        try:
            # A call in a file whose name is not on the disk would not be durable.
            self._folder.sync()
            self._note_day(day, connection)
            chain = self._proof.chain.of_day(day)
            opened = OpenDay(day, path, file_number(path), connection, chain)
            opened.sealer()
        except BaseException:
            connection.close()
            raise
        self._open[day] = opened
        return opened

    def _note_day(self, day: str, connection: sqlite3.Connection) -> None:
        """Note the day in the ledger before its first call. Raises SetupError if it has calls."""
        if day in self._proof.ledger.days:
            return
        if last_sequence(connection):
            raise SetupError(
                f"{self._folder.path(day)} does not belong to this log: the ledger has no such "
                "day. The file was renamed, or comes from another log: move it away."
            )
        self._proof.note_day(day)
