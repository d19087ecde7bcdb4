"""Take a backup, even while a server writes."""

import errno
import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from leadwire.backup.copying import Copied, Tell, copy_database, copy_file, copy_note
from leadwire.backup.manifest import (
    JOURNAL_NAME,
    LOCK_NAME,
    MANIFEST_NAME,
    PARTS_FOLDER,
    Entry,
    Manifest,
    read_manifest,
    write_manifest,
)
from leadwire.backup.source import (
    call_files,
    is_database,
    is_running_note,
    kept_files,
    looks,
    refuse_nesting,
    top_files,
)
from leadwire.clock import Clock
from leadwire.data_folder.checks import open_data_folder
from leadwire.database.mark import make_empty_file
from leadwire.database.places import Place
from leadwire.dates import format_ms
from leadwire.disk import sync_folder
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import names_in
from leadwire.version import __version__

_ROUNDS_MAX: Final = 50
_OWNER_ONLY: Final = 0o700
_OWN_NAMES: Final = frozenset({MANIFEST_NAME, JOURNAL_NAME})


class Taken(NamedTuple):
    manifest: Manifest
    copied_bytes: int
    """Bytes copied now; the backup already had the rest."""


class _Header(msgspec.Struct, frozen=True):
    """The first line of the journal."""

    folder_id: str


def take_backup(place: Place, backup: Path, *, clock: Clock, tell: Tell) -> Taken:
    """Copy the data folder to *backup*, which is absent, empty, or an older backup of it.

    A database on a server is not copied: it must have been dumped before, so that the calls are at
    least as new.

    A server may write meanwhile. The CRM is copied first and the calls last, each as one committed
    state. So every call answered before the backup is in it, and the calls are at least as new as
    the leads. After an exception or a kill the older backup is unchanged, and the next run
    continues. Raises SetupError if a folder cannot be used, and LeadwireError if a disk fails.
    """
    identity = open_data_folder(place)
    for copied in {place.folder, place.shared_folder or place.folder}:
        refuse_nesting(copied, backup)
    try:
        backup.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        with _locked(backup):
            old = _manifest_of(backup, identity.folder_id)
            backup.chmod(_OWNER_ONLY)
            (backup / PARTS_FOLDER).mkdir(mode=_OWNER_ONLY, exist_ok=True)
            return _Taking(place, backup, tell).take(identity.folder_id, old, clock)
    except OSError as error:
        raise LeadwireError(_why_unfinished(backup, error)) from error


def _why_unfinished(backup: Path, error: OSError) -> str:
    """What went wrong and what to fix first: repeating the command alone may fail again."""
    if backup.exists() and not backup.is_dir():
        return f"{backup} is a file. Choose an absent or empty folder."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk of {backup} is full, so the backup is not finished. Free some space, "
            "then run the command again to continue."
        )
    return (
        f"Could not finish the backup in {backup} ({error.strerror}). Fix that, then run the "
        "command again to continue."
    )


