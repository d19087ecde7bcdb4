"""How the process gives memory back to the system."""

import ctypes
from contextlib import suppress
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_LARGE_BYTES: Final = 262_144
_ARENAS_MAX: Final = 2


def return_large_buffers() -> None:
    """Give each large buffer back as soon as it is freed. Does nothing without glibc.

    By itself glibc keeps such buffers once some were used, in an arena for each thread. A proxy of
    large bodies then holds half as much memory again for ever.
    """
    with suppress(OSError, AttributeError):  # another system, or another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_ARENA_MAX, _ARENAS_MAX)
