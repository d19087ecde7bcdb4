"""Notes of the calls that left for the upstream and have no record yet.

A note is written before a request leaves and removed once its record is durable. Notes outlive the
process: after a kill, the next start finds the calls that the upstream may have carried out.

They are not flushed to the disk, so that a call does not wait for it. After a power loss the notes
of the last seconds may be missing: those that the system had not written yet.
"""

import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.redaction.redactor import cut

NOTES_NAME: Final = "opened.notes"
"""In the data folder."""
_SLOT_BYTES: Final = 1_024
_HEAD: Final = struct.Struct("<II")
"""Before each note: its length and its checksum. A length of 0: the slot is free."""
_FREE: Final = bytes(_HEAD.size)
_PATH_BYTES_MAX: Final = 480
_WORD_BYTES_MAX: Final = 120
_ADDED_SLOTS: Final = 256
"""The file grows by this many slots. Their space is taken before they are used."""


class OpenedCall(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What is known of a call when it leaves. Redacted, and without query, headers and body."""

    call_id: str
    started_at_ms: int
    account_id: str
    key_id: str
    api_type: str
    operation: str
    method: str
    path: str
    upstream: str
    client_address: str


class FoundNote(NamedTuple):
    """A note that an earlier process left, and its slot."""

    slot: int
    call: OpenedCall


class OpenedNotes:
    """The notes in one file, of slots of one size. For the event loop's thread."""

    def __init__(self, folder: Path) -> None:
        """Open the file, and make it if it is missing. Raises OSError."""
        path = folder / NOTES_NAME
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._slots = os.fstat(self._file).st_size // _SLOT_BYTES
        self.left: list[FoundNote] = []
        """The calls under way when an earlier process ended. Their slots stay in use."""
        self._free: list[int] = []
        for slot in reversed(range(self._slots)):
            call = self._read(slot)
            if call is None:
                self._free.append(slot)
            else:
                self.left.append(FoundNote(slot, call))

    @property
    def count(self) -> int:
        """Notes in use."""
        return self._slots - len(self._free)

    def write(self, call: OpenedCall) -> int:
        """Note the call, and return the slot of its note. Raises OSError, as for a full disk."""
        if not self._free:
            self._grow()
        slot = self._free.pop()
        try:
            os.pwrite(self._file, _packed(call), slot * _SLOT_BYTES)
        except OSError:
            self._free.append(slot)
            raise
        return slot

    def clear(self, slot: int) -> None:
        """Remove a note: the call has a record, or is counted in a gap."""
        # A note that stays is harmless: the next start finds its record, or reports it.
        with suppress(OSError):
            os.pwrite(self._file, _FREE, slot * _SLOT_BYTES)
        self._free.append(slot)

    def close(self) -> None:
        os.close(self._file)

    def _read(self, slot: int) -> OpenedCall | None:
        """The note in a slot; None if it is free or was written in part."""
        content = os.pread(self._file, _SLOT_BYTES, slot * _SLOT_BYTES)
        length, checksum = _HEAD.unpack_from(content)
        packed = content[_HEAD.size : _HEAD.size + length]
        if not length or zlib.crc32(packed) != checksum:
            return None
        try:
            return msgspec.msgpack.decode(packed, type=OpenedCall)
        except msgspec.MsgspecError:
            return None

    def _grow(self) -> None:
        os.pwrite(self._file, bytes(_ADDED_SLOTS * _SLOT_BYTES), self._slots * _SLOT_BYTES)
        self._free += reversed(range(self._slots, self._slots + _ADDED_SLOTS))
        self._slots += _ADDED_SLOTS


def _packed(call: OpenedCall) -> bytes:
    packed = msgspec.msgpack.encode(call)
    if len(packed) > _SLOT_BYTES - _HEAD.size:
        # Paths and origins have no bound of their own.
        short = msgspec.structs.replace(
            call,
            path=cut(call.path, _PATH_BYTES_MAX),
            upstream=cut(call.upstream, _WORD_BYTES_MAX),
        )
        packed = msgspec.msgpack.encode(short)
    return _HEAD.pack(len(packed), zlib.crc32(packed)) + packed
