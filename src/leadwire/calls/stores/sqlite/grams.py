"""Which pieces of text a block holds, as bits: the summary that lets a search skip it.

Three sets of bits over the block's searchable text, folded to lower case:

* five-character grams, hashed, in three regions by what they are made of. Digits, hexadecimal
  digits and other text differ by orders of magnitude in how many there are, so that in one
  common region the ids would drown the words;
* three-character grams over 32 symbols, exact. They cost next to nothing, because blocks
  resemble each other, and they answer for needles of three and four characters;
* whole values of the fields that can be filtered by, so that a filter skips blocks too.

Grams with a quote or a separator in them are left out: they stand where a fixed form meets a
random value, and would only fill the regions.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

_GRAM: Final = 5
_MULTIPLIER: Final = 40_503
_SMALL_BITS: Final = 1 << 15
_LARGE_BITS: Final = 1 << 17
_HEX_BIT: Final = _SMALL_BITS
_OTHER_BIT: Final = _HEX_BIT + _LARGE_BITS
_SHORT_BIT: Final = _OTHER_BIT + _SMALL_BITS
_VALUE_BIT: Final = _SHORT_BIT + (1 << 15)
_VALUE_BITS: Final = 1 << 12
BITMAP_BYTES: Final = (_VALUE_BIT + _VALUE_BITS) // 8

Places = np.ndarray[tuple[int], np.dtype[np.intp]]


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


def bitmap_of(folded: bytes, values: Iterable[tuple[str, str]]) -> bytes:
    """The bits of a block: its searchable text, and (field, value) pairs. ``BITMAP_BYTES`` long."""
    padded = folded + b"\x1f" * _GRAM
    flags = np.zeros(8 * _LARGE_BITS, np.uint8)
    flags[_gram_places(padded)] = 1
    by_kind = flags.reshape(8, 4, _SMALL_BITS)
    short = np.zeros(1 << 15, np.uint8)
    short[_short_places(padded)] = 1
    exact = np.zeros(_VALUE_BITS, np.uint8)
    exact[[bit_of_value(field, value) - _VALUE_BIT for field, value in values]] = 1
    regions = (
        np.bitwise_or.reduce(by_kind[0]),
        by_kind[1].ravel(),
        np.bitwise_or.reduce(by_kind[3]),
        short,
        exact,
    )
    return np.packbits(np.concatenate(regions), bitorder="little").tobytes()


def bit_of_value(field: str, value: str) -> int:
    """The bit that a block has set when a call in it has *value* in *field*."""
    return _VALUE_BIT + zlib.crc32(f"{field}={value}".encode()) % _VALUE_BITS


def _gram_places(text: bytes) -> Places:
    count = len(text) - _GRAM + 1
    symbols = np.frombuffer(text, np.uint8)
    kinds = np.frombuffer(text.translate(_KINDS), np.uint8)
    hashes = symbols[:count].astype(np.uint16)
    kind = kinds[:count].copy()
    for offset in range(1, _GRAM):
        hashes *= np.uint16(_MULTIPLIER)
        hashes += symbols[offset : offset + count]
        kind |= kinds[offset : offset + count]
    parity = symbols[:count] ^ symbols[2 : count + 2]
    parity ^= symbols[4:]
    kind <<= 1
    kind |= parity & 1
    places = kind.astype(np.intp)
    places <<= 16
    places |= hashes
    return places


def _short_places(text: bytes) -> Places:
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
        return _HEX_BIT + (((gram[0] ^ gram[2] ^ gram[4]) & 1) << 16) + hashed
    return (0 if kind == 0 else _OTHER_BIT) + hashed % _SMALL_BITS


def holds_bits(bitmap: bytes, bits: Sequence[int]) -> bool:
    return all(bitmap[bit >> 3] >> (bit & 7) & 1 for bit in bits)
