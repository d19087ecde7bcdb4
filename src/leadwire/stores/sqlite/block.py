"""A block: up to some hundred calls of one account as three compressed frames.

* ``ids``: call ids, 16 bytes each, to find a call by its id without opening the rest;
* ``head``: every column of numbers, and of strings with few values;
* ``body``: the other strings, one behind the other, what a search looks through.

Rows stand in the order of (started_at_ms, sequence). Each frame carries a checksum.
"""

import sqlite3
import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import msgspec
import numpy as np
import zstandard

from leadwire.calls.record import FIELDS, NUMBER_FIELDS, TEXT_FIELDS
from leadwire.calls.terms import HEADER_ATTRIBUTES, TARGET
from leadwire.errors import LeadwireError
from leadwire.stores.sqlite.columns import (
    Choices,
    Integers,
    LineCodes,
    Lines,
    Numbers,
    Reals,
    TextPlaces,
    Texts,
    numbers_at,
    places_at,
    unpack_ascending,
    unpack_numbers,
)
from leadwire.stores.sqlite.schema import Row

DURATION_UNITS_PER_MS: Final = 1000
_BODY_BYTES: Final = ("request_body_bytes", "response_body_bytes")
_KEPT_SPECIALLY: Final = frozenset(
    ("call_id", "sequence", "started_at_ms", "duration_ms", "path", "query_string")
).union(HEADER_ATTRIBUTES, _BODY_BYTES)
"""Fields with a member of their own in ``Head``."""
NUMBERS: Final = tuple(name for name in NUMBER_FIELDS if name not in _KEPT_SPECIALLY)
STRINGS: Final = tuple(name for name in TEXT_FIELDS if name not in _KEPT_SPECIALLY)
"""Every other field of the record is a column of numbers or of strings."""
_PART_READ_WHOLE: Final = 2
"""From one row in so many, a column is decoded at once: it takes less than finding each text."""
_ID_BYTES: Final = 16
_ID_DIGITS: Final = 32
_ID_CHARACTERS: Final = 36
_ID_PLACES: Final = np.array(
    [*range(8), 32, *range(8, 12), 32, *range(12, 16), 32, *range(16, 20), 32, *range(20, 33)]
)
"""Where among the digits of an id, and a hyphen behind them, each character of its text stands."""
_BODY_BYTES_MAX: Final = 1 << 30


class BlockDamaged(LeadwireError):
    """A block cannot be read back: its bytes are not those that were written."""


DAMAGE: Final = (
    sqlite3.DatabaseError,
    BlockDamaged,
    zstandard.ZstdError,
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    ValueError,
)
"""What reading a file raises whose bytes are not those that were written."""


def present(row: Row | None) -> Row:
    """*row*, which belongs to a block. Raises BlockDamaged when it is missing."""
    if row is None:
        raise BlockDamaged("A part of a block is missing.")
    return row


class Head(msgspec.Struct, array_like=True, frozen=True):
    rows: int
    times: Numbers
    sequences: Numbers
    durations: Numbers | None
    exact_durations: bytes
    path_lengths: Numbers
    request_bytes: Numbers
    response_bytes: Numbers
    numbers: tuple[Numbers, ...]
    strings: tuple[Choices | Texts, ...]
    headers: tuple[Choices | Lines, ...]
    target: Choices | Texts
    call_id: Choices | Texts | None
    """Only when some id is not a lower-case UUID; else they are in the ids frame."""


