"""JSON Lines: one record per line, with the fields and names of an export.

So files from ``leadwire calls export`` and from an SDK's log are read alike.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

import msgspec

from leadwire.calls.export import exported_call
from leadwire.calls.record import FIELDS
from leadwire.calls.sent import SentCall
from leadwire.dates import parse_ms

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_DECODER: Final = msgspec.json.Decoder(dict[str, Any])
_SENDERS_OWN: Final = tuple(name for name in SentCall.__struct_fields__ if name not in FIELDS)


def line_of(record: SentCall) -> bytes:
    """A record as one line, with its newline."""
    return msgspec.json.encode(sent_fields(record)) + b"\n"


def sent_fields(record: SentCall) -> dict[str, str | int | float | bool]:
    """The fields of an export, and the fields that only a client has."""
    return {**exported_call(record), **{name: getattr(record, name) for name in _SENDERS_OWN}}


def _record(line: bytes) -> SentCall:
    """Decode a line. Raises ValueError for an incomplete or invalid record."""
    fields = _DECODER.decode(line)
    started_at = fields.pop("started_at", "")
    if not isinstance(started_at, str):
        raise ValueError(started_at)  # noqa: TRY004  # a line's fault, as the other ones
    fields["started_at_ms"] = parse_ms(started_at)
    return msgspec.convert(fields, SentCall)


def records_of_lines(file: IO[bytes], name: str) -> Iterator[SentCall | str]:
    """The records of an open file in order, or a sentence for an invalid line."""
    for number, line in enumerate(file, 1):
        whole = line if line.endswith(b"\n") else line + _rest(file)
        try:
            yield _record(whole)
        except ValueError:  # msgspec's own are
            yield f"Line {number} of {name} is not a complete record."


def _rest(file: IO[bytes]) -> bytes:
    """The rest of an unfinished line: its writer is still writing or has died."""
    with locked(file):  # its writer has finished then
        return file.readline()


@contextmanager
def locked(file: IO[bytes]) -> Iterator[None]:
    """Hold the append lock of *file*, if the file system supports locks."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if fcntl is not None:
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
