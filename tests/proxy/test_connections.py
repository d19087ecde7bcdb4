"""Connections to the upstream are used again only where no answer can belong to another call."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxy.rig import ANYBODY, TLS, Rig, Wire, length_of, rig, run, until

from leadwire.clock import SystemClock
from leadwire.proxy.connecting import Connector
from leadwire.proxy.head import parse_answer
from leadwire.proxy.limits import Limits
from leadwire.proxy.routes import Origin
from leadwire.proxy.upstream import Upstream, UpstreamConnection

ASKED = b"GET /%b HTTP/1.1\r\nHost: proxy\r\n\r\n"
ANSWERED = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b"
UPLOAD_BYTES = 100_000
CONNECTIONS = 16


def answer(body: bytes, *lines: bytes) -> bytes:
    return ANSWERED % (len(body), b"".join(line + b"\r\n" for line in lines), body)


def nonce_of(head: bytes) -> bytes:
    """The path without its slash."""
    return head.split(b" ", 2)[1][1:]


async def early(wire: Wire) -> None:
    """Answers every other upload before it has read it, and goes on in order."""
    for number in range(1_000_000):
        head = await wire.head()
        if number % 2:
            await wire.send(answer(nonce_of(head)))
        await wire.exactly(length_of(head))
        if not number % 2:
            await wire.send(answer(nonce_of(head)))


async def twice(wire: Wire) -> None:
    """Sends a second answer that nobody asked for, in one piece with the first."""
    while True:
        nonce = nonce_of(await wire.head())
        await wire.send(answer(nonce) + answer(b"unasked"))


async def closing(wire: Wire) -> None:
    """Closes after each answer without saying so."""
    await wire.send(answer(nonce_of(await wire.head())))


UPSTREAMS = (early, twice, closing)


async def call_with_nonces(made: Rig, name: str, calls: int, upload: int) -> int:
    """Each answer carries its own request's nonce; how many there were.

    A call may fail, but never get another's answer.
    """
    answered = 0
    for number in range(calls):
        nonce = f"{name}-{number}".encode()
        wire = await made.caller()
        head = b"POST /%b HTTP/1.1\r\nHost: p\r\nContent-Length: %d\r\n\r\n" % (nonce, upload)
        await wire.send(head)
        try:
            if upload:  # the answer can come before the second half
                await wire.send(b"u" * (upload // 2))
                for _ in range(number % 8):
                    await asyncio.sleep(0)
                await wire.send(b"u" * (upload // 2))
            _, got = await wire.answer()
        except (asyncio.IncompleteReadError, ConnectionError):
            continue  # a reused connection had died
        finally:
            wire.abort()
        answered += 1
        assert got == nonce
    return answered


def play_nonces(calls: int) -> list[int]:
    """How many calls each of the upstreams answered; each answer belonged to its call."""
    found = []

    async def all_upstreams() -> None:
        for serve in UPSTREAMS:
            upload = UPLOAD_BYTES if serve is early else 0
            each = calls // CONNECTIONS // len(UPSTREAMS) + 1
            async with rig(serve) as made:
                callers = [
                    call_with_nonces(made, str(name), each, upload) for name in range(CONNECTIONS)
                ]
                found.append(sum(await asyncio.gather(*callers)))

    run(all_upstreams)
    return found


def test_no_caller_gets_the_answer_to_anothers_request() -> None:
    """From upstreams that answer early, twice, or close without a word."""
    assert min(play_nonces(200)) >= 200 // len(UPSTREAMS) // 4


@pytest.mark.slow
def test_no_caller_gets_the_answer_to_anothers_request_in_many_calls() -> None:
    """The same with 10,000 calls."""
    assert min(play_nonces(10_000)) >= 10_000 // len(UPSTREAMS) // 4


@pytest.mark.parametrize("is_read", [True, False])
def test_an_answer_that_nobody_asked_for_belongs_to_no_call(*, is_read: bool) -> None:
    """The connection it arrives on is not used again, even where it is not read yet."""
    release = asyncio.Event()

    async def serve(wire: Wire) -> None:
        nonce = nonce_of(await wire.head())
        await wire.send(answer(nonce))
        await release.wait()
        await wire.send(answer(b"unasked"))
        await wire.rest()

    async def unasked() -> None:
        async with rig(serve) as made:
            wire = await made.caller()
            await wire.send(ASKED % b"1")
            assert (await wire.answer())[1] == b"1"
            (upstream,) = made.relay._upstreams.values()
            now = asyncio.get_running_loop().time()
            pooled = upstream.take(now)
            assert pooled is not None
            assert pooled.transport is not None
            if is_read:
                upstream.give(pooled, now)
                release.set()
                await until(lambda: not upstream.has_idle)
            else:
                pooled.pause()  # as if the event loop had much else to do
                upstream.give(pooled, now)
                release.set()
                await until(lambda: not pooled.is_clean())
            await wire.send(ASKED % b"2")
            assert (await wire.answer())[1] == b"2"
            assert made.connections == 2

    run(unasked)


def test_a_connection_is_used_again() -> None:
    """Calls that were wholly exchanged share one connection."""

    async def serve(wire: Wire) -> None:
        while True:
            head = await wire.head()
            await wire.exactly(length_of(head))
            await wire.send(answer(b"ok"))

    async def again() -> None:
        async with rig(serve) as made:
            for _ in range(3):
                wire = await made.caller()
                await wire.send(ASKED % b"x")
                await wire.answer()
            assert made.connections == 1
            assert [call.ending.reused_connection for call in made.record.calls if call.ending] == [
                False,
                True,
                True,
            ]

    run(again)


def test_a_dead_reused_connection_is_not_tried_again() -> None:
    """The caller's connection closes without an answer; nothing is carried out twice."""
    carried_out: Counter[bytes] = Counter()

    async def serve(wire: Wire) -> None:
        carried_out[nonce_of(await wire.head())] += 1
        await wire.send(answer(b"ok"))
        carried_out[nonce_of(await wire.head())] += 1  # and closes

    async def dead() -> None:
        async with rig(serve) as made:
            wire = await made.caller()
            await wire.send(ASKED % b"1")
            await wire.answer()
            await wire.send(ASKED % b"2")
            assert await wire.rest() == b""
            call = await made.record.last()
            assert call.stage == "sent_unanswered"
            assert call.ending is not None
            assert call.ending.reused_connection
            assert call.ending.own_status == 0
            assert carried_out == {b"1": 1, b"2": 1}

    run(dead)


