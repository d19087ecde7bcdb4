"""Decompress an answer piece by piece, so that a small answer cannot fill the memory."""

import zlib
from collections.abc import Iterator
from typing import Final

PIECE_BYTES_MAX: Final = 65_536
"""Compressed bytes become pieces of at most this size."""

_GZIP_BITS: Final = 16 + zlib.MAX_WBITS
_RAW_BITS: Final = -zlib.MAX_WBITS
_BITS: Final = {"gzip": _GZIP_BITS, "x-gzip": _GZIP_BITS, "deflate": zlib.MAX_WBITS}


class NotDecodable(Exception):
    """The answer cannot be decompressed. *lasting*: a retry would get the same answer."""

    def __init__(self, text: str, *, lasting: bool = False) -> None:
        super().__init__(text)
        self.lasting = lasting


def decoder_of(content_encoding: str) -> "Plain | Inflating":
    """The decoder for a Content-Encoding. Raises NotDecodable for one that was not requested."""
    named = content_encoding.strip().lower()
    if named in ("", "identity"):
        return Plain()
    if named not in _BITS:
        text = "the answer is compressed in a way that the client did not ask for"
        raise NotDecodable(text, lasting=True)
    return Inflating(_BITS[named])


class Plain:
    """Passes bytes on."""

    def pieces(self, received: bytes) -> Iterator[bytes]:
        """The bytes as they came."""
        yield received

    def finish(self) -> None:
        """There is nothing to check."""


class Inflating:
    """Decompresses gzip or deflate."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        self._stream = zlib.decompressobj(bits)
        self._has_begun = False

    def pieces(self, received: bytes) -> Iterator[bytes]:
        """The decompressed bytes, in pieces of at most PIECE_BYTES_MAX. Raises NotDecodable."""
        while received and not self._stream.eof:
            piece = self._inflated(received)
            received = self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """Raises NotDecodable if the compressed bytes ended too early."""
        if self._has_begun and not self._stream.eof:
            raise NotDecodable("the compressed answer is incomplete")

    def _inflated(self, received: bytes) -> bytes:
        try:
            piece = self._stream.decompress(received, PIECE_BYTES_MAX)
        except zlib.error:
            # Some servers send deflate without its header (RFC 9110, 8.4.1.2).
            if self._has_begun or self._bits != zlib.MAX_WBITS:
                raise NotDecodable("the compressed answer is damaged") from None
            self._bits = _RAW_BITS
            self._stream = zlib.decompressobj(_RAW_BITS)
            return self._inflated(received)
        self._has_begun = True
        return piece
