"""Durable writes: bytes, keys and whole files that survive a power loss.

The only module that flushes, so that a process with throw-away data can do without.
"""

import os
import platform
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Literal

from leadwire.clock import IdSource
from leadwire.errors import LeadwireError, SetupError

_without_waiting = False


def never_wait() -> None:
    """Flush nothing from now on, in the whole process: its data ends with it."""
    global _without_waiting  # noqa: PLW0603  # one decision of one process
    _without_waiting = True


def flush(descriptor: int) -> None:
    """Return when the bytes of the open file are on the disk. Raises OSError."""
    if not _without_waiting:
        os.fsync(descriptor)


def synchronous(mode: Literal["FULL", "NORMAL"]) -> str:
    """The PRAGMA with which SQLite flushes in *mode*."""
    return f"PRAGMA synchronous = {'OFF' if _without_waiting else mode}"


def write_synced(path: Path, content: bytes) -> None:
    """Write the file and flush it. Its name is durable after ``sync_folder``.

    A new file is readable only by its owner.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        flush(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in *folder* durable: of new, moved and removed files."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        flush(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Replace *path* atomically: it holds either its old content or all of *content*."""
    new = path.with_name(f"{path.name}.new")
    write_synced(new, content)
    new.replace(path)
    sync_folder(path.parent)


STANDARD_OUTPUT: Final = Path("-")

_NAME_KEPT_CHARACTERS_MAX: Final = 40
_OPEN_FILES: Final = ("/dev/fd/", "/proc/")
"""A path under these names is an open file, not a place in a folder."""


@contextmanager
def whole_file(output: Path | None) -> Iterator[IO[bytes]]:
    """The output file of a command. It appears or changes only when it is complete.

    None and ``-`` mean standard output. A device or pipe is written directly and stays as it is. A
    link is followed. A replaced file keeps its mode and owner; only its owner can read a new one.
    After an exception, SystemExit included, the old file is unchanged and nothing else remains.

    Raises LeadwireError if *output* cannot be written, and BrokenPipeError if a pipe's reader has
    closed it.
    """
    try:
        with _opened(output) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        name = "Standard output" if output in (None, STANDARD_OUTPUT) else str(output)
        raise LeadwireError(f"Cannot write {name}: {error.strerror}.") from error


def _opened(output: Path | None) -> AbstractContextManager[IO[bytes]]:
    if output is None or output == STANDARD_OUTPUT:
        return _standard_output()
    try:
        found = output.stat()
    except FileNotFoundError:
        return _replaced(output, None)
    if stat.S_ISDIR(found.st_mode):
        raise LeadwireError(f"{output} is a folder. Name a file in it.")
    if _is_standard_output(found):
        return _standard_output()
    if stat.S_ISREG(found.st_mode) and not str(output).startswith(_OPEN_FILES):
        if not os.access(output, os.W_OK):
            raise LeadwireError(f"{output} is read-only. Remove it, or name another file.")
        return _replaced(output, found)
    return _stream(output)


def _is_standard_output(found: os.stat_result) -> bool:
    """``-o /dev/stdout >> calls.csv`` appends to the file; it does not replace it."""
    with suppress(OSError, ValueError):  # standard output is closed, or not a file
        return os.path.samestat(found, os.fstat(sys.stdout.fileno()))
    return False


@contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _stream(output: Path) -> Iterator[IO[bytes]]:
    # Neither created nor emptied: another process may have opened it and written to it.
    descriptor = os.open(output, os.O_WRONLY | os.O_APPEND)
    with os.fdopen(descriptor, "wb") as file:
        yield file


@contextmanager
def _replaced(output: Path, old: os.stat_result | None) -> Iterator[IO[bytes]]:
    target = Path(os.path.realpath(output))
    # An unguessable name and mode 0600: others may have access to the folder.
    descriptor, name = tempfile.mkstemp(
        prefix=f"{target.name[:_NAME_KEPT_CHARACTERS_MAX]}.", suffix=".partial", dir=target.parent
    )
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if old is not None:
                _take_over(partial, old)
            flush(file.fileno())
        partial.replace(target)
        sync_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def _take_over(partial: Path, old: os.stat_result) -> None:
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only root can give files away
            os.chown(partial, old.st_uid, old.st_gid)
    partial.chmod(stat.S_IMODE(old.st_mode))


KEY_BYTES: Final = 32
RESTORE_HINT: Final = "restore a backup with 'leadwire restore BACKUP --data NEW_FOLDER'"


def load_key(path: Path, ids: IdSource) -> bytes:
    """The key in *path*, created on first use, readable only by its owner.

    A returned key is durable, so no hash depends on a key that a power loss removes. Raises
    SetupError if the file is damaged, and OSError.
    """
    if not path.exists():
        make_once(path, ids.hex_digits(KEY_BYTES * 2))
    return read_key(path)


def read_key(path: Path) -> bytes:
    """The key in *path*. Raises SetupError as ``load_key`` does, and OSError."""
    try:
        key = bytes.fromhex(path.read_text())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise SetupError(f"{path} is damaged: put it back, or {RESTORE_HINT}.")
    return key


def make_once(path: Path, content: str) -> None:
    """Make the file, unless it is there. If two processes make it, the first wins.

    It is complete when it gets its name, and readable only by its owner. Raises OSError.
    """
    # Processes on two machines may have one number, so the name has the machine's as well.
    partial = path.with_name(f"{path.name}.{platform.node()}-{os.getpid()}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        try:
            os.write(descriptor, content.encode())
            flush(descriptor)
        finally:
            os.close(descriptor)
        path.hardlink_to(partial)
    except FileExistsError:
        return
    finally:
        partial.unlink()
    sync_folder(path.parent)
