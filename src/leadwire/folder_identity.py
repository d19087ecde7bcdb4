"""The identity of a data folder: ``folder.json`` holds its id and its keys' fingerprints.

Every other part carries the folder's id, so that a foreign part is detected. The file is written
when the folder is made, when it gets a key, and when its databases move.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal

import msgspec

from leadwire.clock import IdSource
from leadwire.disk import RESTORE_HINT, load_key, replace_file
from leadwire.errors import SetupError

IDENTITY_NAME: Final = "folder.json"
ACCESS_NAME: Final = "access.sqlite"
CRM_NAME: Final = "crm.sqlite"
CALLS_FOLDER: Final = "calls"
FILES_FOLDER: Final = "files"
PEPPER_NAME: Final = "secret.key"
PERSONAL_KEY_NAME: Final = "personal.key"
SHARED_NAMES: Final = (PEPPER_NAME, PERSONAL_KEY_NAME, FILES_FOLDER)
"""What all servers of one database need alike. They are in ``shared_folder``, if that is set."""
MARKER_NAME: Final = "folder.id"
"""In ``calls`` and ``files``: the id of their data folder."""
FOLDER_VERSION: Final = 1
"""The version of the folder's layout. Each database has its own version."""
_FINGERPRINT_BYTES: Final = 8

_OF_THE_SYSTEM: Final = frozenset({"lost+found"})
"""Names at a disk's root that do not count: the folder is still empty."""

State = Literal["making", "restoring", "ready"]
Purpose = Literal["data", "tests", "throw-away"]
"""``tests``: its data may be reset. ``throw-away``: nothing in it was flushed to the disk."""

Databases = Literal["folder", "server"]
"""Where leads, users and keys are: in files of the folder, or in a database of PostgreSQL."""


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``folder.json``."""

    folder_id: str
    version: int = FOLDER_VERSION
    made_at: str
    """``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    state: State
    purpose: Purpose = "data"
    databases: Databases = "folder"
    keys: dict[str, str] = {}
    """The fingerprint of each key, by the name of its file."""


class _Version(msgspec.Struct, frozen=True):
    """The part that stays readable in a newer leadwire's file."""

    version: int


def read_identity(folder: Path) -> Identity:
    """Raises SetupError for a damaged or newer file, and OSError if it cannot be read."""
    path = folder / IDENTITY_NAME
    content = path.read_bytes()
    try:
        version = msgspec.json.decode(content, type=_Version).version
        if version <= FOLDER_VERSION:
            return msgspec.json.decode(content, type=Identity)
    except msgspec.MsgspecError:
        raise SetupError(f"{path} is damaged: put it back, or {RESTORE_HINT}.") from None
    raise SetupError(
        f"{path} was written by a newer leadwire (version {version}, this one reads "
        f"{FOLDER_VERSION}): install that leadwire."
    )


def names_in(folder: Path) -> set[str]:
    """The names in the folder, without the system's. Raises OSError."""
    return {path.name for path in folder.iterdir()} - _OF_THE_SYSTEM


def write_identity(folder: Path, identity: Identity) -> None:
    """Replace the file durably in one step. Raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(identity), indent=2)
    replace_file(folder / IDENTITY_NAME, content + b"\n")


def fingerprint(key: bytes) -> str:
    """Identifies a key without revealing anything about it."""
    return blake2b(key, digest_size=_FINGERPRINT_BYTES, person=b"leadwire-key").hexdigest()


def folder_key(folder: Path, path: Path, ids: IdSource) -> bytes:
    """The key in the file *path*, created on first use and noted in the folder's ``folder.json``.

    If a process dies in between, the next use notes the key. Raises SetupError if the file is
    damaged, and OSError.
    """
    key = load_key(path, ids)
    identity = read_identity(folder)
    if path.name not in identity.keys:
        keys = {**identity.keys, path.name: fingerprint(key)}
        write_identity(folder, msgspec.structs.replace(identity, keys=keys))
    return key
