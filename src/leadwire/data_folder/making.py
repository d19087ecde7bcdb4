"""Making a data folder, and opening it for the process that serves.

A folder is made only where nothing is. ``folder.json`` comes first and says so until every part is
there: a start that was killed in between is completed by the next one.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from leadwire.access.store import AccessStore
from leadwire.access.tables import SCHEMA as ACCESS
from leadwire.clock import Clock, IdSource
from leadwire.crm.store import upgrade_crm_database
from leadwire.crm.tables import SCHEMA as CRM
from leadwire.data_folder.checks import ACCESS_PARTS, is_new, open_data_folder, open_to_others
from leadwire.database.engine import DATABASE_ERRORS, shared_engine, writer_engine
from leadwire.database.migrate import make_database
from leadwire.dates import format_ms
from leadwire.disk import replace_file, sync_folder
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import (
    ACCESS_NAME,
    CALLS_FOLDER,
    CRM_NAME,
    FILES_FOLDER,
    MARKER_NAME,
    PEPPER_NAME,
    Identity,
    folder_key,
    read_identity,
    write_identity,
)
from leadwire.stores.sqlite.proof import begin_log

_OWNER_BITS: Final = 0o700

_log = logging.getLogger("leadwire")


def prepare_data_folder(folder: Path, *, clock: Clock, ids: IdSource) -> Identity:
    """Make the folder where there is none, complete a start that was killed, and check it.

    Databases are brought up to date, and what other users could read is closed to them. To be
    called by the one process that serves. Raises SetupError.
    """
    with usable(folder):
        if is_new(folder) or _is_being_made(folder):
            _make(folder, clock=clock, ids=ids)
        identity = open_data_folder(folder)
        _close_to_others(folder)
        upgrade_crm_database(folder)
    return identity


@contextmanager
def opened_access(folder: Path, *, clock: Clock, ids: IdSource) -> Iterator[AccessStore]:
    """The access store of a folder that was checked, for a block.

    Raises SetupError for what is wrong with the folder, and for what its database refuses.
    """
    open_data_folder(folder, ACCESS_PARTS)
    with usable(folder):
        store = AccessStore(folder, clock=clock, ids=ids)
    try:
        yield store
    except DATABASE_ERRORS as error:
        raise _unusable(folder, _cause(error)) from error
    finally:
        store.close()


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """Raises SetupError, in one sentence, for what the disk or a database refuses in the block."""
    try:
        yield
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    except DATABASE_ERRORS as error:
        raise _unusable(folder, _cause(error)) from error


def _unusable(folder: Path, reason: str) -> SetupError:
    return SetupError(f"The data folder {folder} cannot be used: {reason}.")


def _cause(error: Exception) -> str:
    """What SQLite said, without the statement: that may hold what a caller sent."""
    return str(getattr(error, "orig", None) or error)


def _is_being_made(folder: Path) -> bool:
    try:
        return read_identity(folder).state == "making"
    except (OSError, LeadwireError):
        return False  # the checks say why


def _make(folder: Path, *, clock: Clock, ids: IdSource) -> None:
    """Of two processes that start at once one makes the folder, and the other waits for it."""
    folder.mkdir(mode=_OWNER_BITS, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_new(folder):
            made_at = format_ms(clock.now_ms())
            identity = Identity(folder_id=ids.guid(), made_at=made_at, state="making")
            write_identity(folder, identity)
            sync_folder(folder.absolute().parent)
        if _is_being_made(folder):
            _complete(folder, ids)
    finally:
        os.close(descriptor)


def _complete(folder: Path, ids: IdSource) -> None:
    """Make the parts that are missing; each of them is made whole, or made again."""
    folder_id = read_identity(folder).folder_id
    for partial in folder.glob("*.partial"):
        partial.unlink()  # a key that was not whole yet
    folder_key(folder, PEPPER_NAME, ids)
    make_database(folder / ACCESS_NAME, ACCESS, folder_id, engine_of=shared_engine)
    make_database(folder / CRM_NAME, CRM, folder_id, engine_of=writer_engine)
    for name in (CALLS_FOLDER, FILES_FOLDER):
        (folder / name).mkdir(mode=_OWNER_BITS, exist_ok=True)
        replace_file(folder / name / MARKER_NAME, folder_id.encode())
    begin_log(folder / CALLS_FOLDER, ids)
    sync_folder(folder)
    write_identity(folder, msgspec.structs.replace(read_identity(folder), state="ready"))


def _close_to_others(folder: Path) -> None:
    """Take the rights of other users from what holds leads and keys; say so where it fails."""
    for path in open_to_others(folder):
        try:
            path.chmod(path.stat().st_mode & _OWNER_BITS)
        except FileNotFoundError:
            continue  # a log that SQLite removed meanwhile
        except OSError as error:
            _log.warning(
                "other users of this machine may read %s, and it cannot be closed to them: %s. "
                "Its owner should run 'chmod go-rwx' on it.",
                path,
                error.strerror,
            )
        else:
            _log.info("closed %s to other users of this machine", path)
