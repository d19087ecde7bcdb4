"""Cross-origin requests: let pages of other origins call the API from a browser.

Keys travel in the request, never in a cookie. So an answer reveals nothing to an origin that its
page did not already know.
"""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from leadwire.headers import CALL_ID_HEADER, IGNORED_HEADER, NOTICE_HEADER
from leadwire.settings import ANY_ORIGIN, cors_origins

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

_METHODS: Final = b"GET, POST, OPTIONS"
_REQUEST_HEADERS: Final = (
    "content-type",
    "accept",
    "x-lsq-accesskey",
    "x-lsq-secretkey",
    "x-lsq-access-key",
    "x-lsq-secret-key",
    "x-api-key",
)
_ANSWER_HEADERS: Final = (
    f"{CALL_ID_HEADER}, {IGNORED_HEADER}, {NOTICE_HEADER}, "
    "Retry-After, Link, Allow, Content-Disposition"
).encode()
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_REMEMBERED_SECONDS: Final = b"7200"
"""How long a browser may cache a preflight answer; browsers cap it at two hours."""


class Cors:
    """An ASGI application around *inner* that lets pages of some origins read its answers.

    *origins* is the setting ``cors_origins``. Preflight requests are answered here, before any key
    check. They are not API calls and are not recorded.
    """

    def __init__(self, inner: Application, origins: str) -> None:
        self._inner = inner
        self._origins = cors_origins(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._origins:
            await self._inner(scope, receive, send)
        elif "fault" not in scope and _is_preflight(scope):
            headers = self._answer_headers(scope)
            if any(name == b"access-control-allow-origin" for name, _ in headers):
                headers += _preflight_headers(scope)
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._inner(scope, receive, self._with_headers(scope, send))

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Read the scope only now: for an unreadable request it is filled later.
                message["headers"] = [
                    *message["headers"],
                    *self._answer_headers(scope),
                    (b"access-control-expose-headers", _ANSWER_HEADERS),
                ]
            await send(message)

        return send_with_headers

    def _answer_headers(self, scope: Scope) -> list[Header]:
        if ANY_ORIGIN in self._origins:
            return [(b"access-control-allow-origin", b"*")]
        # Caches must keep answers to different origins apart.
        headers: list[Header] = [(b"vary", b"Origin")]
        origin = _header(scope, b"origin")
        if origin.lower() in self._origins:
            headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
        return headers


def headers_for_anyone(origins: str) -> bytes:
    """Header lines for an answer sent before the request, and its origin, were read."""
    return b"access-control-allow-origin: *\r\n" if ANY_ORIGIN in cors_origins(origins) else b""


def _is_preflight(scope: Scope) -> bool:
    return (
        scope["method"] == "OPTIONS"
        and bool(_header(scope, b"origin"))
        and bool(_header(scope, b"access-control-request-method"))
    )


def _preflight_headers(scope: Scope) -> list[Header]:
    """The allowed methods and headers: those the API reads, and those the page requests."""
    asked = _header(scope, b"access-control-request-headers").lower().split(",")
    names = (name.strip() for name in asked)
    allowed = dict.fromkeys((*_REQUEST_HEADERS, *filter(_HEADER_NAME.fullmatch, names)))
    return [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", ", ".join(allowed).encode()),
        (b"access-control-max-age", _REMEMBERED_SECONDS),
    ]


def _header(scope: Scope, wanted: bytes) -> str:
    return next(
        (value.decode("latin-1").strip() for name, value in scope["headers"] if name == wanted), ""
    )