class _Codecs(threading.local):
    """zstd contexts must not be used by two threads at once."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()
        self.head_decoder = msgspec.msgpack.Decoder(Head)


_CODECS: Final = _Codecs()


def unpack_ids(frame: bytes) -> bytes:
    """The ids of a block, 16 bytes each; empty when they are not UUIDs."""
    return _decompress(frame)


def id_bytes(call_id: str) -> bytes | None:
    """*call_id* as 16 bytes; None when it is not a lower-case UUID with hyphens."""
    try:
        packed = bytes.fromhex(call_id.replace("-", ""))
    except ValueError:
        return None
    return packed if len(packed) == _ID_BYTES and _id_text(packed) == call_id else None


def position_of_id(ids: bytes, wanted: bytes) -> int:
    """The row with the id *wanted* in an unpacked ids frame; -1 when there is none."""
    place = ids.find(wanted)
    while place % _ID_BYTES and place >= 0:
        place = ids.find(wanted, place + 1)
    return place // _ID_BYTES if place >= 0 else -1


class Block:
    """A block that was read. Decodes only what is asked for. For one thread at a time."""

    def __init__(self, *, ids: bytes, head: bytes, body: Callable[[], bytes]) -> None:
        try:
            self.head: Final = _CODECS.head_decoder.decode(_decompress(head))
        except msgspec.MsgspecError as error:
            raise BlockDamaged(f"The head of a block cannot be read: {error}") from error
        self.rows: Final = self.head.rows
        self._ids_frame = ids
        self._read_body = body
        self._places: dict[int, TextPlaces] = {}
        self._line_codes: dict[int, LineCodes] = {}

    @cached_property
    def times(self) -> Integers:
        return unpack_ascending(self.head.times, self.rows)

    @cached_property
    def sequences(self) -> Integers:
        return unpack_ascending(self.head.sequences, self.rows)

    @cached_property
    def durations(self) -> Reals:
        if self.head.durations is None:
            return np.frombuffer(self.head.exact_durations, "<f8")
        return unpack_numbers(self.head.durations, self.rows) / DURATION_UNITS_PER_MS

    @cached_property
    def path_lengths(self) -> Integers:
        return unpack_numbers(self.head.path_lengths, self.rows)

    @cached_property
    def ids(self) -> bytes:
        return _decompress(self._ids_frame)

    @cached_property
    def body(self) -> bytes:
        return _decompress(self._read_body())

    @cached_property
    def _text_starts(self) -> list[int]:
        """Where the columns of texts start in the body, and where one more would."""
        columns = [*self.head.strings, self.head.target, self.head.call_id]
        starts = [column.start for column in columns if isinstance(column, Texts)]
        starts += [column.texts.start for column in self.head.headers if isinstance(column, Lines)]
        return [*sorted(starts), len(self.body) + 1]

    def load(self) -> "Block":
        """Read the body now, which else is read when it is asked for."""
        _ = self.body
        return self

    def column(self, name: str) -> Choices | Texts | None:
        """A column of strings as it is kept; None for call ids that are kept as numbers."""
        if name == TARGET:
            return self.head.target
        if name == "call_id":
            return self.head.call_id
        return self.head.strings[STRINGS.index(name)]

    def headers(self) -> Sequence[Choices | Lines]:
        """The columns of request and response headers."""
        return self.head.headers

    def choices(self, name: str) -> Choices | None:
        """The column when it has few distinct values, which are then compared once each."""
        column = self.column(name)
        return column if isinstance(column, Choices) else None

    def numbers(self, name: str) -> Integers | Reals:
        """A whole column of numbers."""
        if name in NUMBERS:
            return unpack_numbers(self.head.numbers[NUMBERS.index(name)], self.rows)
        known = {"started_at_ms": "times", "duration_ms": "durations", "sequence": "sequences"}
        if name in known:
            found: Integers | Reals = getattr(self, known[name])
            return found
        body = name.removesuffix("_bytes")
        surplus = self.head.request_bytes if body == "request_body" else self.head.response_bytes
        return self._kept_bytes(body) + unpack_numbers(surplus, self.rows)

    def strings(self, name: str) -> list[str]:
        """A whole column of strings."""
        return self.strings_at(name, range(self.rows))

    def strings_at(self, name: str, rows: Sequence[int]) -> list[str]:
        """The strings of one field at *rows*, which ascend."""
        if name in ("path", "query_string"):
            targets = self._strings_at(self.head.target, rows)
            ends = zip(targets, self.path_lengths[places_at(rows)].tolist(), strict=True)
            if name == "path":
                return [text[:end] for text, end in ends]
            return [text[end + 1 :] for text, end in ends]
        if name in HEADER_ATTRIBUTES:
            return self._headers_at(self.head.headers[HEADER_ATTRIBUTES.index(name)], rows)
        column = self.column(name)
        return self._uuids_at(rows) if column is None else self._strings_at(column, rows)

    def text_at(self, column: Texts, number: int, texts: int) -> bytes:
        """The text with that number of a column that has *texts*."""
        start, end = self.places_of(column, texts).ends[number : number + 2].tolist()
        return self.body[start + 1 : end]

    def end_of(self, column: Texts) -> int:
        """Where the column ends in the body."""
        return self._text_starts[bisect_right(self._text_starts, column.start)] - 1

    def row(self, row: int) -> Row:
        """Every field of one call, in the order of FIELDS."""
        return self.rows_at([row])[0]

    def all_rows(self) -> list[Row]:
        return self.rows_at(list(range(self.rows)))

    def rows_at(self, rows: list[int]) -> list[Row]:
        """The calls at *rows*, which ascend, gathered column by column."""
        columns: dict[str, Sequence[Any]] = {
            name: self.strings_at(name, rows) for name in (*STRINGS, *HEADER_ATTRIBUTES, "call_id")
        }
        targets = self._strings_at(self.head.target, rows)
        places = places_at(rows)
        lengths = self.path_lengths[places].tolist()
        columns["path"] = [text[:length] for text, length in zip(targets, lengths, strict=True)]
        columns["query_string"] = [
            text[length + 1 :] for text, length in zip(targets, lengths, strict=True)
        ]
        for name in ("sequence", "started_at_ms", "duration_ms", *_BODY_BYTES):
            columns[name] = self.numbers(name)[places].tolist()
        for name, numbers in zip(NUMBERS, self.head.numbers, strict=True):
            columns[name] = numbers_at(numbers, rows, of=self.rows)
        return list(zip(*[columns[name] for name in FIELDS], strict=True))

    def places_of(self, column: Texts, texts: int) -> TextPlaces:
        """Where the texts of *column* are, which has *texts*."""
        places = self._places.get(column.start)
        if places is None:
            places = self._places[column.start] = TextPlaces(column, texts)
        return places

    def codes_of(self, column: Lines) -> LineCodes:
        """Which of its lines each row has."""
        codes = self._line_codes.get(column.texts.start)
        if codes is None:
            codes = self._line_codes[column.texts.start] = LineCodes(column, self.rows)
        return codes

    def _kept_bytes(self, name: str) -> Integers:
        column = self.column(name)
        if isinstance(column, Choices):
            lengths = np.array([len(value.encode()) for value in column.values], np.int64)
            kept: Integers = lengths[np.frombuffer(column.codes, np.uint8)]
            return kept
        assert column is not None  # noqa: S101  # only call ids may be kept otherwise
        return unpack_numbers(column.lengths, self.rows)

    def _strings_at(self, column: Choices | Texts, rows: Sequence[int]) -> list[str]:
        first, end = rows[0], rows[-1] + 1
        is_run = end - first == len(rows)
        if isinstance(column, Choices):
            values, codes = column.values, column.codes
            if len(values) == 1:
                return [values[0]] * len(rows)
            codes = codes[first:end] if is_run else bytes([codes[row] for row in rows])
            return [values[code] for code in codes]
        if len(rows) * _PART_READ_WHOLE >= self.rows:
            texts = self._every_text(column)
            if len(texts) == self.rows:
                return texts[first:end] if is_run else [texts[row] for row in rows]
        ends, body = self.places_of(column, self.rows).ends, self.body
        if len(rows) == 1:
            return [body[int(ends[first]) + 1 : int(ends[end])].decode()]
        if is_run:
            run = body[int(ends[first]) + 1 : int(ends[end])]
            texts = run.decode().split("\x1f")
            if len(texts) == len(rows):
                return texts
        places = np.asarray(rows)
        bounds = zip((ends[places] + 1).tolist(), ends[places + 1].tolist(), strict=True)
        return [body[start:stop].decode() for start, stop in bounds]

    def _every_text(self, column: Texts) -> list[str]:
        """Those of all rows; more of them when a separator stands in one."""
        return self.body[column.start : self.end_of(column)].decode().split("\x1f")

    def _headers_at(self, column: Choices | Lines, rows: Sequence[int]) -> list[str]:
        if isinstance(column, Choices):
            return self._strings_at(column, rows)
        ends = self.places_of(column.texts, column.distinct).ends.tolist()
        body, codes = self.body, self.codes_of(column)
        lines = [body[end + 1 : following].decode() for end, following in pairwise(ends)]
        return ["\n".join([lines[code] for code in codes.of_row(row)]) for row in rows]

    def _uuids_at(self, rows: Sequence[int]) -> list[str]:
        first, end = rows[0], rows[-1] + 1
        digits = self.ids[first * _ID_BYTES : end * _ID_BYTES].hex("-", -_ID_BYTES) + "-"
        lines = np.frombuffer(digits.encode(), np.uint8).reshape(-1, _ID_DIGITS + 1)
        joined = lines[:, _ID_PLACES].tobytes().decode()
        starts = [(row - first) * (_ID_CHARACTERS + 1) for row in rows]
        return [joined[start : start + _ID_CHARACTERS] for start in starts]


def _decompress(frame: bytes) -> bytes:
    try:
        return _CODECS.decompressor.decompress(frame, max_output_size=_BODY_BYTES_MAX)
    except zstandard.ZstdError as error:
        raise BlockDamaged(f"A block cannot be decompressed: {error}") from error


def _id_text(packed: bytes) -> str:
    digits = packed.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
