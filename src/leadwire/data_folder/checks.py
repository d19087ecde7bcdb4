"""The faults of a data folder, one sentence each.

``serve``, ``doctor`` and the other commands all use ``problems``, so they print the same sentences.
Nothing here changes the folder.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from leadwire.database.mark import Mark, opened_to_check, read_mark
from leadwire.database.places import Place
from leadwire.disk import RESTORE_HINT, read_key
from leadwire.errors import SetupError
from leadwire.folder_identity import (
    ACCESS_NAME,
    CALLS_FOLDER,
    CRM_NAME,
    FILES_FOLDER,
    IDENTITY_NAME,
    MARKER_NAME,
    PEPPER_NAME,
    PERSONAL_KEY_NAME,
    Identity,
    fingerprint,
    names_in,
    read_identity,
)
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.proof import PROOF_NAMES, read_proof
from leadwire.stores.sqlite.schema import day_part, open_readable

ALL_PARTS: Final = (
    PEPPER_NAME,
    PERSONAL_KEY_NAME,
    ACCESS_NAME,
    CRM_NAME,
    CALLS_FOLDER,
    FILES_FOLDER,
)
ACCESS_PARTS: Final = (PEPPER_NAME, ACCESS_NAME)
CALLS_PARTS: Final = (PERSONAL_KEY_NAME, CALLS_FOLDER)
DATABASES: Final = frozenset({ACCESS_NAME, CRM_NAME})
FOLDER_PARTS: Final = tuple(name for name in ALL_PARTS if name not in DATABASES)
"""The parts of a folder whose databases are on a server."""
_UNFINISHED: Final = {
    "making": "The first start on {folder} did not finish. Run 'leadwire serve --data "
    "{folder}' or 'leadwire init --data {folder}' to finish it.",
    "restoring": "The restore into {folder} did not finish. Run 'leadwire restore BACKUP "
    "--data {folder}' again.",
}
_ELSEWHERE: Final = {
    "server": "The leads, users and keys of {folder} are in a PostgreSQL database. Set "
    "LEADWIRE_DATABASE_URL to its address, or database_url in the settings file.",
    "folder": "The leads, users and keys of {folder} are in its files, and not in the database of "
    "LEADWIRE_DATABASE_URL. Run 'leadwire db copy --to-database --data {folder}', or unset it.",
}
"""By where the databases of the folder are, when the settings say otherwise."""
_OTHERS: Final = 0o077
_FIX: Final = f"put a good copy back, or {RESTORE_HINT}"
_NAME_ANOTHER: Final = "name another data folder with --data"
_FIX_ACCESS: Final = "run leadwire as its owner, or change its owner, its mode or the mount"
_FIX_FOREIGN: Final = f"put this folder's own file back, or {RESTORE_HINT}"
_FIX_DAY: Final = f"put a good copy back, move it away to serve the other days, or {RESTORE_HINT}"


class Problem(NamedTuple):
    part: str
    """Path in the folder; empty for the folder itself."""
    text: str
    """A sentence: what is wrong, where, and what to do."""


def open_data_folder(place: Place, parts: Sequence[str] = ALL_PARTS) -> Identity:
    """Check the folder and the given *parts*. Raises SetupError with the first fault."""
    for problem in problems(place, parts):
        raise SetupError(problem.text)
    return read_identity(place.folder)


def problems(place: Place, parts: Sequence[str] = ALL_PARTS) -> Iterator[Problem]:
    """The faults of the folder and the given *parts*. Stops at a fault that hides others.

    Checks the marks of the days only if all parts are requested.
    """
    is_whole = set(parts) >= {*FOLDER_PARTS}
    folder = place.folder
    identity = _identity_of(folder, to_write=is_whole)
    if isinstance(identity, str):
        yield Problem("", identity)
        return
    if {*parts} & DATABASES and place.on_server != (identity.databases == "server"):
        yield Problem("", _ELSEWHERE[identity.databases].format(folder=folder))
        return
    wrong = set()
    for name in parts:
        if place.on_server and name in DATABASES:
            continue
        path = place.part(name)
        if name in (PEPPER_NAME, PERSONAL_KEY_NAME):
            found = _key_problem(path, identity)
        elif name in (CALLS_FOLDER, FILES_FOLDER):
            # The database knows the mark of files that several servers share.
            is_shared = place.shared_folder is not None and place.on_server
            mark = None if is_shared and name == FILES_FOLDER else identity.folder_id
            found = _marked_folder_problem(path, mark, to_write=is_whole)
        else:
            found = _database_problem(path, identity)
        if found:
            wrong.add(name)
            yield Problem(name, found)
    if is_whole and CALLS_FOLDER not in wrong:
        yield from _log_problems(folder / CALLS_FOLDER, identity)


def _log_problems(folder: Path, identity: Identity) -> Iterator[Problem]:
    """The faults of the calls folder: its proof files and its days."""
    found = [
        Problem(f"{CALLS_FOLDER}/{name}", problem)
        for name in PROOF_NAMES
        if (problem := _file_problem(folder / name, _FIX, to_write=True))
    ]
    yield from found
    if not found:
        try:
            read_proof(folder)
        except SetupError as error:
            yield Problem(CALLS_FOLDER, str(error))
    days = DayFolder(folder)
    for path in map(days.path, reversed(days.days())):
        if problem := _day_problem(path, identity):
            yield Problem(day_part(path), problem)


def is_new(folder: Path) -> bool:
    """Whether nothing exists yet, so that a data folder may be made."""
    if not os.path.lexists(folder):
        return True
    try:
        # A start that was killed early may leave only the second.
        return not names_in(folder) - {f"{IDENTITY_NAME}.new"}
    except OSError:
        return False  # something exists, but cannot be read


def has_databases_on_server(folder: Path) -> bool:
    """Whether ``folder.json`` says so; False if it cannot be read."""
    try:
        return read_identity(folder).databases == "server"
    except (OSError, SetupError):
        return False


def unreadable_pages(path: Path) -> str | None:
    """Read every page of a day's file and return the fault, if any. Slow: reads all bytes."""
    try:
        with closing(open_readable(path)) as connection:
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, SetupError) as error:
        return f"{path} is damaged ({_one_line(str(error))}): {_FIX_DAY}."
    return None if verdict == "ok" else f"{path} is damaged ({_one_line(verdict)}): {_FIX_DAY}."


