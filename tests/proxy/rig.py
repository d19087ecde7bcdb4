"""A relay between a raw client and a raw upstream, on one event loop."""

import asyncio
import itertools
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, Self

from leadwire.clock import SystemClock
from leadwire.proxy.head import AnswerHead, RequestHead
from leadwire.proxy.limits import Limits
from leadwire.proxy.pace import Pace
from leadwire.proxy.relay import Relay
from leadwire.proxy.routes import Routes, tls_to_upstreams
from leadwire.proxy.watching import Ending, Refusal

WAIT_SECONDS = 20
TLS = tls_to_upstreams()
ANYBODY = (ip_network("127.0.0.0/8"), ip_network("::1"))
CALL_ID = b"X-Leadwire-Proxy-Call-Id: call-"


class Watched:
    """What the relay told of one call."""

    def __init__(
        self, call_id: str, peer: str, holds: asyncio.Event | None, *, keeps_bodies: bool
    ) -> None:
        self.call_id = call_id
        self.caller = ""
        self.peer = peer
        self.head: RequestHead | None = None
        self.upstream = ""
        self.request = b""
        self.was_sent = False
        self.interims: list[AnswerHead] = []
        self.answer: AnswerHead | None = None
        self.body = b""
        self.ending: Ending | None = None
        self.seen = [0, 0]
        """Bytes of the request's body and of the answer's."""
        self._keeps_bodies = keeps_bodies
        self._holds = holds
        self.ended = asyncio.Event()

    def request_head(self, head: RequestHead, upstream: str) -> None:
        self.head, self.upstream = head, upstream
        keys = [value for name, value in head.fields if name == b"x-lsq-accesskey"]
        self.caller = keys[0].decode() if keys else ""

    def request_body(self, payload: bytes) -> None:
        self.seen[0] += len(payload)
        if self._keeps_bodies:
            self.request += payload

    def sending(self) -> None:
        assert not self.was_sent
        self.was_sent = True

    def interim(self, head: AnswerHead) -> None:
        self.interims.append(head)

    def answer_head(self, head: AnswerHead) -> None:
        assert self.answer is None
        self.answer = head

    def answer_body(self, payload: bytes) -> None:
        self.seen[1] += len(payload)
        if self._keeps_bodies:
            self.body += payload

    def close(self, ending: Ending, closed: Callable[[], None]) -> None:
        assert self.ending is None
        self.ending = ending
        self._closed = closed
        if self._holds is None:
            self._close()
        else:
            held = self._held = asyncio.ensure_future(self._holds.wait())
            held.add_done_callback(lambda _: self._close())

    def _close(self) -> None:
        self._closed()
        self.ended.set()

    @property
    def stage(self) -> str:
        assert self.ending is not None
        return self.ending.stage


class Record:
    """A recording that keeps everything in memory. *holds* delays the end of each call."""

    def __init__(self) -> None:
        self.calls: list[Watched] = []
        self.holds: asyncio.Event | None = None
        self.refusal: Refusal | None = None
        self.keeps_bodies = True
        self._numbers = itertools.count(1)

    def begin(self, peer: str) -> Watched | Refusal:
        if self.refusal is not None:
            return self.refusal
        call_id = f"call-{next(self._numbers)}"
        call = Watched(call_id, peer, self.holds, keeps_bodies=self.keeps_bodies)
        self.calls.append(call)
        return call

    async def last(self) -> Watched:
        """The newest call, once it has ended."""
        async with asyncio.timeout(WAIT_SECONDS):
            await self.calls[-1].ended.wait()
        return self.calls[-1]


class Wire:
    """A raw connection: bytes out, bytes in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, **options: Any) -> Self:  # noqa: ANN401
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        return cls(reader, writer)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def until(self, end: bytes) -> bytes:
        """Everything up to and with *end*."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.reader.readuntil(end)

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.reader.readexactly(count)

    async def rest(self) -> bytes:
        """Everything until the other side closes; what came before a reset, too."""
        received = b""
        async with asyncio.timeout(WAIT_SECONDS):
            try:
                while data := await self.reader.read(65_536):
                    received += data
            except ConnectionResetError:
                pass
        return received

    async def head(self) -> bytes:
        return await self.until(b"\r\n\r\n")

    async def answer(self) -> tuple[bytes, bytes]:
        """The head and the body of an answer with a length."""
        head = await self.head()
        return head, await self.exactly(length_of(head))

    def close(self) -> None:
        self.writer.close()

    def abort(self) -> None:
        self.writer.transport.abort()

    def reset(self) -> None:
        """Close so that the other side gets a reset."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()


def length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


Serve = Callable[[Wire], Awaitable[None]]


class Rig:
    """*serve* is the upstream: it gets each connection."""

    def __init__(self, serve: Serve) -> None:
        self.record = Record()
        self.serve = serve
        self.connections = 0
        self._wires: list[Wire] = []
        self._handlers: set[asyncio.Task[Any]] = set()
        self.relay: Relay
        self.port = 0
        self.upstream_port = 0

    async def on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        try:
            await self.serve(Wire(reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._handlers.discard(task)

    async def caller(self) -> Wire:
        wire = await Wire.to(self.port)
        self._wires.append(wire)
        return wire

    async def ask(self, request: bytes) -> bytes:
        """Send *request* over a connection of its own; all that comes until its end."""
        wire = await self.caller()
        await wire.send(request)
        return await wire.rest()

    def close(self) -> None:
        for wire in self._wires:
            wire.abort()
        for task in self._handlers:
            task.cancel()


@asynccontextmanager
async def rig(
    serve: Serve,
    *,
    limits: Limits | None = None,
    pace: Pace | None = None,
    **options: Any,  # noqa: ANN401
) -> AsyncIterator[Rig]:
    """A relay in front of an upstream that *serve* plays."""
    made = Rig(serve)
    upstream = await asyncio.start_server(made.on_connection, "127.0.0.1", 0)
    made.upstream_port = upstream.sockets[0].getsockname()[1]
    routes = options.pop("routes", None) or [f"http://127.0.0.1:{made.upstream_port}"]
    made.relay = Relay(
        Routes(routes),
        made.record,
        limits=limits or Limits(),
        clock=options.pop("clock", None) or SystemClock(),
        tls=options.pop("tls", TLS),
        callers=options.pop("callers", ANYBODY),
        pace=pace,
        **options,
    )
    made.port = await made.relay.listen("127.0.0.1", 0)
    try:
        yield made
    finally:
        upstream.close()
        made.close()
        await made.relay.drain(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test on the event loop that the proxy uses."""
    import uvloop  # noqa: PLC0415

    async def bounded() -> None:
        async with asyncio.timeout(60):
            await test()

    uvloop.run(bounded())


def host_of(made: Rig) -> bytes:
    """The value of Host that the upstream gets."""
    return f"127.0.0.1:{made.upstream_port}".encode()


async def until(is_so: Callable[[], bool]) -> None:
    """Let the event loop run until *is_so*."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not is_so():  # noqa: ASYNC110  # many parts change it
            await asyncio.sleep(0)
