"""Checking a backup: every part is there, and is what was copied."""

from collections.abc import Iterator
from pathlib import Path

from leadwire.backup.copying import Tell, digest_of
from leadwire.backup.manifest import PARTS_FOLDER, Manifest, read_manifest
from leadwire.errors import SetupError


def whole_manifest(backup: Path) -> Manifest:
    """What the last whole backup in the folder consists of. Raises SetupError without one."""
    manifest = read_manifest(backup) if backup.is_dir() else None
    if manifest is None:
        raise SetupError(f"There is no whole backup in {backup}.")
    return manifest


def check_backup(backup: Path, tell: Tell) -> Iterator[str]:
    """What is wrong with the parts, a sentence each; reads all of them. Raises SetupError."""
    for entry in whole_manifest(backup).entries:
        path = backup / PARTS_FOLDER / entry.stored
        try:
            found = digest_of(path, tell)
        except FileNotFoundError:
            yield f"{path} is missing."
        except OSError as error:
            yield f"{path} cannot be read: {error.strerror}."
        else:
            if found != (entry.size, entry.sha256):
                yield f"{path} is not what was copied: it was changed or damaged."
