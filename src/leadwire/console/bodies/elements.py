"""The lines of a body as elements. What stands between two brackets folds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from markupsafe import Markup, escape

from leadwire.console.bodies.drawing import VALUE_CHARS_MAX, Hits, drawn, folded
from leadwire.console.bodies.lines import Line, Piece

_FOLDED_CHARS_MAX: Final = 20_000
"""In the folded values of one window. What is longer is not in the page."""
_LINK_CHARS_MAX: Final = 200
_INDENTS_MAX: Final = 32

Link = Callable[[str, str], str]
"""The address of the calls in which the member *name* has *value*; empty for no link."""
Note = str | Markup


class Reader(Protocol):
    def pieces(self, line: Line) -> list[Piece]: ...


class Elements:
    """Draws one window."""

    def __init__(self, *, hits: Hits, link: Link | None, notes: Mapping[int, list[Note]]) -> None:
        self._hits = hits
        self._link = link
        self._notes = notes
        self._budget = _FOLDED_CHARS_MAX
        self._open = 0

    def of(self, lines: Sequence[Line], reader: Reader) -> Markup:
        drawn_lines = [self._line(line, reader.pieces(line)) for line in lines]
        return Markup("").join([*drawn_lines, *[_END] * self._open])

    def _line(self, line: Line, pieces: Sequence[Piece]) -> Markup:
        parts = []
        if line.closes and self._open:
            self._open -= 1
            parts.append(_END)
        notes = self._notes.get(line.number, [])
        element = _LINE
        if line.opens:
            element = _OPENING
            self._open += 1
        classes = "line line-marked" if notes else "line"
        indent = escape("  " * min(line.depth, _INDENTS_MAX))
        content = indent + Markup("").join(map(self._piece, pieces))
        parts.append(element.format(classes, line.number, content))
        parts += [Markup('<p class="line-note">{}</p>').format(note) for note in notes]
        return Markup("").join(parts)

    def _piece(self, piece: Piece) -> Markup:
        if piece.kind == "sign":
            return escape(piece.text)
        text = self._value(piece.text)
        if piece.kind == "rest":
            return text
        quote = '"' if piece.kind in ("key", "text") else ""
        value = Markup('{}<bdi class="json-{}">{}</bdi>{}').format(quote, piece.kind, text, quote)
        if self._link is None or piece.kind == "key" or len(piece.text) > _LINK_CHARS_MAX:
            return value
        address = self._link(piece.name, piece.text)
        return (
            Markup('<a class="value" href="{}">{}</a>').format(address, value) if address else value
        )

    def _value(self, text: str) -> Markup:
        if len(text) <= VALUE_CHARS_MAX:
            return drawn(text, self._hits)
        value = folded(text, self._hits, rest_max=self._budget)
        self._budget -= len(text) if len(text) <= self._budget else 0
        return value


_END: Final = Markup("</details>")
_LINE: Final = Markup('<div class="{}" data-line="{}">{}</div>')
_OPENING: Final = Markup('<details open><summary class="{}" data-line="{}">{}</summary>')
