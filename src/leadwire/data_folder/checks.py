"""What is wrong with a data folder, in one sentence a fault.

``serve``, ``doctor`` and the other commands print the same sentences, since all of them ask
``problems``. Nothing here changes the folder.
"""

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from leadwire.database.mark import Mark, opened_to_check, read_mark
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
_UNFINISHED: Final = {
    "making": "The first start on {folder} did not finish: run 'leadwire serve --data {folder}' or "
    "'leadwire init --data {folder}' to finish it.",
    "restoring": "The restore into {folder} did not finish: run 'leadwire restore BACKUP --data "
    "{folder}' again.",
}
_OTHERS: Final = 0o077
_MEND: Final = f"put it back, or {RESTORE_HINT}"
_NAME_ANOTHER: Final = "name another data folder with --data"
_MAY_NOT: Final = "run leadwire as its owner, or change its owner, its mode or the mount"
_MEND_FOREIGN: Final = f"put this folder's own back, or {RESTORE_HINT}"
_MEND_DAY: Final = f"put it back, move it away to serve the other days, or {RESTORE_HINT}"


class Problem(NamedTuple):
    part: str
    """The path in the folder; empty for the folder itself."""
    text: str
    """A sentence: what is wrong, where, and what to do."""


def open_data_folder(folder: Path, parts: Sequence[str] = ALL_PARTS) -> Identity:
    """Check the folder and those *parts*. Raises SetupError with the first thing that is wrong."""
    for problem in problems(folder, parts):
        raise SetupError(problem.text)
    return read_identity(folder)


def problems(folder: Path, parts: Sequence[str] = ALL_PARTS) -> Iterator[Problem]:
    """What is wrong with the folder and those *parts*. Ends where it hides what is behind it.

    The marks of the days are looked at when all parts are asked for.
    """
    is_whole = parts == ALL_PARTS
    identity = _identity_of(folder, to_write=is_whole)
    if isinstance(identity, str):
        yield Problem("", identity)
        return
    wrong = set()
    for name in parts:
        path = folder / name
        if name in (PEPPER_NAME, PERSONAL_KEY_NAME):
            found = _key_problem(path, identity)
        elif name in (CALLS_FOLDER, FILES_FOLDER):
            found = _marked_folder_problem(path, identity, to_write=is_whole)
        else:
            found = _database_problem(path, identity)
        if found:
            wrong.add(name)
            yield Problem(name, found)
    if is_whole and CALLS_FOLDER not in wrong:
        yield from _log_problems(folder / CALLS_FOLDER, identity)


