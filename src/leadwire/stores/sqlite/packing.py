"""Making a block: three compressed frames, and the texts for the block's bitmap.

Pure functions. ``block`` reads the frames.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count
from operator import sub
from typing import Any, Final

import msgspec
import numpy as np

from leadwire.calls.record import FIELDS
from leadwire.calls.terms import HEADER_ATTRIBUTES, TEXT_ATTRIBUTES
from leadwire.calls.text import normal, plus_in_body, plus_in_target, target_of
from leadwire.stores.sqlite.bits import FILTERABLE
from leadwire.stores.sqlite.block import DURATION_UNITS_PER_MS, NUMBERS, STRINGS, Head
from leadwire.stores.sqlite.columns import (
    SEPARATOR,
    Choices,
    Lines,
    Numbers,
    Texts,
    in_order_of_position,
    pack_ascending,
    pack_bits,
    pack_choices,
    pack_numbers,
)
from leadwire.stores.sqlite.frames import compressed
from leadwire.stores.sqlite.ids import pack_ids
from leadwire.stores.sqlite.schema import Columns
from leadwire.stores.sqlite.spellings import PlusFrom, spellings

_EXACT_UNITS_MAX: Final = 1 << 53


class Frames(msgspec.Struct, frozen=True, kw_only=True):
    ids: bytes
    head: bytes
    body: bytes
    texts: tuple[bytes, bytes]
    """For the bitmap: every text as sent, and the decoded texts that differ. Not stored."""
    few: dict[str, Choices]
    """The columns with few distinct values, for summary and bitmap. Also in the head."""


def pack_block(calls: Columns) -> Frames:
    """*calls* (at least one, sorted) as frames."""
    columns = dict(zip(FIELDS, calls, strict=True))
    body = _Body()
    plus_of = _plus_of(columns)
    paths = columns["path"]
    targets = list(map(target_of, paths, columns["query_string"]))
    target = body.strings("target", targets, plus_of.get("target"))
    strings = tuple(body.strings(name, columns[name], plus_of.get(name)) for name in STRINGS)
    headers = tuple(body.lines(columns[name]) for name in HEADER_ATTRIBUTES)
    ids = pack_ids(columns["call_id"])
    durations, exact = _packed_durations(columns["duration_ms"])
    head = Head(
        rows=len(targets),
        times=pack_ascending(columns["started_at_ms"]),
        sequences=pack_ascending(columns["sequence"]),
        durations=durations,
        exact_durations=exact,
        path_lengths=pack_numbers(list(map(len, paths))),
        request_bytes=_surplus(columns["request_body_bytes"], columns["request_body"]),
        response_bytes=_surplus(columns["response_body_bytes"], columns["response_body"]),
        numbers=tuple(pack_numbers(columns[name]) for name in NUMBERS),
        strings=strings,
        headers=headers,
        target=target,
        call_id=body.strings("call_id", columns["call_id"]) if ids is None else None,
    )
    joined = SEPARATOR.join(body.texts)
    few = {
        name: column
        for name, column in zip(("target", *STRINGS), (target, *strings), strict=True)
        if isinstance(column, Choices)
    }
    return Frames(
        ids=compressed(ids or b""),
        head=compressed(msgspec.msgpack.encode(head)),
        body=compressed(joined),
        texts=(joined, SEPARATOR.join([*body.beside, *map(str.encode, columns["call_id"])])),
        few=few,
    )


def filterable_values(calls: Columns, few: Mapping[str, Choices]) -> set[tuple[str, str]]:
    """The (field, value) pairs of *calls*. Each pair sets a bit.

    *few* has the distinct values of some of its columns.
    """
    return {
        (name, str(value))
        for name in FILTERABLE
        for value in (few[name].values if name in few else set(calls[FIELDS.index(name)]))
    }


class _Body:
    """The texts of a block in the making."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        """What is stored, a column each."""
        self.beside: list[bytes] = []
        """Other text that a search can find: distinct values, and texts as they read."""
        self._start = 0

    def strings(
        self, name: str, values: Sequence[str], plus_from: PlusFrom | None = None
    ) -> Choices | Texts:
        choices = pack_choices(values)
        if choices is None:
            return self._texts(values, plus_from)
        if name in TEXT_ATTRIBUTES:
            self._choices(choices.values, choices.codes, plus_from)
        return choices

    def lines(self, values: Sequence[str]) -> Choices | Lines:
        """For headers: single lines repeat more often than whole texts."""
        choices = pack_choices(values)
        if choices is not None:
            lines = "\n".join(choices.values).split("\n")
            self._choices(lines, b"", None)
            return choices
        lines = "\n".join(values).split("\n")
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        codes = np.fromiter(map(numbers.__getitem__, lines), np.int64, len(lines))
        counts = np.fromiter((value.count("\n") for value in values), np.int64, len(values)) + 1
        # Lines at one position resemble each other, so this order compresses better.
        by_position = in_order_of_position(counts)
        return Lines(
            self._texts(list(numbers), None),
            len(numbers),
            pack_numbers(counts),
            pack_numbers(codes[by_position]),
        )

    def _texts(self, values: Sequence[str], plus_from: PlusFrom | None) -> Texts:
        joined = "\x1f".join(values).encode()
        # ASCII texts have as many bytes as characters, which spares encoding each one.
        is_ascii = len(joined) == sum(map(len, values)) + len(values) - 1
        lengths = list(map(len, values if is_ascii else map(str.encode, values)))
        found = list(spellings(values, joined, plus_from))
        self.beside += [spelling.read for spelling in found]
        column = Texts(
            self._start,
            pack_numbers(lengths),
            pack_bits([spelling.number for spelling in found], len(values)),
            pack_bits([spelling.number for spelling in found if spelling.is_unusual], len(values)),
        )
        self.texts.append(joined)
        self._start += len(joined) + 1
        return column

    def _choices(self, values: Sequence[str], codes: bytes, plus_from: PlusFrom | None) -> None:
        """Record the values of a column of choices, which a search finds outside the body."""
        joined = "\x1f".join(values).encode()
        self.beside.append(joined)
        if plus_from is None or b"+" not in joined:
            self.beside += [spelling.read for spelling in spellings(values, joined)]
        else:
            # One value can read in two ways, depending on its row, so decode each pair once.
            readings = {(code, plus_from(row)) for row, code in enumerate(codes)}
            self.beside += [normal(values[code], start) for code, start in readings]


def _plus_of(columns: Mapping[str, Sequence[Any]]) -> dict[str, PlusFrom]:
    """For each column where ``+`` may be a blank: the first such character in a row's text."""
    paths, types = columns["path"], columns["request_content_type"]
    found: dict[str, PlusFrom] = {}
    if any(columns["query_string"]):
        found["target"] = lambda row: plus_in_target(paths[row])
    if any(plus_in_body(content_type) is not None for content_type in set(types)):
        found["request_body"] = lambda row: plus_in_body(types[row])
    return found


def _packed_durations(durations: Sequence[float]) -> tuple[Numbers | None, bytes]:
    """Whole microseconds if that is exact for every duration, else floats."""
    # Whole numbers compress better, but no record may change by rounding.
    exact = np.array(durations, np.float64)
    units = np.rint(exact * DURATION_UNITS_PER_MS)
    if (
        np.array_equal(units / DURATION_UNITS_PER_MS, exact)
        and np.abs(units).max() < _EXACT_UNITS_MAX
    ):
        return pack_numbers(units.astype(np.int64)), b""
    return None, exact.astype("<f8").tobytes()


def _surplus(byte_counts: Sequence[int], texts: Sequence[str]) -> Numbers:
    """The lengths of sent bodies minus the stored lengths; nearly always 0."""
    kept = [len(text) if text.isascii() else len(text.encode()) for text in texts]
    return pack_numbers(list(map(sub, byte_counts, kept)))
