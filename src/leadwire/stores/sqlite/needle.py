"""Find a needle in a text, without the case of A to Z. Pure functions.

Folding a whole text takes longer than searching it. So the text is compared in words, which are
numbers of one, two or four bytes. A needle of seven characters covers a whole word of four,
wherever it begins. Each of the four ways to begin, relative to the words, has its own word::

    words     │…{"V│alue│":"R│ohit│.ver│ma91│…       begins 3 bytes into a word: "ohit" or ".ver"
    needle              r ohit .ver ma

For each way to begin, the rarest words in texts of calls are looked for. Only where they stand, the
text is folded and compared. numpy does this without the interpreter's lock.
"""

import threading
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np

_WINDOW_BYTES: Final = 1 << 19
_VERY_LONG: Final = 256
"""From this length on, ``bytes.find`` in the folded text is better: it compares in linear time."""
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
Words = np.ndarray[tuple[int], np.dtype[np.unsignedinteger[Any]]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]


class _Scratch(threading.local):
    """Reused memory, since allocating takes as long as comparing."""

    def __init__(self) -> None:
        self.folded = np.empty(_WINDOW_BYTES, np.uint8)
        self.all_stand = np.empty(_WINDOW_BYTES, np.bool_)
        self.stands = np.empty(_WINDOW_BYTES, np.bool_)


_SCRATCH: Final = _Scratch()


class _Beginning(NamedTuple):
    """One way in which a needle may begin, relative to the words of the text."""

    offset: int
    """Of the first compared word in the needle."""
    words: list[tuple[int, Any]]
    """The compared words, each with its distance in words from the first one."""

    @property
    def span(self) -> int:
        return self.words[-1][0]


class _Plan(NamedTuple):
    """What to compare. *span* is the largest of all beginnings."""

    word_type: np.dtype[Any]
    width: int
    case_bits: Any
    """The case bit of each character in a word."""
    beginnings: list[_Beginning]
    span: int


def places_of(needle: bytes, text: bytes) -> Places:
    """Every place in *text* where *needle* begins, ascending.

    *needle* is folded and not empty.
    """
    size = len(needle)
    if size >= _VERY_LONG:
        return np.array(_places_in(text.lower(), needle), np.int64)
    # A word may stand so close to an end of the text that the needle has no space around it.
    candidates = _candidates(_plan_for(needle), text)
    if len(candidates) > _FEW:
        has_space = (candidates >= 0) & (candidates <= len(text) - size)
        return _verified(np.frombuffer(text, np.uint8), needle, candidates[has_space])
    found = [
        place
        for place in candidates.tolist()
        if place >= 0 and text[place : place + size].lower() == needle
    ]
    return np.array(found, np.int64)


@lru_cache(maxsize=64)
def _plan_for(needle: bytes) -> _Plan:
    size = len(needle)
    if size >= 7:  # noqa: PLR2004  # so that each beginning has a word of four
        width, compared = 4, 1
    elif size >= 5:  # noqa: PLR2004  # so that each has two words of two
        width, compared = 2, 2
    else:
        width, compared = 1, 3
    like_needle = bytes(code | _CASE_BIT for code in needle)
    beginnings = []
    for first in range(width):
        offsets = range(first, size - width + 1, width)
        by_rareness = sorted(
            offsets, key=lambda offset: -sum(_RARENESS[c] for c in needle[offset : offset + width])
        )
        chosen = sorted(by_rareness[:compared])
        words = [
            ((offset - chosen[0]) // width, np.frombuffer(like_needle, f"u{width}", 1, offset)[0])
            for offset in chosen
        ]
        beginnings.append(_Beginning(chosen[0], words))
    word_type = np.dtype(f"u{width}")
    case_bits = np.full(width, _CASE_BIT, np.uint8).view(word_type)[0]
    span = max(beginning.span for beginning in beginnings)
    return _Plan(word_type, width, case_bits, beginnings, span)


def _candidates(plan: _Plan, text: bytes) -> Places:
    """Where the needle may begin, ascending; some places are outside *text*."""
    width, step = plan.width, _WINDOW_BYTES // plan.width - plan.span
    words = np.frombuffer(text, plan.word_type, len(text) // width)
    scratch = _SCRATCH.folded.view(plan.word_type)
    found = []
    for start in range(0, len(words), step):
        window = words[start : start + step + plan.span]
        folded = scratch[: len(window)]
        np.bitwise_or(window, plan.case_bits, out=folded)
        for beginning in plan.beginnings:
            places = _words_standing(folded, beginning, step).nonzero()[0]
            if len(places):
                found.append((places + start) * width - beginning.offset)
    if not found:
        return np.empty(0, np.int64)
    return found[0] if len(found) == 1 else np.sort(np.concatenate(found))


def _words_standing(folded: Words, beginning: _Beginning, count_max: int) -> Mask:
    """For each of the first words in *folded*, whether the compared words stand there."""
    count = max(0, min(count_max, len(folded) - beginning.span))
    all_stand, stands = _SCRATCH.all_stand[:count], _SCRATCH.stands[:count]
    for number, (distance, word) in enumerate(beginning.words):
        out = stands if number else all_stand
        np.equal(folded[distance : distance + count], word, out=out)
        if number:
            np.logical_and(all_stand, stands, out=all_stand)
    return all_stand


def _verified(text: Symbols, needle: bytes, candidates: Places) -> Places:
    """The *candidates* where the whole needle matches."""
    for offset, code in enumerate(needle):
        candidates = candidates[_FOLDED[text[candidates + offset]] == code]
        if not len(candidates):
            break
    return candidates


def _places_in(folded: bytes, needle: bytes) -> list[int]:
    found = []
    place = folded.find(needle)
    while place >= 0:
        found.append(place)
        place = folded.find(needle, place + 1)
    return found
