"""Finding known values anywhere in a text.

The time grows with the text, not with the number of values. A value is compared only where its
first word is in the text, and a phone number only with the runs of digits.
"""

import re
from collections import defaultdict
from typing import Final

from leadwire.calls.redaction.tokens import PHONE_DIGITS, phone_tail

_WORD: Final = re.compile(r"[^\W_]+")
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]+", re.ASCII)
_MORE_DIGITS: Final = f"{{{PHONE_DIGITS.start - 1},{PHONE_DIGITS.stop + 5}}}"
_RUN: Final = re.compile(rf"(?<!\d)\+?\d(?:[\s().\-/]{{0,2}}\d){_MORE_DIGITS}(?!\d)", re.ASCII)
_ESCAPE: Final = re.compile(r"\\[bfnrt]")
_LENGTH_MIN: Final = 2
_LENGTH_MAX: Final = 256
_ANY_CASE_LENGTH_MIN: Final = 4
_FEW: Final = 16
_FEW_NUMBERS: Final = 128
_BETWEEN_DIGITS: Final = b" \t\n\r\v\f().-/"
_WORDS_OF_ANSWERS: Final = frozenset(
    ("status", "success", "error", "message", "value", "attribute", "id", "true", "false", "null",
     "exceptiontype", "exceptionmessage", "schemaname", "lead", "personal", "redacted")
)  # fmt: skip
"""Values that are not looked for: they would replace words of the dialect itself."""

Span = tuple[int, int]


class KnownValues:
    """Known values. They match as whole words, in any letter case; phones in any notation."""

    def __init__(self) -> None:
        self._by_first: defaultdict[str, set[str]] = defaultdict(set)
        self._exact: set[str] = set()
        self._tails: set[str] = set()
        self._tail_lengths: set[int] = set()

    def add(self, value: str) -> None:
        """Look for *value* from now on, unless it is very short or long, or in every answer."""
        value = value.strip()
        tail = phone_tail(value) if _PHONE.fullmatch(value) else ""
        if tail:
            self._tails.add(tail)
            self._tail_lengths.add(len(tail))
            return
        lowered = _lower(value)
        first = _WORD.search(lowered)
        is_usual = _LENGTH_MIN <= len(value) <= _LENGTH_MAX
        if first is None or not is_usual or lowered in _WORDS_OF_ANSWERS:
            return
        self._by_first[first[0]].add(lowered)
        if len(value) < _ANY_CASE_LENGTH_MIN:
            self._exact.add(value)

    def spans(self, text: str) -> list[Span]:
        """Where values are in *text*, in any order; spans may overlap."""
        found: list[Span] = []
        if self._by_first:
            lowered = _lower(text)
            for first in self._first_words(lowered):
                for value in self._by_first[first]:
                    found += self._places(value, text, lowered)
        if self._tails and self._may_hold_a_number(text):
            found += [run.span() for run in _RUN.finditer(text) if self._is_known(run[0])]
        return found

    def _may_hold_a_number(self, text: str) -> bool:
        """False when none of the numbers is in *text*; cheaper than looking where."""
        if len(self._tails) > _FEW_NUMBERS:
            return True
        digits = text.encode("utf-8", "surrogatepass").translate(None, _BETWEEN_DIGITS)
        return any(tail.encode() in digits for tail in self._tails)

    def _first_words(self, lowered: str) -> list[str]:
        if len(self._by_first) <= _FEW:
            return [first for first in self._by_first if first in lowered]
        plain = _ESCAPE.sub(" ", lowered) if "\\" in lowered else lowered
        return [word for word in set(_WORD.findall(plain)) if word in self._by_first]

    def _places(self, value: str, text: str, lowered: str) -> list[Span]:
        found = []
        start = lowered.find(value)
        while start >= 0:
            end = start + len(value)
            is_case_right = len(value) >= _ANY_CASE_LENGTH_MIN or text[start:end] in self._exact
            if is_case_right and _is_whole(lowered, start, end):
                found.append((start, end))
                start = lowered.find(value, end)
            else:
                start = lowered.find(value, start + 1)
        return found

    def _is_known(self, run: str) -> bool:
        """Whether a run of digits is a known number, or holds one beside another."""
        digits = "".join(filter(str.isdecimal, run))
        return any(
            digits[start : start + length] in self._tails
            for length in self._tail_lengths
            for start in range(len(digits) - length + 1)
        )


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no letter or digit touches the piece; the n of an escape may."""
    if text[start].isalnum() and start and text[start - 1].isalnum():
        escape = text[max(start - 2, 0) : start]
        if _ESCAPE.fullmatch(escape) is None:
            return False
    return not (text[end - 1].isalnum() and end < len(text) and text[end].isalnum())


def _lower(text: str) -> str:
    """In lower case and of the same length."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
