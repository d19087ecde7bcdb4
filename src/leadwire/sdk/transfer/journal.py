"""The journal of an import: which batches were sent and settled. It survives a kill.

A file of JSON Lines beside the table. A batch is noted before it is sent, and again once every row
is settled. Each note is flushed to disk first. A batch with only the first note was in progress, so
its result is unknown.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from leadwire.sdk.errors import Misuse

VERSION: Final = 1


class BatchDone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result of a batch. *present* counts rows that existed already on a second send."""

    created: int = 0
    updated: int = 0
    present: int = 0
    rejected: tuple[tuple[int, str], ...] = ()
    """Row numbers with reasons."""


class _Head(msgspec.Struct, frozen=True, kw_only=True, tag_field="note", tag="import"):
    version: int
    fingerprint: str


class _Sent(msgspec.Struct, frozen=True, kw_only=True, tag_field="note", tag="sent"):
    batch: int


class _Unsent(msgspec.Struct, frozen=True, kw_only=True, tag_field="note", tag="unsent"):
    batch: int


class _Done(msgspec.Struct, frozen=True, kw_only=True, tag_field="note", tag="done"):
    batch: int
    result: BatchDone


_Note = _Head | _Sent | _Unsent | _Done
_DECODER: Final = msgspec.json.Decoder(_Note)


class Journal:
    """An open journal. One import at a time holds it.

    *done* has the settled batches by number, *under_way* the batches sent but not settled.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Raises Misuse if it belongs to another import, is damaged, or is in use."""
        self.path = path
        self.done: dict[int, BatchDone] = {}
        self.under_way: set[int] = set()
        try:
            self._file: IO[bytes] = path.open("a+b")
        except OSError as error:
            raise Misuse(f"Cannot write the journal {path}: {error.strerror}.") from None
        try:
            self._lock()
            self._read(fingerprint)
        except BaseException:
            self._file.close()
            raise

    def note_sent(self, batch: int) -> None:
        """Note a batch before it is sent."""
        if batch not in self.under_way:
            self._write(_Sent(batch=batch))
            self.under_way.add(batch)

    def note_unsent(self, batch: int) -> None:
        """Note that the batch was refused as a whole or never sent. No row is uncertain."""
        self._write(_Unsent(batch=batch))
        self.under_way.discard(batch)

    def note_done(self, batch: int, result: BatchDone) -> None:
        """Note that a batch is settled, with its result."""
        self._write(_Done(batch=batch, result=result))
        self.under_way.discard(batch)
        self.done[batch] = result

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misuse(f"Another import is using the journal {self.path}.") from None

    def _read(self, fingerprint: str) -> None:
        self._file.seek(0)
        text = self._file.read()
        # The text after the last line break was being written when the process died.
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            self._file.truncate(len(whole))
        lines = whole.splitlines()
        if not lines:
            self._write(_Head(version=VERSION, fingerprint=fingerprint))
            return
        try:
            notes = [_DECODER.decode(line) for line in lines]
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Misuse(f"{self.path} is not an import journal.") from None
        if notes[0] != _Head(version=VERSION, fingerprint=fingerprint):
            raise Misuse(
                f"The journal {self.path} belongs to another import: the file, columns, options "
                "or server differ. Choose another file with --journal, or delete this one to "
                "start over."
            )
        for note in notes[1:]:
            self._take(note)

    def _take(self, note: _Note) -> None:
        if isinstance(note, _Done):
            self.done[note.batch] = note.result
            self.under_way.discard(note.batch)
        elif isinstance(note, _Sent):
            self.under_way.add(note.batch)
        elif isinstance(note, _Unsent):
            self.under_way.discard(note.batch)

    def _write(self, note: _Note) -> None:
        try:
            self._file.write(msgspec.json.encode(note) + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise Misuse(f"Cannot write the journal {self.path}: {error.strerror}.") from None
