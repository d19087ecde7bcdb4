"""A disk that fails, dies and forgets: what a folder's files would be after a crash.

It follows everything that changes the files of one folder, SQLite's as well as Python's own, one
event after another. At any event the process may be killed (all it wrote is there) or the power
may go: then of what was not flushed any part may be there, and of names that were given or taken
away since the folder was flushed, too.
"""

import errno
import os
import random  # noqa: TID251  # a replayable simulation
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from sim import vfs

_SECTOR_BYTES: Final = 512
_LOCK_NAME: Final = "writer.lock"
_MEMORY_SUFFIX: Final = "-shm"

_SQLITE_ERRORS: Final = {
    "open": vfs.CANNOT_OPEN,
    "write": vfs.IO_ERROR_ON_WRITE,
    "truncate": vfs.IO_ERROR_ON_TRUNCATE,
    "sync": vfs.IO_ERROR_ON_SYNC,
    "delete": vfs.IO_ERROR_ON_DELETE,
}


class Fault(NamedTuple):
    """What fails from now on, until it is taken away."""

    kinds: frozenset[str]
    """Of open, write, truncate, sync, delete."""
    number: int
    """An ``errno``."""


FULL_DISK: Final = Fault(frozenset({"write", "open"}), errno.ENOSPC)
BAD_WRITES: Final = Fault(frozenset({"write", "truncate"}), errno.EIO)
BAD_FLUSHES: Final = Fault(frozenset({"sync"}), errno.EIO)
READ_ONLY: Final = Fault(frozenset({"open", "write", "truncate", "delete"}), errno.EROFS)
FAULTS: Final = (FULL_DISK, BAD_WRITES, BAD_FLUSHES, READ_ONLY)


