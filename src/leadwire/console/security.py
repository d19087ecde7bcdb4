"""The console's outer layers: security headers, no cross-site POST, no bare 500.

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
