r"""How texts are compared. Pure functions, which every store uses, so that all find the same.

A search finds a text both as it was sent and as it reads::

    texts of a field  = fold(text), normal(text, ...)
    forms of a needle = forms(needle)
    found             = one of the forms is in one of the texts

``fold`` makes A-Z lower case. ``normal`` also undoes the escapes of URLs and JSON, and removes
differences that a reader does not see: letter case, composed letters, invisible characters.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

PASSES_MAX: Final = 4
"""How many levels of encoding are undone. JSON in a URL in JSON has three."""

FORM_MEDIA_TYPE: Final = "application/x-www-form-urlencoded"

_CONTROLS: Final = bytes((*range(0x20), 0x7F))
_TO_BLANK: Final = bytes.maketrans(_CONTROLS, b" " * len(_CONTROLS))
_READ_ASCII: Final = _TO_BLANK.lower()
"""Makes A-Z lower case and control characters blank, in one step."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_WIDE_CONTROL: Final = re.compile(r"[\x80-\x9f\u2028\u2029]")

_HEX: Final = "0123456789abcdefABCDEF"
_BYTES: Final = {(high + low).encode(): bytes.fromhex(high + low) for high in _HEX for low in _HEX}
_ESCAPES: Final = {'"': '"', "/": "/", **dict.fromkeys("bfnrt", " ")}
_CHARACTER: Final = re.compile(r"u[0-9a-fA-F]{4}")
_SURROGATES: Final = re.compile(r"[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")

_ASCII: Final = bytes(range(0x80))
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
"""Unicode's Default_Ignorable_Code_Point: invisible characters."""

_MARKS_MAX: Final = 30
"""Unicode's stream-safe text format (UAX 15) has no longer runs of combining marks. Sorting a
run costs the square of its length."""
_MARKS: Final = re.compile(rf"(?:[^\w\x00-\x7f]|[\uff9e\uff9f]){{{_MARKS_MAX + 1},}}")
"""At least every run of combining marks that is too long."""
_JOINER: Final = "\u034f"
"""Splits a run of marks. It is invisible itself."""
_HALFWIDTH_MARKS: Final = "\uff9e\uff9f"
"""Their category is letter, but ``normal`` turns them into combining marks."""

_CORE_RUN: Final = re.compile(rb"[a-z0-9._-]+")
_NOT_CORE_TO_BLANK: Final = bytes(
    code if _CORE_RUN.fullmatch(bytes((code,))) else 0x20 for code in range(256)
)
_JSON_STRING_OR_SIGN: Final = re.compile(r'("(?:[^"\\]|\\.)*+"?)|\s*+([:,])\s*+|\s++', re.DOTALL)


def fold(text: str) -> bytes:
    """*text* as it was sent, with A-Z as a-z. No other letter changes."""
    return text.encode("utf-8", "surrogatepass").lower()


def normal(text: str, plus_from: int | None = None) -> bytes:
    r"""*text* as it reads: the same for every spelling of one text.

    In this order, in time linear in its length:

    * from *plus_from* on, ``+`` is a blank (see ``plus_in_body`` and ``plus_in_target``);
    * up to ``PASSES_MAX`` times, until nothing changes: percent-encoding, then backslashes.
      Any run of backslashes before ``" / b f n r t uXXXX`` is that escape; another run is one.
      Percent-encoded bytes that are not UTF-8 become ``\xNN``, as in a record;
    * Unicode's NFKC_Casefold: case folded, compatible letters composed, invisible ones out;
    * every control character and line separator is a blank.

    Idempotent but for a fifth level of encoding. Never holds a control character.
    """
    if plus_from is not None and text.find("+", plus_from) >= 0:
        text = text[:plus_from] + text[plus_from:].replace("+", " ")
    if "%" in text or "\\" in text:
        text = _decoded(text)
    if text.isascii():
        return text.encode().translate(_READ_ASCII)
    folded = _WIDE_CONTROL.sub(" ", _casefolded(text))
    return folded.encode("utf-8", "surrogatepass").translate(_TO_BLANK)


def plus_in_body(content_type: str) -> int | None:
    """From which character on ``+`` is a blank: from 0 in a form; None in other bodies."""
    return 0 if content_type.strip().lower().startswith(FORM_MEDIA_TYPE) else None


def plus_in_target(path: str) -> int:
    """From which character of ``target_of(path, ...)`` on ``+`` is a blank: the query string."""
    return len(path) + 1


def target_of(path: str, query_string: str) -> str:
    """Path and query string as one text, since a searched text may span both."""
    return f"{path}?{query_string}" if query_string else path


def forms(needle: str) -> tuple[bytes, ...]:
    """The forms to look for when a person types *needle*; empty when it is blank.

    As typed, as it reads, and JSON both with and without blanks behind ``:`` and ``,``: pages show
    JSON with blanks, and most clients send it without. A form never holds a control character.
    """
    read = normal(needle)
    if not read.strip():
        return ()
    found = {} if _CONTROL.search(needle) else {fold(needle): None}
    found[read] = None
    if '"' in needle:
        found |= {normal(_laid_out(needle, blank)): None for blank in ("", " ")}
    return tuple(found)


