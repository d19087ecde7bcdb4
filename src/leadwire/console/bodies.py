"""Show a recorded body on a page: formatted if it is JSON, coloured, and limited in size.

A caller chose the text of a body. All output is escaped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from markupsafe import Markup, escape

SHOWN_CHARS_MAX: Final = 100_000
"""A larger body is downloaded instead: browsers stall on pages of megabytes."""

_LAID_OUT_CHARS_MAX: Final = 256_000
_DEPTH_MAX: Final = 64
"""Deeper JSON is shown unformatted: indentation would multiply its size."""

_NESTING: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')
_TOKEN: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=:)'
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>true|false|null)"
)


MARKER: Final = re.compile(r"‹(?:personal:[0-9a-f]+|redacted[^‹›]*)›")  # noqa: RUF001
"""The marker in place of a secret or a personal value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBody:
    """*laid_out* is None if the body is not JSON. *cut*: only the start is shown."""

    raw: str
    laid_out: Markup | None
    chars: int
    cut: bool


def shown_body(text: str) -> ShownBody:
    laid_out = _laid_out(text)
    return ShownBody(
        raw=text[:SHOWN_CHARS_MAX],
        laid_out=None if laid_out is None else _coloured(laid_out[:SHOWN_CHARS_MAX]),
        chars=len(text),
        cut=len(text) > SHOWN_CHARS_MAX or len(laid_out or "") > SHOWN_CHARS_MAX,
    )


def _laid_out(text: str) -> str | None:
    """*text* indented, with every value unchanged; None if it cannot be formatted as JSON."""
    start = text.lstrip()[:1]
    if start not in ("{", "[") or len(text) > _LAID_OUT_CHARS_MAX or _depth(text) > _DEPTH_MAX:
        return None
    try:
        return msgspec.json.format(text, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        mark = match[0]
        if mark in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark in ("]", "}"):
            depth -= 1
    return deepest


def marked(text: str) -> Markup:
    """*text*, escaped, with redaction markers highlighted."""
    end = 0
    parts = []
    for match in MARKER.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(Markup('<mark class="redacted">{}</mark>').format(match[0]))
        end = match.end()
    return Markup("").join((*parts, escape(text[end:])))


def _coloured(text: str) -> Markup:
    return Markup("").join(_highlighted(text))


def _highlighted(text: str) -> Iterator[Markup]:
    end = 0
    for match in _TOKEN.finditer(text):
        yield escape(text[end : match.start()])
        yield Markup('<span class="json-{}">{}</span>').format(match.lastgroup, marked(match[0]))
        end = match.end()
    yield escape(text[end:])
