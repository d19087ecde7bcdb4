"""A proxy that is killed, or told to stop, while calls are under way at every stage."""

import asyncio
import signal
from pathlib import Path

import pytest
from proxy.calls import Proxied
from proxy.processes import ProxyProcess

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.stores.sqlite import SqliteCallReader

CALL_ID = b"x-leadwire-proxy-call-id: "
_STAGES = ("answered", "silent", "half an answer", "half a request")


class Upstream:
    """Answers, says nothing, or sends a half: as the path says. Notes the calls that it saw."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.changed = asyncio.Event()
        """Set by each call that is seen or answered."""
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.seen.add(call_id_of(head))
                self.changed.set()
                if b"/answered" in head:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                elif b"/half-answer" in head:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


def call_id_of(head: bytes) -> str:
    lines = head.lower().split(b"\r\n")
    return next(line for line in lines if line.startswith(CALL_ID)).removeprefix(CALL_ID).decode()


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def busy(to: Connection, number: int, answered: set[str], upstream: Upstream) -> None:
    """Call until the proxy ends: most calls are answered, and the last stays under way."""
    reader, writer = to
    stage = _STAGES[number % len(_STAGES)]
    try:
        for _ in range(1 if stage != "answered" else 1_000_000):
            path = {"answered": "answered", "half an answer": "half-answer"}.get(stage, "silent")
            length = 9 if stage == "half a request" else 2
            writer.write(
                f"POST /v2/LeadManagement.svc/Lead.Create/{path} HTTP/1.1\r\nHost: x\r\n"
                f"Content-Length: {length}\r\n\r\n[]".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(2)
            answered.add(call_id_of(head))
            upstream.changed.set()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def connect_for_ever(port: int) -> None:
    while True:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


def records_in(folder: Path) -> dict[str, CallRecord]:
    reader = SqliteCallReader(folder / "calls")
    try:
        found = reader.stream(CallQuery(account_id=None))
        return {record.call_id: record for record in found}
    finally:
        reader.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def die_busy(folder: Path, *, connections: int, answers: int) -> tuple[set[str], set[str]]:
    """Kill a busy proxy. The calls that were answered, and those that the upstream saw."""
    upstream = Upstream()
    address = f"http://127.0.0.1:{await upstream.start()}"
    proxy = await asyncio.to_thread(ProxyProcess(folder, "--upstream", address).start)
    answered: set[str] = set()
    opening = [asyncio.open_connection("127.0.0.1", proxy.port) for _ in range(connections)]
    calls = [
        asyncio.create_task(busy(connection, number, answered, upstream))
        for number, connection in enumerate(await asyncio.gather(*opening))
    ]
    async with asyncio.timeout(60):
        while len(answered) < answers or len(upstream.seen) < len(answered) + connections // 2:
            await upstream.changed.wait()
            upstream.changed.clear()
    proxy.kill()
    await asyncio.gather(*calls)
    await upstream.close()
    return answered, upstream.seen


async def recover(folder: Path) -> None:
    """What a start does, without a process."""
    proxied = Proxied(folder)
    await proxied.recording.recover()
    await proxied.close()


def assert_known(folder: Path, answered: set[str], seen: set[str]) -> None:
    records = records_in(folder)
    assert answered <= records.keys()
    assert seen <= records.keys()
    for call_id in answered:
        assert records[call_id].stage == "answered"
    left = [records[call_id] for call_id in seen - answered]
    ended = [record for record in left if record.exception_type == "ProxyEndedException"]
    assert ended
    assert {record.stage for record in left} <= {"answered", "sent_unanswered", "answer_cut"}


def test_a_killed_proxy_knows_every_call_that_its_upstream_saw(folder: Path) -> None:
    """Answered calls have their records. The others are there as sent, perhaps carried out."""
    answered, seen = asyncio.run(die_busy(folder, connections=16, answers=40))
    asyncio.run(recover(folder))
    assert_known(folder, answered, seen)


@pytest.mark.slow
def test_a_killed_proxy_knows_every_call_of_200_busy_connections(folder: Path) -> None:
    """The same with many connections and calls, again and again in one folder."""
    answered: set[str] = set()
    seen: set[str] = set()
    for _ in range(10):
        more = asyncio.run(die_busy(folder, connections=200, answers=2_000))
        answered |= more[0]
        seen |= more[1]
    ProxyProcess(folder, "--upstream", "http://127.0.0.1:1").start().stop()
    assert_known(folder, answered, seen)


def test_a_signal_lets_calls_end_and_a_second_one_cuts_them_short(folder: Path) -> None:
    """Either way each is recorded, and a new connection is refused meanwhile."""

    async def run() -> tuple[int, set[str]]:
        upstream = Upstream()
        address = f"http://127.0.0.1:{await upstream.start()}"
        flags = ("--upstream", address, "--shutdown-seconds", "60")
        proxy = await asyncio.to_thread(ProxyProcess(folder, *flags).start)
        connection = await asyncio.open_connection("127.0.0.1", proxy.port)
        call = asyncio.create_task(busy(connection, 1, set(), upstream))
        await upstream.changed.wait()
        proxy.send(signal.SIGTERM)
        with pytest.raises(ConnectionError):
            await connect_for_ever(proxy.port)
        assert not call.done()
        proxy.send(signal.SIGTERM)
        status = await asyncio.to_thread(proxy.wait)
        await call
        await upstream.close()
        return status, upstream.seen

    status, seen = asyncio.run(run())
    assert status == 0
    (record,) = records_in(folder).values()
    assert {record.call_id} == seen
    assert record.stage == "sent_unanswered"
    assert record.exception_type != "ProxyEndedException"
