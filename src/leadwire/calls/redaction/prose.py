"""Values that stand behind a name in text without a structure: logs, messages, cut-off bodies.

``password: X``, ``"password":"X``, ``--password X``, ``<password>X</password>``, the parts of a
form with files, headers in lines. Each search is bounded, so that all of them are linear.
"""

import re
from typing import Final

from leadwire.calls.redaction.escapes import Span
from leadwire.calls.redaction.names import is_plain_words

_BEFORE_VALUE: Final = re.compile(r"""[\\"'`\])}]{0,6}\s{0,8}(?:=>|:=|::|[:=])\s{0,8}""")
_BEFORE_PAIRED_VALUE: Final = re.compile(
    r"""\\{0,7}["']\s{0,8},\s{0,40}\\{0,7}["']\w{0,20}(?:val|value|content)\\{0,7}["']\s{0,8}:\s{0,8}""",
    re.IGNORECASE,
)
"""Of a name that is a value itself: ``"Attribute":"password","Value":``."""
_QUOTE: Final = re.compile(r"""\\{0,7}["'`]""")
_QUOTED: Final = {
    '"': re.compile(r'(?:[^"\\]|\\.)*+', re.DOTALL),
    "'": re.compile(r"(?:[^'\\]|\\.)*+", re.DOTALL),
}
_SCHEME: Final = re.compile(r"(?:bearer|basic|digest|negotiate|token)\s{1,4}", re.IGNORECASE)
_BARE: Final = re.compile(r"""[^\s&;,"'<>(){}\[\]\\]++""")
_LINE: Final = re.compile(r"""[^\r\n"]++""")
_FLAG_VALUE: Final = re.compile(r"""\s{1,4}["']?([^\s"'-][^\s"']*+)""")
_TAG_BEGIN: Final = re.compile(r"<(?:[\w.-]{1,38}:)?$")
_TAG_END: Final = re.compile(r"[^<>]{0,200}>")
_TAGS_BETWEEN: Final = re.compile(r"\s{0,8}</[^<>]{1,80}>\s{0,40}<[^<>/]{1,80}>")
_ATTRIBUTE: Final = re.compile(r"""["']\s{1,8}(?:value|val|content)\s?=\s?["']""", re.IGNORECASE)
_SEGMENT: Final = re.compile(r"""/([^/\s?#&"'<>\\]++)""")
_PART_HEAD: Final = re.compile(r"""["']?[^\n]{0,200}\n(?:[\w-]{1,80}:[^\n]{0,200}\n){0,4}\r?\n""")
_CDATA: Final = "<![CDATA["
_WORTHLESS: Final = frozenset({"null", "none", "true", "false", "undefined"})
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]]', re.DOTALL)


def value_behind(text: str, name: Span, *, is_line: bool) -> Span | None:
    """The value of the name that stands at *name*, or None; *is_line*: it is the line's rest."""
    start, end = name
    found = next(
        filter(
            None, (find(text, start, end) for find in (_in_markup, _in_form, _as_flag, _in_path))
        ),
        None,
    )
    separator = _BEFORE_VALUE.match(text, end) or _BEFORE_PAIRED_VALUE.match(text, end)
    if found is None and separator:
        found = _value_at(text, separator.end(), is_line=is_line)
    if found is None or text[found[0] : found[1]].strip().lower() in _WORTHLESS:
        return None
    return found if found[0] < found[1] else None


def _in_markup(text: str, start: int, end: int) -> Span | None:
    tag = _TAG_END.match(text, end) if _TAG_BEGIN.search(text[max(start - 40, 0) : start]) else None
    if tag is not None:
        if text.startswith(_CDATA, tag.end()):
            return tag.end() + len(_CDATA), _until(text, "]]>", tag.end())
        return tag.end(), _until(text, "<", tag.end())
    if tags := _TAGS_BETWEEN.match(text, end):
        return tags.end(), _until(text, "<", tags.end())
    if attribute := _ATTRIBUTE.match(text, end):
        return attribute.end(), _until(text, text[attribute.end() - 1], attribute.end())
    return None


def _in_form(text: str, start: int, end: int) -> Span | None:
    """Of a part of ``multipart/form-data``."""
    if not text[max(start - 6, 0) : start].lower().rstrip("\"'").endswith("name="):
        return None
    head = _PART_HEAD.match(text, end)
    if head is None:
        return None
    value_end = _until(text, "\n--", head.end())
    return head.end(), value_end - (text[value_end - 1 : value_end] == "\r")


def _as_flag(text: str, start: int, end: int) -> Span | None:
    """Of a command line."""
    if not text.startswith("--", start) and text[max(start - 2, 0) : start] != "--":
        return None
    value = _FLAG_VALUE.match(text, end)
    return None if value is None else value.span(1)


def _in_path(text: str, start: int, end: int) -> Span | None:
    """The next segment, unless it reads like a part of the path: ``/token/refresh``."""
    segment = _SEGMENT.match(text, end) if text[max(start - 1, 0) : start] == "/" else None
    if segment is None or is_plain_words(segment[1]):
        return None
    return segment.span(1)


def _value_at(text: str, start: int, *, is_line: bool) -> Span | None:
    if quote := _QUOTE.match(text, start):
        pattern = _QUOTED.get(quote[0])
        if pattern is None:
            return quote.end(), _until(text, quote[0], quote.end())
        value = pattern.match(text, quote.end())
        return None if value is None else value.span()
    if text[start : start + 1] in ("{", "["):
        return start, _bracket_end(text, start)
    if is_line:
        line = _LINE.match(text, start)
        return None if line is None else line.span()
    scheme = _SCHEME.match(text, start)
    value = _BARE.match(text, scheme.end() if scheme else start) or _BARE.match(text, start)
    return None if value is None else (start, value.end())


def _bracket_end(text: str, start: int) -> int:
    """Where the object or array ends that begins at *start*; the end of a text that is cut off."""
    depth = 0
    for token in _BRACKETS.finditer(text, start):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
            if depth <= 0:
                return token.end()
    return len(text)


def _until(text: str, sign: str, start: int) -> int:
    found = text.find(sign, start)
    return len(text) if found < 0 else found
