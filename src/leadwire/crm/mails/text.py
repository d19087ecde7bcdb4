"""The text of a mail: replace mail-merge tokens by a lead's values, and read HTML as text."""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape
from typing import Final

TOKEN_START: Final = "@{Lead:"  # noqa: S105  # of a mail-merge token
_TOKEN: Final = re.compile(r"@\{Lead:(\w+),([^{}]*)\}", re.ASCII)
_BLANKS: Final = re.compile(r"[ \t\r\f\v]+")
_SPACED_LINES: Final = re.compile(r"\s*\n\s*\n\s*")
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_TAG: Final = re.compile(
    r"""<(?P<slash>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>"""
)
"""A quoted value may contain ``>``. The pattern never backtracks."""
_MARKUP: Final = re.compile(r"<[!?/a-zA-Z]")
"""The start of a comment, a declaration or a tag. Any other ``<`` is text."""
_MARKUP_END: Final = re.compile(">")
_COMMENT_END: Final = re.compile("-->")
_RAW: Final = {
    name: re.compile(rf"(?=</{name}[\s/>])", re.IGNORECASE) for name in ("script", "style")
}
"""The end of these elements. Inside them no other tag counts."""
_HUGE_REFERENCE: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
"""An invalid character number, possibly too long to parse."""

Values = Mapping[str, str | None]


def merged_text(template: str, values: Values) -> str:
    """*template* with every ``@{Lead:Name,otherwise}`` replaced.

    The replacement is the lead's value, else the text after the comma. Other tokens stay.
    """
    return _merged(template, values, str)


def merged_html(template: str, values: Values) -> str:
    """As ``merged_text``, for HTML: the values are escaped."""
    return _merged(template, values, escape)


def merged_line(template: str, values: Values) -> str:
    """As ``merged_text``, on one line, for a header."""
    return " ".join(merged_text(template, values).split())


def text_of_html(html: str) -> str:
    """The visible text of *html*, without markup, styles and scripts.

    Runs in linear time, and raises nothing for any markup.
    """
    lines = "".join(_pieces(html)).split("\n")
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)
    return _SPACED_LINES.sub("\n\n", text).strip()


def _merged(template: str, values: Values, written: Callable[[str], str]) -> str:
    return _TOKEN.sub(lambda match: written(values.get(match[1]) or "") or match[2], template)


def _pieces(html: str) -> Iterator[str]:
    """The text between tags, and a line break for each block.

    As in browsers, an unclosed tag or comment includes all that follows. So no text is scanned
    twice, which keeps the time linear.
    """
    place = unseen = 0
    while markup := _MARKUP.search(html, place):
        start = markup.start()
        if not unseen:
            yield _plain(html[place:start])
        tag = _TAG.match(html, start)
        if tag is not None:
            name, place = tag["name"].lower(), tag.end()
            is_end = tag["slash"] == "/"
            if name in _BLOCKS and not (is_end and name == "br"):
                yield "\n"
            if name in _UNSEEN:
                unseen = max(unseen - 1, 0) if is_end else unseen + 1
            if name in _RAW and not is_end:
                place = _end_of(_RAW[name], html, place)
        elif html.startswith("<!--", start):
            place = _end_of(_COMMENT_END, html, start)
        else:
            place = _end_of(_MARKUP_END, html, start)
    if not unseen:
        yield _plain(html[place:])


def _end_of(pattern: re.Pattern[str], html: str, place: int) -> int:
    found = pattern.search(html, place)
    return found.end() if found else len(html)


def _plain(text: str) -> str:
    return unescape(_HUGE_REFERENCE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\n", " ")))