def test_calls_between_idle_closes_are_never_carried_out_twice() -> None:
    """The upstream closes idle connections while calls arrive. Its own count agrees with ours."""
    carried_out: Counter[bytes] = Counter()

    async def serve(wire: Wire) -> None:
        seconds = 20.0  # a connection that was never used is not idle
        while True:
            try:
                async with asyncio.timeout(seconds):
                    head = await wire.head()
            except TimeoutError:
                return
            seconds = 0.02
            carried_out[nonce_of(head)] += 1
            await wire.send(answer(nonce_of(head)))

    async def race() -> None:
        async with rig(serve) as made:
            for number in range(20):
                nonce = b"%d" % number
                wire = await made.caller()
                await wire.send(ASKED % nonce)
                raw = await asyncio.wait_for(wire.reader.read(1_000), 20)
                call = await made.record.last()
                assert carried_out[nonce] <= 1
                assert bool(raw) == (call.stage == "answered")
                if raw:
                    assert raw.endswith(nonce)
                    assert carried_out[nonce] == 1
                await asyncio.sleep(0.02)
            assert sum(call.was_sent for call in made.record.calls) == 20

    run(race)


class Transport:
    """Enough of a transport for the pool."""

    def __init__(self) -> None:
        self.is_aborted = False

    def set_write_buffer_limits(self, high: int) -> None: ...

    def get_extra_info(self, name: str) -> None: ...

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        self.is_aborted = True


