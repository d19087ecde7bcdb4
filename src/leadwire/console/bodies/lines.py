"""Lay a body out in numbered lines. A large one costs little more than what is shown of it.

JSON gets a line for each member, but a short object or array stays on one line. The outlines find
the lines without reading what stands in them. A reader makes the pieces of one line: strings are
decoded, and numbers stay as they were written.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import msgspec

Kind = Literal["sign", "key", "text", "number", "word", "rest"]

_FLAT_CHARS_MAX: Final = 120
"""A longer object or array gets a line for each member. Counts the source, blanks included."""
_RAW_LINE_MAX: Final = 2_000
"""A longer line of text is continued on the next."""

_TO_SIGN: Final = re.compile(
    r'[^{}\[\],"]*+(?:"(?:[^"\\]|\\.)*+"[^{}\[\],"]*+)*+([{}\[\],])', re.DOTALL
)
"""Everything up to the next sign outside of a string."""
_FLAT: Final = re.compile(r'[{\[](?:[^{}\[\]"]|"(?:[^"\\]|\\.)*+")*+[}\]]', re.DOTALL)
_TOKEN: Final = re.compile(
    r'\s*(?:("(?:[^"\\]|\\.)*+")|([{\[])|([}\]])|([,:])|(-?\d[\d.eE+-]*)|(true|false|null))',
    re.DOTALL,
)
_TEXT, _OPEN, _CLOSE, _SIGN, _NUMBER = range(1, 6)
_NAME_KEYS: Final = frozenset({"attribute", "schemaname"})
_VALUE_KEY: Final = "value"


class Line(NamedTuple):
    """``text[start:end]``. *number* counts from 1."""

    number: int
    depth: int
    start: int
    end: int
    opens: bool = False
    """The lines up to its counterpart are inside of it."""
    closes: bool = False


class Piece(NamedTuple):
    """A part of a line. The text of a key or string is decoded and has no quotes.

    *name* is the member that a value belongs to, as a search names it. *path* is ``body[0].Value``.
    Both are empty for what is not a value.
    """

    kind: Kind
    text: str
    name: str = ""
    path: str = ""


def is_json(text: str) -> bool:
    """Whether *text* is an object or array of valid JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        msgspec.json.format(text, indent=-1)
    except (UnicodeEncodeError, RecursionError):
        return False
    except msgspec.DecodeError:
        return _has_lone_surrogate(text)
    return True


def _has_lone_surrogate(text: str) -> bool:
    """JSON whose escapes msgspec does not take, but which is read as JSON elsewhere."""
    if len(text) > _SECOND_LOOK_CHARS_MAX or not _SURROGATE_ESCAPE.search(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


_SECOND_LOOK_CHARS_MAX: Final = 1_000_000
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def text_outlines(text: str) -> Iterator[Line]:
    """The lines of a text that is not JSON."""
    start = number = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        for part in range(start, max(end, start + 1), _RAW_LINE_MAX):
            number += 1
            yield Line(number, 0, part, min(part + _RAW_LINE_MAX, end))
        start = end + 1


def json_outlines(text: str) -> Iterator[Line]:
    """The lines of JSON. A body that was cut may end anywhere."""
    place = start = depth = 0
    number, closes = 1, False
    while match := _TO_SIGN.match(text, place):
        place, sign = match.end(), match[1]
        if sign in "{[":
            if flat := _FLAT.match(text, place - 1, place - 1 + _FLAT_CHARS_MAX):
                place = flat.end()
                continue
            yield Line(number, depth, start, place, opens=True, closes=closes)
            number, depth, start, closes = number + 1, depth + 1, place, False
        elif sign == ",":
            yield Line(number, depth, start, place, closes=closes)
            number, start, closes = number + 1, place, False
        else:
            if text[start : place - 1].strip():
                yield Line(number, depth, start, place - 1, closes=closes)
                number += 1
            depth, start, closes = max(depth - 1, 0), place - 1, True
    if text[start:].strip():
        yield Line(number, depth, start, len(text), closes=closes)


@dataclass(slots=True)
class _Frame:
    is_object: bool
    path: str
    index: int = 0
    key: str | None = None
    """The key whose value comes next; None where a key comes next."""
    attribute: str = ""
    """The attribute's name in an object that is a pair of Attribute and Value."""


class JsonReader:
    """Makes the pieces of lines, one after the other.

    *inside* has the brackets that are open before the first of them. Paths are right where none is.
    """

    def __init__(self, text: str, inside: str = "") -> None:
        self._text = text
        self._frames = [_Frame(bracket == "{", "") for bracket in inside]

    def pieces(self, line: Line) -> list[Piece]:
        pieces: list[Piece] = []
        place = line.start
        while match := _TOKEN.match(self._text, place, line.end):
            place = match.end()
            kind = match.lastindex or 0
            part = match[kind]
            if kind == _OPEN:
                pieces.append(Piece("sign", part, path=self._begun()))
                self._frames.append(_Frame(part == "{", pieces[-1].path))
            elif kind == _CLOSE:
                if self._frames:
                    self._frames.pop()
                pieces.append(Piece("sign", part))
            elif kind == _SIGN:
                pieces.append(Piece("sign", part if place == line.end else f"{part} "))
            else:
                pieces.append(self._scalar(kind, part))
        if rest := self._text[place : line.end].strip():
            pieces.append(Piece("rest", rest))
        return pieces

    def _scalar(self, kind: int, part: str) -> Piece:
        text = _decoded(part) if kind == _TEXT else part
        frame = self._frames[-1] if self._frames else None
        if frame is None:
            return Piece(_kind(kind), text, path=self._begun())
        if frame.is_object and frame.key is None:
            frame.key = text
            return Piece("key", text)
        name = frame.key or ""
        if name.lower() == _VALUE_KEY and frame.attribute:
            name = frame.attribute
        elif name.lower() in _NAME_KEYS:
            frame.attribute = text
        return Piece(_kind(kind), text, name, self._begun())

    def _begun(self) -> str:
        """The path of the value that begins here."""
        if not self._frames:
            return "body"
        frame = self._frames[-1]
        if frame.is_object:
            path, frame.key = f"{frame.path}.{frame.key}", None
        else:
            path, frame.index = f"{frame.path}[{frame.index}]", frame.index + 1
        return path


class TextReader:
    """Makes the one piece of a line of text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def pieces(self, line: Line) -> list[Piece]:
        return [Piece("rest", self._text[line.start : line.end], path="body")]


def _kind(kind: int) -> Kind:
    return "text" if kind == _TEXT else "number" if kind == _NUMBER else "word"


def _decoded(part: str) -> str:
    """The text of a JSON string with its quotes. A lone surrogate stays one."""
    if "\\" not in part:
        return part[1:-1]
    return _SURROGATES.sub(_joined, _ESCAPE.sub(_unescaped, part[1:-1]))


_ESCAPE: Final = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _SHORT.get(match[2], match[2])


def _joined(match: re.Match[str]) -> str:
    return match[0].encode("utf-16-be", "surrogatepass").decode("utf-16-be")
