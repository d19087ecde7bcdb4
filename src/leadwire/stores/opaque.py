"""Cursors and places as opaque text.

A cursor names a position, not a row. So it stays valid if that row is pruned, sealed into a block,
or followed by newer rows.
"""

import base64
import binascii
import struct
from typing import Final, TypeVar

import msgspec

from leadwire.calls.query import QueryError

_POSITION: Final = struct.Struct(">BqQ")
_VERSION: Final = 1
_INSTANTS_MS: Final = range(253_402_300_800_000)
"""From 1970 to the end of 9999. A store has no day outside this range."""
_SEQUENCES: Final = range(1 << 63)


def cursor_at(started_at_ms: int, sequence: int) -> str:
    """The cursor that continues after the row at (*started_at_ms*, *sequence*)."""
    packed = _POSITION.pack(_VERSION, started_at_ms, sequence)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def position_of(cursor: str) -> tuple[int, int] | None:
    """(started_at_ms, sequence) of the previous page's last row; None for the first page.

    Raises QueryError if ``cursor_at`` did not make *cursor*.
    """
    if not cursor:
        return None
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        version, started_at_ms, sequence = _POSITION.unpack(packed)
    except (binascii.Error, ValueError, struct.error):
        version, started_at_ms, sequence = 0, 0, 0
    is_place = started_at_ms in _INSTANTS_MS and sequence in _SEQUENCES
    if version != _VERSION or not is_place:
        raise QueryError("cursor", "The cursor is not one that a page of calls gave out.")
    return started_at_ms, sequence


T = TypeVar("T")


def place_at(version: int, content: object) -> str:
    """*content* as text for a URL or a header. Each store has its *version*."""
    packed = bytes([version]) + msgspec.msgpack.encode(content)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def content_of(place: str, version: int, kind: type[T]) -> T:
    """The content of a place. Raises QueryError for a different *version*."""
    try:
        packed = base64.b64decode(place + "=" * (-len(place) % 4), altchars=b"-_", validate=True)
        if packed[:1] == bytes([version]):
            return msgspec.msgpack.decode(packed[1:], type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass  # said below
    raise QueryError("after", "The place is not one that this log gave out.")