def pool(reuse_seconds: float = 15) -> Upstream:
    origin = Origin("http", "127.0.0.1", 1)
    connector = Connector(origin, tls=TLS, outgoing=None, seconds_max=1)
    return Upstream(origin, connector, reuse_seconds=reuse_seconds)


def connection(upstream: Upstream) -> UpstreamConnection:
    made = UpstreamConnection(upstream)
    made.use(Transport())  # type: ignore[arg-type]
    made.uses = 1
    return made


@given(
    announced=st.one_of(st.none(), st.integers(0, 100)),
    reuse_seconds=st.floats(0, 30),
    idle=st.floats(0, 120),
)
def test_an_idle_connection_ages(announced: int | None, reuse_seconds: float, idle: float) -> None:
    """It is used within the limit, and a second less than the upstream announces."""
    upstream = pool(reuse_seconds)
    used = connection(upstream)
    line = "" if announced is None else f"Keep-Alive: max=5, timeout={announced}\r\n"
    used.note_keep_alive(parse_answer(f"HTTP/1.1 200 OK\r\n{line}\r\n".encode()))
    longest = min(reuse_seconds, announced - 1) if announced is not None else reuse_seconds
    upstream.give(used, 1_000.0)
    taken = upstream.take(1_000.0 + idle)
    assert (taken is used) == (1_000.0 + idle - 1_000.0 < longest)
    assert used.transport.is_aborted == (taken is None)  # type: ignore[union-attr]


def test_the_last_used_connection_is_used_first() -> None:
    """So those that are not needed get old and close."""
    upstream = pool()
    first, second = connection(upstream), connection(upstream)
    upstream.give(first, 1.0)
    upstream.give(second, 2.0)
    assert upstream.take(3.0) is second
    assert upstream.take(3.0) is first
    assert upstream.take(3.0) is None


def test_when_the_upstream_closes_idle_connections_is_learnt() -> None:
    """From then on, connections are used for half of that time; later it is forgotten."""

    async def learn() -> None:
        now = asyncio.get_running_loop().time()
        upstream = pool()
        closed = connection(upstream)
        upstream.give(closed, now - 4.0)
        closed.eof_received()
        kept = connection(upstream)
        upstream.give(kept, now)
        assert upstream.take(now + 2.5) is None
        upstream.give(connection(upstream), now)
        assert upstream.take(now + 1.5) is not None
        upstream.give(connection(upstream), now + 700)
        assert upstream.take(now + 705) is not None

    run(learn)


def test_the_nearest_untrusted_address_is_the_callers() -> None:
    """X-Forwarded-For counts only from a named proxy, and only what such proxies wrote."""
    cases = [
        (ANYBODY, b"X-Forwarded-For: 10.0.0.9, 192.0.2.7\r\n", "192.0.2.7"),
        (ANYBODY, b"X-Forwarded-For: 192.0.2.7, 127.0.0.3\r\n", "192.0.2.7"),
        (ANYBODY, b"X-Forwarded-For: 192.0.2.7, nonsense\r\n", "127.0.0.1"),
        (ANYBODY, b"X-Forwarded-For: 192.0.2.7:99\r\n", "192.0.2.7"),
        (
            ANYBODY,
            b"X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: [2001:db8::1]:99\r\n",
            "2001:db8::1",
        ),
        (ANYBODY, b"", "127.0.0.1"),
        ((), b"X-Forwarded-For: 192.0.2.7\r\n", "127.0.0.1"),
    ]

    async def addresses() -> None:
        for proxies, line, expected in cases:
            async with rig(closing, proxies=proxies) as made:
                await made.ask(b"GET / HTTP/1.1\r\nHost: p\r\nConnection: close\r\n%b\r\n" % line)
                assert (await made.record.last()).peer == expected

    run(addresses)


