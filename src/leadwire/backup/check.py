"""Check a backup: every part exists and is unchanged."""

from collections.abc import Iterator
from pathlib import Path

from leadwire.backup.copying import Tell, digest_of
from leadwire.backup.manifest import PARTS_FOLDER, Manifest, read_manifest
from leadwire.errors import SetupError


def whole_manifest(backup: Path) -> Manifest:
    """The manifest of the last complete backup in the folder. Raises SetupError without one."""
    manifest = read_manifest(backup) if backup.is_dir() else None
    if manifest is None:
        raise SetupError(f"There is no complete backup in {backup}.")
    return manifest


def check_backup(backup: Path, tell: Tell) -> Iterator[str]:
    """The faults of the parts, one sentence each. Reads every part. Raises SetupError."""
    for entry in whole_manifest(backup).entries:
        path = backup / PARTS_FOLDER / entry.stored
        try:
            found = digest_of(path, tell)
        except FileNotFoundError:
            yield f"{path} is missing."
        except OSError as error:
            yield f"Cannot read {path}: {error.strerror}."
        else:
            if found != (entry.size, entry.sha256):
                yield f"{path} was changed or damaged after the backup."
