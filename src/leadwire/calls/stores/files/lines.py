"""JSON Lines: a record a line, with the record's own field names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from leadwire.calls.sent import SentCall

_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(SentCall)


def line_of(record: SentCall) -> bytes:
    """One line, its newline included."""
    return _ENCODER.encode(record) + b"\n"


def records_of_lines(path: Path) -> Iterator[SentCall | str]:
    """The records of a file in their order; for a line that is none, a sentence that says so."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield _DECODER.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                yield f"Line {number} of {path.name} is not a whole record."
