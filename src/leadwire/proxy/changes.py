"""Every difference between the bytes that arrive and the bytes that leave.

``CHANGES`` says it in words, for the docs. The two functions below do it, and nothing else does.
"""

from typing import Final, Literal, NamedTuple

from leadwire.headers import PROXY_CALL_ID_HEADER, PROXY_COOKIE_PREFIX
from leadwire.proxy.head import AnswerHead, RequestHead, listed, origin_form

Direction = Literal["request", "answer", "both"]

CONNECTION_HEADERS: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade", b"http2-settings")
)
"""Headers that are about one connection alone. They are not passed on (RFC 9110, 7.6.1)."""
_FRAMING_HEADERS: Final = frozenset((b"content-length", b"transfer-encoding", b"host", b"trailer"))
"""They stay, even where Connection names them: a body without its length could not be read."""
CALL_ID: Final = PROXY_CALL_ID_HEADER.lower().encode()
_CALL_ID_LINE: Final = PROXY_CALL_ID_HEADER.encode() + b": %b\r\n\r\n"
_OWN_COOKIE: Final = PROXY_COOKIE_PREFIX.encode()
_CLOSE_LINE: Final = b"Connection: close\r\n"
_INTERIM_END: Final = 200


class Change(NamedTuple):
    """One difference: *what* is changed, *how*, and *why*."""

    direction: Direction
    what: str
    how: str
    why: str


CHANGES: Final = (
    Change(
        "request",
        "`Host`",
        "Its value becomes the upstream's host and port. Its place and spelling stay. A request "
        "of HTTP/1.0 without it gets one.",
        "The upstream chooses the account by it. The caller's value names the proxy.",
    ),
    Change(
        "request",
        "absolute target",
        "`GET http://host/path` becomes `GET /path`.",
        "That form is for proxies that the client knows of.",
    ),
    Change(
        "both",
        "`Connection` and the headers that it names; "
        + ", ".join(
            f"`{name}`" for name in ("Keep-Alive", "Proxy-Connection", "TE", "Upgrade: h2c")
        ),
        "They are removed. An answer gets `Connection: close` where the proxy closes the "
        "caller's connection after it.",
        "They are about one connection, and there are two.",
    ),
    Change(
        "both",
        f"`{PROXY_CALL_ID_HEADER}`",
        "It is added as the last header of the request and of the final answer.",
        "It finds the call in the log, and shows a proxy that calls itself.",
    ),
    Change(
        "request",
        "cookies of the proxy's own console",
        f"Cookies whose names begin with `{PROXY_COOKIE_PREFIX}` are removed, and with them a "
        "`Cookie` header that has no other.",
        "A browser sends a cookie to every port of a host. The console's is not the upstream's.",
    ),
    Change(
        "request",
        "empty lines before a request",
        "They are removed.",
        "Some old clients send one after a body. HTTP/1.1 asks servers to ignore it.",
    ),
    Change(
        "answer",
        "answers with a status from 100 to 199",
        "A caller that speaks HTTP/1.0 does not get them.",
        "HTTP/1.0 does not know them.",
    ),
)


def request_head(head: RequestHead, *, authority: bytes, call_id: str) -> bytes:
    """The head that goes to the upstream at *authority*."""
    raw = _without_connection_headers(head)
    if b"host" in head.names:
        line = head.lines[head.names.index(b"host")]
        raw = raw.replace(b"\r\n%b\r\n" % line, b"\r\n%b: %b\r\n" % (line[:4], authority), 1)
    else:  # HTTP/1.0
        raw = raw.replace(b"\r\n", b"\r\nHost: %b\r\n" % authority, 1)
    if not head.target.startswith(b"/"):
        line = b"%b %b %b" % (head.method, origin_form(head.target), head.version)
        raw = line + raw[raw.index(b"\r\n") :]
    if b"cookie" in head.names and _OWN_COOKIE in raw:
        raw = _without_own_cookies(raw)
    return raw[:-2] + _CALL_ID_LINE % call_id.encode()


def answer_head(head: AnswerHead, *, call_id: str, closes: bool) -> bytes:
    """The head that goes to the caller. *closes*: its connection is closed after the answer."""
    raw = _without_connection_headers(head)
    if head.status < _INTERIM_END:
        return raw
    close = _CLOSE_LINE if closes else b""
    return b"%b%b%b" % (raw[:-2], close, _CALL_ID_LINE % call_id.encode())


def _without_own_cookies(raw: bytes) -> bytes:
    """*raw* without the cookies of this proxy's console, and Cookie lines that had no other."""
    lines = []
    for line in raw.split(b"\r\n"):
        if line[:7].lower() != b"cookie:":
            lines.append(line)
            continue
        pairs = line[7:].split(b";")
        kept = [pair for pair in pairs if not pair.strip().startswith(_OWN_COOKIE)]
        if kept:
            lines.append(line[:7] + b";".join(kept))
    return b"\r\n".join(lines)


def _without_connection_headers(head: RequestHead | AnswerHead) -> bytes:
    """*head* as it was sent, without the lines that are about its connection alone."""
    raw = head.raw
    if CONNECTION_HEADERS.isdisjoint(head.names):
        return raw
    dropped = CONNECTION_HEADERS | (listed(head.values(b"connection")) - _FRAMING_HEADERS)
    for name, line in zip(head.names, head.lines, strict=True):
        if name in dropped:
            raw = raw.replace(b"\r\n%b\r\n" % line, b"\r\n", 1)
    return raw
