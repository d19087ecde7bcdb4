"""Columns: the values of one field for all calls of a block, as bytes that compress well.

* ``Numbers``: differences from the smallest value, all lowest bytes first, then all second bytes;
* ``Choices``: strings with few distinct values, a code for each;
* ``Texts``: strings one behind the other in the block's body;
* ``Lines``: texts whose lines repeat, as headers do. Each distinct line is kept once.

Pure functions.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

SEPARATOR: Final = b"\x1f"
"""Separates two texts. No needle holds this control character, so none spans two texts."""
_CODES_MAX: Final = 255
FEW_ROWS: Final = 4
"""Up to so many, single values take less time than a whole column."""
_POSITIONS_MAX: Final = 1 << 16
_WIDTHS: Final = (1, 2, 4, 8)

Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
Reals = np.ndarray[tuple[int], np.dtype[np.float64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
"""A flag for each row, or for each text."""


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
    differing: bytes
    """A bit for each text that decoding changes. Empty if every bit is 0."""
    unusual: bytes
    """A bit for each text that may hold a needle without its core (``text.is_unusual``)."""


class Lines(msgspec.Struct, array_like=True, frozen=True, tag="l"):
    """A column of texts, line by line. ``texts`` holds the ``distinct`` different lines."""

    texts: Texts
    distinct: int
    counts: Numbers
    """The number of lines of each row, at least one."""
    codes: Numbers
    """The number of each line: first the first line of every row, then the second lines, …"""


def pack_numbers(values: Sequence[int] | Integers) -> Numbers:
    numbers = np.array(values, np.int64)
    base = int(numbers.min())
    numbers -= base
    span = int(numbers.max())
    if span == 0:
        return Numbers(base, 0, b"")
    width = next(width for width in _WIDTHS if span < 1 << 8 * width)
    planes = numbers.astype(f"<u{width}").view(np.uint8).reshape(-1, width)
    return Numbers(base, width, planes.T.tobytes())


def unpack_numbers(numbers: Numbers, rows: int) -> Integers:
    if numbers.width == 0:
        return np.full(rows, numbers.base, np.int64)
    planes = np.frombuffer(numbers.planes, np.uint8)
    if numbers.width > 1:
        turned = np.ascontiguousarray(planes.reshape(numbers.width, rows).T)
        planes = turned.view(f"<u{numbers.width}").ravel()
    values = planes.astype(np.int64)
    values += numbers.base
    return values


def numbers_at(numbers: Numbers, rows: Sequence[int], *, of: int) -> list[int]:
    """The numbers at *rows* of a column with *of* rows."""
    if numbers.width == 0:
        return [numbers.base] * len(rows)
    if len(rows) > FEW_ROWS:
        some: list[int] = unpack_numbers(numbers, of)[places_at(rows)].tolist()
        return some
    base, planes = numbers.base, numbers.planes
    return [base + int.from_bytes(planes[row::of], "little") for row in rows]


def _sum_at(numbers: Numbers, row: int, *, of: int) -> int:
    """The sum of the numbers before *row*, of a column with *of* rows."""
    total = row * numbers.base
    for plane in range(numbers.width):
        before = np.frombuffer(numbers.planes, np.uint8, row, plane * of)
        total += int(before.sum()) << 8 * plane
    return total


def places_at(rows: Sequence[int]) -> slice | Integers:
    """Ascending *rows* as an index. A consecutive run becomes a slice, which needs no copy."""
    first, end = rows[0], rows[-1] + 1
    return slice(first, end) if end - first == len(rows) else np.asarray(rows)


def pack_ascending(values: Sequence[int]) -> Numbers:
    """Pack mostly ascending numbers: the first number, then the differences."""
    numbers = np.array(values, np.int64)
    first = int(numbers[0])
    steps = np.diff(numbers)
    packed = pack_numbers(np.insert(steps, 0, steps.min() if len(steps) else 0))
    return Numbers(
        packed.base, packed.width, first.to_bytes(8, "little", signed=True) + packed.planes
    )


def unpack_ascending(numbers: Numbers, rows: int) -> Integers:
    first, steps = _first_and_steps(numbers)
    unpacked = unpack_numbers(steps, rows)
    unpacked[0] = first
    return np.cumsum(unpacked, out=unpacked)


def ascending_at(numbers: Numbers, rows: Sequence[int], *, of: int) -> list[int]:
    """The numbers at *rows* of a column that ``pack_ascending`` made of *of* numbers."""
    if len(rows) > FEW_ROWS:
        some: list[int] = unpack_ascending(numbers, of)[places_at(rows)].tolist()
        return some
    first, steps = _first_and_steps(numbers)
    # The first step leads nowhere: it is there so that each row has one.
    surplus = first - _sum_at(steps, 1, of=of)
    return [surplus + _sum_at(steps, row + 1, of=of) for row in rows]


def _first_and_steps(numbers: Numbers) -> tuple[int, Numbers]:
    first = int.from_bytes(numbers.planes[:8], "little", signed=True)
    return first, Numbers(numbers.base, numbers.width, numbers.planes[8:])


def in_order_of_position(counts: Integers) -> Integers:
    """The order that turns items sorted by row into items sorted by their position in the row.

    Each row has as many items as *counts* says. First come the first items of all rows.
    """
    firsts = np.cumsum(counts) - counts
    positions = np.arange(counts.sum()) - np.repeat(firsts, counts)
    if len(positions) and int(counts.max()) <= _POSITIONS_MAX:
        return np.argsort(positions.astype(np.uint16), kind="stable")  # sooner than wide numbers
    return np.argsort(positions, kind="stable")


class LineCodes:
    """The lines of each row of a column."""

    def __init__(self, lines: Lines, rows: int) -> None:
        counts = unpack_numbers(lines.counts, rows)
        total = int(counts.sum())
        by_position = in_order_of_position(counts)
        self.codes: Final[Integers] = np.empty(total, np.int64)
        """Row by row."""
        self.codes[by_position] = unpack_numbers(lines.codes, total)
        self.ends: Final[Integers] = np.cumsum(counts)

    def of_row(self, row: int) -> list[int]:
        start = int(self.ends[row - 1]) if row else 0
        codes: list[int] = self.codes[start : int(self.ends[row])].tolist()
        return codes

    def rows_with(self, lines: Mask) -> Mask:
        """The rows with a line that is flagged in *lines*."""
        rows = np.zeros(len(self.ends), np.bool_)
        places = np.flatnonzero(lines[self.codes])
        rows[np.searchsorted(self.ends, places, side="right")] = True
        return rows


def pack_choices(values: Sequence[str]) -> Choices | None:
    """The column as choices; None if it has too many distinct values."""
    count = len(values)
    if values.count(values[0]) == count:
        return Choices((values[0],), bytes(count))
    few = min(_CODES_MAX, (count + 4) // 4)
    # Mostly the first values already exceed the limit, which saves hashing the rest.
    if len(set(values[: few + 1])) <= few and len(distinct := dict.fromkeys(values)) <= few:
        codes = {value: code for code, value in enumerate(distinct)}
        return Choices(tuple(distinct), bytes(map(codes.__getitem__, values)))
    return None


class TextPlaces:
    """The position in the body of each row of a text column."""

    def __init__(self, texts: Texts, rows: int) -> None:
        self.ends: Final[Integers] = np.empty(rows + 1, np.int64)
        """Where each text ends, behind the end of what stands before the first."""
        self.ends[0] = texts.start - 1
        np.add(unpack_numbers(texts.lengths, rows), 1, out=self.ends[1:])  # the separator
        np.cumsum(self.ends, out=self.ends)


def text_at(texts: Texts, row: int, *, of: int) -> slice:
    """Where the text of *row* is in the body. For many rows, see ``TextPlaces``."""
    start = texts.start + row + _sum_at(texts.lengths, row, of=of)  # with the separators
    [size] = numbers_at(texts.lengths, (row,), of=of)
    return slice(start, start + size)


def pack_bits(numbers: Sequence[int], count: int) -> bytes:
    """*count* bits, set at *numbers*. Empty if *numbers* is empty."""
    if not numbers:
        return b""
    bits = np.zeros(count, np.uint8)
    bits[list(numbers)] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def unpack_bits(packed: bytes, count: int) -> Mask:
    if not packed:
        return np.zeros(count, np.bool_)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=count, bitorder="little")
    return bits.view(np.bool_)


def rows_with_codes(choices: Choices, codes: Iterable[int]) -> Mask:
    """Which rows have one of *codes*."""
    wanted = np.zeros(_CODES_MAX + 1, np.bool_)
    wanted[list(codes)] = True
    rows: Mask = wanted[np.frombuffer(choices.codes, np.uint8)]
    return rows
