"""The end mark: the last number of the log, kept outside the files of the days.

It is written after each commit, and flushed at most once a second. So it is never ahead of the
disk. After ``kill -9`` it covers every answered call. After a power loss it lacks the calls of one
second at most. A crash between a commit and its mark also omits that commit. The next start updates
the mark.

The file has two slots. One is flushed and unchanged; the other is written until it is flushed too.
So one slot is always readable. A mark is smaller than a disk sector, so it is never written
partially.
"""

import os
from pathlib import Path
from typing import Final, Literal

import msgspec

from leadwire.disk import flush, replace_file
from leadwire.errors import SetupError
from leadwire.stores.sqlite.chain import DIGEST_BYTES, HOW_TO_GO_ON, Chain

NAME: Final = "end-mark"
SYNC_NS: Final = 1_000_000_000
"""The time between two flushes."""
COMMIT_CALLS_MAX: Final = 256
"""Calls of one commit. After a crash, the mark may lack the calls of the last commit."""
_SLOT_BYTES: Final = 4096
_LENGTH_BYTES: Final = 2
_HEADS_MAX: Final = 5
"""Days whose heads are stored. Few, because a mark must be smaller than a sector."""
_KIND: Final = b"end mark"
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class EndMark(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The state of the log after one commit."""

    number: int = 0
    """Counts up: the greater of two marks is the newer."""
    at_ms: int = 0
    sequence: int = 0
    """The last sequence, which is the number of calls ever recorded."""
    ledger: int = 0
    """The least generation of the ledger."""
    heads: dict[str, tuple[int, bytes]] = {}
    """For each open day: its least number of blocks, and the digest of the last one."""

    def is_long_before(self, ended_ms: float) -> bool:
        """Whether a power loss cannot explain that the mark lacks a call that ended then."""
        return ended_ms > self.at_ms + SYNC_NS // 1_000_000


Slot = EndMark | Literal["empty", "damaged"]


class EndMarkFile:
    """Writes the mark of one log. For the writer's thread."""

    def __init__(self, folder: Path, chain: Chain) -> None:
        self._path = folder / NAME
        self._chain = chain
        self._slot = 0
        self._descriptor = -1
        self._synced_ns = 0
        self._is_behind = False
        self.mark = EndMark()

    def make(self) -> None:
        """Begin a log. Raises OSError."""
        replace_file(self._path, _packed(self._chain, EndMark()).ljust(2 * _SLOT_BYTES, b"\0"))

    def open(self, mark: EndMark) -> None:
        """Go on from *mark*, and bring it to the disk. Raises OSError."""
        self._descriptor = os.open(self._path, os.O_RDWR)
        self.mark = mark
        # Keep the slot with the newest mark until the other slot was flushed.
        self._slot = 1 - _newest_slot(self._chain, os.pread(self._descriptor, 2 * _SLOT_BYTES, 0))
        self.write_and_sync(mark)

    def advance(self, mark: EndMark, *, elapsed_ns: int) -> None:
        """Write *mark*, and flush it if the last flush is a second ago.

        Never raises, because the calls of *mark* are already on the disk. After a failure,
        ``catch_up`` raises before more calls are recorded.
        """
        try:
            self._write(mark)
            if elapsed_ns - self._synced_ns >= SYNC_NS:
                self._sync()
                self._synced_ns = elapsed_ns
        except OSError:
            self._is_behind = True

    def catch_up(self) -> None:
        """Repeat a failed write. Raises OSError."""
        if self._is_behind:
            self.write_and_sync(self.mark)

    def write_and_sync(self, mark: EndMark) -> None:
        """Raises OSError."""
        self._is_behind = True
        self._write(mark)
        self._sync()
        self._is_behind = False

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, mark: EndMark) -> None:
        heads = mark.heads
        if len(heads) > _HEADS_MAX:
            heads = dict(sorted(heads.items())[-_HEADS_MAX:])
        self.mark = EndMark(
            number=self.mark.number + 1,
            at_ms=mark.at_ms,
            sequence=mark.sequence,
            ledger=mark.ledger,
            heads=heads,
        )
        os.pwrite(self._descriptor, _packed(self._chain, self.mark), self._slot * _SLOT_BYTES)

    def _sync(self) -> None:
        flush(self._descriptor)
        self._slot = 1 - self._slot


def read_end_mark(folder: Path, chain: Chain) -> EndMark:
    """The newest readable mark. Raises SetupError if no slot is readable."""
    marks = [mark for mark in _read(folder, chain) if isinstance(mark, EndMark)]
    if not marks:
        raise SetupError(
            f"{folder / NAME} was changed or damaged, or is of another log: {HOW_TO_GO_ON}."
        )
    return max(marks, key=lambda mark: mark.number)


def is_damaged(folder: Path, chain: Chain) -> bool:
    """Whether a slot holds bytes that no writer wrote. Raises SetupError without a file."""
    # Read twice: the first read may come in the middle of a write.
    return "damaged" in _read(folder, chain) and "damaged" in _read(folder, chain)


def _read(folder: Path, chain: Chain) -> list[Slot]:
    path = folder / NAME
    try:
        return _slots(chain, path.read_bytes())
    except FileNotFoundError:
        raise SetupError(f"{path} is missing: {HOW_TO_GO_ON}.") from None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from None


def _packed(chain: Chain, mark: EndMark) -> bytes:
    content = _ENCODE(mark)
    return len(content).to_bytes(_LENGTH_BYTES, "little") + content + chain.digest(_KIND, content)


def _slots(chain: Chain, content: bytes) -> list[Slot]:
    """The content of each of the two slots."""
    slots: list[Slot] = []
    for start in (0, _SLOT_BYTES):
        length = int.from_bytes(content[start : start + _LENGTH_BYTES], "little")
        first = start + _LENGTH_BYTES
        packed = content[first : first + length]
        digest = content[first + length : first + length + DIGEST_BYTES]
        if length and digest == chain.digest(_KIND, packed):
            slots.append(msgspec.msgpack.decode(packed, type=EndMark))
        else:
            is_empty = len(content) == 2 * _SLOT_BYTES and not any(content[start:][:_SLOT_BYTES])
            slots.append("empty" if is_empty else "damaged")
    return slots


def _newest_slot(chain: Chain, content: bytes) -> int:
    first, second = (
        slot.number if isinstance(slot, EndMark) else -1 for slot in _slots(chain, content)
    )
    return int(second > first)
