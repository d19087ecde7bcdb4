"""JSON with the place of every value, also of a text that breaks off or is not JSON.

``read`` never raises. What follows the first mistake is not read; what came before it is.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["object", "array", "string", "number", "word"]

CHARACTERS_MAX: Final = 4_000_000
"""A longer text is not read."""
_DEPTH_MAX: Final = 200
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"((?:[^"\\\x00-\x1f]|\\.)*)"', re.DOTALL)
_STRING_START: Final = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*', re.DOTALL)
_NUMBER: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_WORDS: Final = {"true": True, "false": False, "null": None}
_ESCAPE_WRONG: Final = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_MEANT: Final = {"True": "true", "False": "false", "None": "null"}

Value = str | int | float | bool | None


@dataclass(slots=True)
class Node:
    """A value at ``text[start:end]``. *end* is the end of the text if the value breaks off."""

    kind: Kind
    start: int
    end: int
    path: str
    """``body``, ``body[0].Value``"""
    value: Value = None
    """Of a string, number or word."""
    members: "list[Member]" = field(default_factory=list)
    items: "list[Node]" = field(default_factory=list)

    def member(self, name: str) -> "Node | None":
        """The first member of that name, in any letter case."""
        wanted = name.lower()
        return next((m.node for m in self.members if m.name.lower() == wanted), None)


@dataclass(slots=True)
class Member:
    name: str
    start: int
    end: int
    """Of the name, with its quotes."""
    node: Node


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    at: int
    reason: str
    is_end: bool = False
    """The text ends too early."""
    trailing_comma: int = -1
    """The place of a comma before a closing bracket."""


@dataclass(frozen=True, slots=True)
class Read:
    text: str
    root: Node | None = None
    fault: SyntaxFault | None = None

    def line_and_column(self, at: int) -> tuple[int, int]:
        """Both from 1; *at* counts characters."""
        before = self.text[:at]
        return before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1


_Found = Callable[[Node], object]


class _Fault(Exception):
    def __init__(self, at: int, reason: str, *, is_end: bool = False, comma: int = -1) -> None:
        super().__init__(reason)
        self.found = SyntaxFault(at, reason, is_end, comma)


def read(text: str) -> Read:
    """*text* as JSON, up to its first mistake."""
    if len(text) > CHARACTERS_MAX:
        return Read(text)
    reader = _Reader(text)
    try:
        reader.document()
    except _Fault as fault:
        return Read(text, reader.root, fault.found)
    return Read(text, reader.root)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self.root: Node | None = None

    def document(self) -> None:
        at = self._space(1 if self._text.startswith("\ufeff") else 0)
        if at >= len(self._text):
            raise _Fault(at, "the body is empty", is_end=True)
        end = self._value(at, "body", 0, self._as_root)
        at = self._space(end)
        if at < len(self._text):
            raise _Fault(at, "something follows the end of the JSON")

    def _as_root(self, node: Node) -> None:
        self.root = node

    def _space(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _value(self, at: int, path: str, depth: int, found: _Found) -> int:
        """Read the value at *at*, hand it to *found* and return its end."""
        if at >= len(self._text):
            raise _Fault(at, "the text ends where a value should stand", is_end=True)
        if depth > _DEPTH_MAX:
            raise _Fault(at, "it is nested too deeply")
        sign = self._text[at]
        if sign == "{":
            return self._object(at, path, depth, found)
        if sign == "[":
            return self._array(at, path, depth, found)
        if sign == '"':
            value, end = self._string(at)
            found(Node("string", at, end, path, value))
            return end
        number = _NUMBER.match(self._text, at)
        if number:
            found(Node("number", at, number.end(), path, _number(number[0])))
            return number.end()
        return self._word(at, path, found)

    def _word(self, at: int, path: str, found: _Found) -> int:
        word = _WORD.match(self._text, at)
        if word and word[0] in _WORDS:
            found(Node("word", at, word.end(), path, _WORDS[word[0]]))
            return word.end()
        if self._text[at] == "'":
            raise _Fault(at, "a text stands in single quotes; JSON takes double quotes")
        if word and word[0] in _MEANT:
            raise _Fault(at, f"{word[0]} is Python; JSON writes {_MEANT[word[0]]}")
        if word and word[0] in ("NaN", "Infinity", "undefined"):
            raise _Fault(at, f"{word[0]} is not JSON; send a number or null")
        if word and word.end() == len(self._text):
            raise _Fault(at, "the text ends within a word", is_end=True)
        raise _Fault(at, "a value should stand here: a text needs double quotes")

    def _object(self, at: int, path: str, depth: int, found: _Found) -> int:
        node = Node("object", at, len(self._text), path)
        found(node)
        at = self._space(at + 1)
        comma = -1
        while True:
            if at >= len(self._text):
                raise _Fault(at, "the text ends within an object", is_end=True)
            if self._text[at] == "}":
                if comma >= 0:
                    raise _Fault(comma, "a comma stands before the closing }", comma=comma)
                break
            if self._text[at] != '"':
                raise _Fault(at, self._no_name(at))
            name, end = self._string(at)
            colon = self._space(end)
            if self._text[colon : colon + 1] != ":":
                is_end = colon >= len(self._text)
                raise _Fault(colon, "a colon should follow the name of a member", is_end=is_end)

            def keep(value: Node, name: str = name, start: int = at, end: int = end) -> None:
                node.members.append(Member(name, start, end, value))

            at = self._value(self._space(colon + 1), f"{path}.{name}", depth + 1, keep)
            at, comma = self._next(at, "}")
        node.end = at + 1
        return node.end

    def _no_name(self, at: int) -> str:
        if self._text[at] == "'":
            return "a name stands in single quotes; JSON takes double quotes"
        if self._text[at] == ",":
            return "a comma stands where the name of a member should"
        return "the name of a member needs double quotes"

    def _array(self, at: int, path: str, depth: int, found: _Found) -> int:
        node = Node("array", at, len(self._text), path)
        found(node)
        at = self._space(at + 1)
        comma = -1
        while True:
            if at >= len(self._text):
                raise _Fault(at, "the text ends within an array", is_end=True)
            if self._text[at] == "]":
                if comma >= 0:
                    raise _Fault(comma, "a comma stands before the closing ]", comma=comma)
                break
            at = self._value(at, f"{path}[{len(node.items)}]", depth + 1, node.items.append)
            at, comma = self._next(at, "]")
        node.end = at + 1
        return node.end

    def _next(self, at: int, closing: str) -> tuple[int, int]:
        """The place of what follows a value, and that of the comma before it, else -1."""
        at = self._space(at)
        if at >= len(self._text):
            kind = "object" if closing == "}" else "array"
            raise _Fault(at, f"the text ends within an {kind}", is_end=True)
        if self._text[at] == ",":
            return self._space(at + 1), at
        if self._text[at] != closing:
            raise _Fault(at, f"a comma or {closing} should stand here")
        return at, -1

    def _string(self, at: int) -> tuple[str, int]:
        match = _STRING.match(self._text, at)
        if match is None:
            start = _STRING_START.match(self._text, at)
            end = start.end() if start else at
            if end >= len(self._text.rstrip("\\")):
                raise _Fault(at, "a text begins here and does not end", is_end=True)
            raise _Fault(end, "a text holds a control character; write it as an escape, as \\n")
        inner = match[1]
        if "\\" not in inner:
            return inner, match.end()
        wrong = _ESCAPE_WRONG.search(inner.replace("\\\\", "  "))
        if wrong:
            raise _Fault(at + 1 + wrong.start(), "a backslash begins no escape; write it as \\\\")
        value: str = json.loads(match[0])
        # Half of a surrogate pair cannot be printed: it is shown as its escape.
        return value.encode("utf-8", "backslashreplace").decode(), match.end()


def _number(text: str) -> int | float:
    if text.lstrip("-").isdecimal() and len(text) < _DIGITS_MAX:
        return int(text)
    return float(text)


_DIGITS_MAX: Final = 30
