"""The text of a proxied body, for its record alone: decoded within bounds, with what is missing.

What travels is never decoded. A body may be cut, damaged or a bomb: what can be read of it is
kept, and a note says what is missing.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import zstandard

_ENCODINGS_MAX: Final = 4
"""More encodings, one around the other, are not undone."""
_FIRST_LOOK_BYTES: Final = 1_024
_EDGE_BYTES_MAX: Final = 4_096
"""The longest word that is removed where a body was cut: longer than any key."""
_PIECE_BYTES: Final = 16_384
_ZSTD_PIECE_BYTES: Final = 128
_ZSTD_WINDOW_BYTES_MAX: Final = 8_388_608
"""Decoders of HTTP need not support more (RFC 9659)."""
_EDGES: Final = re.compile(rb"""[\s"',;:&<>{}()\[\]]""")
_SIGNS: Final = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x78\x01": "deflate",
    b"\x78\x9c": "deflate",
    b"\x78\xda": "deflate",
}
"""The first bytes of an encoded body, whether or not a header names its encoding."""
_CHARSET: Final = re.compile(r"charset\s*=\s*\"?\s*(utf-?(?:16|32)(?:-?[lb]e)?)\b", re.IGNORECASE)
_MARKS: Final = {
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
"""Byte order marks, longest first."""
_FILES: Final = re.compile(
    r"\s*(?:image|audio|video|font)/(?!svg)|\s*application/"
    r"(?:octet-stream|pdf|zip|gzip|zstd|x-[\w-]*(?:zip|tar|compressed)|vnd\.(?:ms-|openxml))",
    re.IGNORECASE,
)
"""Content types of files. They are not searched, and no rule of redaction reads them."""


class Kept(NamedTuple):
    """What is kept of one body as it travelled."""

    sent: bytes
    """Its first bytes, without chunk framing, still encoded."""
    sent_bytes: int
    """All bytes that passed."""

    @property
    def is_whole(self) -> bool:
        return len(self.sent) == self.sent_bytes


class Text(NamedTuple):
    """What a record has of one body."""

    body: bytes
    """UTF-8 but for bytes that were wrong from the start."""
    is_file: bool
    """Whether it is not text. *body* is empty then."""
    is_whole: bool
    note: str
    """How it was encoded and what is missing; empty for a whole text without an encoding."""


class _Undone(NamedTuple):
    body: bytes
    is_whole: bool
    problem: str


def text_of(kept: Kept, *, encoding: str, content_type: str, bytes_max: int) -> Text:
    """The text of a body with that Content-Encoding and Content-Type.

    Decoding stops at *bytes_max* bytes. Where a text is cut, its last word goes too: redaction
    would not find half a key.
    """
    names, is_told = _names(kept.sent, encoding)
    body, is_whole = kept.sent, kept.is_whole
    notes = []
    if not kept.is_whole:
        notes.append(f"the first {len(kept.sent):,} of {kept.sent_bytes:,} bytes")
    if names and not is_told:
        notes.append("no header names its encoding")
    if names:
        undone = _undone(body, names, bytes_max)
        body, is_whole = undone.body, is_whole and undone.is_whole
        notes.insert(0, ", ".join(names))
        if undone.problem:
            notes.append(undone.problem)
    if _FILES.match(content_type) and body:
        return Text(b"", is_file=True, is_whole=False, note="; ".join([*notes, "a file"]))
    body = _as_utf8(body, content_type)
    if b"\0" in body[:_FIRST_LOOK_BYTES] or body.startswith(tuple(_SIGNS)):
        return Text(b"", is_file=True, is_whole=False, note="; ".join([*notes, "not text"]))
    if not is_whole:
        body = _without_last_word(body)
    return Text(body, is_file=False, is_whole=is_whole, note="; ".join(notes))


def is_text_within(kept: Kept, encoding: str, bytes_max: int) -> bool:
    """Whether the decoded body has at most *bytes_max* bytes. Decodes no more than that."""
    if len(kept.sent) > bytes_max:
        return False
    names, _ = _names(kept.sent, encoding)
    return not names or len(_undone(kept.sent, names, bytes_max).body) < bytes_max


def _names(body: bytes, encoding: str) -> tuple[list[str], bool]:
    """The encodings of a body, and whether its header names them; else the first bytes tell."""
    if encoding:
        words = [word.strip().lower() for word in encoding.split(",")]
        if names := [word for word in words if word not in ("", "identity")]:
            return names, True
    return [name for sign, name in _SIGNS.items() if body.startswith(sign)], False


def _undone(body: bytes, names: list[str], bytes_max: int) -> _Undone:
    """*body* without its encodings. The last of *names* is undone first."""
    if len(names) > _ENCODINGS_MAX:
        return _Undone(b"", is_whole=False, problem=f"not decoded: {len(names)} encodings")
    problems = []
    for name in reversed(names):
        make = _DECODERS.get(name.removeprefix("x-"))
        if make is None:
            return _Undone(b"", is_whole=False, problem=f"not decoded: {name} is not known here")
        undone = _bounded(body, make, bytes_max)
        body = undone.body
        problems += [undone.problem] if undone.problem else []
    return _Undone(body, not problems, problems[0] if problems else "")


def _bounded(body: bytes, make: "Callable[[], _Decoder]", bytes_max: int) -> _Undone:
    """As much of *body* as can be decoded, and at most *bytes_max* bytes."""
    found = bytearray()
    problem = ""
    try:
        for piece in make()(body):
            found += piece
            if len(found) > bytes_max:
                problem = f"cut after {bytes_max:,} decoded bytes"
                break
    except _Ended:
        problem = "it ends before its encoding does"
    except _ERRORS:
        problem = f"damaged after {len(found):,} decoded bytes"
    return _Undone(bytes(found[:bytes_max]), not problem, problem)


class _Ended(Exception):
    """The bytes ended before the encoding did."""


_Decoder = Callable[[bytes], Iterator[bytes]]
_ERRORS: tuple[type[Exception], ...] = (zlib.error, zstandard.ZstdError, ValueError)


def _zlib_pieces(body: bytes, window: int) -> Iterator[bytes]:
    """Every member of *body*, one after the other."""
    rest = body
    while rest:
        undo = zlib.decompressobj(window)
        while rest and not undo.eof:
            piece = undo.decompress(rest, _PIECE_BYTES)
            rest = undo.unconsumed_tail
            yield piece
        if not undo.eof:
            yield undo.flush()
            if not undo.eof:
                raise _Ended
        rest = undo.unused_data.lstrip(b"\0")


def _gzip() -> _Decoder:
    return lambda body: _zlib_pieces(body, zlib.MAX_WBITS | 16)


def _deflate() -> _Decoder:
    """With zlib's frame, as RFC 9110 says, or without, as some servers send it."""

    def pieces(body: bytes) -> Iterator[bytes]:
        # RFC 1950, 2.2: the method is 8, and the first two bytes are a multiple of 31.
        has_frame = body[:1].hex()[1:] == "8" and int.from_bytes(body[:2]) % 31 == 0
        return _zlib_pieces(body, zlib.MAX_WBITS if has_frame else -zlib.MAX_WBITS)

    return pieces


def _zstd() -> _Decoder:
    def pieces(body: bytes) -> Iterator[bytes]:
        make = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES_MAX).decompressobj
        undo, place = make(), 0
        while place < len(body):
            if undo.eof:
                undo = make()
            # Its output has no bound of its own: 4 bytes can stand for 128 kB.
            piece = body[place : place + _ZSTD_PIECE_BYTES]
            yield undo.decompress(piece)
            place += len(piece) - len(undo.unused_data)
        if body and not undo.eof:
            raise _Ended

    return pieces