def open_to_others(folder: Path) -> list[Path]:
    """The paths that other users of the machine can read or reach."""
    paths = [folder, *_children(folder), *_children(folder / CALLS_FOLDER)]
    return [path for path in paths if _mode(path) & _OTHERS]


def _day_problem(path: Path, identity: Identity) -> str | None:
    if problem := _file_problem(path, _FIX_DAY, to_write=True):
        return problem
    try:
        with closing(open_readable(path)) as connection:
            mark = read_mark(connection)
    except sqlite3.Error as error:
        return f"{path} is damaged ({_one_line(str(error))}): {_FIX_DAY}."
    except SetupError as error:
        return str(error)
    expected = Mark(identity.folder_id, day_part(path))
    return None if mark == expected else _foreign(path, mark, identity)


def _identity_of(folder: Path, *, to_write: bool) -> Identity | str:
    """The folder's identity, or a fault of the folder as a whole."""
    if not os.path.lexists(folder):
        return f"There is no data folder {folder}. Make one with 'leadwire init --data {folder}'."
    if problem := _kind_problem(folder, _NAME_ANOTHER, is_folder=True, to_write=to_write):
        return problem
    path = folder / IDENTITY_NAME
    if not os.path.lexists(path):
        return _without_identity(folder)
    if problem := _file_problem(path, _FIX, to_write=to_write):
        return problem
    try:
        identity = read_identity(folder)
    except SetupError as error:
        return str(error)
    return _UNFINISHED.get(identity.state, "").format(folder=folder) or identity


def _without_identity(folder: Path) -> str:
    names = names_in(folder)
    if not names:
        return f"{folder} is empty. Make it a data folder with 'leadwire init --data {folder}'."
    if names.isdisjoint(ALL_PARTS):
        return f"{folder} holds other files. Choose an empty or absent folder."
    return f"{folder / IDENTITY_NAME} is missing: {_FIX}."


