"""``leadwire backup`` and ``leadwire restore``: copy a data folder and restore it."""

import sys
import time
from pathlib import Path
from typing import Final

import click

from leadwire.backup import check_backup, restore_backup, take_backup
from leadwire.cli.doer import command_line
from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say_json, say_line, say_progress
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import opened_access
from leadwire.database.places import Place, place_of
from leadwire.errors import SetupError

_MIB: Final = 1_048_576
_EVERY_SECONDS: Final = 0.2
_ON_SERVER: Final = (
    "Leads, users and keys are in the database of database_url, and not in this backup: back that "
    "up with pg_dump each time before you run this command, so that no lead lacks its calls."
)
_RESTORE_SERVER: Final = (
    "Leads, users and keys are not in this backup: restore the database from the dump that was "
    "made just before it, and set LEADWIRE_DATABASE_URL."
)


@click.command()
@click.argument("backup_folder", metavar="DEST", type=click.Path(path_type=Path))
@data_folder
@config_file
@click.option(
    "--check", is_flag=True, help="Copy nothing; check every part of the backup against its digest."
)
@as_json
def backup(
    backup_folder: Path,
    data: Path | None,
    config_file: Path | None,
    *,
    check: bool,
    as_json: bool,
) -> None:
    """Copy the data folder to DEST. A server may be running.

    DEST is an absent or empty folder, or an older backup of the same data folder. Unchanged days
    and files are then not copied again. After an interruption the older backup is still whole; run
    the same command to continue. The backup holds the folder's keys: protect it like the folder.
    With database_url, leads, users and keys are not in it: run pg_dump first.
    """
    if check:
        _check(backup_folder, as_json=as_json)
        return
    place = place_of(load({"data": data}, config_file).settings)
    progress = Progress()
    taken = take_backup(place, backup_folder, clock=SystemClock(), tell=progress.tell)
    progress.end()
    manifest = taken.manifest
    _note(place, f"{backup_folder.resolve()}: {_mib(manifest.size)}")
    if as_json:
        say_json(
            {
                "backup": str(backup_folder),
                "folder_id": manifest.folder_id,
                "made_at": manifest.made_at,
                "files": len(manifest.entries),
                "bytes": manifest.size,
                "copied_bytes": taken.copied_bytes,
                "has_databases": manifest.has_databases,
            }
        )
        return
    say_line(
        f"Backed up {place.folder} to {backup_folder} as of {manifest.made_at} UTC: "
        f"{len(manifest.entries)} files, {_mib(manifest.size)}. Copied now: "
        f"{_mib(taken.copied_bytes)}."
    )
    if not manifest.has_databases:
        say_line(_ON_SERVER)
    held = "keys, leads and calls" if manifest.has_databases else "keys and calls"
    say_line(f"The backup holds {held}: protect it like the data folder.")


def _note(place: Place, note: str) -> None:
    """Note the backup in the audit trail, where the console shows its age.

    The backup is whole without the note, so a failure is only said.
    """
    try:
        with opened_access(place, clock=SystemClock(), ids=SystemIds()) as store:
            if accounts := store.accounts():
                store.audit(accounts[0].account_id, command_line(), "backup.made", note=note)
    except (SetupError, OSError) as error:
        say_line(f"The backup could not be noted in the audit trail: {error}", err=True)


@click.command()
@click.argument("backup_folder", metavar="SRC", type=click.Path(path_type=Path))
@click.option(
    "--data",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with all of leadwire's data. It must be absent or empty.",
)
@as_json
def restore(backup_folder: Path, folder: Path, *, as_json: bool) -> None:
    """Restore the backup SRC into a new data folder: whole, or not at all.

    Checks every part against its digest. After a kill no server starts on the folder; run the same
    command to start over.
    """
    progress = Progress()
    manifest = restore_backup(backup_folder, folder, ids=SystemIds(), tell=progress.tell)
    progress.end()
    if as_json:
        say_json(
            {
                "data": str(folder),
                "folder_id": manifest.folder_id,
                "made_at": manifest.made_at,
                "has_databases": manifest.has_databases,
            }
        )
        return
    say_line(f"Restored {folder} as of {manifest.made_at} UTC.")
    if not manifest.has_databases:
        say_line(_RESTORE_SERVER)
    say_line(f"Check it with 'leadwire calls verify --data {folder}', then start the server.")


class Progress:
    """A progress line on standard error, if it is a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._what = ""
        self._bytes = 0
        self._next = 0.0

    def tell(self, what: str, size: int) -> None:
        self._bytes += size
        if not size:
            self._what = what
        if self._shown and time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY_SECONDS
            say_progress(f"{_mib(self._bytes)}  {self._what}")

    def end(self) -> None:
        if self._shown:
            say_progress("")


def _check(backup_folder: Path, *, as_json: bool) -> None:
    progress = Progress()
    if not backup_folder.is_dir():
        raise SetupError(f"There is no backup in {backup_folder}.")
    found = list(check_backup(backup_folder, progress.tell))
    progress.end()
    if as_json:
        say_json({"backup": str(backup_folder), "problems": found})
    else:
        for problem in found:
            say_line(problem)
        say_line(f"{backup_folder}: {f'{len(found)} problem(s)' if found else 'whole'}.")
    if found:
        raise SystemExit(EXIT_FAILED)


def _mib(size: int) -> str:
    return f"{size / _MIB:,.1f} MiB"
