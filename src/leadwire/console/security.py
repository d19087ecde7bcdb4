"""The console's outer layers: security headers, no cross-site POST, no NUL, no bare 500.

Pure ASGI, so they also cover what inner layers answer by themselves.
"""

import logging
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG: Final = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_FORM: Final = "application/x-www-form-urlencoded"
_REPLACEMENT: Final = b"%EF%BF%BD"
_SAFE_METHODS: Final = ("GET", "HEAD")
_OWN_SITES: Final = ("same-origin", "none")


_HSTS: Final = "max-age=31536000"
"""Browsers that came over TLS use only TLS for a year (RFC 6797)."""


class SecurityHeaders:
    """Adds SECURITY_HEADERS to every answer. Forbids storing it unless the page allows it.

    Over TLS it also adds Strict-Transport-Security.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = _HSTS
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class WithoutNul:
    """Replaces a NUL in a path, a query or a form by a replacement sign.

    PostgreSQL takes no NUL, not even to look for it. An id with the sign is unknown, as any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = scope["path"].replace("\0", "\ufffd")
            scope["query_string"] = _without_nul(scope["query_string"])
            if Headers(scope=scope).get("content-type", "").startswith(_FORM):
                receive = _form_without_nul(receive)
        await self._app(scope, receive, send)


def _without_nul(encoded: bytes) -> bytes:
    return encoded.replace(b"%00", _REPLACEMENT).replace(b"\0", _REPLACEMENT)


def _form_without_nul(receive: Receive) -> Receive:
    held = b""

    async def changed() -> Message:
        nonlocal held
        message = await receive()
        if message["type"] == "http.request":
            body = held + message.get("body", b"")
            cut = body.rfind(b"%", max(0, len(body) - 2))  # an escape that the next part may end
            if cut < 0 or not message.get("more_body"):
                cut = len(body)
            held = body[cut:]
            message["body"] = _without_nul(body[:cut])
        return message

    return changed


class OwnSiteOnly:
    """Refuses a state-changing request that a browser sent from another site.

    Browsers send the origin (``Sec-Fetch-Site``, ``Origin``), old ones only ``Referer``. Scripts
    send none of them, and have no ambient cookies, so they pass.
    """

    def __init__(self, app: ASGIApp, *, refusal: Callable[[Request], Response]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _from_another_site(scope):
            await self._refusal(Request(scope))(scope, receive, send)
            return
        await self._app(scope, receive, send)


class Unexpected:
    """Turns an unexpected exception into the console's error page.

    The operator's log has the exception; the page shows nothing of it.
    """

    def __init__(self, app: ASGIApp, *, answer: Callable[[Request], Response]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception:
            if started or scope["type"] != "http":
                # A half-sent answer must break off visibly. A second answer after it would hide the
                # failure.
                raise
            _LOG.exception("%s %s failed", scope["method"], scope["path"])
            await self._answer(Request(scope))(scope, receive, send)


def _from_another_site(scope: Scope) -> bool:
    if scope["method"] in _SAFE_METHODS:
        return False
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN_SITES
    for name in ("origin", "referer"):
        if (sent := headers.get(name)) is not None:
            return _host_of(sent) != headers.get("host")
    return False


def _host_of(address: str) -> str | None:
    """The host and port of *address*; None if it has none that can be read."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return None