def _key_problem(path: Path, identity: Identity) -> str | None:
    noted = identity.keys.get(path.name)
    is_personal = path.name == PERSONAL_KEY_NAME
    if noted is None and is_personal:
        return None  # made when it is first needed
    remove = f", or remove it from {IDENTITY_NAME} to give it up for good"
    fix = f"{_FIX}{remove if is_personal else ''}"
    if problem := _file_problem(path, fix, to_write=False):
        return problem
    try:
        key = read_key(path)
    except SetupError as error:
        return str(error)
    if fingerprint(key) != noted:
        return f"{path} is not the key of this data folder: {_FIX_FOREIGN}."
    return None


def _marked_folder_problem(path: Path, mark: str | None, *, to_write: bool) -> str | None:
    """With the *mark* None, any will do."""
    if problem := _kind_problem(path, _FIX, is_folder=True, to_write=to_write):
        return problem
    marker = path / MARKER_NAME
    if not os.path.lexists(marker):
        state = f"does not hold {MARKER_NAME}" if names_in(path) else "is empty"
        return f"{path} {state}: {_FIX}."
    if problem := _file_problem(marker, _FIX, to_write=False):
        return problem
    if mark is not None and marker.read_bytes().strip() != mark.encode():
        return f"{path} belongs to another data folder: {_FIX_FOREIGN}."
    return None


def _database_problem(path: Path, identity: Identity) -> str | None:
    """Reads every page, but not the rows."""
    if problem := _file_problem(path, _FIX, to_write=True):
        return problem
    try:
        with opened_to_check(path) as connection:
            mark = read_mark(connection)
            if mark != (identity.folder_id, path.name):
                return _foreign(path, mark, identity)
            if newer := _newer(path, connection):
                return newer
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    return None if verdict == "ok" else f"{path} is damaged ({_one_line(verdict)}): {_FIX}."


def _newer(path: Path, connection: sqlite3.Connection) -> str | None:
    # Imported here: the tables need SQLAlchemy, which loads more slowly than most commands run.
    from leadwire.access.tables import SCHEMA as ACCESS  # noqa: PLC0415
    from leadwire.crm.tables import SCHEMA as CRM  # noqa: PLC0415
    from leadwire.database.migrate import Version, newer_version  # noqa: PLC0415

    schema = ACCESS if path.name == ACCESS_NAME else CRM
    wanted = f"SELECT version_num, readable_since FROM {schema.version_table}"  # noqa: S608  # our own name
    return newer_version(path, Version(*connection.execute(wanted).fetchone()), schema)


def _foreign(path: Path, mark: Mark | None, identity: Identity) -> str:
    if mark is None:
        return f"{path} has no data folder mark: {_FIX_FOREIGN}."
    if mark.folder_id != identity.folder_id:
        return f"{path} belongs to another data folder: {_FIX_FOREIGN}."
    return f"{path} is this folder's {mark.part} under another name: {_FIX_FOREIGN}."


def _file_problem(path: Path, fix: str, *, to_write: bool) -> str | None:
    """The fault of *path*; None for a usable file that is not empty."""
    problem = _kind_problem(path, fix, is_folder=False, to_write=to_write)
    if problem is None and path.stat().st_size == 0:
        return f"{path} is empty: {fix}."
    return problem


def _kind_problem(path: Path, fix: str, *, is_folder: bool, to_write: bool) -> str | None:
    """Whether *path* is missing, has the wrong type, or is not accessible to this user."""
    try:
        info = path.stat()
    except FileNotFoundError:
        state = f"a link to {path.readlink()}, which is missing" if path.is_symlink() else "missing"
        return f"{path} is {state}: {fix}."
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}): {_FIX_ACCESS}."
    if is_folder != stat.S_ISDIR(info.st_mode):
        return f"{path} should be a {'folder' if is_folder else 'file'}, and is not: {fix}."
    for wanted, verb in _uses(is_folder=is_folder, to_write=to_write):
        if not os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids):
            owned = f"its owner is {info.st_uid}, its mode {info.st_mode & 0o777:04o}"
            return f"{path} cannot be {verb} by user {os.geteuid()} ({owned}): {_FIX_ACCESS}."
    return None


def _uses(*, is_folder: bool, to_write: bool) -> Iterator[tuple[int, str]]:
    yield os.R_OK | (os.X_OK if is_folder else 0), "read"
    if to_write:
        yield os.W_OK, "written"


def _children(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in sorted(names_in(folder))]
    except OSError:
        return []


def _mode(path: Path) -> int:
    """0 if the file was removed meanwhile."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
