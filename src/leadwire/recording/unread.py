"""Bytes that could not be read as HTTP: as much of a request as they show.

Keys and other credentials are removed, as from any call. The rest is kept unchanged, so that a
person sees what was sent.
"""

from typing import Final, NamedTuple

from leadwire.calls.redaction.redactor import CREDENTIAL_HEADERS, TABLE_NAMES, lift_keys

MEDIA_TYPE: Final = "message/http"
"""The content type of a record whose body is the head of a request (RFC 9112, 10.1)."""

_METHOD_CHARS_MAX: Final = 32
_FOLDS: Final = (b" ", b"\t")
"""A line that begins so goes on with the header before it (RFC 9112, 5.2)."""


class UnreadRequest(NamedTuple):
    """*text* is the first bytes without credentials. A part that is not recognised is empty."""

    method: str
    target_path: bytes
    query_string: bytes
    """As sent, its keys included."""
    headers: list[tuple[bytes, bytes]]
    """Names in lower case."""
    text: bytes


def unread_request(first: bytes) -> UnreadRequest:
    """Read *first* as far as it is a request line and headers."""
    line, *rest = first.split(b"\n")
    method, blank, target = line.rstrip(b"\r").partition(b" ")
    if not blank or len(method) > _METHOD_CHARS_MAX or not method.replace(b"-", b"").isalpha():
        return UnreadRequest("", b"", b"", [], first)
    before, _, version = target.rpartition(b" ")
    if version.startswith(b"HTTP/"):
        target = before
    path, mark, query = target.partition(b"?")
    headers: list[tuple[bytes, bytes]] = []
    lines = [line.replace(query, lift_keys(query)[0], 1) if query else line]
    is_kept = True
    for number, header in enumerate(rest):
        if headers and header.startswith(_FOLDS):
            name, value = headers.pop()
            headers.append((name, b" ".join((value, header.strip()))))
        else:
            name, colon, value = header.rstrip(b"\r").partition(b":")
            if not colon:
                lines += rest[number:]
                break
            headers.append((name.strip().lower(), value.strip()))
            is_kept = not _is_credential(name)
        if is_kept:
            lines.append(header)
    return UnreadRequest(method.decode(), path, query if mark else b"", headers, b"\n".join(lines))


def _is_credential(name: bytes) -> bool:
    plain = name.strip().decode("latin-1")
    return plain.lower() in CREDENTIAL_HEADERS or TABLE_NAMES.holds(plain)
