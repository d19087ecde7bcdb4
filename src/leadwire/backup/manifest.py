"""The content of a backup, and the places of its parts."""

import hashlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

from leadwire.disk import replace_file
from leadwire.errors import SetupError

MANIFEST_NAME: Final = "backup.json"
JOURNAL_NAME: Final = "unfinished.jsonl"
PARTS_FOLDER: Final = "parts"
LOCK_NAME: Final = "backup.lock"
FORMAT: Final = 1
_STORED_DIGITS: Final = 16
_WARNING: Final = (
    "This backup holds leads, calls and the keys of its data folder. Protect it like the folder."
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the data folder."""

    path: str
    """Path in the data folder, with slashes."""
    size: int
    """Bytes of the copy."""
    sha256: str
    source: str = ""
    """The file's state on its disk. The next backup skips a file whose state is the same."""

    @property
    def stored(self) -> str:
        """The place of the copy under ``parts``."""
        return f"{self.path}.{self.sha256[:_STORED_DIGITS]}"

    @property
    def is_safe(self) -> bool:
        """Whether the path stays inside its folder."""
        path = PurePosixPath(self.path)
        return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The content of ``backup.json``."""

    warning: str = _WARNING
    format: int = FORMAT
    folder_id: str
    made_at: str
    """Start of the backup: ``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    leadwire: str
    """The version of leadwire that made it."""
    has_databases: bool
    """False: leads, users and keys are in a database on a server."""
    entries: Sequence[Entry]
    digest: str = ""
    """Digest of all other members."""

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(entry.size for entry in self.entries)


class _Format(msgspec.Struct, frozen=True):
    """The part that stays readable in a newer leadwire's backup."""

    format: int


def read_manifest(backup: Path) -> Manifest | None:
    """None without a complete backup. Raises SetupError if the manifest is damaged."""
    path = backup / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SetupError(f"Cannot read {path}: {error.strerror}.") from None
    try:
        made_with = msgspec.json.decode(content, type=_Format).format
        if made_with > FORMAT:
            raise SetupError(f"{path} was written by a newer leadwire. Use that version.")
        manifest = msgspec.json.decode(content, type=Manifest)
    except msgspec.MsgspecError as error:
        raise _damaged(path) from error
    if _digest(manifest) != manifest.digest or not all(e.is_safe for e in manifest.entries):
        raise _damaged(path)
    return manifest


def write_manifest(backup: Path, manifest: Manifest) -> None:
    """Replace it durably in one step. Raises OSError."""
    signed = msgspec.structs.replace(manifest, digest=_digest(manifest))
    content = msgspec.json.format(msgspec.json.encode(signed), indent=1)
    replace_file(backup / MANIFEST_NAME, content)


def _digest(manifest: Manifest) -> str:
    bare = msgspec.structs.replace(manifest, digest="")
    return hashlib.sha256(msgspec.json.encode(bare)).hexdigest()


def _damaged(path: Path) -> SetupError:
    return SetupError(f"{path} is damaged. Use another backup, or make a new one elsewhere.")
