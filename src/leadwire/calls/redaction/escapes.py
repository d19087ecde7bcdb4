"""Undoing escapes, one level at a time, and finding the way back to the text as it was sent.

A level undoes at once what URLs, JSON, HTML and UTF-16 may write a character as. Several levels
are JSON in a URL in JSON, and the like.
"""

import re
from bisect import bisect_right
from typing import Final, NamedTuple

LEVELS_MAX: Final = 8
"""Text that is escaped more often is not read."""

_ENTITIES: Final = {"amp": "&", "quot": '"', "lt": "<", "gt": ">", "apos": "'"}
_LETTERS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNICODE: Final = (
    r"u(?P<pair>[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|u(?P<unicode>[0-9a-fA-F]{4})"
)
_ESCAPE: Final = re.compile(
    r"(?P<percents>(?:%[0-9a-fA-F]{2})+)"
    rf"|\\(?:{_UNICODE}|x(?P<byte>[0-9a-fA-F]{{2}})|(?P<letter>[\"'\\/bfnrt]))"
    r"|&(?:(?P<entity>amp|quot|lt|gt|apos)|#(?P<decimal>\d{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6}));"
    r"|\0"
)
_JSON_ESCAPE: Final = re.compile(rf"\\(?:{_UNICODE}|(?P<letter>[\"\\/bfnrt]))")
_NUL: Final = re.compile(r"\0")
_CODE_POINTS: Final = 0x110000
_PERCENT_WIDTH: Final = 3

Span = tuple[int, int]


class Undone(NamedTuple):
    """*text* after a level of escapes is undone; *starts* and *origins* lead back."""

    text: str
    starts: list[int]
    """Where stretches of *text* begin."""
    origins: list[int]
    """Where each of them begins in the text as sent."""
    widths: list[int]
    """How many characters of that text one of *text* takes in the stretch; 1: as sent."""
    length: int
    """Of the text as sent."""

    def span(self, start: int, end: int) -> Span:
        """The piece of the text as sent that the piece of ``text`` was made of."""
        return self._origin(start), self._origin(end)

    def _origin(self, place: int) -> int:
        if place >= len(self.text):
            return self.length
        stretch = bisect_right(self.starts, place) - 1
        return self.origins[stretch] + (place - self.starts[stretch]) * self.widths[stretch]


def has_escapes(text: str) -> bool:
    return _ESCAPE.search(text) is not None


def undo(text: str, *, plus: bool = False) -> Undone:
    """*text* with one level of escapes undone; *plus*: a ``+`` is a blank, as in a form."""
    return _undone(text.replace("+", " ") if plus else text, _ESCAPE)


def undo_json(text: str) -> Undone:
    """The content of a string of JSON, with its own escapes undone and no others."""
    return _undone(text, _JSON_ESCAPE)


def without_nuls(text: str) -> Undone:
    """*text* without NULs, as ASCII in UTF-16 has them."""
    return _undone(text, _NUL)


def _undone(text: str, escape: re.Pattern[str]) -> Undone:
    parts: list[str] = []
    starts, origins, widths = [0], [0], [1]
    length, end = 0, 0
    for match in escape.finditer(text):
        begin = match.start()
        if begin > end:
            starts.append(length)
            origins.append(end)
            widths.append(1)
            parts.append(text[end:begin])
            length += begin - end
        for piece, width in _meaning(match):
            starts.append(length)
            origins.append(begin)
            widths.append(width)
            parts.append(piece)
            length += len(piece)
            begin += len(piece) * width
        end = match.end()
    starts.append(length)
    origins.append(end)
    widths.append(1)
    parts.append(text[end:])
    return Undone("".join(parts), starts, origins, widths, len(text))


def undone_text(text: str, *, plus: bool = False) -> str:
    """As ``undo``, without the way back: cheaper."""
    if plus:
        text = text.replace("+", " ")
    return _ESCAPE.sub(lambda match: "".join(piece for piece, _ in _meaning(match)), text)


def _meaning(match: re.Match[str]) -> list[tuple[str, int]]:
    """What an escape stands for: pieces, and the characters as sent for one of each piece."""
    kind = match.lastgroup
    if kind is None:
        return []  # a NUL says nothing: half of a UTF-16 character
    value = match[kind]
    if kind == "percents":
        return _of_percents(value)
    width = match.end() - match.start()
    if kind == "letter":
        return [(_LETTERS.get(value, value), width)]
    if kind == "entity":
        return [(_ENTITIES[value], width)]
    if kind == "pair":
        return [(bytes.fromhex(value.replace("\\u", "")).decode("utf-16-be"), width)]
    code = int(value, 10 if kind == "decimal" else 16)
    return [(chr(code), width)] if 0 < code < _CODE_POINTS else []


def _of_percents(percents: str) -> list[tuple[str, int]]:
    raw = bytes.fromhex(percents.replace("%", ""))
    try:
        decoded = raw.decode()
    except UnicodeDecodeError:
        decoded = raw.decode("latin-1")
    if len(decoded) == len(raw):
        return [(decoded, _PERCENT_WIDTH)]
    return [(letter, len(letter.encode()) * _PERCENT_WIDTH) for letter in decoded]
