"""Find the rows of a block that match a condition.

First, the search selects candidate rows without decoding them. It uses distinct values of a column,
places of a needle in the body, and notes of decoded texts. Then the condition
(``leadwire.calls.terms``) decides about each candidate.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from types import SimpleNamespace
from typing import Any, Final

import numpy as np

from leadwire.calls.record import NUMBER_FIELDS
from leadwire.calls.terms import (
    HEADER_ATTRIBUTES,
    TARGET,
    And,
    Compare,
    Condition,
    Has,
    Last,
    Member,
    Not,
    OneOf,
    Or,
    Part,
    Reading,
    Text,
    Whole,
)
from leadwire.calls.text import core, core_runs, fold, normal
from leadwire.stores.sqlite.block import Block
from leadwire.stores.sqlite.columns import (
    Choices,
    Integers,
    Lines,
    Mask,
    Texts,
    rows_with_codes,
    unpack_bits,
)
from leadwire.stores.sqlite.needle import places_of
from leadwire.stores.sqlite.spellings import spellings

_IN_TARGET: Final = ("path", "query_string")
_PLUS_VARIES: Final = (TARGET, "request_body")
"""Texts in which another field decides whether ``+`` is a blank."""
_ASKED_BETWEEN_LOOKS: Final = 32
_ID_DIGITS: Final = 32

InField = OneOf | Has | Part | Whole | Member
Look = Callable[[], None]
"""Checks the time budget, and raises if it is used up."""


class BlockSearch:
    """Evaluates conditions over one block. Calls *look* repeatedly."""

    def __init__(self, block: Block, look: Look) -> None:
        self._block = block
        self._look = look
        self._everywhere: dict[bytes, Integers] = {}
        """Places of needles that were looked for in the whole body."""
        self._in_column: dict[tuple[bytes, int], Integers] = {}
        """Places of needles that were looked for in one column, by the start of the column."""
        self._readings: dict[int, Reading] = {}

    def rows(self, condition: Condition, among: Mask) -> Mask:
        """The rows of *among* that match *condition*."""
        self._look()
        if isinstance(condition, And):
            for term in sorted(condition.terms, key=_cost):
                if not among.any():
                    break
                among = self.rows(term, among)
            return among
        if isinstance(condition, Or):
            found = np.zeros(len(among), np.bool_)
            for term in condition.terms:
                found = found | self.rows(term, among & ~found)
            return found
        if isinstance(condition, Not):
            return among & ~self.rows(condition.term, among)
        if not among.any():
            return among
        return self._leaf(condition, among)

    def _leaf(self, leaf: Compare | Last | Text | InField, among: Mask) -> Mask:
        if isinstance(leaf, Text):
            return self._text(leaf, among)
        if isinstance(leaf, Last):
            raise TypeError("a span ends when it is asked for: see leadwire.calls.terms.at")
        if isinstance(leaf, Compare):
            numbers = self._block.numbers(leaf.attribute)
            in_range: Mask = (numbers >= leaf.low) & (numbers <= leaf.high)
            return among & in_range
        if leaf.attribute in NUMBER_FIELDS:
            is_there: Mask = self._block.numbers(leaf.attribute) != 0
            return among & is_there
        return self._in_field(leaf, among)

    # Conditions of one field.

    def _in_field(self, leaf: InField, among: Mask) -> Mask:
        name = leaf.attribute
        column = self._block.column(TARGET if name in _IN_TARGET else name)
        if isinstance(column, Choices) and name not in (*_IN_TARGET, "request_body"):
            codes = [
                code
                for code, value in enumerate(column.values)
                if leaf.found_in(reading_of({name: value}))
            ]
            return among & rows_with_codes(column, codes)
        if isinstance(leaf, Part | Whole | Member):
            for pieces in leaf.needles:
                proposed = np.zeros(len(among), np.bool_)
                for piece in pieces:
                    proposed |= self._may_stand(piece, column)
                among = among & proposed
        return self._asked(leaf, among)

    def _may_stand(self, piece: bytes, column: Choices | Texts | None) -> Mask:
        """At least the rows whose text contains *piece*, as sent or as read."""
        if isinstance(column, Texts):
            rows = self._block.rows
            return self._stands(piece, column, rows) | self._hides(piece, column, rows)
        if column is None:
            return self._ids_with(piece)
        return np.ones(self._block.rows, np.bool_)

    def _asked(self, leaf: InField, among: Mask) -> Mask:
        """The rows of *among* that match the condition. Evaluates it once for each value."""
        rows = np.flatnonzero(among).tolist()
        found = np.zeros(len(among), np.bool_)
        if not rows:
            return found
        name = leaf.attribute
        values = self._block.strings_at(name, rows)
        types: Sequence[str] = ("",) * len(rows)
        if name == "request_body":
            types = self._block.strings_at("request_content_type", rows)
        known: dict[tuple[str, str], bool] = {}
        for row, key in zip(rows, zip(values, types, strict=True), strict=True):
            holds = known.get(key)
            if holds is None:
                if len(known) % _ASKED_BETWEEN_LOOKS == 0:
                    self._look()
                fields = {name: key[0], "request_content_type": key[1]}
                holds = known[key] = leaf.found_in(reading_of(fields))
            found[row] = holds
        return found

    # Free text.

    def _text(self, leaf: Text, among: Mask) -> Mask:
        found = np.zeros(len(among), np.bool_)
        for form in leaf.forms:
            if form not in self._everywhere:
                self._everywhere[form] = places_of(form, self._block.body)
            found |= self._in_choices(form, among)
            if self._block.column("call_id") is None:
                found |= self._ids_with(form)
            for _, column in self._block.searched if len(self._everywhere[form]) else ():
                if isinstance(column, Texts):
                    found |= self._stands(form, column, len(among))
            for lines in self._lines():
                found |= self._rows_with_line(form, lines)
        for form in leaf.forms:
            for name, column in self._block.searched:
                if isinstance(column, Texts) and self._may_hide(form, column):
                    found |= self._read_with(form, name, column, among & ~found)
        return among & found

    def _in_choices(self, form: bytes, among: Mask) -> Mask:
        """The rows with *form* in a text of few distinct values, as sent or as read."""
        found = np.zeros(self._block.rows, np.bool_)
        headers = zip(HEADER_ATTRIBUTES, self._block.head.headers, strict=True)
        columns = chain(self._block.searched, headers)
        kept = [(name, column) for name, column in columns if isinstance(column, Choices)]
        if not self._stands_in_some(form, [column for _, column in kept]):
            return found
        for name, column in kept:
            one_by_one = []
            codes = []
            for code, value in enumerate(column.values):
                if name in _PLUS_VARIES and "+" in value:
                    one_by_one.append(code)
                elif any(form in text for text in _texts_of(name, value)):
                    codes.append(code)
            found |= rows_with_codes(column, codes)
            rows = among & ~found & rows_with_codes(column, one_by_one)
            for row in np.flatnonzero(rows).tolist():
                found[row] = any(form in text for text in self._reading(row).texts(name))
        return found

    def _stands_in_some(self, form: bytes, columns: Sequence[Choices]) -> bool:
        """False only if no value of *columns* contains *form*."""
        joined = "\n".join([value for column in columns for value in column.values])
        if form in joined.encode().lower() or "+" in joined:
            return True
        lines = joined.split("\n")
        return next(spellings(lines, "\x1f".join(lines).encode()), None) is not None

    def _read_with(self, form: bytes, name: str, column: Texts, among: Mask) -> Mask:
        """The rows of *among* whose text holds *form* as it reads, but not as it was sent."""
        found = np.zeros(len(among), np.bool_)
        suspects = np.flatnonzero(among & self._hides(form, column, len(among))).tolist()
        if not suspects:
            return found
        unusual = unpack_bits(column.unusual, len(among))
        runs = core_runs(form)
        for number, row in enumerate(suspects):
            if number % _ASKED_BETWEEN_LOOKS == 0:
                self._look()
            if not unusual[row]:
                sent = self._block.text_at(column, row, len(among)).lower()
                if not all(run in sent for run in runs):
                    continue
            found[row] = form in self._reading(row).texts(name)[-1]
        return found

    def _rows_with_line(self, form: bytes, lines: Lines) -> Mask:
        """The rows with a header that contains *form*, as sent or as read."""
        column, count = lines.texts, lines.distinct
        found = self._stands(form, column, count)
        for number in np.flatnonzero(self._hides(form, column, count) & ~found).tolist():
            text = self._block.text_at(column, number, count).decode()
            found[number] = form in normal(text)
        if not found.any():
            return np.zeros(self._block.rows, np.bool_)
        return self._block.codes_of(lines).rows_with(found)

    # Where a needle stands, and where it could.

    def _stands(self, needle: bytes, column: Texts, texts: int) -> Mask:
        """Of the *texts* texts of *column*, the texts that contain *needle* as sent."""
        found = np.zeros(texts, np.bool_)
        start, end = column.start, self._block.end_of(column)
        places = self._places(needle, start, end)
        first, last = places.searchsorted((start, end))
        if first == last:
            return found
        inside = places[first:last]
        ends = self._block.places_of(column, texts).ends
        numbers = ends.searchsorted(inside) - 1
        found[numbers[inside + len(needle) <= ends[numbers + 1]]] = True
        return found

    def _may_hide(self, form: bytes, column: Texts) -> bool:
        """False only if no text of *column* contains *form* as read, but not as sent."""
        return bool(column.unusual or (column.differing and core(form) != form))

    def _hides(self, form: bytes, column: Texts, texts: int) -> Mask:
        """At least the texts that contain *form* as read, but not as sent."""
        if not self._may_hide(form, column):
            return np.zeros(texts, np.bool_)
        telling = core(form)
        if not telling:
            return unpack_bits(column.differing, texts)
        unusual = unpack_bits(column.unusual, texts)
        if telling == form:
            return unusual
        differing = unpack_bits(column.differing, texts)
        return unusual | (differing & self._stands(telling, column, texts))

    def _places(self, needle: bytes, start: int, end: int) -> Integers:
        """The places of *needle* in at least that part of the body."""
        places = self._everywhere.get(needle)
        if places is None:
            places = self._in_column.get((needle, start))
        if places is None:
            self._look()
            places = places_of(needle, self._block.body[start:end]) + start
            self._in_column[needle, start] = places
        return places

    def _ids_with(self, piece: bytes) -> Mask:
        """The rows whose id contains *piece*, for ids that are stored as numbers."""
        found = np.zeros(self._block.rows, np.bool_)
        digits = piece.replace(b"-", b"").decode("latin-1")
        if len(digits) > _ID_DIGITS or digits.strip("0123456789abcdef"):
            return found
        text = piece.decode()
        every = self._block.ids.hex()
        place = every.find(digits)
        while 0 <= place < len(every):
            row = place // _ID_DIGITS
            if row >= self._block.rows:
                break
            if text in self._block.strings_at("call_id", (row,))[0]:
                found[row] = True
                place = every.find(digits, (row + 1) * _ID_DIGITS)
            else:
                place = every.find(digits, place + 1)
        return found

    def _lines(self) -> Iterator[Lines]:
        return (column for column in self._block.head.headers if isinstance(column, Lines))

    def _reading(self, row: int) -> Reading:
        reading = self._readings.get(row)
        if reading is None:
            reading = self._readings[row] = Reading(_BlockRow(self._block, row))  # type: ignore[arg-type]
        return reading


class _BlockRow:
    """A call of a block. Decodes a field at its first use."""

    def __init__(self, block: Block, row: int) -> None:
        self._block = block
        self._row = row

    def __getattr__(self, name: str) -> str:
        return self._block.strings_at(name, (self._row,))[0]


def reading_of(fields: dict[str, Any]) -> Reading:
    """A reading of a call with only these fields."""
    return Reading(SimpleNamespace(**fields))  # type: ignore[arg-type]


def _texts_of(name: str, value: str) -> Iterator[bytes]:
    for line in value.split("\n") if name in HEADER_ATTRIBUTES else (value,):
        yield fold(line)
        yield normal(line)


def _cost(condition: Condition) -> int:
    """The order of evaluation: the cheapest condition first."""
    if isinstance(condition, And | Or):
        return max(map(_cost, condition.terms), default=0)
    if isinstance(condition, Not):
        return _cost(condition.term)
    if isinstance(condition, Compare | OneOf | Has):
        return 0
    return 2 if isinstance(condition, Text | Member) else 1