def test_the_host_chooses_the_upstream() -> None:
    """Whatever the path says; an unknown host gets the upstream without a host."""
    seen: list[bytes] = []

    async def serve(wire: Wire) -> None:
        seen.append(await wire.head())
        await wire.send(answer(b"files"))

    async def choose() -> None:
        async with rig(closing) as files:
            files.serve = serve
            route = f"Files.example=http://127.0.0.1:{files.upstream_port}"
            async with rig(closing) as api:
                default = f"http://127.0.0.1:{api.upstream_port}"
                async with rig(closing, routes=[route, default]) as made:
                    ask = b"GET /api HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n"
                    assert (await made.ask(ask % b"files.EXAMPLE:8080")).endswith(b"files")
                    assert b"Host: 127.0.0.1:%d\r\n" % files.upstream_port in seen[0]
                    assert (await made.ask(ask % b"evil.example")).endswith(b"api")
                    absolute = ask.replace(b"/api", b"http://files.example/") % b"x"
                    assert (await made.ask(absolute)).endswith(b"files")
                async with rig(closing, routes=[route]) as made:
                    assert (await made.ask(ask % b"evil")).startswith(b"HTTP/1.1 400 ")

    run(choose)


def test_open_calls_end_before_the_proxy_does() -> None:
    """A drain takes no new connections, lets calls end, and closes idle connections."""
    release = asyncio.Event()

    async def serve(wire: Wire) -> None:
        nonce = nonce_of(await wire.head())
        await release.wait()
        await wire.send(answer(nonce))

    async def drain() -> None:
        async with rig(serve) as made:
            busy, idle = await made.caller(), await made.caller()
            await busy.send(ASKED % b"busy")
            await until(lambda: made.connections == 1)
            draining = asyncio.create_task(made.relay.drain(20))
            await asyncio.sleep(0)
            with pytest.raises(OSError, match="refused"):
                await Wire.to(made.port)
            await idle.send(ASKED % b"last")  # it was connected before
            await until(lambda: made.connections == 2)
            release.set()
            for wire in (busy, idle):
                head, _ = await wire.answer()
                assert b"Connection: close" in head
                assert await wire.rest() == b""
            await draining
            assert [call.stage for call in made.record.calls] == ["answered"] * 2

    run(drain)


def test_calls_that_do_not_end_in_time_are_recorded() -> None:
    """They may have been carried out."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        await asyncio.Event().wait()

    async def drain() -> None:
        async with rig(serve, limits=Limits(), clock=SystemClock()) as made:
            wire = await made.caller()
            await wire.send(ASKED % b"x")
            await until(lambda: made.connections == 1)
            await made.relay.drain(0)
            call = await made.record.last()
            assert call.stage == "sent_unanswered"
            assert call.ending is not None
            assert call.ending.reason == "The proxy was stopped."
            assert await wire.rest() == b""

    run(drain)


def test_the_proxy_does_not_end_before_its_calls_are_recorded() -> None:
    """An answered call and a refused one. The next call of a connection does not begin."""

    async def serve(wire: Wire) -> None:
        await wire.send(answer(nonce_of(await wire.head())))

    async def drain() -> None:
        async with rig(serve) as made:
            holds = made.record.holds = asyncio.Event()
            answered, refused = await made.caller(), await made.caller()
            await answered.send(ASKED % b"first" + ASKED % b"second")
            await refused.send(b"GET / HTTP/1.1\r\n\r\n")
            await until(lambda: [call.ending is None for call in made.record.calls] == [False] * 2)
            draining = asyncio.create_task(made.relay.drain(0))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not draining.done()
            holds.set()
            await draining
            assert {call.stage for call in made.record.calls} == {"answered", "refused"}
            assert len(made.record.calls) == 2
            assert (await answered.rest()).endswith(b"first")

    run(drain)
