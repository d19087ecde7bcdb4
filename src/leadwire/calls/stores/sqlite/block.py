"""A block: up to some hundred calls of one account as three compressed frames. Pure functions.

* ``ids``: call ids, 16 bytes each, to find a call by its id without opening the rest;
* ``head``: every column of numbers, and of strings with few values;
* ``body``: the other strings, one behind the other, what a search looks through.

Rows stand in the order of (started_at_ms, sequence). Each frame carries a checksum.
"""

import re
import sqlite3
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, pairwise
from operator import sub
from typing import Any, Final

import msgspec
import numpy as np
import zstandard

from leadwire.calls.search import target_of
from leadwire.calls.stores.sqlite.columns import (
    SEPARATOR,
    Choices,
    LineCodes,
    Lines,
    Numbers,
    TextPlaces,
    Texts,
    Whole,
    matching_codes,
    numbers_at,
    pack_ascending,
    pack_lines,
    pack_numbers,
    pack_strings,
    places_at,
    rows_with_codes,
    unpack_ascending,
    unpack_numbers,
)
from leadwire.calls.stores.sqlite.needle import places_of
from leadwire.calls.stores.sqlite.schema import FIELDS, Columns, Row
from leadwire.errors import LeadwireError

_LEVEL: Final = 1
"""Of zstd: on bodies no larger than at level 3, in half the time."""
_DURATION_UNITS_PER_MS: Final = 1000
_PART_READ_WHOLE: Final = 2
"""From one row in so many, a column is decoded at once: it takes less than finding each text."""
_EXACT_UNITS_MAX: Final = 1 << 53
_ID_BYTES: Final = 16
_ID_DIGITS: Final = 32
_ID_CHARACTERS: Final = 36
_ID_PLACES: Final = np.array(
    [*range(8), 32, *range(8, 12), 32, *range(12, 16), 32, *range(16, 20), 32, *range(20, 33)]
)
"""Where among the digits of an id, and a hyphen behind them, each character of its text stands."""
_IDS: Final = re.compile(
    "(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})*", re.ASCII
)
_BODY_BYTES_MAX: Final = 1 << 30
_BODIES: Final = ("request_body", "response_body")
_NUMBERS: Final = ("status_code", "truncated", "redacted")
_STRINGS: Final = (
    "request_body", "response_body", "exception_message", "exception_type", "operation",
    "client_address", "user_agent", "user_id", "key_id", "trace_id", "account_id", "vantage",
    "api_type", "method", "request_content_type", "outcome", "refusal_reason", "traceback",
)  # fmt: skip
_HEADERS: Final = ("request_headers", "response_headers")
_SEARCHED: Final = frozenset(
    ("target", "request_body", "response_body", "exception_message", "exception_type",
     "operation", "client_address", "user_agent", "user_id", "key_id", "trace_id", "call_id")
)  # fmt: skip


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


class Frames(msgspec.Struct, frozen=True, kw_only=True):
    ids: bytes
    head: bytes
    body: bytes
    texts: tuple[bytes, bytes]
    """The searchable text: what the bitmap is made of. Not stored."""
    few: dict[str, Choices]
    """The columns of few distinct values. Not stored on their own."""


