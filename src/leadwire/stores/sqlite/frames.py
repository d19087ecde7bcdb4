"""zstd frames with a checksum: how the parts of a block, and large hot calls, are compressed."""

import threading
from typing import Final

import zstandard

from leadwire.stores.sqlite.damage import BlockDamaged

_LEVEL: Final = 1
"""Level 3 takes twice the time, and bodies do not become smaller."""
_FRAME_BYTES_MAX: Final = 1 << 30
FRAME_START: Final = zstandard.FRAME_HEADER
"""What each frame begins with."""


class _Codecs(threading.local):
    """zstd contexts must not be used by two threads at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_CODECS: Final = _Codecs()


def compressed(data: bytes) -> bytes:
    return _CODECS.compressor.compress(data)


def decompressed(frame: bytes) -> bytes:
    """Raises BlockDamaged when *frame* is not what ``compressed`` gave."""
    try:
        return _CODECS.decompressor.decompress(frame, max_output_size=_FRAME_BYTES_MAX)
    except zstandard.ZstdError as error:
        raise BlockDamaged(f"A block cannot be decompressed: {error}") from error


def size_decompressed(frame: bytes) -> int:
    """Bytes of what is in *frame*, as it says itself; 0 if it does not say."""
    try:
        return max(zstandard.frame_content_size(frame), 0)
    except zstandard.ZstdError:
        return 0
