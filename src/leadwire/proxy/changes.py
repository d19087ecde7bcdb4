"""Everything in which the bytes that leave differ from those that arrived.

``CHANGES`` says it in words, for the docs. The two functions below do it, and nothing else does.
"""

from typing import Final, Literal, NamedTuple

from leadwire.headers import PROXY_CALL_ID_HEADER, PROXY_COOKIE_PREFIX
from leadwire.proxy.head import AnswerHead, RequestHead, listed, origin_form

Direction = Literal["request", "answer", "both"]

CONNECTION_HEADERS: Final = frozenset(
    (b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade", b"http2-settings")
)
"""Headers that speak of one connection alone. They go no further (RFC 9110, 7.6.1)."""
_FRAMING_HEADERS: Final = frozenset((b"content-length", b"transfer-encoding", b"host", b"trailer"))
"""They stay, even where Connection names them: a body without its length could not be read."""
_CALL_ID: Final = PROXY_CALL_ID_HEADER.encode()
CALL_ID_FIELD: Final = _CALL_ID.lower()
_CALL_ID_LINE: Final = _CALL_ID + b": %b"
_OWN_COOKIE: Final = PROXY_COOKIE_PREFIX.encode()
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
        "Its value becomes the upstream's host and port. Its place and spelling stay.",
        "The upstream chooses the account by it. The caller's value names the proxy.",
    ),
    Change(
        "request",
        "absolute target",
        "`GET http://host/path` becomes `GET /path`.",
        "That form is for proxies that the client was told of.",
    ),
    Change(
        "both",
        "`Connection` and the headers that it names; "
        + ", ".join(
            f"`{name}`" for name in ("Keep-Alive", "Proxy-Connection", "TE", "Upgrade: h2c")
        ),
        "They are removed. An answer gets `Connection: close` where the proxy closes the "
        "caller's connection after it.",
        "They speak of one connection, and there are two.",
    ),
    Change(
        "both",
        f"`{PROXY_CALL_ID_HEADER}`",
        "It is added as the last header of the request and of the final answer.",
        "By it the call is found in the log, and a proxy that calls itself is noticed.",
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
    lines = list(head.lines)
    names = head.names
    if b"host" in names:
        place = names.index(b"host")
        lines[place] = b"%b: %b" % (lines[place][:4], authority)
    if b"cookie" in names:
        for place, name in enumerate(names):
            if name == b"cookie":
                lines[place] = _without_own_cookies(lines[place])
    lines = _that_go_further(head, lines)
    if b"host" not in names:  # HTTP/1.0
        lines.insert(0, b"Host: " + authority)
    return b"\r\n".join((_origin_line(head), *lines, _CALL_ID_LINE % call_id.encode(), b"\r\n"))


def answer_head(head: AnswerHead, *, call_id: str, closes: bool) -> bytes:
    """The head that goes to the caller. *closes*: its connection is closed after the answer."""
    lines = _that_go_further(head, list(head.lines))
    if head.status >= _INTERIM_END:
        if closes:
            lines.append(b"Connection: close")
        lines.append(_CALL_ID_LINE % call_id.encode())
    return b"\r\n".join((head.first_line, *lines, b"\r\n"))


def _origin_line(head: RequestHead) -> bytes:
    if head.target.startswith(b"/"):
        return head.first_line
    return b"%b %b %b" % (head.method, origin_form(head.target), head.version)


def _without_own_cookies(line: bytes) -> bytes:
    """The line without the cookies of this proxy's console; empty if it has no other."""
    if _OWN_COOKIE not in line:
        return line
    name, _, value = line.partition(b":")
    pairs = value.split(b";")
    kept = [pair for pair in pairs if not pair.strip().startswith(_OWN_COOKIE)]
    return b"%b:%b" % (name, b";".join(kept)) if kept else b""


def _that_go_further(head: RequestHead | AnswerHead, lines: list[bytes]) -> list[bytes]:
    """*lines*, one for each of the head's, without those that speak of its connection alone."""
    if CONNECTION_HEADERS.isdisjoint(head.names) and b"" not in lines:
        return lines
    named = listed(head.values(b"connection")) - _FRAMING_HEADERS
    return [
        line
        for line, name in zip(lines, head.names, strict=True)
        if line and name not in CONNECTION_HEADERS and name not in named
    ]
