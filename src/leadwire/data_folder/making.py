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
from leadwire.data_folder.checks import (
    ACCESS_PARTS,
    is_new,
    open_data_folder,
    open_to_others,
)
from leadwire.data_folder.server_database import (
    prepare_server_database,
    refuse_other_database,
)
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.database.migrate import make_database
from leadwire.database.places import Place
from leadwire.database.remedies import explained
from leadwire.dates import format_ms
from leadwire.disk import make_once, read_key, replace_file, sync_folder
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import (
    ACCESS_NAME,
    CALLS_FOLDER,
    CRM_NAME,
    FILES_FOLDER,
    MARKER_NAME,
    PEPPER_NAME,
    Databases,
    Identity,
    Purpose,
    folder_key,
    read_identity,
    write_identity,
)
from leadwire.stores.sqlite.proof import begin_log

_OWNER_BITS: Final = 0o700

_log = logging.getLogger("leadwire")


def prepare_data_folder(
    place: Place, *, clock: Clock, ids: IdSource, purpose: Purpose = "data"
) -> Identity:
    """Make the folder if it is missing, finish an interrupted start, and check it.

    A new folder gets *purpose*. Migrates the databases, and removes other users' access. Only the
    serving process may call it. Raises SetupError, also for a throw-away folder of another process.
    """
    folder = place.folder
    with usable(place):
        is_made_now = is_new(folder) or _is_being_made(folder)
        if is_made_now:
            _make(place, clock=clock, ids=ids, purpose=purpose)
        identity = open_data_folder(place)
        if identity.purpose == "throw-away" != purpose:
            raise SetupError(
                f"{folder} was made by 'leadwire serve --ephemeral', which flushes nothing to the "
                "disk: its data may be incomplete. Name another folder with --data."
            )
        _close_to_others(folder)
        if not place.on_server:
            upgrade_crm_database(place.crm)
        elif not is_made_now:
            refuse_other_database(place)
            prepare_server_database(place, identity)
    return identity


@contextmanager
def opened_access(place: Place, *, clock: Clock, ids: IdSource) -> Iterator[AccessStore]:
    """The access store of a checked folder, for a block.

    Raises SetupError for a fault of the folder or an error of its database.
    """
    open_data_folder(place, ACCESS_PARTS)
    with usable(place):
        if place.on_server:
            refuse_other_database(place)
        store = access_store(place, clock=clock, ids=ids)
    try:
        yield store
    except DATABASE_ERRORS as error:
        raise _unusable_database(place, error) from error
    finally:
        store.close()


def access_store(place: Place, *, clock: Clock, ids: IdSource) -> AccessStore:
    """Open the access data. Raises SetupError, OSError and what ``DATABASE_ERRORS`` names."""
    return AccessStore(place.access, read_key(place.part(PEPPER_NAME)), clock=clock, ids=ids)


@contextmanager
def usable(place: Place) -> Iterator[None]:
    """Raises SetupError, with one sentence, for disk and database errors in the block."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        at = f" ({error.filename})" if error.filename and place.shared_folder else ""
        raise SetupError(f"Cannot use the data folder {place.folder}{at}: {reason}.") from error
    except DATABASE_ERRORS as error:
        raise _unusable_database(place, error) from error


def _unusable_database(place: Place, error: Exception) -> SetupError:
    if place.on_server:
        return SetupError(f"Cannot use the database {place.crm.place}: {explained(error)}")
    return SetupError(f"Cannot use the data folder {place.folder}: {reason_of(error)}.")


def _is_being_made(folder: Path) -> bool:
    try:
        return read_identity(folder).state == "making"
    except (OSError, LeadwireError):
        return False  # the checks report the reason


def _make(place: Place, *, clock: Clock, ids: IdSource, purpose: Purpose) -> None:
    """If two processes start at once, one makes the folder and the other waits."""
    folder = place.folder
    folder.mkdir(mode=_OWNER_BITS, parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if is_new(folder):
            made_at = format_ms(clock.now_ms())
            identity = Identity(
                folder_id=ids.guid(), made_at=made_at, state="making", purpose=purpose
            )
            write_identity(folder, identity)
            sync_folder(folder.absolute().parent)
        if _is_being_made(folder):
            _complete(place, ids)
    finally:
        os.close(descriptor)


def _complete(place: Place, ids: IdSource) -> None:
    """Make the missing parts. An incomplete part is made again."""
    folder = place.folder
    folder_id = read_identity(folder).folder_id
    for partial in folder.glob("*.partial"):
        partial.unlink()  # an incomplete key
    if place.shared_folder is not None:
        place.shared_folder.mkdir(mode=_OWNER_BITS, parents=True, exist_ok=True)
    folder_key(folder, place.part(PEPPER_NAME), ids)
    if not place.on_server:
        make_database(folder / ACCESS_NAME, place.access.shared(), ACCESS, folder_id)
        make_database(folder / CRM_NAME, place.crm.alone(), CRM, folder_id)
    for name in (CALLS_FOLDER, FILES_FOLDER):
        part = place.part(name)
        part.mkdir(mode=_OWNER_BITS, exist_ok=True)
        if place.shared_folder and name == FILES_FOLDER:
            make_once(part / MARKER_NAME, folder_id)  # the first server's id marks it for all
        else:
            replace_file(part / MARKER_NAME, folder_id.encode())
    begin_log(folder / CALLS_FOLDER, ids)
    sync_folder(folder)
    if place.on_server:
        refuse_other_database(place, may_be_empty=True)
        prepare_server_database(place, read_identity(folder))
    databases: Databases = "server" if place.on_server else "folder"
    identity = msgspec.structs.replace(read_identity(folder), state="ready", databases=databases)
    write_identity(folder, identity)


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