class _File:
    """A file apart from its names: what is on the platter, and what is on its way there."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.is_new = True
        self.pending: list[tuple[int, bytes] | int] = []
        """Writes (offset, data) and new sizes since the last flush, in order."""

    def flush(self) -> None:
        for change in self.pending:
            _apply(self.kept, change)
        self.pending.clear()

    def after_power_loss(self, chance: random.Random) -> bytes:
        """One of the things that may be read back."""
        content = bytearray(self.kept)
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        for change in self.pending:
            for piece in _pieces(change):
                if chance.random() < share:
                    _apply(content, piece)
        return bytes(content)


class Disk:
    """Watches *folder*. Deterministic by *chance*, if the program under test is."""

    def __init__(self, folder: Path, *, chance: random.Random) -> None:
        self.folder = folder
        self.events = 0
        self.fault: Fault | None = None
        self.failures = 0
        """How often a fault was felt."""
        self.is_dead = False
        """After ``die``: nothing changes any more, and everything fails."""
        self.at_event: Callable[[int], None] = lambda _: None
        """Called before each event with its number; may set a fault, or let the disk die."""
        self.trace: list[str] = []
        self._chance = chance
        self._names: dict[str, _File] = {}
        self._kept_names: dict[str, _File] = {}
        self._renamed: list[dict[str, _File]] = []
        """The names after each change since the folder was flushed."""
        for path in folder.iterdir():
            if _is_followed(path.name):
                file = self._names[path.name] = _File()
                file.kept = bytearray(path.read_bytes())
        self._kept_names = dict(self._names)

    def die(self) -> None:
        self.is_dead = True

    def image_after_kill(self, folder: Path) -> Path:
        """The files as another process finds them now."""
        folder.mkdir()
        for path in self.folder.iterdir():
            # A killed process leaves the index of its WAL behind, in whatever state it was.
            if _is_followed(path.name) or (
                path.name.endswith(_MEMORY_SUFFIX) and self._chance.random() < 0.5
            ):
                shutil.copyfile(path, folder / path.name)
        return folder

    def image_after_power_loss(self, folder: Path) -> Path:
        """The files as they may be found when the machine comes up again."""
        folder.mkdir()
        names = self._chance.choice([self._kept_names, *self._renamed])
        for name, file in names.items():
            (folder / name).write_bytes(file.after_power_loss(self._chance))
        return folder

    # What SQLite does.

    def opened(self, path: str, *, may_create: bool) -> int:
        name = self._name(path)
        if name is None or not may_create or Path(path).exists():
            return vfs.OK
        if error := self._event("open", name):
            return error
        self._rename({**self._names, name: _File()})
        return vfs.OK

    def written(self, path: str, offset: int, data: bytes) -> int:
        name = self._name(path)
        if name is None:
            return vfs.OK
        error = self._event("write", name)
        if not error:
            self._names[name].pending.append((offset, data))
        elif not self.is_dead and self.fault is FULL_DISK:
            self._write_in_part(name, offset, data)
        return error

    def truncated(self, path: str, size: int) -> int:
        name = self._name(path)
        if name is None:
            return vfs.OK
        error = self._event("truncate", name)
        if not error:
            self._names[name].pending.append(size)
        return error

    def synced(self, path: str) -> int:
        name = self._name(path)
        if name is None:
            return vfs.OK
        error = self._event("sync", name)
        file = self._names[name]
        if not error:
            file.flush()
            if name.endswith(("-wal", "-journal")) and file.is_new:
                self._flush_names()  # the system's VFS flushes the folder of a new journal, too
            file.is_new = False
        elif not self.is_dead and self._chance.random() < 0.5:
            # Linux may forget that what it could not write was never written.
            file.pending.clear()
        return error

    def deleted(self, path: str, *, folder_synced: bool) -> int:
        name = self._name(path)
        if name is None:
            return vfs.OK
        error = self._event("delete", name)
        if not error:
            self._rename({key: file for key, file in self._names.items() if key != name})
            if folder_synced:
                self._flush_names()
        return error

    # What Python does.

    @contextmanager
    def mounted(self) -> Iterator[None]:
        """While it lasts, SQLite's and Python's changes go this way."""
        with pytest.MonkeyPatch.context() as patch, vfs.watched(self):
            for name in ("fsync", "replace", "unlink", "link", "pwrite"):
                patch.setattr(os, name, _guarded(getattr(self, f"_{name}"), getattr(os, name)))
            yield

    def _fsync(self, descriptor: int) -> None:
        number = os.fstat(descriptor).st_ino
        if number == self.folder.stat().st_ino:
            self._python_event("sync", ".")
            self._flush_names()
            return
        for path in self.folder.iterdir():
            if path.stat().st_ino == number:
                self._python_event("sync", path.name)
                file = self._names.get(path.name)
                if file is None:
                    file = _File()
                    self._rename({**self._names, path.name: file})
                file.kept = bytearray(path.read_bytes())
                file.pending.clear()

    def _pwrite(self, descriptor: int, data: bytes, offset: int) -> None:
        number = os.fstat(descriptor).st_ino
        for path in self.folder.iterdir():
            if path.stat().st_ino == number:
                self._python_event("write", path.name)
                self._names[path.name].pending.append((offset, data))

    def _link(self, source: Path, target: Path) -> None:
        if self._name(source) is not None:
            self._python_event("open", Path(target).name)
            self._rename({**self._names, Path(target).name: self._names[Path(source).name]})

    def _replace(self, source: Path, target: Path) -> None:
        if self._name(source) is not None:
            self._python_event("open", Path(target).name)
            file = self._names[Path(source).name]
            names = {key: one for key, one in self._names.items() if key != Path(source).name}
            self._rename({**names, Path(target).name: file})

    def _unlink(self, path: Path) -> None:
        name = self._name(path)
        if name is not None and Path(path).exists():
            self._python_event("delete", name)
            self._rename({key: file for key, file in self._names.items() if key != name})

    def _python_event(self, kind: str, name: str) -> None:
        if self._event(kind, name):
            number = self.fault.number if self.fault and not self.is_dead else errno.EIO
            raise OSError(number, os.strerror(number), name)

    # Both.

    def _event(self, kind: str, name: str) -> int:
        if not self.is_dead:
            self.events += 1
            self.trace.append(f"{kind} {name}")
            self.at_event(self.events)
        if self.is_dead:
            return _SQLITE_ERRORS[kind]
        if self.fault is None or kind not in self.fault.kinds:
            return vfs.OK
        self.failures += 1
        return vfs.DISK_FULL if self.fault.number == errno.ENOSPC else _SQLITE_ERRORS[kind]

    def _name(self, path: str | Path) -> str | None:
        """The name of a file that is followed."""
        place = Path(path)
        return place.name if place.parent == self.folder and _is_followed(place.name) else None

    def _rename(self, names: dict[str, _File]) -> None:
        self._names = names
        self._renamed.append(names)

    def _flush_names(self) -> None:
        self._kept_names = self._names
        self._renamed.clear()

    def _write_in_part(self, name: str, offset: int, data: bytes) -> None:
        """What fits on a disk that is nearly full."""
        part = data[: self._chance.randrange(len(data))]
        with (self.folder / name).open("r+b") as file:
            file.seek(offset)
            file.write(part)
        self._names[name].pending.append((offset, part))


def _guarded(ask: Callable[..., None], do: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  # whatever os takes
        ask(*arguments)
        return None if do.__name__ == "fsync" else do(*arguments, **options)

    return guarded


def _is_followed(name: str) -> bool:
    return name != _LOCK_NAME and not name.endswith(_MEMORY_SUFFIX)


def _apply(content: bytearray, change: tuple[int, bytes] | int) -> None:
    if isinstance(change, int):
        del content[change:]
        content.extend(bytes(change - len(content)))
        return
    offset, data = change
    content.extend(bytes(max(0, offset + len(data) - len(content))))
    content[offset : offset + len(data)] = data


def _pieces(change: tuple[int, bytes] | int) -> Iterator[tuple[int, bytes] | int]:
    """A write as the sectors that may arrive one without another."""
    if isinstance(change, int):
        yield change
        return
    offset, data = change
    start = 0
    while start < len(data):
        end = min(len(data), start + _SECTOR_BYTES - (offset + start) % _SECTOR_BYTES)
        yield offset + start, data[start:end]
        start = end
