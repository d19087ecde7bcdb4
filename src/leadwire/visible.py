r"""Make other people's text safe to print: invisible characters become escapes.

Terminals obey control characters, and bidirectional and zero-width characters mislead readers. Both
are escaped: ``\x1b``, ``\u202e``.
"""

import re
from typing import Any, Final
from urllib.parse import quote

import msgspec

UNSEEN_FORMATS: Final = (
    "\x7f-\x9f"  # DEL and C1
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, line ends, bidirectional
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
)
"""For a character class: what is not seen, without C0."""
_INVISIBLE: Final = re.compile(f"[\x00-\x1f{UNSEEN_FORMATS}]")
_INVISIBLE_BUT_LINES: Final = re.compile(f"[\x00-\x08\x0b-\x1f{UNSEEN_FORMATS}]")
_INVISIBLE_IN_JSON: Final = re.compile(f"[{UNSEEN_FORMATS}]")
_ESCAPES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_ENCODED: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_MEANINGFUL: Final = "%/?#"
_BYTE_MAX: Final = 0xFF
_SHORT_MAX: Final = 0xFFFF


def visible(text: str) -> str:
    """*text* on one line, with each invisible character escaped."""
    return text if _is_plain(text) else _INVISIBLE.sub(_escape, text)


def visible_lines(text: str) -> str:
    """*text* with each invisible character escaped, except line ends and tabs."""
    return text if _is_plain(text) else _INVISIBLE_BUT_LINES.sub(_escape, text)


def readable_path(path: str) -> str:
    """A percent-encoded *path*, decoded for reading.

    Escapes stay if decoding would change the path's meaning (``%2F``, ``%3F``, ``%23``, ``%25``),
    yield invisible characters, or be invalid UTF-8.
    """
    return _ENCODED.sub(_decoded, path) if "%" in path else path


def visible_json(value: Any) -> bytes:  # noqa: ANN401  # any JSON
    """*value* as JSON on one line, without invisible characters. It decodes to the same value."""
    return visible_encoded(msgspec.json.encode(value))


def visible_encoded(encoded: bytes) -> bytes:
    """The same JSON, with each invisible character as a JSON escape."""
    if encoded.isascii() and b"\x7f" not in encoded:
        return encoded
    return _INVISIBLE_IN_JSON.sub(_json_escape, encoded.decode()).encode()


def _is_seen(letter: str) -> bool:
    return letter.isprintable() and _INVISIBLE.match(letter) is None


def _is_plain(text: str) -> bool:
    """Only ASCII is quick to judge: Python calls invisible letters printable, such as U+3164."""
    return text.isascii() and text.isprintable()


def _decoded(match: re.Match[str]) -> str:
    try:
        text = bytes.fromhex(match[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return match[0]
    return "".join(
        quote(letter, safe="") if letter in _MEANINGFUL or not _is_seen(letter) else letter
        for letter in text
    )


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    if number <= _BYTE_MAX:
        return _ESCAPES.get(match[0], f"\\x{number:02x}")
    return f"\\u{number:04x}" if number <= _SHORT_MAX else f"\\U{number:08x}"


def _json_escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
