"""Which files of a data folder to back up, and whether they changed meanwhile."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from leadwire.database.places import Place
from leadwire.errors import SetupError
from leadwire.folder_identity import (
    CALLS_FOLDER,
    CRM_NAME,
    FILES_FOLDER,
    IDENTITY_NAME,
    SHARED_NAMES,
)
from leadwire.stores.sqlite.end_mark import NAME as END_MARK_NAME

DATABASE_SUFFIX: Final = ".sqlite"
SHIPPED_NAME: Final = "shipped"
_LEFT_OUT: Final = ("-wal", "-shm", "-journal", ".partial", ".new", ".lock", ".notes")
"""Side files of SQLite or a process, and incomplete files. Notes are of calls under way."""
_PARTIAL: Final = "partial-"
_TICK_SECONDS: Final = 0.02
"""Longer than a file system's time step: two writes in one step look the same."""

_RUNNING_NOTES: Final = (END_MARK_NAME, SHIPPED_NAME)


def top_files(place: Place) -> list[Path]:
    """The files at the top: first the CRM, then the folder's identity, and the keys it names."""
    names = {path.name for path in place.folder.iterdir()} | {*SHARED_NAMES}
    files = [path for path in map(place.part, sorted(names)) if _belongs(path)]
    return sorted(files, key=lambda path: (path.name != CRM_NAME, path.name != IDENTITY_NAME))


def kept_files(place: Place) -> Iterator[Path]:
    """Uploaded files and their marker. These files never change."""
    folder = place.part(FILES_FOLDER)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and _belongs(path) and not any(p.startswith(_PARTIAL) for p in inside):
            yield path


def call_files(folder: Path) -> list[Path]:
    """The notes of the call log, then its days, oldest first.

    Notes come first because a note never refers to calls that are not in a day yet. The end mark
    comes first of all, because it is never ahead of the other notes.
    """
    files = [path for path in sorted((folder / CALLS_FOLDER).iterdir()) if _belongs(path)]
    return sorted(files, key=lambda path: (is_database(path), path.name != END_MARK_NAME))


def is_running_note(path: Path) -> bool:
    """Whether the note changes with nearly every commit. It may then be older than the days."""
    return path.name in _RUNNING_NOTES


def is_database(path: Path) -> bool:
    return path.suffix == DATABASE_SUFFIX


def refuse_nesting(one: Path, other: Path) -> None:
    """Raises SetupError if one folder contains the other."""
    first, second = one.resolve(), other.resolve()
    if first.is_relative_to(second) or second.is_relative_to(first):
        raise SetupError(f"One of {one} and {other} contains the other. Choose another folder.")


def looks(paths: Iterable[Path]) -> dict[Path, str]:
    """The state of each file on its disk. Any later write changes it.

    Empty for a file that is being written now.
    """
    before = dict(_looks(paths))
    time.sleep(_TICK_SECONDS)
    return {path: look if look == before.get(path) else "" for path, look in _looks(before)}


def _looks(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        try:
            look = _look(path)
        except FileNotFoundError:
            continue
        yield path, look


def _look(path: Path) -> str:
    main = path.stat()
    look = f"{main.st_ino}:{main.st_size}:{main.st_mtime_ns}"
    if not is_database(path):
        return look
    try:
        log = path.with_name(f"{path.name}-wal").stat()
    except FileNotFoundError:
        return look
    return f"{look}:{log.st_size}:{log.st_mtime_ns}" if log.st_size else look


def _belongs(path: Path) -> bool:
    return path.is_file() and not path.name.endswith(_LEFT_OUT)
