"""The spellings of a secret that an answer may echo: plain, URL, JSON, HTML or base64.

A server that shows the request, such as an error page, chooses the spelling.
"""

import re
from base64 import b64encode
from html import unescape as html_unescape
from html.entities import html5
from typing import Final
from urllib.parse import unquote

SECRET_CHARACTERS_MIN: Final = 8
"""A shorter text is not a secret. It would match everywhere."""

_UNDONE_TIMES_MAX: Final = 6
_JSON_ESCAPE: Final = re.compile(r"\\+(?:u00|x)([0-9a-fA-F]{2})")
_BETWEEN: Final = re.compile(r"(?:[\s\0,]|\\+[nrt])+")
"""Allowed between characters: line breaks, also escaped, the NULs of UTF-16, and the commas that
join headers of one name."""
_BASE64_BITS, _BYTE_BITS = 6, 8
_BASE64_ALPHABETS: Final = {"+": r"(?:\+|-|%2[Bb])", "/": r"(?:\\*/|_|%2[Ff])"}
_NAMES: Final = {
    character: [name for name, meant in html5.items() if meant == character and name[-1] == ";"]
    for character in map(chr, range(0x20, 0x7F))
}


def spellings(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern that finds *secrets* in any case and spelling; None without secrets."""
    parts = [
        part
        for secret in sorted(secrets, key=len, reverse=True)
        if len(secret) >= SECRET_CHARACTERS_MIN
        for part in ("".join(map(_character, secret)), secret.encode().hex(), *_base64(secret))
    ]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def is_hidden(pattern: re.Pattern[str], text: str) -> bool:
    """Whether *pattern* matches after all escapes in *text* are undone."""
    for _ in range(_UNDONE_TIMES_MAX):
        undone = _JSON_ESCAPE.sub(_unescaped, html_unescape(unquote(text)))
        if pattern.search(_BETWEEN.sub("", undone)):
            return True
        if undone == text:
            return False
        text = undone
    return False


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))


def _character(character: str) -> str:
    """A pattern for one character in URL, JSON and HTML spelling, also nested."""
    number = ord(character)
    entities = [rf"#0*{number};?", rf"#x0*{number:x};?", *map(re.escape, _NAMES.get(character, ()))]
    forms = (
        re.escape(character),
        rf"%(?:25)*{number:02x}",
        rf"\\+(?:u00|x){number:02x}",
        rf"&(?:amp;)*(?:{'|'.join(entities)})",
    )
    return f"(?:{'|'.join(forms)})"


def _base64(secret: str) -> list[str]:
    """Patterns for the part of *secret*'s base64 that does not depend on its surroundings."""
    return [
        f"(?-i:{''.join(_BASE64_ALPHABETS.get(c, c) for c in _base64_core(spelled, offset))})"
        for spelled in dict.fromkeys((secret, secret.upper(), secret.lower()))
        for offset in range(3)
    ]


def _base64_core(text: str, offset: int) -> str:
    encoded = b64encode(bytes(offset) + text.encode()).decode()
    start = -(-offset * _BYTE_BITS // _BASE64_BITS)
    end = (offset + len(text.encode())) * _BYTE_BITS // _BASE64_BITS
    return encoded[start:end]
