"""Load on a proxy: as fast as it goes by wrk, at 200 calls a second, and large bodies."""

import asyncio
import re
import subprocess
import time
from pathlib import Path
from statistics import quantiles
from typing import Final, NamedTuple

from bench.proxy.processes import Server

CONNECTIONS: Final = 16
PACED_CALLS_PER_SECOND: Final = 200
_NS_PER_US: Final = 1_000
_MEGABYTE: Final = 1_000_000
_KEYS: Final = {
    "x-LSQ-AccessKey": "u$r0123456789abcdef0123456789abcdef",
    "x-LSQ-SecretKey": "0123456789abcdef0123456789abcdef01234567",
}
_BODY: Final = (
    '[{"Attribute":"FirstName","Value":"Asha"},{"Attribute":"LastName","Value":"Rao"},'
    '{"Attribute":"EmailAddress","Value":"asha@example.com"},'
    '{"Attribute":"Phone","Value":"+91-9000000001"},'
    '{"Attribute":"mx_City","Value":"Pune"},{"Attribute":"Source","Value":"Web"}]'
)
_PATH: Final = "/v2/LeadManagement.svc/Lead.Create"
_REQUESTS: Final = re.compile(r"(\d+) requests in ([\d.]+)(m?s|m)")
_BAD: Final = re.compile(r"Non-2xx|Socket errors")


class WrongAnswer(Exception):
    """A call was not answered with 200."""


class Busy(NamedTuple):
    """All connections always have a call."""

    calls_per_second: float
    cpu_us: float
    """Per call."""


class Paced(NamedTuple):
    """200 calls a second, whether or not those before are answered."""

    p50_ms: float
    p99_ms: float
    cpu_us: float


def busy(server: Server, seconds: float, script: Path) -> Busy:
    """Raises WrongAnswer."""
    headers = "".join(f'wrk.headers["{name}"]="{value}"\n' for name, value in _KEYS.items())
    script.write_text(f'wrk.method="POST"\nwrk.body=[==[{_BODY}]==]\n{headers}')
    before = server.cpu_ns()
    command = [
        *("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "-s", str(script)),
        f"http://127.0.0.1:{server.port}{_PATH}",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    used_ns = server.cpu_ns() - before
    found = _REQUESTS.search(said)
    if found is None or _BAD.search(said):
        raise WrongAnswer(said)
    calls, elapsed = int(found[1]), float(found[2])
    return Busy(calls / elapsed, used_ns / calls / _NS_PER_US)


async def paced(
    server: Server, seconds: float, calls_per_second: int = PACED_CALLS_PER_SECOND
) -> Paced:
    """Raises WrongAnswer."""
    loop = asyncio.get_running_loop()
    idle = [await _Caller.to(server.port) for _ in range(CONNECTIONS)]
    times: list[float] = []
    request = small_request()

    async def call(due: float) -> None:
        caller = idle.pop() if idle else await _Caller.to(server.port)
        await caller.call(request)
        times.append(time.perf_counter() - due)
        idle.append(caller)

    before = server.cpu_ns()
    start = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(round(seconds * calls_per_second)):
            due = start + number / calls_per_second
            await asyncio.sleep(due - loop.time())
            group.create_task(call(time.perf_counter()))
    used_ns = server.cpu_ns() - before
    for caller in idle:
        caller.close()
    percentiles = quantiles(times, n=100)
    return Paced(percentiles[49] * 1e3, percentiles[98] * 1e3, used_ns / len(times) / _NS_PER_US)


async def large_bodies(server: Server, stop: asyncio.Event, body: bytes) -> None:
    """Send *body* again and again. The upstream may answer before it has read all of it."""
    while not stop.is_set():
        caller = await _Caller.to(server.port)
        await caller.call(_request(body))
        caller.close()


class LargeUpstream:
    """Reads each request whole, and answers with so many megabytes."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes

    async def listen(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _read_message(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n" % (self._megabytes * _MEGABYTE))
        writer.write(b"Connection: close\r\n\r\n")
        await _write_megabytes(writer, self._megabytes)
        writer.close()


async def transfer(server: Server, megabytes: int) -> None:
    """Send so much in one request, and get as much."""
    caller = await _Caller.to(server.port)
    caller.writer.write(_head(megabytes * _MEGABYTE))
    await _write_megabytes(caller.writer, megabytes)
    await caller.answer()
    caller.close()


async def _write_megabytes(writer: asyncio.StreamWriter, megabytes: int) -> None:
    piece = b"x" * _MEGABYTE
    for _ in range(megabytes):
        writer.write(piece)
        await writer.drain()


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """The head of a message with a length, which is read whole."""
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    left = int(found[1]) if found else 0
    while left:
        left -= len(await reader.read(min(left, 262_144)))
    return head


def small_request() -> bytes:
    return _request(_BODY.encode())


def _request(body: bytes) -> bytes:
    return _head(len(body)) + body


def _head(length: int) -> bytes:
    lines = [
        f"POST {_PATH} HTTP/1.1",
        "Host: api.example",
        "Content-Type: application/json",
        *(f"{name}: {value}" for name, value in _KEYS.items()),
        f"Content-Length: {length}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class _Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int) -> "_Caller":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, request: bytes) -> bytes:
        self.writer.write(request)
        return await self.answer()

    async def answer(self) -> bytes:
        """The head of the answer, which is read whole. Raises WrongAnswer."""
        head = await _read_message(self.reader)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise WrongAnswer(head.decode())
        return head

    def close(self) -> None:
        self.writer.close()


async def call_until_it_ends(server: Server, answered: set[str]) -> None:
    """Call until the connection breaks; notes the call ids of whole answers."""
    caller = await _Caller.to(server.port)
    request = small_request()
    try:
        while True:
            head = await caller.call(request)
            found = re.search(rb"(?i)x-leadwire-proxy-call-id: *([\w-]+)", head)
            if found is not None:
                answered.add(found[1].decode())
    except (asyncio.IncompleteReadError, ConnectionError):
        caller.close()
