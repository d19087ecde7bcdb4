"""Answers on their way out: the ``Date`` of the controlled clock, and spoilt bytes."""

import asyncio
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any, Final, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.clock import Clock
from leadwire.controls.faults import Fault
from leadwire.controls.guard import TOKEN_HEADER
from leadwire.controls.layer import Delivery, delivery

Message = MutableMapping[str, Any]
_SECOND_MS: Final = 1_000
_LOOK_SECONDS: Final = 0.2


class Connection(Protocol):
    """The caller's connection, as the server's protocol has it."""

    def break_connection(self, *, reset: bool) -> None:
        """Close it at once. With *reset*, the caller gets a TCP reset."""
        ...


class Delivering:
    """Around the application of calls. Answers carry the clock's date.

    The application's ``send`` is a method of the server's exchange, which can break the connection.
    """

    def __init__(self, inner: ASGIApp, clock: Clock, *, stopping: Callable[[], bool]) -> None:
        self._inner = inner
        self._clock = clock
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        way_out = Delivery()
        delivery.set(way_out)
        connection: Connection | None = getattr(send, "__self__", None)

        async def deliver(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(self._clock.now_ms() / _SECOND_MS, usegmt=True)
                message["headers"] = [
                    *message["headers"],
                    (b"date", date.encode()),
                    (TOKEN_HEADER.lower().encode(), b"on"),
                ]
            if way_out.spoil is None or connection is None:
                await send(message)
            else:
                await _spoilt(way_out.spoil, message, send)

        await self._inner(scope, receive, deliver)
        if way_out.spoil is not None and connection is not None:
            await self._break(way_out.spoil, receive, connection)

    async def _break(self, fault: Fault, receive: Receive, connection: Connection) -> None:
        """End a connection whose answer did not arrive whole."""
        if fault.kind == "slow_body":
            return
        if fault.kind == "hang":
            await self._gone(receive)
        connection.break_connection(reset=fault.kind == "reset")

    async def _gone(self, receive: Receive) -> None:
        """Return once the caller has hung up, or the server stops."""
        while not self._stopping():
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    if (await receive())["type"] == "http.disconnect":
                        return


async def _spoilt(fault: Fault, message: Message, send: Send) -> None:
    """Pass on what *fault* lets through of *message*."""
    if fault.kind not in ("truncate", "slow_body"):
        return
    if message["type"] == "http.response.start":
        await send(message)
        return
    body = message.get("body", b"")
    if fault.kind == "truncate":
        await send({**message, "body": body[: fault.bytes], "more_body": True})
        return
    for start in range(0, len(body), fault.chunk_bytes):
        piece = body[start : start + fault.chunk_bytes]
        await send({**message, "body": piece, "more_body": True})
        await asyncio.sleep(fault.chunk_ms / _SECOND_MS)
    await send({**message, "body": b"", "more_body": False})
