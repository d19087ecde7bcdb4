"""Writing what must be there after the power was lost: bytes, and the names of files."""

import os
from pathlib import Path


def write_synced(path: Path, content: bytes) -> None:
    """Write the file; its bytes are on the disk, its name is once the folder is synced.

    A new file is for its owner's eyes alone.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk: of new files, of moved ones, of removed ones."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write *path* anew; whatever happens, it holds what it held before or all of *content*."""
    new = path.with_name(f"{path.name}.new")
    write_synced(new, content)
    new.replace(path)
    sync_folder(path.parent)
