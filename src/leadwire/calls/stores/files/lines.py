"""JSON Lines: a record a line, with the record's own field names."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Final

import msgspec

from leadwire.calls.sent import SentCall

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(SentCall)


def line_of(record: SentCall) -> bytes:
    """One line, its newline included."""
    return _ENCODER.encode(record) + b"\n"


def records_of_lines(file: IO[bytes], name: str) -> Iterator[SentCall | str]:
    """The records of an open file in their order; a sentence for a line that is not one."""
    for number, line in enumerate(file, 1):
        whole = line if line.endswith(b"\n") else line + _rest(file)
        try:
            yield _DECODER.decode(whole)
        except (msgspec.DecodeError, UnicodeDecodeError):
            yield f"Line {number} of {name} is not a whole record."


def _rest(file: IO[bytes]) -> bytes:
    """What follows a line that has no end yet: it is being written, or its writer died."""
    with locked(file):  # whoever is writing it has finished then
        return file.readline()


@contextmanager
def locked(file: IO[bytes]) -> Iterator[None]:
    """Hold the lock under which lines are appended to *file*, where files can be locked."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
