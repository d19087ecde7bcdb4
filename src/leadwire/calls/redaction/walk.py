"""The walk over a text of a call: JSON, forms, URLs, plain text, and each of them in another.

A walk finds places, and replaces them in the text as it was sent: all other bytes stay the same. A
set of rules says which names and which texts to replace.
"""

import re
from bisect import bisect_left
from typing import Final
from urllib.parse import quote_plus, unquote_plus

import msgspec

from leadwire.calls.redaction.escapes import (
    LEVELS_MAX,
    Undone,
    has_escapes,
    undo,
    without_nuls,
)
from leadwire.calls.redaction.json_walk import JsonWalk
from leadwire.calls.redaction.rules import Edit, Rules, merged

FORM: Final = re.compile(r'[^\x00-\x20"<>\\{}]*=[^\x00-\x20"<>\\{}]*')
"""What a form may look like as it is sent; nothing of several lines, such as multipart."""
_JSON_START: Final = re.compile(r'\A[\s\ufeff]*+["\[{]|[\[{]\s{0,8}["\[{]')
_NAME: Final = re.compile(r"[\w.-]*", re.ASCII)
_ESCAPING: Final = re.compile(r"[%+\\&\0]")
_BLANK: Final = re.compile(r"\s")
_URL_REST: Final = re.compile(r"[?#&;,/]")


class Walk:
    """Applies a set of rules to texts, and counts what was replaced."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.count = 0

    def text(self, text: str) -> str:
        """*text*, of any kind, with every match replaced."""
        return self._applied(text, self._edits(text, 0))

    def form(self, text: str) -> str:
        """The same for a text that is known to be a query string or a form."""
        return self._applied(text, self._edits(text, 0, is_form=True))

    def _applied(self, text: str, edits: list[Edit]) -> str:
        if not edits:
            return text
        parts: list[str] = []
        end = 0
        for edit in merged(edits):
            parts += text[end : edit.start], edit.text
            end = edit.end
            self.count += 1
        return "".join((*parts, text[end:]))

    def _edits(self, text: str, level: int, *, is_form: bool = False) -> list[Edit]:
        """Looks at every piece of *text* once a level, so the time grows with the text alone."""
        places = self._rules.places(text)
        is_escaped = has_escapes(text)
        if not places and not is_escaped:
            return []
        if level >= LEVELS_MAX:
            return [Edit(0, len(text), self._rules.too_deep)]
        if "\0" in text:
            return self._undone_edits(text, level, undone=without_nuls(text))
        start = _JSON_START.search(text)
        if is_form or (start is None and FORM.fullmatch(text)):
            edits = self._form_edits(text, places, level)
            # Some clients put JSON into a query without encoding it.
            return edits + (self._json(text, places, level).edits(start.start()) if start else [])
        if start is not None and is_json(text):
            return self._json(text, places, level).edits()
        begin = len(text) if start is None else start.start()
        return self._loose_edits(text, places, level, begin=begin, is_escaped=is_escaped)

    def _loose_edits(
        self, text: str, places: list[int], level: int, *, begin: int, is_escaped: bool
    ) -> list[Edit]:
        """The edits of plain text that from *begin* on may hold something like JSON."""
        rules = self._rules
        if places and (level == 0 or begin < len(text)) and (marker := rules.unreadable(text)):
            return [Edit(0, len(text), marker)]
        edits = [*rules.looks(text), *rules.behind_names(text)] if places else []
        if is_escaped:
            before = text[:begin]
            edits += self._undone_edits(before, level, undone=undo(before))
        if begin < len(text):
            edits += self._json(text, places, level).edits(begin)
        return edits

    def _json(self, text: str, places: list[int], level: int) -> JsonWalk:
        def in_string(text: str) -> list[Edit]:
            return self._edits(text, level + 1)

        return JsonWalk(self._rules, text, places, in_string)

    def _undone_edits(self, text: str, level: int, *, undone: Undone) -> list[Edit]:
        if undone.text == text:
            return []
        encode = quote_plus if "%" in text else str
        return [
            Edit(*undone.span(edit.start, edit.end), encode(edit.text))
            for edit in self._edits(undone.text, level + 1)
        ]

    def _form_edits(self, text: str, places: list[int], level: int) -> list[Edit]:
        rules = self._rules
        edits = [edit._replace(text=quote_plus(edit.text)) for edit in rules.looks(text)]
        begin = 0
        for pair in text.split("&"):
            name, equals, value = pair.partition("=")
            at = begin + len(name) + len(equals)
            plain_name = unquote_plus(name)
            # In a URL, the rest of the URL stands before the first name.
            last = _URL_REST.split(plain_name)[-1]
            # A name may hold blanks, and the words of a sentence may stand before it.
            if value and any(map(rules.holds_parameter, {last, _BLANK.split(last)[-1]})):
                plain = unquote_plus(value)
                if (marker := rules.marker(plain)) != plain:
                    edits.append(Edit(at, at + len(value), quote_plus(marker)))
            elif _is_inside(places, at, at + len(value)) or _ESCAPING.search(value):
                edits += self._piece_edits(value, at, level)
            if not _NAME.fullmatch(name):
                edits += self._piece_edits(name, begin, level)
            begin += len(pair) + 1
        return edits

    def _piece_edits(self, piece: str, begin: int, level: int) -> list[Edit]:
        """The edits inside a name or a value of a form."""
        undone = undo(piece, plus=True)
        found = []
        for edit in self._edits(undone.text, level + 1):
            start, end = undone.span(edit.start, edit.end)
            found.append(Edit(begin + start, begin + end, quote_plus(edit.text)))
        return found


def _is_inside(places: list[int], start: int, end: int) -> bool:
    """Whether one of *places*, which ascend, is from *start* to *end*."""
    place = bisect_left(places, start)
    return place < len(places) and places[place] < end


def is_json(text: str) -> bool:
    """Whether *text* can be read as JSON, with nesting of a usual depth."""
    try:
        raw = text.removeprefix("\ufeff").encode("utf-8", "replace")
        msgspec.json.decode(raw, type=msgspec.Raw)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return False
    return True
