"""The text of a mail: mail-merge tokens replaced by what a lead has, and HTML read as text."""

import re
from collections.abc import Callable, Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final

_TOKEN: Final = re.compile(r"@\{Lead:(\w+),([^{}]*)\}", re.ASCII)
_BLANKS: Final = re.compile(r"[ \t\r\f\v]+")
_SPACED_LINES: Final = re.compile(r"\s*\n\s*\n\s*")
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
)

Values = Mapping[str, str | None]


def merged_text(template: str, values: Values) -> str:
    """*template* with every ``@{Lead:Name,otherwise}`` replaced.

    By the lead's value, or by the text after the comma when it has none. Other tokens stay.
    """
    return _merged(template, values, str)


def merged_html(template: str, values: Values) -> str:
    """As ``merged_text``; the values are text, and never markup, in it."""
    return _merged(template, values, escape)


def merged_line(template: str, values: Values) -> str:
    """As ``merged_text``, on one line: what a header may hold."""
    return " ".join(merged_text(template, values).split())


def text_of_html(html: str) -> str:
    """What a person reads of *html*: without markup, styles and scripts."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = "".join(reader.pieces).split("\n")
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)
    return _SPACED_LINES.sub("\n\n", text).strip()


def _merged(template: str, values: Values, written: Callable[[str], str]) -> str:
    return _TOKEN.sub(lambda match: written(values.get(match[1]) or "") or match[2], template)


class _Reader(HTMLParser):
    """Collects the text between tags; never raises, whatever the markup is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        if tag in _BLOCKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(data.replace("\n", " "))
