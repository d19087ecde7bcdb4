"""Where a body ends, and what it says without its chunks.

A body's bytes pass on unchanged. So nothing here is made or mended: a framing only counts.
"""

import re
from collections.abc import Callable
from typing import Final, Protocol

from leadwire.proxy.head import (
    NOT_IMPLEMENTED,
    AnswerHead,
    HeadRefused,
    NotUnderstood,
    RequestHead,
)

Payload = Callable[[bytes], None]
"""Gets the body piece by piece, without chunk framing."""

LINE_BYTES_MAX: Final = 4_096
"""A chunk's size with its extensions."""
TRAILER_BYTES_MAX: Final = 65_536

_LENGTH: Final = re.compile(rb"\d{1,18}")
_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r\n]*)?", re.DOTALL)
_TRAILER_LINE: Final = re.compile(rb"[^\x00-\x20\x7f:]+:[^\x00\r\n]*", re.DOTALL)
_NO_BODY_STATUSES: Final = (204, 304)
_FIRST_FINAL_STATUS: Final = 200


class FramingBroken(Exception):
    """The body's chunks cannot be read. ``str()`` is a clause that says why."""


class Body(Protocol):
    """A body as it arrives."""

    ended: bool
    """Whether all of it was seen."""
    ends_at_close: bool
    """Whether it ends with its connection."""

    def feed(self, data: bytes) -> int:
        """How many bytes at the start of *data* belong to the body. Raises FramingBroken."""
        ...


class NoBody:
    ended = True
    ends_at_close = False

    def feed(self, data: bytes) -> int:
        del data
        return 0


NO_BODY: Final = NoBody()


class LengthBody:
    """A body of *length* bytes."""

    ends_at_close = False

    def __init__(self, length: int, payload: Payload) -> None:
        self._left = length
        self._payload = payload
        self.ended = length == 0

    def feed(self, data: bytes) -> int:
        size = len(data)
        if size > self._left:
            size = self._left
            data = data[:size]
        if size:
            self._left -= size
            self.ended = self._left == 0
            self._payload(data)
        return size


class UntilClose:
    """A body that ends with its connection."""

    ended = False
    ends_at_close = True

    def __init__(self, payload: Payload) -> None:
        self._payload = payload

    def feed(self, data: bytes) -> int:
        self._payload(data)
        return len(data)


class ChunkedBody:
    """A body in chunks, with extensions and trailers."""

    ends_at_close = False

    def __init__(self, payload: Payload) -> None:
        self._payload = payload
        self._left = 0
        """Bytes of the current chunk that have not arrived yet."""
        self._line = b""
        """The beginning of a line that has not arrived yet as a whole."""
        self._trailer_bytes = 0
        self._read_line = self._size_line
        self.ended = False

    def feed(self, data: bytes) -> int:
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                self._payload(piece)
            else:
                at = self._to_line_end(data, at)
        return at

    def _to_line_end(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        line = self._line + data[at:stop]
        if len(line) > LINE_BYTES_MAX:
            raise FramingBroken(f"a line between chunks is longer than {LINE_BYTES_MAX} bytes")
        if end < 0:
            self._line = line
            return stop
        if not line.endswith(b"\r\n"):
            raise FramingBroken("a line between chunks ends without a carriage return")
        self._line = b""
        self._read_line(line[:-2])
        return stop

    def _size_line(self, line: bytes) -> None:
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise FramingBroken("the size of a chunk is not a hexadecimal number")
        self._left = int(found[1], 16)
        self._read_line = self._end_of_chunk if self._left else self._trailer_line

    def _end_of_chunk(self, line: bytes) -> None:
        if line:
            raise FramingBroken("a chunk is longer than its size")
        self._read_line = self._size_line

    def _trailer_line(self, line: bytes) -> None:
        if not line:
            self.ended = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > TRAILER_BYTES_MAX:
            raise FramingBroken(f"the trailers are larger than {TRAILER_BYTES_MAX} bytes")
        if _TRAILER_LINE.fullmatch(line) is None:
            raise FramingBroken("a trailer is not a name followed by a colon")


def request_body(head: RequestHead, payload: Payload) -> Body:
    """The body that follows *head*. Raises HeadRefused if two readers could see two bodies."""
    if b"transfer-encoding" in head.names:
        _check_coding(head)
        return ChunkedBody(payload)
    if b"content-length" not in head.names:
        return NO_BODY
    lengths = head.values(b"content-length")
    if len(lengths) > 1:
        raise HeadRefused("it has two Content-Length headers")
    if _LENGTH.fullmatch(lengths[0]) is None:
        raise HeadRefused("its Content-Length is not a number")
    return LengthBody(int(lengths[0]), payload)


def _check_coding(head: RequestHead) -> None:
    if b"content-length" in head.names:
        raise HeadRefused("it has both Content-Length and Transfer-Encoding")
    codings = head.values(b"transfer-encoding")
    if len(codings) > 1 or head.version != b"HTTP/1.1":
        raise HeadRefused("its Transfer-Encoding can be read in two ways")
    if codings[0].lower() != b"chunked":
        raise HeadRefused("no Transfer-Encoding but chunked is offered", status=NOT_IMPLEMENTED)


def answer_body(head: AnswerHead, method: bytes, payload: Payload) -> Body:
    """The body that follows *head* after a request of *method*. Raises NotUnderstood."""
    if method == b"HEAD" or head.status < _FIRST_FINAL_STATUS or head.status in _NO_BODY_STATUSES:
        return NO_BODY
    if b"transfer-encoding" in head.names:
        codings = _words(head, b"transfer-encoding")
        return ChunkedBody(payload) if codings[-1] == b"chunked" else UntilClose(payload)
    if b"content-length" not in head.names:
        return UntilClose(payload)
    lengths = head.values(b"content-length")
    if len(lengths) > 1 or b"," in lengths[0]:  # the same length twice is still one
        lengths = list(set(_words(head, b"content-length")))
    if len(lengths) > 1 or _LENGTH.fullmatch(lengths[0]) is None:
        raise NotUnderstood("its Content-Length is not one number")
    return LengthBody(int(lengths[0]), payload)


def _words(head: AnswerHead, name: bytes) -> list[bytes]:
    """The members of all headers called *name*, in lower case."""
    return [word.strip(b" \t").lower() for value in head.values(name) for word in value.split(b",")]
