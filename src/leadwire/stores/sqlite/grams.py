"""Bitmaps of the text in a block, so that a search can skip the block.

Three sets of bits. They cover the searchable text as it was sent, in lower case, and the texts
that read differently, as they read (``leadwire.calls.text``):

* five-character grams, hashed, in three regions by what they are made of. Digits, hexadecimal
  digits and other text differ by orders of magnitude in how many there are. In one common
  region the ids would drown the words;
* three-character grams over 32 symbols, exact, for needles of three and four characters. They
  cost little, because blocks resemble each other and compress well together;
* whole values of the fields that can be filtered by, so that a filter skips blocks too.

Grams with a quote or a separator are left out. They stand where a fixed form meets a random
value, and would only fill the regions.
"""

import threading
import zlib
from collections.abc import Iterable
from functools import lru_cache
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

_SYMBOL_BITS: Final = 5
_SYMBOL_MASK: Final = (1 << _SYMBOL_BITS) - 1
_WINDOW: Final = 1 << 15

Places = np.ndarray[tuple[int], np.dtype[np.intp]]
Flags = np.ndarray[tuple[int], np.dtype[np.uint8]]


def _kinds() -> bytes:
    kinds = bytearray([3] * 256)
    for symbol in b"0123456789":
        kinds[symbol] = 0
    for symbol in b"abcdefABCDEF-":
        kinds[symbol] = 1
    for symbol in b'"\x1f':
        kinds[symbol] = 4
    return bytes(kinds)


def _symbols() -> bytes:
    symbols = bytearray(256)
    for number, letter in enumerate(b"abcdefghijklmnopqrstuvwxyz", 1):
        symbols[letter] = number
        symbols[letter ^ 32] = number
    for digit in b"0123456789":
        symbols[digit] = 27
    for number, sign in enumerate(b".@_-", 28):
        symbols[sign] = number
    # Only 32 symbols fit, so the blank shares a symbol. A shared symbol only costs precision.
    symbols[ord(" ")] = symbols[ord("-")]
    return bytes(symbols)


_KINDS: Final = _kinds()
_SYMBOLS: Final = _symbols()
_CODES: Final = bytes(
    kind << _SYMBOL_BITS | symbol for kind, symbol in zip(_KINDS, _SYMBOLS, strict=True)
)
"""Both in one table, because the look-up costs more than the rest."""


def bitmap_of(texts: Iterable[bytes], values: Iterable[tuple[str, str]]) -> bytes:
    """The bits of a block: its searchable texts, and (field, value) pairs. ``BITMAP_BYTES`` long.

    The texts need not be folded.
    """
    long, short = np.zeros(8 * _LARGE_BITS, np.uint8), np.zeros(1 << 15, np.uint8)
    for text in texts:
        _SCRATCH.set_flags(text, long, short)
    exact = np.zeros(_VALUE_BITS, np.uint8)
    exact[[bit_of_value(field, value) - _VALUE_BIT for field, value in values]] = 1
    by_kind = long.reshape(8, 4, _SMALL_BITS)
    regions = (
        np.bitwise_or.reduce(by_kind[0]),
        by_kind[1].ravel(),
        np.bitwise_or.reduce(by_kind[3]),
        short,
        exact,
    )
    return np.packbits(np.concatenate(regions), bitorder="little").tobytes()


def bit_of_value(field: str, value: str) -> int:
    """The bit that is set if a call of the block has *value* in *field*."""
    return _VALUE_BIT + zlib.crc32(f"{field}={value}".encode()) % _VALUE_BITS


class _Scratch(threading.local):
    """Reused buffers for processing a text in windows that fit into the processor's cache.

    This takes half the time of processing the whole text at once.
    """

    def __init__(self) -> None:
        size = _WINDOW + _GRAM
        self._symbols, self._pairs = np.empty(size, np.uint16), np.empty(size, np.uint16)
        self._kinds = np.empty(size, np.uint8)
        self._numbers = np.empty(size, np.uint32)
        self._places = np.empty(size, np.intp)
        """What numpy takes as an index without a copy."""

    def set_flags(self, text: bytes, long: Flags, short: Flags) -> None:
        """Set the flags of every gram in *text*: the long ones by kind, parity and hash."""
        for start in range(0, len(text), _WINDOW):
            # Windows overlap by a gram, so that no gram is lost between two windows.
            window = text[start : start + _WINDOW + _GRAM - 1].ljust(_GRAM, b"\x1f")
            symbols = np.frombuffer(window.lower(), np.uint8)
            codes = np.frombuffer(window.translate(_CODES), np.uint8)
            long[self._long_places(symbols, codes)] = 1
            short[self._short_places(codes)] = 1

    def _long_places(self, symbols: Flags, codes: Flags) -> Places:
        """Hashes pairs, then pairs of pairs: the same numbers as symbol by symbol, sooner."""
        size = len(symbols) - _GRAM + 1
        wide, pairs = self._symbols[: size + 4], self._pairs[: size + 3]
        wide[:] = symbols
        np.multiply(wide[:-1], np.uint16(_MULTIPLIER), out=pairs)
        pairs += wide[1:]
        last = symbols[4:]
        hashes = wide[:size]
        np.multiply(pairs[:size], np.uint16(_MULTIPLIER**2 & 0xFFFF), out=hashes)
        hashes += pairs[2 : size + 2]
        hashes *= np.uint16(_MULTIPLIER)
        hashes += last
        kinds = self._kinds[: size + 3]
        np.bitwise_or(codes[:-1], codes[1:], out=kinds)
        of_five = kinds[:size] | kinds[2 : size + 2]
        of_five |= codes[4:]
        of_five >>= _SYMBOL_BITS
        of_five <<= 1
        parity = symbols[:size] ^ symbols[2 : size + 2]
        parity ^= last
        parity &= 1
        of_five |= parity
        numbers, places = self._numbers[:size], self._places[:size]
        numbers[:] = of_five
        numbers <<= 16
        numbers |= hashes
        places[:] = numbers
        return places

    def _short_places(self, codes: Flags) -> Places:
        size = len(codes) - 2
        wide, pairs = self._symbols[: size + 2], self._pairs[: size + 1]
        np.bitwise_and(codes, _SYMBOL_MASK, out=wide)
        np.left_shift(wide[:-1], _SYMBOL_BITS, out=pairs)
        pairs |= wide[1:]
        triples, places = pairs[:size], self._places[:size]
        triples <<= _SYMBOL_BITS
        triples |= wide[2:]
        places[:] = triples
        return places


_SCRATCH: Final = _Scratch()


@lru_cache(maxsize=256)
def bits_of_needle(folded: bytes, *, bits_max: int = 28) -> tuple[int, ...]:
    """The bits of every block that contains *folded*; empty if the needle is too short.

    The most selective bits come first: a caller may stop when no candidate is left.
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
    # Overlapping grams carry nearly the same information, so take every other one first.
    ordered = list(long)
    ordered = ordered[::2] + ordered[1::2]
    return tuple((ordered[: bits_max - 6] + list(short))[:bits_max])


_QUOTES_TO_SEPARATORS: Final = bytes.maketrans(b'"', b"\x1f")


def _bit_of_gram(gram: bytes) -> int:
    hashed, kind = 0, 0
    for symbol in gram:
        hashed = (hashed * _MULTIPLIER + symbol) & 0xFFFF
        kind |= _KINDS[symbol]
    if kind == 1:
        return _HEX_BIT + (((gram[0] ^ gram[2] ^ gram[4]) & 1) << 16) + hashed
    return (0 if kind == 0 else _OTHER_BIT) + hashed % _SMALL_BITS
