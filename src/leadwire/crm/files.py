"""Uploaded files. Each has a folder named by its id, below the folder of its account.

The caller's file name is stored beside the content, never in a path. A file is complete or absent:
it is written elsewhere, flushed, and then moved into place.
"""

import re
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from leadwire.clock import Clock, IdSource
from leadwire.crm.values import GUID
from leadwire.database.writer import WriteFailed
from leadwire.disk import sync_folder, write_synced

NAME_CHARACTERS_MAX: Final = 200
DOWNLOAD_MEDIA_TYPE: Final = "application/octet-stream"
_ABOUT: Final = "about.json"
_CONTENT: Final = "content"
_PARTIAL: Final = "partial-"
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class FileAbout(msgspec.Struct, frozen=True):
    """The metadata of a file."""

    file_id: str
    name: str
    media_type: str
    size_bytes: int
    created_on: int
    created_by: str


class StoredFile(msgspec.Struct, frozen=True):
    about: FileAbout
    content: bytes


class FileStore:
    """The files in *folder*. Methods are thread-safe and block."""

    def __init__(self, folder: Path, *, clock: Clock, ids: IdSource) -> None:
        self._folder = folder
        self._clock = clock
        self._ids = ids

    def keep(
        self, account_id: str, user_id: str, *, name: str, media_type: str, content: bytes
    ) -> FileAbout:
        """Store a file of *account_id*. Raises WriteFailed, and then stores nothing."""
        about = FileAbout(
            file_id=self._ids.guid(),
            name=safe_name(name),
            media_type=media_type[:NAME_CHARACTERS_MAX],
            size_bytes=len(content),
            created_on=self._clock.now_ms(),
            created_by=user_id,
        )
        folder = self._folder / account_id
        partial = folder / (_PARTIAL + about.file_id)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            sync_folder(self._folder)
            partial.mkdir(mode=0o700)
            write_synced(partial / _CONTENT, content)
            write_synced(partial / _ABOUT, msgspec.json.encode(about))
            sync_folder(partial)
            partial.rename(folder / about.file_id)
            sync_folder(folder)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise WriteFailed(f"The file could not be kept: {error.strerror}.") from None
        return about

    def read(self, account_id: str, file_id: str) -> StoredFile | None:
        """The file with that id, if it belongs to the account."""
        file_id = file_id.lower()
        if GUID.fullmatch(file_id) is None:
            return None
        folder = self._folder / account_id / file_id
        try:
            about = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=FileAbout)
            return StoredFile(about, (folder / _CONTENT).read_bytes())
        except FileNotFoundError:
            return None

    def has(self, account_id: str, file_id: str) -> bool:
        known = GUID.fullmatch(file_id) is not None
        return known and (self._folder / account_id / file_id.lower() / _ABOUT).is_file()


def safe_name(name: str) -> str:
    """The last part of *name*, without line breaks; ``file`` if that is empty."""
    last = re.split(r"[/\\]", name)[-1]
    last = _UNFIT.sub(" ", last).strip(" .")
    return last[-NAME_CHARACTERS_MAX:] or "file"


def download_headers(name: str) -> tuple[tuple[str, str], ...]:
    """Headers of a download. They keep a browser from rendering the file."""
    return (
        ("Content-Disposition", f"attachment; filename*=UTF-8''{quote(name, safe='')}"),
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "sandbox"),
    )
