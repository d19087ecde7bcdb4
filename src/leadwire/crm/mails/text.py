"""The text of a mail: mail-merge tokens replaced by what a lead has, and HTML read as text."""

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
"""A quoted value may hold what ends a tag. Nothing in it is tried twice."""
_MARKUP: Final = re.compile(r"<[!?/a-zA-Z]")
"""What begins a comment, a declaration or a tag, as against a sign of its own."""
_MARKUP_END: Final = re.compile(">")
_COMMENT_END: Final = re.compile("-->")
_RAW: Final = {
    name: re.compile(rf"(?=</{name}[\s/>])", re.IGNORECASE) for name in ("script", "style")
}
"""Where the content of these ends: no other tag is one in them."""
_HUGE_REFERENCE: Final = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
"""A number that is no character, and may be too long to be read."""

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
    """What a person reads of *html*: without markup, styles and scripts.

    Takes time in proportion to its length, and raises nothing, whatever the markup is.
    """
    lines = "".join(_pieces(html)).split("\n")
    text = "\n".join(_BLANKS.sub(" ", line).strip() for line in lines)
    return _SPACED_LINES.sub("\n\n", text).strip()


def _merged(template: str, values: Values, written: Callable[[str], str]) -> str:
    return _TOKEN.sub(lambda match: written(values.get(match[1]) or "") or match[2], template)


def _pieces(html: str) -> Iterator[str]:
    """The text between tags, and a line's end for each block.

    As browsers have it, a tag or a comment that does not end takes in all that follows. That
    also keeps it quick: nothing is looked through twice.
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
