"""Compresses answers for browsers that accept gzip; never streams, which must arrive at once."""

import zlib
from typing import Final

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BYTES_MIN: Final = 1_000
"""Shorter answers would hardly get shorter."""
_LEVEL: Final = 5
_GZIP: Final = 31
"""zlib's way to ask for the gzip format."""
_COMPRESSIBLE: Final = (
    "text/",
    "application/json",
    "application/jsonl",
    "image/svg+xml",
)
_STREAM: Final = "text/event-stream"


class Compressed:
    """Middleware. Works in a worker thread, so that a large answer does not hold up others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        start: Message | None = None

        async def compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and _may_be_compressed(message):
                start = message
                return
            if start is not None:
                message = await _with_short_body(start, message)
                await send(start)
                start = None
            await send(message)

        await self._app(scope, receive, compressed)


def _may_be_compressed(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    kind = headers.get("content-type", "")
    return (
        kind.startswith(_COMPRESSIBLE)
        and not kind.startswith(_STREAM)
        and "content-encoding" not in headers
    )


async def _with_short_body(start: Message, message: Message) -> Message:
    """The message with its body compressed if it is the whole one; *start* gets the headers."""
    headers = MutableHeaders(scope=start)
    headers.add_vary_header("Accept-Encoding")
    body = message.get("body", b"")
    if message.get("more_body") or len(body) < _BYTES_MIN:
        return message
    packed = await to_thread.run_sync(_gzip, body)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(packed))
    return {**message, "body": packed}


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    return packer.compress(body) + packer.flush()
