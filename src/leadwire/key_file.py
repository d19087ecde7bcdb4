"""Keys that a data folder makes once and keeps in a file: secrets are hashed with them."""

import os
from pathlib import Path
from typing import Final

from leadwire.clock import IdSource
from leadwire.durable import sync_folder
from leadwire.errors import SetupError

KEY_BYTES: Final = 32
RESTORE_HINT: Final = "restore a backup with 'leadwire restore BACKUP --data NEW_FOLDER'"


def load_key(path: Path, ids: IdSource) -> bytes:
    """The key in *path*, made on first use and readable by its owner only.

    A key that was returned is on disk: no hash is made with one that lost power takes back.
    Raises SetupError when the file is damaged, and OSError.
    """
    if not path.exists():
        _make(path, ids.hex_digits(KEY_BYTES * 2))
    return read_key(path)


def read_key(path: Path) -> bytes:
    """The key in *path*. Raises SetupError as ``load_key``, and OSError when it can't be read."""
    try:
        key = bytes.fromhex(path.read_text())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SetupError(f"{path} is damaged: put it back, or {RESTORE_HINT}.")
    return key


def _make(path: Path, digits: str) -> None:
    """Under its name the file is whole from its first instant; of two makers the first wins."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        try:
            os.write(descriptor, digits.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path.hardlink_to(partial)
    except FileExistsError:
        return
    finally:
        partial.unlink()
    sync_folder(path.parent)