class _Taking:
    """One backup in progress."""

    def __init__(self, place: Place, backup: Path, tell: Tell) -> None:
        self._place = place
        self._has_databases = not place.on_server
        self._backup = backup
        self._tell = tell
        self._known: dict[tuple[str, str], Entry] = {}
        """Earlier copies by path and state."""
        self._copied_bytes = 0

    def take(self, folder_id: str, old: Manifest | None, clock: Clock) -> Taken:
        made_at = format_ms(clock.now_ms())
        journal = _read_journal(self._backup)
        for entry in (*(old.entries if old else ()), *journal):
            if entry.source:
                self._known[entry.path, entry.source] = entry
        make_empty_file(self._backup / JOURNAL_NAME)
        with (self._backup / JOURNAL_NAME).open("ab") as file:
            if not file.tell():
                _note(file, _Header(folder_id))
            entries = self._copy_all(file)
        manifest = Manifest(
            folder_id=folder_id,
            made_at=made_at,
            leadwire=__version__,
            has_databases=self._has_databases,
            entries=entries,
        )
        self._tell("writing backup.json", 0)
        write_manifest(self._backup, manifest)
        self._tell("removing old parts", 0)
        self._clean(manifest)
        return Taken(manifest, self._copied_bytes)

    def _copy_all(self, journal: IO[bytes]) -> list[Entry]:
        # The CRM first: the files it refers to, and the calls that changed it, are copied later.
        entries = self._copy_top(journal)
        for path, look in looks(kept_files(self._place)).items():
            try:
                entries.append(self._copy(path, look, journal))
            except FileNotFoundError:
                continue  # it was removed meanwhile
        return [*entries, *self._copy_calls(journal)]

    def _copy_top(self, journal: IO[bytes]) -> list[Entry]:
        while True:
            paths = self._top_files()
            look = looks(paths)
            entries = [self._copy(path, look.get(path, ""), journal) for path in paths]
            # If a key was made meanwhile, copy again: folder.json must name it.
            if self._top_files() == paths:
                return entries

    def _top_files(self) -> list[Path]:
        paths = top_files(self._place)
        return paths if self._has_databases else [p for p in paths if not is_database(p)]

    def _copy_calls(self, journal: IO[bytes]) -> list[Entry]:
        """All days as of one instant: in the final round at most one day was written."""
        for _ in range(_ROUNDS_MAX):
            before = looks(call_files(self._place.folder))
            try:
                entries = [self._copy(path, look, journal) for path, look in before.items()]
            except FileNotFoundError:
                continue  # retention removed the day
            if _is_one_state(before, looks(call_files(self._place.folder))):
                return entries
        raise LeadwireError(
            "Several days of calls kept changing, so they could not be copied as one state. "
            "Run the command again to continue."
        )

    def _copy(self, path: Path, look: str, journal: IO[bytes]) -> Entry:
        """Copy the file unless the backup has it. A copy gets its name only when it is complete."""
        name = self._place.part_name(path)
        known = self._known.get((name, look))
        if known is not None and _has(self._backup / PARTS_FOLDER / known.stored, known.size):
            return known
        self._tell(f"copying {name}", 0)
        target = self._backup / PARTS_FOLDER / name
        self._make_folders(target.parent)
        partial = target.with_name(f"{target.name}.partial")
        copied = _copy_by_kind(path, partial, self._tell)
        entry = Entry(path=name, size=copied.size, sha256=copied.sha256, source=look)
        self._tell(f"naming {name}", 0)
        partial.replace(self._backup / PARTS_FOLDER / entry.stored)
        sync_folder(target.parent)
        _note(journal, entry)
        if look:
            self._known[name, look] = entry
        self._copied_bytes += copied.size
        return entry

    def _make_folders(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folders(folder.parent)
        folder.mkdir(mode=_OWNER_ONLY)
        sync_folder(folder.parent)

    def _clean(self, manifest: Manifest) -> None:
        """Remove the journal, and every part that is not in the manifest."""
        (self._backup / JOURNAL_NAME).unlink()
        parts = self._backup / PARTS_FOLDER
        kept = {parts / entry.stored for entry in manifest.entries}
        for path in sorted(parts.rglob("*"), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif path not in kept:
                path.unlink()


def _copy_by_kind(path: Path, partial: Path, tell: Tell) -> Copied:
    if is_database(path):
        return copy_database(path, partial, tell)
    copy = copy_note if is_running_note(path) else copy_file
    return copy(path, partial, tell)


def _is_one_state(before: Mapping[Path, str], after: Mapping[Path, str]) -> bool:
    """Whether the copies between the two looks show the folder at one instant."""
    if before.keys() != after.keys():
        return False
    changed = [path for path, look in before.items() if not look or after[path] != look]
    written = [path for path in changed if not is_running_note(path)]
    return not written or (len(written) == 1 and is_database(written[0]))


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def _manifest_of(backup: Path, folder_id: str) -> Manifest | None:
    """The older backup's manifest. Raises SetupError if the folder holds anything else."""
    names = names_in(backup) - {LOCK_NAME, f"{MANIFEST_NAME}.new"}
    if names and names.isdisjoint(_OWN_NAMES):
        raise SetupError(f"{backup} holds other files. Choose an empty or absent folder.")
    manifest, header = read_manifest(backup), _read_header(backup)
    for found in (manifest, header):
        if found is not None and found.folder_id != folder_id:
            raise SetupError(f"{backup} is a backup of another data folder. Choose another folder.")
    return manifest


@contextmanager
def _locked(backup: Path) -> Iterator[None]:
    make_empty_file(backup / LOCK_NAME)
    with (backup / LOCK_NAME).open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SetupError(
                f"Another process is making a backup in {backup}. Wait until it ends."
            ) from None
        yield


def _note(journal: IO[bytes], line: msgspec.Struct) -> None:
    journal.write(msgspec.json.encode(line) + b"\n")
    journal.flush()


def _read_header(backup: Path) -> _Header | None:
    lines = _journal_lines(backup)
    try:
        return msgspec.json.decode(lines[0], type=_Header) if lines else None
    except msgspec.MsgspecError:
        return None  # the process was killed while writing it


def _read_journal(backup: Path) -> list[Entry]:
    """What an unfinished backup has copied, without a truncated last line."""
    entries = []
    for line in _journal_lines(backup)[1:]:
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError:
            continue
    return entries


def _journal_lines(backup: Path) -> list[bytes]:
    try:
        return (backup / JOURNAL_NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return []
