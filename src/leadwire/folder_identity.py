"""What a data folder is: ``folder.json`` names it, and tells its keys by their fingerprints.

Every other part of the folder carries the folder's id, so that a part of another folder is
noticed. The file is written when the folder is made, and when a key is added to it.
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
MARKER_NAME: Final = "folder.id"
"""In ``calls`` and ``files``: the id of the data folder that they belong to."""
FOLDER_VERSION: Final = 1
"""Of the arrangement of the whole folder; each database has a version of its own."""
_FINGERPRINT_BYTES: Final = 8

_OF_THE_SYSTEM: Final = frozenset({"lost+found"})
"""At the root of a disk: a folder with nothing else is empty."""

State = Literal["making", "restoring", "ready"]


class Identity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``folder.json``."""

    folder_id: str
    version: int = FOLDER_VERSION
    made_at: str
    """``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    state: State
    keys: dict[str, str] = {}
    """The fingerprint of each key, by the name of its file."""


class _Version(msgspec.Struct, frozen=True):
    """All that can be read of a file that a newer leadwire wrote."""

    version: int


def read_identity(folder: Path) -> Identity:
    """Raises SetupError for a damaged or a newer file, and OSError when it cannot be read."""
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
    """What somebody put into the folder. Raises OSError."""
    return {path.name for path in folder.iterdir()} - _OF_THE_SYSTEM


def write_identity(folder: Path, identity: Identity) -> None:
    """Replace the file durably; whatever happens, it is whole. Raises OSError."""
    content = msgspec.json.format(msgspec.json.encode(identity), indent=2)
    replace_file(folder / IDENTITY_NAME, content + b"\n")


def fingerprint(key: bytes) -> str:
    """Tells keys apart, and nothing about the key can be learnt from it."""
    return blake2b(key, digest_size=_FINGERPRINT_BYTES, person=b"leadwire-key").hexdigest()


def folder_key(folder: Path, name: str, ids: IdSource) -> bytes:
    """The key in the file *name*, which is made on its first use, and noted in ``folder.json``.

    A process that dies in between leaves a key that is not noted: the next use notes it. Raises
    SetupError when the file is damaged, and OSError.
    """
    key = load_key(folder / name, ids)
    identity = read_identity(folder)
    if name not in identity.keys:
        keys = {**identity.keys, name: fingerprint(key)}
        write_identity(folder, msgspec.structs.replace(identity, keys=keys))
    return key
