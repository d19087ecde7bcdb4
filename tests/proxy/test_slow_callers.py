"""A caller that reads slowly gets its whole answer; one that does not read is let go."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from proxy.rig import Rig, Wire, rig, run, until

from leadwire.proxy.door import Door
from leadwire.proxy.limits import Limits

ANSWER_BYTES = 200_000
"""Less than the relay keeps for a caller, and more than the system does."""
LIMITS = Limits()


class Slow:
    """A caller that has not read anything yet. Only ``look`` looks at the time limits."""

    def __init__(self, made: Rig, wire: Wire, door: Door) -> None:
        self.wire = wire
        self._made = made
        self._door = door
        self._now = asyncio.get_running_loop().time()

    async def has_answered(self) -> None:
        await until(lambda: self._made.record.calls[-1:] != [])
        await self._made.record.last()

    def look(self, *, later: float) -> bool:
        """Look at the limits after *later* seconds more; whether the caller is still there."""
        self._now += later
        self._door.tick(self._now)
        transport = self._door._transport
        return transport is not None and self._door.unsent_bytes > 0

    async def read(self, count: int) -> None:
        """Read *count* bytes, and wait until the relay has noticed."""
        before = self._door.unsent_bytes
        await self.wire.exactly(count)
        await until(lambda: self._door.unsent_bytes < before)


async def serve(wire: Wire) -> None:
    while True:
        head = await wire.head()
        count = int(head.split()[1][1:])
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count)
        await wire.send(b"x" * count)


@asynccontextmanager
async def slow_caller(
    monkeypatch: pytest.MonkeyPatch, count: int, lines: bytes
) -> AsyncIterator[Slow]:
    """A caller that asked for *count* bytes, and whose system takes only few of them."""
    async with rig(serve, limits=LIMITS) as made:
        monkeypatch.setattr(made.relay, "_look", lambda: None)
        (listening,) = made.relay._servers[0].sockets
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(0)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", made.port))
        wire = Wire(*await asyncio.open_connection(sock=connection, limit=4_096))
        await wire.send(b"GET /%d HTTP/1.1\r\nHost: p\r\n%b\r\n" % (count, lines))
        (door,) = made.relay._doors
        yield Slow(made, wire, door)
        wire.abort()


@pytest.mark.parametrize("lines", [b"", b"Connection: close\r\n"])
def test_the_last_bytes_of_an_answer_wait_for_their_caller(
    monkeypatch: pytest.MonkeyPatch, lines: bytes
) -> None:
    """Whether its connection closes after the answer, or for being idle."""

    async def read_slowly() -> None:
        async with slow_caller(monkeypatch, ANSWER_BYTES, lines) as slow:
            await slow.has_answered()
            head = await slow.wire.head()
            assert slow.look(later=LIMITS.keep_alive_seconds + 1)
            read = 0
            while slow.look(later=LIMITS.idle_seconds - 1):
                await slow.read(50_000)
                read += 50_000
            assert head.startswith(b"HTTP/1.1 200 ")
            assert read + len(await slow.wire.exactly(ANSWER_BYTES - read)) == ANSWER_BYTES

    run(read_slowly)


@pytest.mark.parametrize("lines", [b"", b"Connection: close\r\n"])
def test_a_caller_that_never_reads_its_last_answer_is_let_go(
    monkeypatch: pytest.MonkeyPatch, lines: bytes
) -> None:
    """So its connection does not count for ever."""

    async def never_read() -> None:
        async with slow_caller(monkeypatch, ANSWER_BYTES, lines) as slow:
            await slow.has_answered()
            assert slow.look(later=LIMITS.keep_alive_seconds + 1)
            assert slow.look(later=1)
            slow.look(later=LIMITS.idle_seconds + 1)
            await until(lambda: slow._door.is_gone)

    run(never_read)


def test_a_caller_that_reads_slowly_within_an_answer_is_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though the relay has not resumed reading the upstream."""

    async def read_slowly() -> None:
        async with slow_caller(monkeypatch, 15 * ANSWER_BYTES, b"") as slow:
            await until(lambda: slow._door._is_full)
            for _ in range(3):
                assert slow.look(later=LIMITS.idle_seconds - 1)
                await slow.read(10_000)
            slow.look(later=1)
            slow.look(later=LIMITS.idle_seconds + 1)
            await until(lambda: slow._door.is_gone)

    run(read_slowly)
