"""The walk over JSON, whole or cut off: token by token, so that no depth and no fault stops it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from leadwire.calls.redaction.escapes import Span, undo_json
from leadwire.calls.redaction.names import normal_name
from leadwire.calls.redaction.rules import Edit, Rules

NAME_MEMBERS: Final = frozenset(
    (
        "attribute", "attributename", "columnname", "field", "fieldname", "header", "headername",
        "key", "lookupname", "lso", "name", "param", "parameter", "property", "schemaname",
    )
)  # fmt: skip
"""Members that name the field which VALUE_MEMBERS beside them hold the value of."""
SEARCH_BY_VALUE: Final = "searchbyvalue"
VALUE_MEMBERS: Final = frozenset(
    (
        "attributevalue", "columnvalue", "content", "defaultvalue", "displayvalue", "fieldvalue",
        "headervalue", "lookupvalue", "newvalue", "oldvalue", "rso", SEARCH_BY_VALUE, "val",
        "value", "values",
    )
)  # fmt: skip
SET_MEMBER: Final = "fields"
"""Beside a NAME_MEMBER: pairs whose values all belong to the field that is named."""

DEPTH_MAX: Final = 200
"""JSON that is nested deeper is replaced whole."""

_TOKEN: Final = re.compile(r'("(?:[^"\\]|\\.)*+"?)(\s*+:)?|[{}\[\],:]|[^\s"{}\[\],:]++', re.DOTALL)
_WORDS: Final = frozenset(("null", "true", "false"))
_NAMES_OF_HEADERS: Final = frozenset(("key", "name"))
_PAIR: Final = 2
_ESCAPING: Final = re.compile(r"[%\\&\0]")
_normal = lru_cache(maxsize=4_096)(normal_name)


@dataclass(slots=True)
class _Frame:
    """An object or array that is open, or the text around all of them."""

    start: int
    is_object: bool
    matters: bool = False
    """It is the value of a name that matters."""
    all_matter: bool = False
    """Every value below it matters."""
    is_headers: bool = False
    """So they do, but for the names: it is a list of headers."""
    is_set: bool = False
    """Its pairs belong to the field that its parent names."""
    leaves: list[Span] | None = None
    """Values below it, where they matter if the name beside it does."""
    name: str | None = None
    """Of the member whose value comes next; as ``normal_name`` writes it."""
    holds: bool = False
    """That name matters."""
    is_named: bool = False
    """A NAME_MEMBER, or the first of two items, is a name that matters."""
    items: int = 0
    values: list[Span] = field(default_factory=list)
    """Of VALUE_MEMBERS: they matter if the name beside them does, which may come later."""


class JsonWalk:
    """Finds what matters in one text.

    *in_string* looks into a string. *places* says where in the text a match may be.
    """

    def __init__(
        self,
        rules: Rules,
        text: str,
        places: list[int],
        in_string: Callable[[str], list[Edit]],
    ) -> None:
        self._rules = rules
        self._text = text
        self._places = iter([*places, len(text)])
        self._place = next(self._places)
        self._in_string = in_string
        self._deeper = 0
        """How many objects and arrays are open beyond DEPTH_MAX."""
        self._deep_start = 0
        self._open = [_Frame(0, is_object=False)]
        self._edits: list[Edit] = []

    def edits(self, begin: int = 0) -> list[Edit]:
        """What is to be replaced from *begin* on."""
        for token in _TOKEN.finditer(self._text, begin):
            start, end = token.span()
            sign = self._text[start]
            if sign in "{[":
                self._enter(start, is_object=sign == "{")
            elif sign in "}]":
                self._leave(end)
            elif self._deeper or sign == ":":
                continue
            elif sign == ",":
                self._open[-1].name = None
            elif token[2] is not None:
                self._member(start, token.end(1))
            else:
                self._value(start, end)
        while self._deeper or len(self._open) > 1:  # cut off
            self._leave(len(self._text))
        return self._edits

    def _enter(self, start: int, *, is_object: bool) -> None:
        parent, rules = self._open[-1], self._rules
        if self._deeper or len(self._open) > DEPTH_MAX:
            self._deep_start = self._deep_start if self._deeper else start
            self._deeper += 1
            return
        parent.items += 1
        frame = _Frame(start, is_object)
        name = parent.name
        matters = name is not None and parent.holds
        frame.matters = matters and not rules.replaces_leaves
        frame.all_matter = parent.all_matter or (matters and rules.replaces_leaves)
        frame.is_headers = parent.is_headers or name in rules.header_lists
        frame.is_set = name == SET_MEMBER or (parent.is_set and not parent.is_object)
        if parent.leaves is not None or (rules.replaces_leaves and name in VALUE_MEMBERS):
            frame.leaves = []
        self._open.append(frame)

    def _leave(self, end: int) -> None:
        if self._deeper:
            self._deeper -= 1
            if not self._deeper:
                edit = Edit(self._deep_start, end, f'"{self._rules.too_deep}"')
                self._edits.append(edit)
            return
        if len(self._open) == 1:
            return
        frame = self._open.pop()
        parent = self._open[-1]
        if frame.is_named and (frame.is_object or frame.items == _PAIR):
            for start, stop in frame.values:
                self._replace(start, stop)
        elif frame.is_set:
            parent.values += frame.values
        if frame.matters:
            self._replace(frame.start, end)
        elif frame.leaves is not None:
            (parent.values if parent.leaves is None else parent.leaves).extend(frame.leaves)
        elif parent.name in VALUE_MEMBERS or (parent.is_named and not parent.is_object):
            parent.values.append((frame.start, end))
        parent.name = None

    def _member(self, start: int, end: int) -> None:
        """The name of a member."""
        frame = self._open[-1]
        name = self._string(start, end)
        frame.name = _normal(name)
        frame.holds = self._rules.holds(name)
        self._look_into(start, end, name)

    def _value(self, start: int, end: int) -> None:
        """A value that is neither an object nor an array."""
        frame, rules = self._open[-1], self._rules
        frame.items += 1
        is_string = self._text[start] == '"'
        name, frame.name = frame.name, None
        value = self._string(start, end) if is_string else ""
        is_in_headers = frame.is_headers or name in rules.header_lists
        is_header = is_in_headers and not (is_string and name in _NAMES_OF_HEADERS)
        if is_header or frame.all_matter or (name is not None and frame.holds):
            self._replace(start, end)
            return
        if frame.leaves is not None:
            frame.leaves.append((start, end))
        if name is None and not frame.is_object:
            self._item(frame, value, start, end)
        elif name in NAME_MEMBERS and is_string:
            frame.is_named = frame.is_named or rules.holds(value)
        elif name in VALUE_MEMBERS and frame.leaves is None:
            frame.values.append((start, end))
        if is_string:
            self._look_into(start, end, value)
        else:
            self._edits += (
                Edit(start, end, f'"{edit.text}"') for edit in self._in_place(start, end)
            )

    def _item(self, frame: _Frame, value: str, start: int, end: int) -> None:
        """Of an array: two items may be a name and its value."""
        if frame.items == 1:
            frame.is_named = bool(value) and self._rules.holds(value)
        elif frame.is_named and frame.items == _PAIR and not self._rules.holds(value):
            frame.values.append((start, end))

    def _string(self, start: int, end: int) -> str:
        raw = self._text[start + 1 : self._content_end(start, end)]
        return undo_json(raw).text if "\\" in raw else raw

    def _content_end(self, start: int, end: int) -> int:
        """Where the content of a string ends; it may be cut off."""
        return end - (end - start > 1 and self._text[end - 1] == '"')

    def _look_into(self, start: int, end: int, value: str) -> None:
        """What matters within a string."""
        # An escape may hide what matters, so that the text as sent has no place for it.
        if not self._has_place(start, end) and not _ESCAPING.search(self._text, start, end):
            return
        found = self._in_string(value)
        if not found:
            return
        raw = self._text[start + 1 : self._content_end(start, end)]
        undone = undo_json(raw)
        for edit in found:
            begin, stop = undone.span(edit.start, edit.end)
            self._edits.append(Edit(start + 1 + begin, start + 1 + stop, edit.text))

    def _in_place(self, start: int, end: int) -> list[Edit]:
        """What matters in a number, or in what is not JSON."""
        return self._in_string(self._text[start:end]) if self._has_place(start, end) else []

    def _has_place(self, start: int, end: int) -> bool:
        while self._place < start:
            self._place = next(self._places)
        return self._place < end

    def _replace(self, start: int, end: int) -> None:
        """Put the marker in the place of a value, of whatever kind."""
        sign = self._text[start]
        if sign == '"':
            value = self._string(start, end)
            start, end = start + 1, self._content_end(start, end)
            quote = ""
        else:
            value = self._text[start:end]
            if value in _WORDS or not value.strip("{}[] \t\r\n"):
                return
            quote = '"'
        if value and (marker := self._rules.marker(value)) != value:
            self._edits.append(Edit(start, end, quote + marker + quote))
