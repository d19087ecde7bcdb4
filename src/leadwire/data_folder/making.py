"""Make a data folder, and open it for the server process.

A folder is made only where nothing exists. ``folder.json`` comes first and marks the folder as
unfinished. After a kill the next start finishes it.
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
    """Make the folder if it is missing, finish an interrupted start, and check it.

    Migrates the databases, and removes other users' access. Only the serving process may call it.
    Raises SetupError.
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
    """The access store of a checked folder, for a block.

    Raises SetupError for a fault of the folder or an error of its database.
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
    """Raises SetupError, with one sentence, for disk and database errors in the block."""
    try:
        yield
    except OSError as error:
        raise _unusable(folder, error.strerror or str(error)) from error
    except DATABASE_ERRORS as error:
        raise _unusable(folder, _cause(error)) from error


def _unusable(folder: Path, reason: str) -> SetupError:
    return SetupError(f"Cannot use the data folder {folder}: {reason}.")


def _cause(error: Exception) -> str:
    """SQLite's message, without the statement, which may hold a caller's data."""
    return str(getattr(error, "orig", None) or error)


def _is_being_made(folder: Path) -> bool:
    try:
        return read_identity(folder).state == "making"
    except (OSError, LeadwireError):
        return False  # the checks report the reason


def _make(folder: Path, *, clock: Clock, ids: IdSource) -> None:
    """If two processes start at once, one makes the folder and the other waits."""
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
    """Make the missing parts. An incomplete part is made again."""
    folder_id = read_identity(folder).folder_id
    for partial in folder.glob("*.partial"):
        partial.unlink()  # an incomplete key
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
    """Remove other users' access to leads and keys. Log a warning if that fails."""
    for path in open_to_others(folder):
        try:
            path.chmod(path.stat().st_mode & _OWNER_BITS)
        except FileNotFoundError:
            continue  # SQLite removed a log meanwhile
        except OSError as error:
            _log.warning(
                "other users of this machine may read %s, and its permissions could not be "
                "changed: %s. Run 'chmod go-rwx' on it as its owner.",
                path,
                error.strerror,
            )
        else:
            _log.info("removed other users' access to %s", path)