def has_control(text: str) -> bool:
    """Whether *text* holds a control character or line separator, which reads as a blank."""
    return _CONTROL.search(text) is not None


def core(form: bytes) -> bytes:
    """The longest run of ``[a-z0-9._-]`` in *form*: characters that no usual encoder escapes."""
    return max(_CORE_RUN.findall(form), key=len, default=b"")


def core_runs(form: bytes) -> list[bytes]:
    """Every run of ``[a-z0-9._-]`` in *form*."""
    return _CORE_RUN.findall(form)


def is_unusual(text: str, read: bytes) -> bool:
    r"""Whether *read*, the normal form of *text*, has a core run that *text* does not contain.

    True for text that spells plain letters or digits by escapes (``\u0041``, ``%2E``), has an
    invisible character inside a word, or others for them (a wide ``A``, ``ß``, a ligature).
    Everywhere else a run of ``read`` stands in ``fold(text)``: so must the core of a needle.
    """
    folded = fold(text)
    if read == folded:
        return False
    place = 0
    for run in read.translate(_NOT_CORE_TO_BLANK).split():
        place = folded.find(run, place)
        if place < 0:
            return True
        place += len(run)
    return False


def stand_in(pieces: Iterable[bytes], text: bytes) -> bool:
    """Whether *text* contains *pieces* one after the other. Takes linear time."""
    place = 0
    for piece in pieces:
        place = text.find(piece, place)
        if place < 0:
            return False
        place += len(piece)
    return True


def are_whole(pieces: tuple[bytes, ...], text: bytes) -> bool:
    """Whether *text* consists of *pieces* with anything between them. Takes linear time."""
    first, *middle = pieces
    if not middle:
        return text == first
    last = middle.pop()
    if len(first) + len(last) > len(text) or not (text.startswith(first) and text.endswith(last)):
        return False
    return stand_in(middle, text[len(first) : len(text) - len(last)])


def _decoded(text: str) -> str:
    for _ in range(PASSES_MAX):
        before = text
        if "%" in text:
            text = _percent_decoded(text)
        if "\\" in text:
            text = _unescaped(text)
        if text == before:
            break
    return text


def _percent_decoded(text: str) -> str:
    first, *parts = text.encode("utf-8", "surrogatepass").split(b"%")
    sent = [first]
    for part in parts:
        byte = _BYTES.get(part[:2])
        sent += (b"%", part) if byte is None else (byte, part[2:])
    return b"".join(sent).decode("utf-8", "backslashreplace")


def _unescaped(text: str) -> str:
    """Undo every run of backslashes. Inside a run, ``split`` gives empty parts."""
    first, *parts = text.split("\\")
    read = [first]
    has_surrogates = False
    for part in parts:
        if not part:
            continue
        named = _ESCAPES.get(part[0])
        if named is not None:
            read += (named, part[1:])
        elif _CHARACTER.match(part):
            character = chr(int(part[1:5], 16))
            has_surrogates = has_surrogates or "\ud800" <= character <= "\udfff"
            read += (character, part[5:])
        else:
            read += ("\\", part)
    if not parts[-1]:
        read.append("\\")
    joined = "".join(read)
    return _SURROGATES.sub(_paired, joined) if has_surrogates else joined


def _paired(halves: re.Match[str]) -> str:
    """The character of a surrogate pair; a half without its other half stays an escape."""
    if len(halves[0]) == 1:
        return f"\\u{ord(halves[0]):04x}"
    return halves[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _casefolded(text: str) -> str:
    # Only the characters beyond ASCII decide what must be done, and most texts have few.
    wide = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    if _MARKS.search(wide_text := wide.decode("utf-8", "surrogatepass")):
        text = _MARKS.sub(_with_joiners, _IGNORABLE.sub("", text))
    elif _IGNORABLE.search(wide_text):
        text = _IGNORABLE.sub("", text)
    text = text.casefold()
    if not unicodedata.is_normalized("NFKC", text):
        composed = unicodedata.normalize("NFKC", text)
        text = unicodedata.normalize("NFKC", composed.casefold())
        return _IGNORABLE.sub("", text)
    return text.replace(_JOINER, "")


def _with_joiners(signs: re.Match[str]) -> str:
    """The same characters, with a joiner after every 30 combining marks in a row."""
    parted = []
    marks = 0
    for sign in signs[0]:
        is_mark = unicodedata.category(sign)[0] == "M" or sign in _HALFWIDTH_MARKS
        marks = marks + 1 if is_mark else 0
        if marks > _MARKS_MAX:
            parted.append(_JOINER)
            marks = 1
        parted.append(sign)
    return "".join(parted)


def _laid_out(needle: str, blank: str) -> str:
    """JSON with *blank* after each ``:`` and ``,``, and without other blanks outside strings."""

    def laid_out(found: re.Match[str]) -> str:
        return found[1] or (found[2] + blank if found[2] else "")

    return _JSON_STRING_OR_SIGN.sub(laid_out, needle)