class _Codecs(threading.local):
    """zstd contexts must not be used by two threads at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()
        self.head_encoder = msgspec.msgpack.Encoder()
        self.head_decoder = msgspec.msgpack.Decoder(Head)


_CODECS: Final = _Codecs()


def pack_block(calls: Columns) -> Frames:
    """*calls* (at least one, sorted) as frames."""
    columns = dict(zip(FIELDS, calls, strict=True))
    body: list[bytes] = []
    start = 0
    targets = list(map(target_of, columns["path"], columns["query_string"]))
    target, start = pack_strings(targets, body, start)
    strings = []
    for name in _STRINGS:
        column, start = pack_strings(columns[name], body, start)
        strings.append(column)
    headers = []
    for name in _HEADERS:
        lines, start = pack_lines(columns[name], body, start)
        headers.append(lines)
    ids = _packed_ids(columns["call_id"])
    call_id = None
    if ids is None:
        call_id, start = pack_strings(columns["call_id"], body, start)
    durations, exact = _packed_durations(columns["duration_ms"])
    head = Head(
        rows=len(targets),
        times=pack_ascending(columns["started_at_ms"]),
        sequences=pack_ascending(columns["sequence"]),
        durations=durations,
        exact_durations=exact,
        path_lengths=pack_numbers(list(map(len, columns["path"]))),
        request_bytes=_surplus(columns["request_body_bytes"], columns["request_body"]),
        response_bytes=_surplus(columns["response_body_bytes"], columns["response_body"]),
        numbers=tuple(pack_numbers(columns[name]) for name in _NUMBERS),
        strings=tuple(strings),
        headers=tuple(headers),
        target=target,
        call_id=call_id,
    )
    joined = SEPARATOR.join(body)
    few = {
        name: column
        for name, column in zip(("target", *_STRINGS), (target, *strings), strict=True)
        if isinstance(column, Choices)
    }
    return Frames(
        ids=_CODECS.compressor.compress(ids or b""),
        head=_CODECS.compressor.compress(_CODECS.head_encoder.encode(head)),
        body=_CODECS.compressor.compress(joined),
        texts=(joined, _searchable(few, headers, columns["call_id"])),
        few=few,
    )


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
    def times(self) -> Whole:
        return unpack_ascending(self.head.times, self.rows)

    @cached_property
    def sequences(self) -> Whole:
        return unpack_ascending(self.head.sequences, self.rows)

    @cached_property
    def status_codes(self) -> Whole:
        return unpack_numbers(self.head.numbers[0], self.rows)

    @cached_property
    def durations(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if self.head.durations is None:
            return np.frombuffer(self.head.exact_durations, "<f8")
        return unpack_numbers(self.head.durations, self.rows) / _DURATION_UNITS_PER_MS

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

    def strings(self, name: str) -> list[str]:
        """A whole column of strings."""
        return self._strings_at(self._column(name), range(self.rows))

    def choices(self, name: str) -> Choices | None:
        """The column when it has few distinct values, which are then compared once each."""
        column = self._column(name)
        return column if isinstance(column, Choices) else None

    def values(self, name: str) -> Sequence[Any]:
        """A whole column, whatever its type."""
        if name == "status_code":
            return self.status_codes.tolist()
        if name == "duration_ms":
            return self.durations.tolist()
        if name == "call_id":
            return [self._call_id(row) for row in range(self.rows)]
        if name == "path":
            targets = self._strings_at(self.head.target, range(self.rows))
            lengths = numbers_at(self.head.path_lengths, range(self.rows), of=self.rows)
            return [text[:length] for text, length in zip(targets, lengths, strict=True)]
        return self.strings(name)

    def row(self, row: int) -> Row:
        """Every field of one call, in the order of FIELDS."""
        return self.rows_at([row])[0]

    def all_rows(self) -> list[Row]:
        return self.rows_at(list(range(self.rows)))

    def rows_at(self, rows: list[int]) -> list[Row]:
        """The calls at *rows*, which ascend, gathered column by column."""
        columns: dict[str, Sequence[Any]] = {
            name: self._strings_at(column, rows)
            for name, column in zip(_STRINGS, self.head.strings, strict=True)
        }
        for name, lines in zip(_HEADERS, self.head.headers, strict=True):
            columns[name] = self._headers_at(lines, rows)
        targets = self._strings_at(self.head.target, rows)
        lengths = numbers_at(self.head.path_lengths, rows, of=self.rows)
        columns["path"] = [text[:length] for text, length in zip(targets, lengths, strict=True)]
        columns["query_string"] = [
            text[length + 1 :] for text, length in zip(targets, lengths, strict=True)
        ]
        columns["call_id"] = (
            self._uuids_at(rows)
            if self.head.call_id is None
            else self._strings_at(self.head.call_id, rows)
        )
        places = places_at(rows)
        columns["sequence"] = self.sequences[places].tolist()
        columns["started_at_ms"] = self.times[places].tolist()
        columns["duration_ms"] = self.durations[places].tolist()
        for name, numbers in zip(_NUMBERS, self.head.numbers, strict=True):
            columns[name] = numbers_at(numbers, rows, of=self.rows)
        surplus_bytes = (self.head.request_bytes, self.head.response_bytes)
        for name, surplus in zip(_BODIES, surplus_bytes, strict=True):
            kept = map(len, columns[name])
            more = numbers_at(surplus, rows, of=self.rows)
            columns[f"{name}_bytes"] = list(map(int.__add__, kept, more))
        return list(zip(*[columns[name] for name in FIELDS], strict=True))

    def rows_with(self, needle: bytes) -> set[int]:
        """The rows in whose searchable text *needle*, which is folded, stands."""
        found: set[int] = set()
        text = needle.decode()
        columns = [
            column
            for name, column in zip(_STRINGS, self.head.strings, strict=True)
            if name in _SEARCHED
        ]
        columns.append(self.head.target)
        if self.head.call_id is None:
            found.update(self._rows_with_id(text))
        else:
            columns.append(self.head.call_id)
        choices = [column for column in columns if isinstance(column, Choices)]
        every_value = "\x1f".join(chain.from_iterable(column.values for column in choices))
        if text in _folded_text(every_value):
            for column in choices:
                codes = matching_codes(column, lambda value: text in _folded_text(value))
                found.update(rows_with_codes(column, codes))
        for header in self.head.headers:
            if isinstance(header, Choices):
                codes = matching_codes(header, lambda value: _has_line_with(value, text))
                found.update(rows_with_codes(header, codes))
        texts = [column for column in columns if isinstance(column, Texts)]
        found.update(self._rows_with_text(needle, texts))
        return found

    def _rows_with_text(self, needle: bytes, columns: list[Texts]) -> Iterator[int]:
        places = places_of(needle, self.body)
        if not len(places):
            return
        for column in columns:
            yield from self._texts_with(needle, places, column, self.rows).tolist()
        for lines in self.head.headers:
            if isinstance(lines, Lines):
                codes = self._texts_with(needle, places, lines.texts, lines.distinct)
                if len(codes):
                    yield from self._codes_of(lines).rows_with(codes).tolist()

    def _texts_with(self, needle: bytes, places: Whole, column: Texts, texts: int) -> Whole:
        """The numbers of the texts in *column*, which has *texts*, that hold the whole needle."""
        if places[-1] < column.start or places[0] >= self._next_start(column):
            return places[:0]
        ends = self._places_of(column, texts).ends
        first, last = np.searchsorted(places, (column.start, ends[-1]))
        inside = places[first:last]
        rows = np.searchsorted(ends, inside) - 1
        return rows[inside + len(needle) <= ends[rows + 1]]

    def _rows_with_id(self, text: str) -> Iterator[int]:
        digits = text.replace("-", "")
        if len(digits) > _ID_DIGITS or digits.strip("0123456789abcdef"):
            return
        all_digits = self.ids.hex()
        place = all_digits.find(digits)
        while place >= 0:
            row = place // _ID_DIGITS
            if row >= self.rows:
                return
            if text in self._call_id(row):
                yield row
                place = all_digits.find(digits, (row + 1) * _ID_DIGITS)
            else:
                place = all_digits.find(digits, place + 1)

    def _column(self, name: str) -> Choices | Texts:
        return self.head.strings[_STRINGS.index(name)]

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
        ends, body = self._places_of(column, self.rows).ends, self.body
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
        return self.body[column.start : self._next_start(column) - 1].decode().split("\x1f")

    def _next_start(self, column: Texts) -> int:
        return self._text_starts[bisect_right(self._text_starts, column.start)]

    def _value(self, column: Choices | Texts, row: int) -> str:
        return self._strings_at(column, (row,))[0]

    def _headers_at(self, column: Choices | Lines, rows: Sequence[int]) -> list[str]:
        if isinstance(column, Choices):
            return self._strings_at(column, rows)
        ends = self._places_of(column.texts, column.distinct).ends.tolist()
        body, codes = self.body, self._codes_of(column)
        lines = [body[end + 1 : following].decode() for end, following in pairwise(ends)]
        return ["\n".join([lines[code] for code in codes.of_row(row)]) for row in rows]

    def _places_of(self, column: Texts, texts: int) -> TextPlaces:
        """Where the texts of *column* are, which has *texts*."""
        places = self._places.get(column.start)
        if places is None:
            places = self._places[column.start] = TextPlaces(column, texts)
        return places

    def _codes_of(self, column: Lines) -> LineCodes:
        codes = self._line_codes.get(column.texts.start)
        if codes is None:
            codes = self._line_codes[column.texts.start] = LineCodes(column, self.rows)
        return codes

    def _uuids_at(self, rows: Sequence[int]) -> list[str]:
        first, end = rows[0], rows[-1] + 1
        digits = self.ids[first * _ID_BYTES : end * _ID_BYTES].hex("-", -_ID_BYTES) + "-"
        lines = np.frombuffer(digits.encode(), np.uint8).reshape(-1, _ID_DIGITS + 1)
        joined = lines[:, _ID_PLACES].tobytes().decode()
        starts = [(row - first) * (_ID_CHARACTERS + 1) for row in rows]
        return [joined[start : start + _ID_CHARACTERS] for start in starts]

    def _call_id(self, row: int) -> str:
        if self.head.call_id is not None:
            return self._value(self.head.call_id, row)
        return _id_text(self.ids[row * _ID_BYTES : (row + 1) * _ID_BYTES])


def _decompress(frame: bytes) -> bytes:
    try:
        return _CODECS.decompressor.decompress(frame, max_output_size=_BODY_BYTES_MAX)
    except zstandard.ZstdError as error:
        raise BlockDamaged(f"A block cannot be decompressed: {error}") from error


def _packed_ids(call_ids: Sequence[str]) -> bytes | None:
    joined = "".join(call_ids)
    if len(joined) != _ID_CHARACTERS * len(call_ids) or _IDS.fullmatch(joined) is None:
        return None
    return bytes.fromhex(joined.replace("-", ""))


def _id_text(packed: bytes) -> str:
    digits = packed.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _packed_durations(durations: Sequence[float]) -> tuple[Numbers | None, bytes]:
    """Whole microseconds when every duration is some, else the floats as they are."""
    exact = np.array(durations, np.float64)
    units = np.rint(exact * _DURATION_UNITS_PER_MS)
    if (
        np.array_equal(units / _DURATION_UNITS_PER_MS, exact)
        and np.abs(units).max() < _EXACT_UNITS_MAX
    ):
        return pack_numbers(units.astype(np.int64)), b""
    return None, exact.astype("<f8").tobytes()


def _surplus(byte_counts: Sequence[int], texts: Sequence[str]) -> Numbers:
    """Body lengths as sent, less those kept, which are nearly always the same."""
    return pack_numbers(list(map(sub, byte_counts, map(len, texts))))


def _searchable(
    few: Mapping[str, Choices], headers: Sequence[Choices | Lines], call_ids: Sequence[str]
) -> bytes:
    """What is looked through beside the body."""
    values = [value for name, column in few.items() if name in _SEARCHED for value in column.values]
    for column in headers:
        values += column.values if isinstance(column, Choices) else ()
    return "\x1f".join([*values, *call_ids]).encode()


def _has_line_with(value: str, folded: str) -> bool:
    return any(folded in _folded_text(line) for line in value.split("\n"))


def _folded_text(value: str) -> str:
    return value.lower() if value.isascii() else value.encode().lower().decode()
