"""Find a needle in a text, without the case of A to Z. Pure functions.

Folding a whole text takes longer than searching it. So three characters of the needle, the rarest
in texts of calls, are compared with the unfolded text. Only where all three match, the text is
folded and compared. numpy does this without the interpreter's lock, in windows that fit into the
processor's cache.
"""

import threading
from typing import Final

import numpy as np

_COMPARED: Final = 3
_WINDOW: Final = 1 << 17
_CASE_BIT: Final = 0x20
_COMMON_FIRST: Final = b'"eat0-1inor2_s3:4l5,d6c7b8 m9fpu.@hg}{vwykx/jqz'
_RARENESS: Final = bytes(
    _COMMON_FIRST.index(code) if code in _COMMON_FIRST else len(_COMMON_FIRST)
    for code in range(256)
)

_FOLDED: Final = np.frombuffer(bytes(range(256)).lower(), np.uint8)
_FEW: Final = 16
"""Up to this number, places are compared one by one; beyond it, symbol by symbol."""

Places = np.ndarray[tuple[int], np.dtype[np.int64]]
Symbols = np.ndarray[tuple[int], np.dtype[np.uint8]]


class _Scratch(threading.local):
    """Reused memory, since allocating takes as long as comparing."""

    def __init__(self) -> None:
        self.folded = np.empty(_WINDOW, np.uint8)
        self.all_stand = np.empty(_WINDOW, np.bool_)
        self.stands = np.empty(_WINDOW, np.bool_)


_SCRATCH: Final = _Scratch()


def places_of(needle: bytes, text: bytes) -> Places:
    """Every place in *text* where *needle* begins. *needle* is folded and not empty."""
    if len(needle) >= _WINDOW // 2:
        return np.array(_places_in(text.lower(), needle), np.int64)
    offsets = _telling_offsets(needle)
    symbols = np.frombuffer(text, np.uint8)
    size = len(needle)
    found: list[int] = []
    for start in range(0, len(text) - size + 1, _WINDOW - size + 1):
        window = symbols[start : start + _WINDOW]
        candidates = _candidates(window, needle, offsets).nonzero()[0]
        if len(candidates) > _FEW:
            found += (_verified(window, needle, candidates) + start).tolist()
            continue
        for place in candidates.tolist():
            begin = start + place
            if text[begin : begin + size].lower() == needle:
                found.append(begin)
    return np.array(found, np.int64)


def _candidates(
    window: Symbols, needle: bytes, offsets: list[int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """For each possible start in *window*, whether the needle matches at *offsets*."""
    folded = _SCRATCH.folded[: len(window)]
    np.bitwise_or(window, _CASE_BIT, out=folded)
    count = len(window) - len(needle) + 1
    all_stand, stands = _SCRATCH.all_stand[:count], _SCRATCH.stands[:count]
    for number, offset in enumerate(offsets):
        out = stands if number else all_stand
        np.equal(folded[offset : offset + count], needle[offset] | _CASE_BIT, out=out)
        if number:
            np.logical_and(all_stand, stands, out=all_stand)
    return all_stand


def _verified(window: Symbols, needle: bytes, candidates: Places) -> Places:
    """The *candidates* where the whole needle matches."""
    for offset, code in enumerate(needle):
        candidates = candidates[_FOLDED[window[candidates + offset]] == code]
        if not len(candidates):
            break
    return candidates


def _telling_offsets(needle: bytes) -> list[int]:
    """The offsets of the rarest characters in *needle*, all different if possible."""
    firsts = [offset for offset, code in enumerate(needle) if needle.index(code) == offset]
    return sorted(firsts, key=lambda offset: -_RARENESS[needle[offset]])[:_COMPARED]


def _places_in(folded: bytes, needle: bytes) -> list[int]:
    found = []
    place = folded.find(needle)
    while place >= 0:
        found.append(place)
        place = folded.find(needle, place + 1)
    return found
