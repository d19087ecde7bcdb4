"""Reading a block: some hundred calls of one account and kind, in three frames.

::

    ids    16 bytes a call             enough to find a call by its id
    head   ``Head`` in msgpack         numbers, and texts with few distinct values
    body   all other texts, in UTF-8   what a search looks through

    body:  /v2/a?x=1 ␟ /v2/b ␟ … ␟ {"FirstName":"Asha"} ␟ {"FirstName":"Ravi"} ␟ …
           └─ column "target" ───┘   └─ column "request_body" ────────────────────

The calls, here called rows, are sorted by (started_at_ms, sequence). ``packing`` makes blocks.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from operator import add
from typing import Any, Final

import msgspec
import numpy as np

from leadwire.calls.record import FIELDS, NUMBER_FIELDS, TEXT_FIELDS
from leadwire.calls.terms import HEADER_ATTRIBUTES, TARGET, TEXT_ATTRIBUTES
from leadwire.stores.sqlite.columns import (
    FEW_ROWS,
    SEPARATOR,
    Choices,
    Integers,
    LineCodes,
    Lines,
    Numbers,
    Reals,
    TextPlaces,
    Texts,
    ascending_at,
    numbers_at,
    places_at,
    text_at,
    unpack_ascending,
    unpack_numbers,
)
from leadwire.stores.sqlite.damage import BlockDamaged, present
from leadwire.stores.sqlite.frames import decompressed
from leadwire.stores.sqlite.ids import texts_of_ids
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
_STRING_AT: Final = {name: place for place, name in enumerate(STRINGS)}
_SPLIT_FROM_ONE_IN: Final = 2
"""If at least one row in this many is wanted, a column is decoded at once and split."""


class Head(msgspec.Struct, array_like=True, frozen=True):
    """Every column, or the positions of its texts in the body."""

    rows: int
    times: Numbers
    sequences: Numbers
    durations: Numbers | None
    """In units of a microsecond. None: some duration is finer, and *exact_durations* has all."""
    exact_durations: bytes
    path_lengths: Numbers
    """In characters: where in *target* the path ends."""
    request_bytes: Numbers
    """Length of the sent body minus the length of the stored text; mostly 0."""
    response_bytes: Numbers
    numbers: tuple[Numbers, ...]
    """A column for each of NUMBERS."""
    strings: tuple[Choices | Texts, ...]
    """A column for each of STRINGS."""
    headers: tuple[Choices | Lines, ...]
    """A column for each of HEADER_ATTRIBUTES."""
    target: Choices | Texts
    """Path and query string as one text, so that a search finds matches across both."""
    call_id: Choices | Texts | None
    """Present only if some id is not a lower-case UUID. Otherwise the ids have their own frame."""


_HEAD_DECODER: Final = msgspec.msgpack.Decoder(Head)


class Block:
    """A block that was read. Decodes only requested values. For one thread at a time.

    Every method may raise one of ``DAMAGE``.
    """

    def __init__(self, *, ids: bytes, head: bytes, body: Callable[[], bytes]) -> None:
        """*body* reads the frame of texts, which is large and often not needed, so it is lazy."""
        try:
            self.head: Final = _HEAD_DECODER.decode(decompressed(head))
        except msgspec.MsgspecError as error:
            raise BlockDamaged(f"The head of a block cannot be read: {error}") from error
        self.rows: Final = self.head.rows
        self._ids_frame = ids
        self._read_body = body
        self._places: dict[int, TextPlaces] = {}
        self._line_codes: dict[int, LineCodes] = {}

    # The frames.

    @cached_property
    def ids(self) -> bytes:
        return decompressed(self._ids_frame)

    @cached_property
    def body(self) -> bytes:
        return decompressed(self._read_body())

    def load(self) -> "Block":
        """Read the body now instead of at its first use."""
        _ = self.body
        return self

    # Whole columns of numbers.

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

    def numbers(self, name: str) -> Integers | Reals:
        """The column of one of NUMBER_FIELDS."""
        match name:
            case "started_at_ms":
                return self.times
            case "sequence":
                return self.sequences
            case "duration_ms":
                return self.durations
            case "request_body_bytes":
                surplus = unpack_numbers(self.head.request_bytes, self.rows)
                return self._kept_bytes("request_body") + surplus
            case "response_body_bytes":
                surplus = unpack_numbers(self.head.response_bytes, self.rows)
                return self._kept_bytes("response_body") + surplus
        return unpack_numbers(self.head.numbers[NUMBERS.index(name)], self.rows)

    # Rows.

    def strings(self, name: str) -> list[str]:
        """A whole column of strings."""
        return self.strings_at(name, range(self.rows))

    def strings_at(self, name: str, rows: Sequence[int]) -> list[str]:
        """The values of one of TEXT_FIELDS at *rows*, which ascend."""
        if name in ("path", "query_string"):
            paths, query_strings = self._targets_at(rows)
            return paths if name == "path" else query_strings
        if name in HEADER_ATTRIBUTES:
            return self._headers_at(self.head.headers[HEADER_ATTRIBUTES.index(name)], rows)
        column = self.column(name)
        return texts_of_ids(self.ids, rows) if column is None else self._strings_at(column, rows)

    def rows_at(self, rows: Sequence[int]) -> list[Row]:
        """The calls at *rows*, which ascend, with every field in the order of FIELDS."""
        # Decode column by column, which is several times faster than row by row.
        head = self.head
        columns: dict[str, Sequence[Any]] = {"call_id": self.strings_at("call_id", rows)}
        for name, strings in zip(STRINGS, head.strings, strict=True):
            columns[name] = self._strings_at(strings, rows)
        for name, lines in zip(HEADER_ATTRIBUTES, head.headers, strict=True):
            columns[name] = self._headers_at(lines, rows)
        columns["path"], columns["query_string"] = self._targets_at(rows)
        for name in ("sequence", "started_at_ms", "duration_ms", *_BODY_BYTES):
            columns[name] = self._numbers_at(name, rows)
        for name, numbers in zip(NUMBERS, head.numbers, strict=True):
            columns[name] = numbers_at(numbers, rows, of=self.rows)
        return list(zip(*[columns[name] for name in FIELDS], strict=True))

    def all_rows(self) -> list[Row]:
        return self.rows_at(range(self.rows))

    # Columns of strings as they are kept, for a search.

    @cached_property
    def searched(self) -> list[tuple[str, Choices | Texts]]:
        """The columns of TEXT_ATTRIBUTES, except for call ids in their own frame."""
        columns = [(name, self.column(name)) for name in TEXT_ATTRIBUTES]
        return [(name, column) for name, column in columns if column is not None]

    def column(self, name: str) -> Choices | Texts | None:
        """A column of strings, or TARGET; None for call ids that are in their own frame."""
        if name == TARGET:
            return self.head.target
        if name == "call_id":
            return self.head.call_id
        return self.head.strings[_STRING_AT[name]]

    def choices(self, name: str) -> Choices | None:
        """The column when it has few distinct values: a search compares each value once."""
        column = self.column(name)
        return column if isinstance(column, Choices) else None

    def end_of(self, column: Texts) -> int:
        """Where the column ends in the body."""
        return self._text_starts[bisect_right(self._text_starts, column.start)] - 1

    def places_of(self, column: Texts, texts: int) -> TextPlaces:
        """The positions in the body of the *texts* texts of *column*."""
        places = self._places.get(column.start)
        if places is None:
            places = self._places[column.start] = TextPlaces(column, texts)
        return places

    def text_at(self, column: Texts, number: int, texts: int) -> bytes:
        """One text of *column*, which has *texts* of them, counted from 0."""
        start, end = self.places_of(column, texts).ends[number : number + 2].tolist()
        return self.body[start + 1 : end]

    def codes_of(self, column: Lines) -> LineCodes:
        """Which lines each row of *column* has."""
        codes = self._line_codes.get(column.texts.start)
        if codes is None:
            codes = self._line_codes[column.texts.start] = LineCodes(column, self.rows)
        return codes

    # Decoding.

    def _numbers_at(self, name: str, rows: Sequence[int]) -> list[Any]:
        """What ``numbers`` has at *rows*."""
        found = self._few_numbers_at(name, rows) if len(rows) <= FEW_ROWS else None
        if found is None:
            found = self.numbers(name)[places_at(rows)].tolist()
        return found

    def _few_numbers_at(self, name: str, rows: Sequence[int]) -> list[Any] | None:
        """What ``numbers`` has at *rows*, without its whole column; None if it is needed."""
        head, of = self.head, self.rows
        match name:
            case "started_at_ms":
                return ascending_at(head.times, rows, of=of)
            case "sequence":
                return ascending_at(head.sequences, rows, of=of)
            case "duration_ms" if head.durations is not None:
                units = numbers_at(head.durations, rows, of=of)
                return [unit / DURATION_UNITS_PER_MS for unit in units]
            case "request_body_bytes" | "response_body_bytes":
                column = self.column(name.removesuffix("_bytes"))
                if isinstance(column, Texts):
                    surplus = head.request_bytes if name == _BODY_BYTES[0] else head.response_bytes
                    kept = numbers_at(column.lengths, rows, of=of)
                    return list(map(add, kept, numbers_at(surplus, rows, of=of)))
        return None

    @cached_property
    def _text_starts(self) -> list[int]:
        """Where each column of texts starts in the body, and where one more would start."""
        columns = [*self.head.strings, self.head.target, self.head.call_id]
        starts = [column.start for column in columns if isinstance(column, Texts)]
        starts += [column.texts.start for column in self.head.headers if isinstance(column, Lines)]
        return [*sorted(starts), len(self.body) + 1]

    def _strings_at(self, column: Choices | Texts, rows: Sequence[int]) -> list[str]:
        if isinstance(column, Texts):
            return self._texts_at(column, rows)
        values, codes = column.values, column.codes
        if len(values) == 1:
            return [values[0]] * len(rows)
        return [values[codes[row]] for row in rows]

    def _texts_at(self, column: Texts, rows: Sequence[int]) -> list[str]:
        if len(rows) <= FEW_ROWS and column.start not in self._places:
            return [self.body[text_at(column, row, of=self.rows)].decode() for row in rows]
        first, end = rows[0], rows[-1] + 1
        span = end - first
        if span == self.rows:
            # Skips the positions of the texts, which are slow to compute and not needed.
            start, stop = column.start, self.end_of(column)
        else:
            ends = self.places_of(column, self.rows).ends
            start, stop = int(ends[first]) + 1, int(ends[end])
        if len(rows) * _SPLIT_FROM_ONE_IN >= span:
            texts = self.body[start:stop].decode().split(SEPARATOR.decode())
            # A text may hold the separator itself. Then there are too many parts.
            if len(texts) == span:
                return texts if len(rows) == span else [texts[row - first] for row in rows]
        ends = self.places_of(column, self.rows).ends
        places = np.asarray(rows)
        bounds = zip((ends[places] + 1).tolist(), ends[places + 1].tolist(), strict=True)
        return [self.body[start:stop].decode() for start, stop in bounds]

    def _targets_at(self, rows: Sequence[int]) -> tuple[list[str], list[str]]:
        """The paths and the query strings at *rows*."""
        targets = self._strings_at(self.head.target, rows)
        ends = numbers_at(self.head.path_lengths, rows, of=self.rows)
        paths = [text[:end] for text, end in zip(targets, ends, strict=True)]
        # One more for the question mark between the two.
        return paths, [text[end + 1 :] for text, end in zip(targets, ends, strict=True)]

    def _headers_at(self, column: Choices | Lines, rows: Sequence[int]) -> list[str]:
        if isinstance(column, Choices):
            return self._strings_at(column, rows)
        ends = self.places_of(column.texts, column.distinct).ends.tolist()
        body, codes = self.body, self.codes_of(column)
        lines = [body[end + 1 : following].decode() for end, following in pairwise(ends)]
        return ["\n".join([lines[code] for code in codes.of_row(row)]) for row in rows]

    def _kept_bytes(self, name: str) -> Integers:
        """The number of stored bytes of a body."""
        column = self.column(name)
        if isinstance(column, Choices):
            lengths = np.array([len(value.encode()) for value in column.values], np.int64)
            kept: Integers = lengths[np.frombuffer(column.codes, np.uint8)]
            return kept
        assert column is not None  # noqa: S101  # only call ids can be in another frame
        return unpack_numbers(column.lengths, self.rows)


def read_block(connection: sqlite3.Connection, block_id: int) -> Block:
    """The block with that id. Its body is read at first use, on the same connection."""
    found = connection.execute("SELECT ids, head FROM frames WHERE block_id = ?", (block_id,))
    ids, head = present(found.fetchone())

    def body() -> bytes:
        found = connection.execute("SELECT body FROM frames WHERE block_id = ?", (block_id,))
        [frame] = present(found.fetchone())
        return frame  # type: ignore[no-any-return]

    return Block(ids=ids, head=head, body=body)
