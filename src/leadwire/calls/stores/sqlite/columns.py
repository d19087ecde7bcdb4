"""Values of one field side by side, as bytes that compress well. Pure functions, no store.

Whole numbers are kept as their difference from the smallest, byte plane by byte plane; strings
with few distinct values as one code each; other strings one behind the other.
"""

import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

SEPARATOR: Final = b"\x1f"
"""Between two texts: a control character, so that a needle does not reach from one to the next."""
_CODES_MAX: Final = 255
_FEW_ROWS: Final = 8
_WIDTHS: Final = ((1, "B"), (2, "H"), (4, "I"), (8, "Q"))

Whole = np.ndarray[tuple[int], np.dtype[np.int64]]
_SWAP: Final = sys.byteorder == "big"


class Numbers(msgspec.Struct, array_like=True, frozen=True):
    """A column of whole numbers, each ``base`` plus an unsigned number of ``width`` bytes."""

    base: int
    width: int
    planes: bytes


class Choices(msgspec.Struct, array_like=True, frozen=True, tag="c"):
    """A column of strings with at most 255 distinct values; one code byte a row."""

    values: tuple[str, ...]
    codes: bytes


class Texts(msgspec.Struct, array_like=True, frozen=True, tag="t"):
    """A column whose strings stand in the block's body, from byte ``start``, with separators."""

    start: int
    lengths: Numbers


def pack_numbers(values: Sequence[int]) -> Numbers:
    base = int(min(values))
    span = max(values) - base
    if span == 0:
        return Numbers(base, 0, b"")
    width, code = next(kind for kind in _WIDTHS if span < 1 << 8 * kind[0])
    shifted = array(code, [value - base for value in values] if base else values)
    if _SWAP:
        shifted.byteswap()
    raw = shifted.tobytes()
    return Numbers(base, width, b"".join(raw[plane::width] for plane in range(width)))


def unpack_numbers(numbers: Numbers, rows: int) -> Whole:
    if numbers.width == 0:
        return np.full(rows, numbers.base, np.int64)
    planes = np.frombuffer(numbers.planes, np.uint8).reshape(numbers.width, rows)
    values = np.ascontiguousarray(planes.T).view(f"<u{numbers.width}").ravel().astype(np.int64)
    values += numbers.base
    return values


def numbers_at(numbers: Numbers, rows: Sequence[int], *, of: int) -> list[int]:
    """The numbers at *rows* of a column that has *of*."""
    if numbers.width == 0:
        return [numbers.base] * len(rows)
    if len(rows) > _FEW_ROWS:
        some: list[int] = unpack_numbers(numbers, of)[rows].tolist()
        return some
    planes = [numbers.planes[plane * of : (plane + 1) * of] for plane in range(numbers.width)]
    return [
        numbers.base + int.from_bytes([plane[row] for plane in planes], "little") for row in rows
    ]


def pack_ascending(values: Sequence[int]) -> Numbers:
    """Numbers that mostly grow, as their differences; the first one stands before them."""
    steps = [values[0]]
    steps.extend(map(int.__sub__, values[1:], values))
    first = steps[0]
    steps[0] = min(steps[1:], default=0)
    packed = pack_numbers(steps)
    return Numbers(
        packed.base, packed.width, first.to_bytes(8, "little", signed=True) + packed.planes
    )


def unpack_ascending(numbers: Numbers, rows: int) -> Whole:
    steps = unpack_numbers(Numbers(numbers.base, numbers.width, numbers.planes[8:]), rows)
    steps[0] = int.from_bytes(numbers.planes[:8], "little", signed=True)
    return np.cumsum(steps)


def pack_strings(
    values: Sequence[str], body: list[bytes], start: int
) -> tuple[Choices | Texts, int]:
    """The column, and where the next one may start; texts are appended to *body*."""
    if values.count(values[0]) == len(values):
        return Choices((values[0],), bytes(len(values))), start
    distinct = dict.fromkeys(values)
    if len(distinct) <= _CODES_MAX and len(distinct) * 4 <= len(values) + 4:
        codes = {value: code for code, value in enumerate(distinct)}
        return Choices(tuple(distinct), bytes([codes[value] for value in values])), start
    texts = [value.encode() for value in values]
    body.extend(texts)
    lengths = list(map(len, texts))
    return Texts(start, pack_numbers(lengths)), start + sum(lengths) + len(texts)


class TextPlaces:
    """Where each row of a text column stands in the body."""

    def __init__(self, texts: Texts, rows: int) -> None:
        steps = unpack_numbers(texts.lengths, rows)
        steps += 1  # the separator
        self.ends: Final[Whole] = np.empty(rows + 1, np.int64)
        """Where each text ends, behind the end of what stands before the first."""
        self.ends[0] = texts.start - 1
        np.cumsum(steps, out=self.ends[1:])
        self.ends[1:] += texts.start - 1

    def bounds(self, row: int) -> tuple[int, int]:
        return int(self.ends[row]) + 1, int(self.ends[row + 1])

    def row_at(self, place: int) -> int:
        """The row that the byte at *place* belongs to; one too far when beyond the column."""
        return int(np.searchsorted(self.ends, place)) - 1


def matching_codes(choices: Choices, holds: Callable[[str], bool]) -> bytes:
    """The codes of the values for which *holds* is true."""
    return bytes(code for code, value in enumerate(choices.values) if holds(value))


def rows_with_codes(choices: Choices, codes: Iterable[int]) -> Iterator[int]:
    for code in codes:
        place = choices.codes.find(code)
        while place >= 0:
            yield place
            place = choices.codes.find(code, place + 1)
