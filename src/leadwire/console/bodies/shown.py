"""A recorded body as a page shows it: a window of numbered lines, and the text as it was recorded.

A window costs what it shows, also of a body of many megabytes. The rest is one link away.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from markupsafe import Markup

from leadwire.console.bodies.drawing import Hits
from leadwire.console.bodies.drawing import raw as raw_text
from leadwire.console.bodies.elements import Elements, Link, Note
from leadwire.console.bodies.lines import (
    JsonReader,
    Line,
    TextReader,
    is_json,
    json_outlines,
    text_outlines,
)

RAW_CHARS_MAX: Final = 50_000
"""Of the text as recorded. Longer texts are downloaded."""
LINES_MAX: Final = 400
"""In one window."""
_WINDOW_CHARS_MAX: Final = 60_000
_BEFORE_HIT: Final = 3
"""Lines in front of the first hit."""
_MARKED_LINES_MAX: Final = 20_000
"""A mark by its path is looked for in at most this many lines."""

Marks = Mapping[str | int, Note]
"""Sentences for paths such as ``body[0].Value``, or for the numbers of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBody:
    """*lines* is the window. *next_line* begins the next one; 0: the window holds the last line."""

    chars: int
    is_json: bool
    lines: Markup
    first_line: int
    last_line: int
    next_line: int
    raw: Markup
    raw_cut: bool
    hits: int
    """How often *find* is in the whole body."""
    next_hit: int
    """The line of the first hit behind the window; 0 if there is none."""
    marks: tuple[tuple[int, Note], ...]
    """(line, sentence) of each mark outside of the window."""

    @property
    def is_whole(self) -> bool:
        return self.first_line <= 1 and not self.next_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What to show of a body.

    *from_line* is 0 for the start, or where the first hit of *find* or the first mark is.
    *link* is the address of the calls in which a member has a value.
    """

    from_line: int = 0
    find: str = ""
    hits: Hits = None
    marks: Marks = field(default_factory=dict)
    link: Link | None = None
    is_cut: bool = False
    """The text is only the start of the body: its JSON may end anywhere."""


def shown_body(text: str, show: Show | None = None) -> ShownBody:
    show = show or Show()
    body = _Body(text, as_json=is_json(text) or (show.is_cut and text.lstrip()[:1] in ("{", "[")))
    found = [match.start() for match in _in_source(show.find).finditer(text)] if show.find else []
    hit_lines = body.lines_at(found)
    notes = body.notes(show.marks)
    first = show.from_line or _first_line(hit_lines, notes)
    window = body.window(first)
    last = window.lines[-1].number if window.lines else 0
    hits = re.compile(re.escape(show.find), re.IGNORECASE) if show.find else show.hits
    elements = Elements(hits=hits, link=show.link, notes=notes)
    return ShownBody(
        chars=len(text),
        is_json=body.is_json,
        lines=elements.of(window.lines, body.reader(window.inside)) if text else Markup(),
        first_line=first,
        last_line=last,
        next_line=window.next_line,
        raw=raw_text(text[:RAW_CHARS_MAX], hits),
        raw_cut=len(text) > RAW_CHARS_MAX,
        hits=len(found),
        next_hit=next((number for number in hit_lines if number > last), 0),
        marks=tuple(
            (number, note)
            for number, its in sorted(notes.items())
            if not first <= number <= last
            for note in its
        ),
    )


def _first_line(hit_lines: list[int], notes: Mapping[int, list[Note]]) -> int:
    """Where a window begins that was not asked for by a line: at the start, if that shows it."""
    wanted = hit_lines[0] if hit_lines else min(notes, default=1)
    return 1 if wanted <= LINES_MAX // 2 else wanted - _BEFORE_HIT


def _in_source(find: str) -> re.Pattern[str]:
    r"""Finds *find* in JSON, too, where letters may be escapes: ``\u00fc``, ``\"``."""
    return re.compile("".join(map(_spellings, find)), re.IGNORECASE)


def _spellings(letter: str) -> str:
    plain = re.escape(letter)
    if letter in '"\\/':
        return rf"\\?{plain}"
    if letter.isascii():
        return plain
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    escapes = "".join(rf"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
    return f"(?:{plain}|{escapes})"


class _Window(NamedTuple):
    """*inside*: the brackets that are open before the first line."""

    lines: list[Line]
    next_line: int
    inside: str


class _Body:
    def __init__(self, text: str, *, as_json: bool) -> None:
        self._text = text
        self.is_json = as_json

    def reader(self, inside: str = "") -> JsonReader | TextReader:
        return JsonReader(self._text, inside) if self.is_json else TextReader(self._text)

    def _outlines(self) -> Iterator[Line]:
        return json_outlines(self._text) if self.is_json else text_outlines(self._text)

    def lines_at(self, offsets: list[int]) -> list[int]:
        """The number of the line of each offset; *offsets* are sorted."""
        numbers: list[int] = []
        if not offsets:
            return numbers
        waiting = iter(offsets)
        offset = next(waiting)
        for line in self._outlines():
            while offset < line.end:
                numbers.append(line.number)
                following = next(waiting, None)
                if following is None:
                    return numbers
                offset = following
        return numbers

    def notes(self, marks: Marks) -> dict[int, list[Note]]:
        """The sentences of *marks* by the number of their line."""
        notes: dict[int, list[Note]] = {}
        if not marks:
            return notes
        left, reader = dict(marks), self.reader()
        for line in self._outlines():
            keys: list[str | int] = [line.number, *(piece.path for piece in reader.pieces(line))]
            for key in keys:
                if key in left:
                    notes.setdefault(line.number, []).append(left.pop(key))
            if not left or line.number >= _MARKED_LINES_MAX:
                break
        return notes

    def window(self, from_line: int) -> _Window:
        lines: list[Line] = []
        inside: list[str] = []
        chars = 0
        for line in self._outlines():
            if line.number < from_line:
                if line.closes and inside:
                    inside.pop()
                if line.opens:
                    inside.append(self._text[line.end - 1])
                continue
            if len(lines) >= LINES_MAX or chars >= _WINDOW_CHARS_MAX:
                return _Window(lines, line.number, "".join(inside))
            lines.append(line)
            chars += min(line.end - line.start, _RAW_LINE_CHARS)
        return _Window(lines, 0, "".join(inside))


_RAW_LINE_CHARS: Final = 2_000