def _log_problems(folder: Path, identity: Identity) -> Iterator[Problem]:
    """What is wrong with the files of the folder of calls: those that prove it, and the days."""
    found = [
        Problem(f"{CALLS_FOLDER}/{name}", problem)
        for name in PROOF_NAMES
        if (problem := _file_problem(folder / name, _MEND, to_write=True))
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
    """Whether nothing is there yet, so that a data folder may be made."""
    if not os.path.lexists(folder):
        return True
    try:
        # The second is what a start that was killed at once may have left.
        return not names_in(folder) - {f"{IDENTITY_NAME}.new"}
    except OSError:
        return False  # something is there, and cannot be read


def unreadable_pages(path: Path) -> str | None:
    """Read every page of a day's file; what is wrong, in one sentence. Takes as long as reading."""
    try:
        with closing(open_readable(path)) as connection:
            [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, SetupError) as error:
        return f"{path} is damaged ({_one_line(str(error))}): {_MEND_DAY}."
    return None if verdict == "ok" else f"{path} is damaged ({_one_line(verdict)}): {_MEND_DAY}."


def open_to_others(folder: Path) -> list[Path]:
    """What of the folder other users of the machine may read or reach."""
    paths = [folder, *_children(folder), *_children(folder / CALLS_FOLDER)]
    return [path for path in paths if _mode(path) & _OTHERS]


def _day_problem(path: Path, identity: Identity) -> str | None:
    if problem := _file_problem(path, _MEND_DAY, to_write=True):
        return problem
    try:
        with closing(open_readable(path)) as connection:
            mark = read_mark(connection)
    except sqlite3.Error as error:
        return f"{path} is damaged ({_one_line(str(error))}): {_MEND_DAY}."
    except SetupError as error:
        return str(error)
    expected = Mark(identity.folder_id, day_part(path))
    return None if mark == expected else _foreign(path, mark, identity)


def _identity_of(folder: Path, *, to_write: bool) -> Identity | str:
    """What the folder is, or what is wrong with it as a whole."""
    if not os.path.lexists(folder):
        return f"There is no data folder {folder}: 'leadwire init --data {folder}' makes one."
    if problem := _kind_problem(folder, _NAME_ANOTHER, is_folder=True, to_write=to_write):
        return problem
    path = folder / IDENTITY_NAME
    if not os.path.lexists(path):
        return _without_identity(folder)
    if problem := _file_problem(path, _MEND, to_write=to_write):
        return problem
    try:
        identity = read_identity(folder)
    except SetupError as error:
        return str(error)
    return _UNFINISHED.get(identity.state, "").format(folder=folder) or identity


def _without_identity(folder: Path) -> str:
    names = names_in(folder)
    if not names:
        return f"{folder} is empty: 'leadwire init --data {folder}' makes it a data folder."
    if names.isdisjoint(ALL_PARTS):
        return f"{folder} holds other files and no data folder: name an empty or absent folder."
    return f"{folder / IDENTITY_NAME} is missing: {_MEND}."


def _key_problem(path: Path, identity: Identity) -> str | None:
    noted = identity.keys.get(path.name)
    is_personal = path.name == PERSONAL_KEY_NAME
    if noted is None and is_personal:
        return None  # made when it is first asked for
    give_up = f", or remove it from {IDENTITY_NAME} to do without it for ever"
    mend = f"{_MEND}{give_up if is_personal else ''}"
    if problem := _file_problem(path, mend, to_write=False):
        return problem
    try:
        key = read_key(path)
    except SetupError as error:
        return str(error)
    if fingerprint(key) != noted:
        return f"{path} is not the key of this data folder: {_MEND_FOREIGN}."
    return None


def _marked_folder_problem(path: Path, identity: Identity, *, to_write: bool) -> str | None:
    if problem := _kind_problem(path, _MEND, is_folder=True, to_write=to_write):
        return problem
    marker = path / MARKER_NAME
    if not os.path.lexists(marker):
        state = f"does not hold {MARKER_NAME}" if names_in(path) else "is empty"
        return f"{path} {state}: {_MEND}."
    if problem := _file_problem(marker, _MEND, to_write=False):
        return problem
    if marker.read_bytes().strip() != identity.folder_id.encode():
        return f"{path} belongs to another data folder: {_MEND_FOREIGN}."
    return None


def _database_problem(path: Path, identity: Identity) -> str | None:
    """Reads every page, and nothing of what the rows say."""
    if problem := _file_problem(path, _MEND, to_write=True):
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
    return None if verdict == "ok" else f"{path} is damaged ({_one_line(verdict)}): {_MEND}."


def _newer(path: Path, connection: sqlite3.Connection) -> str | None:
    # Only here: the tables need SQLAlchemy, which takes longer to import than many a command.
    from leadwire.access.tables import SCHEMA as ACCESS  # noqa: PLC0415
    from leadwire.crm.tables import SCHEMA as CRM  # noqa: PLC0415
    from leadwire.database.migrate import newer_version  # noqa: PLC0415

    schema = ACCESS if path.name == ACCESS_NAME else CRM
    [version] = connection.execute(f"SELECT version_num FROM {schema.version_table}").fetchone()  # noqa: S608  # our own name
    return newer_version(path, version, schema)


def _foreign(path: Path, mark: Mark | None, identity: Identity) -> str:
    if mark is None:
        return f"{path} carries no mark of a data folder: {_MEND_FOREIGN}."
    if mark.folder_id != identity.folder_id:
        return f"{path} belongs to another data folder: {_MEND_FOREIGN}."
    return f"{path} is this folder's {mark.part} under another name: {_MEND_FOREIGN}."


def _file_problem(path: Path, mend: str, *, to_write: bool) -> str | None:
    """What is wrong with *path*; None for a file with something in it."""
    problem = _kind_problem(path, mend, is_folder=False, to_write=to_write)
    if problem is None and path.stat().st_size == 0:
        return f"{path} is empty: {mend}."
    return problem


def _kind_problem(path: Path, mend: str, *, is_folder: bool, to_write: bool) -> str | None:
    """Whether *path* is missing, is not what it should be, or may not be used by this user."""
    try:
        info = path.stat()
    except FileNotFoundError:
        state = f"a link to {path.readlink()}, which is missing" if path.is_symlink() else "missing"
        return f"{path} is {state}: {mend}."
    except OSError as error:
        return f"{path} cannot be read ({error.strerror}): {_MAY_NOT}."
    if is_folder != stat.S_ISDIR(info.st_mode):
        return f"{path} should be a {'folder' if is_folder else 'file'}, and is not: {mend}."
    for wanted, verb in _uses(is_folder=is_folder, to_write=to_write):
        if not os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids):
            owned = f"its owner is {info.st_uid}, its mode {info.st_mode & 0o777:04o}"
            return f"{path} cannot be {verb} by user {os.geteuid()} ({owned}): {_MAY_NOT}."
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
    """0 for a file that went away meanwhile."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
