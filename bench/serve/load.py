"""The load: a fixed number of keep-alive connections, each with one call at a time.

Hand-made HTTP over raw asyncio protocols, so that the generator takes little of the machine that
it shares with the server. The same numbers make the same leads.
"""

import asyncio
from time import perf_counter_ns
from typing import NamedTuple, cast

CONNECTIONS = 16
_OK = b"HTTP/1.1 200 "
_LENGTH = b"content-length: "
_CITIES = ("Bengaluru", "Chennai", "Delhi", "Kolkata", "Mumbai", "Pune")
_COMPANIES = ("Acme", "Globex", "Initech", "Umbrella")


class KeyPair(NamedTuple):
    access_key: str
    secret_key: str


class Target(NamedTuple):
    port: int
    keys: KeyPair


class LoadResult(NamedTuple):
    """Every call in it was answered with 200. Latencies in nanoseconds."""

    latencies_ns: list[int]
    elapsed_seconds: float


class WrongAnswer(Exception):
    """The server answered something else than 200, or hung up."""


def lead_body(number: int) -> bytes:
    """A lead like no other number's."""
    return (
        f'[{{"Attribute":"FirstName","Value":"Asha {number}"}},'
        f'{{"Attribute":"LastName","Value":"Verma"}},'
        f'{{"Attribute":"EmailAddress","Value":"asha.{number}@example.com"}},'
        f'{{"Attribute":"Phone","Value":"+91-{9_000_000_000 + number}"}},'
        f'{{"Attribute":"Company","Value":"{_COMPANIES[number % len(_COMPANIES)]}"}},'
        f'{{"Attribute":"mx_City","Value":"{_CITIES[number % len(_CITIES)]}"}}]'
    ).encode()


class Load:
    """Creates leads at one server, round after round. Raises WrongAnswer at the first one."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._head = (
            "POST /v2/LeadManagement.svc/Lead.Create HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{target.port}\r\n"
            "User-Agent: leadwire-bench\r\n"
            "Accept: */*\r\n"
            f"x-LSQ-AccessKey: {target.keys.access_key}\r\n"
            f"x-LSQ-SecretKey: {target.keys.secret_key}\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: "
        ).encode()
        self.answered = 0
        self._number = 0

    async def run(self, seconds: float) -> LoadResult:
        """Keep every connection busy for *seconds*, then wait for the answers under way."""
        latencies_ns: list[int] = []
        loop = asyncio.get_running_loop()
        clients = [_Client(self, latencies_ns) for _ in range(CONNECTIONS)]
        waiting = iter(clients)
        for _ in clients:
            await loop.create_connection(lambda: next(waiting), "127.0.0.1", self._target.port)
        started_ns = perf_counter_ns()
        until_ns = started_ns + round(seconds * 1_000_000_000)
        await asyncio.gather(*(client.keep_busy(until_ns) for client in clients))
        elapsed_seconds = (perf_counter_ns() - started_ns) / 1_000_000_000
        self.answered += len(latencies_ns)
        return LoadResult(latencies_ns, elapsed_seconds)

    def next_request(self) -> bytes:
        self._number += 1
        body = lead_body(self._number)
        return b"%b%d\r\n\r\n%b" % (self._head, len(body), body)


class _Client(asyncio.Protocol):
    """One connection: sends a call, and the next one when the answer is whole."""

    def __init__(self, load: Load, latencies_ns: list[int]) -> None:
        self._load = load
        self._latencies_ns = latencies_ns
        self._received = b""
        self._transport: asyncio.Transport
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def keep_busy(self, until_ns: int) -> None:
        self._until_ns = until_ns
        self._send()
        await self._finished
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length_at = received.lower().find(_LENGTH) + len(_LENGTH)
        length = int(received[length_at : received.find(b"\r", length_at)])
        if len(received) < head_end + 4 + length:
            return
        now_ns = perf_counter_ns()
        if not received.startswith(_OK):
            self._fail(received.decode("latin-1"))
            return
        self._latencies_ns.append(now_ns - self._sent_ns)
        self._received = b""
        if now_ns < self._until_ns:
            self._send()
        else:
            self._finished.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(f"the connection was lost: {error}")

    def _send(self) -> None:
        self._sent_ns = perf_counter_ns()
        self._transport.write(self._load.next_request())

    def _fail(self, reason: str) -> None:
        if not self._finished.done():
            self._finished.set_exception(WrongAnswer(reason))
