"""Which pieces of text a block holds, as bits: the summary that lets a search skip it.

Two sets of bits over the block's searchable text, folded to lower case:

* five-character grams, hashed, in three regions by what they are made of. Digits, hexadecimal
  digits and other text differ by orders of magnitude in how many there are, so that in one
  common region the ids would drown the words;
* three-character grams over 32 symbols, exact. They cost next to nothing, because blocks
  resemble each other, and they answer for needles of three and four characters.

Grams with a quote or a separator in them are left out: they stand where a fixed form meets a
random value, and would only fill the regions.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

BITMAP_BYTES: Final = 20_480
"""Digits 4096, hexadecimal 8192, other text 4096, three-character grams 4096."""
_GRAM: Final = 5
_MULTIPLIER: Final = 40_503
_SHORT_BIT: Final = 131_072
_SHORT_SYMBOLS: Final = 32


def _kinds() -> bytes:
    kinds = bytearray([3] * 256)
    for symbol in b"0123456789":
        kinds[symbol] = 0
    for symbol in b"abcdef-":
        kinds[symbol] = 1
    for symbol in b'"\x1f':
        kinds[symbol] = 4
    return bytes(kinds)


def _symbols() -> bytes:
    symbols = bytearray(256)
    for number, letter in enumerate(b"abcdefghijklmnopqrstuvwxyz", 1):
        symbols[letter] = number
    for digit in b"0123456789":
        symbols[digit] = 27
    for number, sign in enumerate(b".@_-", 28):
        symbols[sign] = number
    symbols[ord(" ")] = symbols[ord("-")]
    return bytes(symbols)


_KINDS: Final = _kinds()
_SYMBOLS: Final = _symbols()


def bitmap_of(folded: bytes) -> bytes:
    """The bits of a block whose searchable text is *folded*; ``BITMAP_BYTES`` long."""
    padded = folded + b"\x1f" * _GRAM
    flags = np.zeros(8 << 16, np.uint8)
    flags[_gram_places(padded)] = 1
    short = np.zeros(_SHORT_SYMBOLS**3, np.uint8)
    short[_short_places(padded)] = 1
    half = 1 << 15
    regions = (
        flags[:half] | flags[half : 2 * half],
        flags[2 * half : 4 * half],
        flags[6 * half : 7 * half] | flags[7 * half : 8 * half],
        short,
    )
    return np.packbits(np.concatenate(regions), bitorder="little").tobytes()


def _gram_places(text: bytes) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    count = len(text) - _GRAM + 1
    symbols = np.frombuffer(text, np.uint8)
    kinds = np.frombuffer(text.translate(_KINDS), np.uint8)
    hashes = symbols[:count].astype(np.uint16)
    kind = kinds[:count].copy()
    for offset in range(1, _GRAM):
        hashes *= np.uint16(_MULTIPLIER)
        hashes += symbols[offset : offset + count]
        kind |= kinds[offset : offset + count]
    places = kind.astype(np.intp)
    places <<= 16
    places |= hashes
    return places


def _short_places(text: bytes) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    symbols = np.frombuffer(text.translate(_SYMBOLS), np.uint8)
    places = symbols[:-2].astype(np.uint16)
    places <<= 5
    places |= symbols[1:-1]
    places <<= 5
    places |= symbols[2:]
    return places.astype(np.intp)


def bits_of_needle(folded: bytes, *, bits_max: int = 28) -> list[int]:
    """The bits that every block with *folded* in it has set; none when the needle is too short.

    The most telling come first: a caller may stop when no candidate is left.
    """
    long: dict[int, None] = {}
    short: dict[int, None] = {}
    for piece in folded.translate(_QUOTES_TO_SEPARATORS).split(b"\x1f"):
        for start in range(len(piece) - _GRAM + 1):
            long[_bit_of_gram(piece[start : start + _GRAM])] = None
        symbols = piece.translate(_SYMBOLS)
        for first, second, third in zip(symbols, symbols[1:], symbols[2:], strict=False):
            if first and second and third:
                short[_SHORT_BIT + (first << 10 | second << 5 | third)] = None
    # Grams that overlap say nearly the same: take every other one first.
    ordered = list(long)
    ordered = ordered[::2] + ordered[1::2]
    return (ordered[: bits_max - 6] + list(short)[:bits_max])[:bits_max]


_QUOTES_TO_SEPARATORS: Final = bytes.maketrans(b'"', b"\x1f")


def _bit_of_gram(gram: bytes) -> int:
    hashed, kind = 0, 0
    for symbol in gram:
        hashed = (hashed * _MULTIPLIER + symbol) & 0xFFFF
        kind |= _KINDS[symbol]
    if kind == 1:
        return 32_768 + hashed
    return (hashed & 0x7FFF) + (0 if kind == 0 else 98_304)


def holds_bits(bitmap: bytes, bits: Sequence[int]) -> bool:
    return all(bitmap[bit >> 3] >> (bit & 7) & 1 for bit in bits)
