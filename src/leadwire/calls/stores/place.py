"""Places in a log that is followed, as opaque text."""

import base64
import binascii
from typing import TypeVar

import msgspec

from leadwire.calls.query import QueryError

T = TypeVar("T")


def place_at(version: int, content: object) -> str:
    """*content* as text that fits into an address and a header. Each store has its *version*."""
    packed = bytes([version]) + msgspec.msgpack.encode(content)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def content_of(place: str, version: int, kind: type[T]) -> T:
    """What ``place_at`` was given. Raises QueryError when it was not given that *version*."""
    try:
        packed = base64.b64decode(place + "=" * (-len(place) % 4), altchars=b"-_", validate=True)
        if packed[:1] == bytes([version]):
            return msgspec.msgpack.decode(packed[1:], type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        pass  # said below
    raise QueryError("after", "The place is not one that this log gave out.")
