"""Restoring a backup into a new data folder: whole, or not at all."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from leadwire.backup.check import whole_manifest
from leadwire.backup.copying import Tell, copy_file
from leadwire.backup.manifest import PARTS_FOLDER, Entry, Manifest
from leadwire.backup.source import SHIPPED_NAME, refuse_nesting
from leadwire.clock import IdSource
from leadwire.data_folder.checks import (
    ALL_PARTS,
    FOLDER_PARTS,
    is_new,
    open_data_folder,
)
from leadwire.database.places import Place
from leadwire.disk import replace_file, sync_folder
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import (
    CALLS_FOLDER,
    IDENTITY_NAME,
    Identity,
    names_in,
    read_identity,
    write_identity,
)
from leadwire.stores.clickhouse.shipper import begin_new_node

_OWNER_ONLY: Final = 0o700
_NOTHING_DONE: Final = "nothing was restored, use another backup"


def restore_backup(backup: Path, folder: Path, *, ids: IdSource, tell: Tell) -> Manifest:
    """Restore the backup into *folder*, which is absent or empty.

    Checks each part against its digest. Until all parts are there ``folder.json`` marks the restore
    as unfinished: no server starts, and the next restore starts over. After an exception the folder
    is empty again. Raises SetupError and LeadwireError.
    """
    manifest = whole_manifest(backup)
    refuse_nesting(backup, folder)
    _refuse_what_is_there(folder)
    _refuse_without_space(folder, manifest)
    try:
        folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        folder.chmod(_OWNER_ONLY)
        _empty(folder)
        try:
            _copy_all(manifest, backup, folder, tell)
            note = folder / CALLS_FOLDER / SHIPPED_NAME
            if note.exists():
                begin_new_node(note, ids.guid())
            tell("writing folder.json", 0)
            identity = next(e for e in manifest.entries if e.path == IDENTITY_NAME)
            replace_file(
                folder / IDENTITY_NAME, (backup / PARTS_FOLDER / identity.stored).read_bytes()
            )
            open_data_folder(Place(folder), ALL_PARTS if manifest.has_databases else FOLDER_PARTS)
        except BaseException:
            with suppress(OSError):
                _empty(folder)
                (folder / IDENTITY_NAME).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LeadwireError(f"Could not restore {folder}: {error.strerror}.") from error
    return manifest


def _copy_all(manifest: Manifest, backup: Path, folder: Path, tell: Tell) -> None:
    identity = Identity(folder_id=manifest.folder_id, made_at=manifest.made_at, state="restoring")
    write_identity(folder, identity)
    sync_folder(folder.absolute().parent)
    folders = {folder}
    for entry in manifest.entries:
        if entry.path == IDENTITY_NAME:
            _copy(entry, backup, folder / f"{IDENTITY_NAME}.partial", tell)
            (folder / f"{IDENTITY_NAME}.partial").unlink()
            continue
        target = folder / entry.path
        _make_folders(target.parent, folders)
        _copy(entry, backup, target, tell)
    for made in sorted(folders, reverse=True):
        sync_folder(made)


def _copy(entry: Entry, backup: Path, target: Path, tell: Tell) -> None:
    tell(f"restoring {entry.path}", 0)
    source = backup / PARTS_FOLDER / entry.stored
    try:
        copied = copy_file(source, target, tell)
    except FileNotFoundError:
        raise SetupError(f"{source} is missing: {_NOTHING_DONE}.") from None
    if copied != (entry.size, entry.sha256):
        raise SetupError(f"{source} was changed or damaged after the backup: {_NOTHING_DONE}.")


def _make_folders(folder: Path, made: set[Path]) -> None:
    if folder not in made:
        _make_folders(folder.parent, made)
        folder.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        made.add(folder)


def _refuse_what_is_there(folder: Path) -> None:
    if not is_new(folder) and not _is_being_restored(folder):
        raise SetupError(f"{folder} is not empty. Restore into an empty or absent folder.")


def _refuse_without_space(folder: Path, manifest: Manifest) -> None:
    place = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(place).free
    if free < manifest.size:
        raise SetupError(
            f"The backup needs {manifest.size:,} bytes, but the disk of {folder} has {free:,} "
            "free. Free some space, or choose a folder on another disk."
        )


def _is_being_restored(folder: Path) -> bool:
    try:
        return read_identity(folder).state == "restoring"
    except (OSError, LeadwireError):
        return False


def _empty(folder: Path) -> None:
    """Remove the restored parts, but keep ``folder.json``, which marks the unfinished restore."""
    for name in sorted(names_in(folder) - {IDENTITY_NAME}):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