def _brotli() -> _Decoder:
    undo: Any = import_module(_BROTLI).Decompressor()

    def pieces(body: bytes) -> Iterator[bytes]:
        try:
            for start in range(0, len(body), _PIECE_BYTES):
                yield undo.process(body[start : start + _PIECE_BYTES])
        except Exception as error:
            raise ValueError from error  # the two packages name it differently
        if not undo.is_finished():
            raise _Ended

    return pieces


_BROTLI: Final = next((name for name in ("brotli", "brotlicffi") if find_spec(name)), "")
_DECODERS: Final[dict[str, Callable[[], _Decoder]]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    **({"br": _brotli} if _BROTLI else {}),
}


def _as_utf8(body: bytes, content_type: str) -> bytes:
    """*body* in UTF-8, if it is in UTF-16 or UTF-32: its keys could not be found there."""
    mark = next((mark for mark in _MARKS if body.startswith(mark)), None)
    named = _CHARSET.search(content_type)
    charset = _MARKS[mark] if mark else named[1] if named else ""
    if not charset:
        return body
    text = body.removeprefix(mark or b"").decode(charset, "replace")
    return text.encode("utf-8", "backslashreplace")


def _without_last_word(body: bytes) -> bytes:
    """*body* up to its last word, which may be half a secret."""
    start = max(len(body) - _EDGE_BYTES_MAX, 0)
    edges = [match.end() for match in _EDGES.finditer(body, start)]
    return body[: edges[-1] if edges else start]
