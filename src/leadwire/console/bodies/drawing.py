"""Draw a caller's text on a page: escaped, with what cannot be seen drawn as a token.

Redaction markers and the hits of a search are highlighted. Nothing that a caller wrote can change
the direction of the text around it.
"""

import re
from typing import Final

from markupsafe import Markup, escape

from leadwire.visible import UNSEEN_FORMATS

MARKER: Final = re.compile(r"‹(?:personal:[0-9a-f]+|redacted[^‹›]*)›")  # noqa: RUF001
"""The marker in place of a secret or a personal value."""

_OTHER_BLANKS: Final = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\ufe00-\ufe0f"
"""Blanks that are not the usual one, and selectors that only change the letter before them."""
_UNSEEN: Final = re.compile(f"[\x00-\x1f{UNSEEN_FORMATS}{_OTHER_BLANKS}]")
_NOTHING: Final = re.compile(r"(?!)")
_ESCAPES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_NAMES: Final = {
    "\0": "NUL",
    "\u00a0": "no-break space",
    "\u00ad": "soft hyphen",
    "\u200b": "zero-width space",
    "\u200c": "zero-width non-joiner",
    "\u200d": "zero-width joiner",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "end of a direction",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first-strong isolate",
    "\u2069": "end of an isolate",
    "\ufeff": "byte order mark",
}

VALUE_CHARS_MAX: Final = 500
"""A longer value is folded to its start."""
_START_CHARS: Final = 200

Hits = re.Pattern[str] | None
"""What to highlight; None: nothing."""


def drawn(text: str, hits: Hits = None) -> Markup:
    """*text* for one line: line ends and tabs are drawn, too."""
    return _drawn(text, hits, _UNSEEN)


def raw(text: str, hits: Hits = None) -> Markup:
    """*text* letter for letter."""
    return _drawn(text, hits, _NOTHING)


def folded(text: str, hits: Hits = None, *, rest_max: int) -> Markup:
    """A long *text* as its start and a ``details`` with the rest.

    A rest longer than *rest_max* is only counted.
    """
    if len(text) <= VALUE_CHARS_MAX:
        return drawn(text, hits)
    start, rest = drawn(text[:_START_CHARS], hits), text[_START_CHARS:]
    if len(rest) > rest_max:
        return Markup('{}<span class="muted">… {:,} more characters</span>').format(
            start, len(rest)
        )
    return Markup(
        '{}<details class="long"><summary>show all {:,} characters</summary>{}</details>'
    ).format(start, len(text), drawn(rest, hits))


def _drawn(text: str, hits: Hits, unseen: re.Pattern[str]) -> Markup:
    if hits is None:
        return _with_markers(text, unseen)
    end = 0
    parts = []
    for match in hits.finditer(text):
        if not match[0]:
            continue
        parts.append(_with_markers(text[end : match.start()], unseen))
        parts.append(Markup('<mark class="hit">{}</mark>').format(_with_tokens(match[0], unseen)))
        end = match.end()
    parts.append(_with_markers(text[end:], unseen))
    return Markup("").join(parts)


def _with_markers(text: str, unseen: re.Pattern[str]) -> Markup:
    if "‹" not in text:  # noqa: RUF001  # the sign that begins a marker
        return _with_tokens(text, unseen)
    end = 0
    parts = []
    for match in MARKER.finditer(text):
        parts.append(_with_tokens(text[end : match.start()], unseen))
        parts.append(Markup('<mark class="redacted">{}</mark>').format(match[0]))
        end = match.end()
    parts.append(_with_tokens(text[end:], unseen))
    return Markup("").join(parts)


def _with_tokens(text: str, unseen: re.Pattern[str]) -> Markup:
    if text.isascii() and text.isprintable():
        return escape(text)
    end = 0
    parts = []
    for match in unseen.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_token(match[0]))
        end = match.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def _token(letter: str) -> Markup:
    code = f"U+{ord(letter):04X}"
    shown, name = _ESCAPES.get(letter, code), _NAMES.get(letter, "")
    return Markup('<span class="unseen-letter" data-letter="{}" title="{}">{}</span>').format(
        ord(letter), name or code, shown
    )
