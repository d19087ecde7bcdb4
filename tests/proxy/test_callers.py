"""Callers that wait, leave, are slow, send several requests at once, or speak HTTP/1.0."""

import asyncio
import resource

import pytest
from proxy.rig import Rig, Wire, length_of, rig, run, until
from proxy.timers import StandingTimers

from leadwire.headers import PROXY_CALL_ID_HEADER
from leadwire.proxy.limits import Limits
from leadwire.proxy.pace import Pace, Rate
from leadwire.proxy.upstream import BUFFER_BYTES_MAX
from leadwire.proxy.watching import Refusal

GET = b"GET /%b HTTP/1.1\r\nHost: proxy\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
UPLOAD = b"POST / HTTP/1.1\r\nHost: p\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"


class Upstream:
    """Keeps what it got, and answers when it is released."""

    def __init__(self, answer: bytes = OK) -> None:
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.release = asyncio.Event()
        self.is_cut = asyncio.Event()
        self.answer = answer

    async def serve(self, wire: Wire) -> None:
        try:
            while True:
                head = await wire.head()
                self.heads.append(head)
                self.bodies.append(await wire.exactly(length_of(head)))
                await self.release.wait()
                await wire.send(self.answer)
        finally:
            self.is_cut.set()


def test_100_continue_passes_before_the_body_is_sent() -> None:
    """Expect goes to the upstream, and its 100 comes back; the caller then sends the body."""

    async def serve(wire: Wire) -> None:
        head = await wire.head()
        assert b"Expect: 100-continue\r\n" in head
        await wire.send(CONTINUE)
        assert await wire.exactly(5) == b"hello"
        await wire.send(OK)

    async def expect() -> None:
        async with rig(serve) as made:
            wire = await made.caller()
            await wire.send(UPLOAD)
            assert await wire.head() == CONTINUE
            await wire.send(b"hello")
            assert (await wire.answer())[1] == b"ok"
            call = await made.record.last()
            assert [head.status for head in call.interims] == [100]
            assert call.request == b"hello"

    run(expect)


def test_a_refusal_instead_of_100_ends_the_upload() -> None:
    """The caller gets 401 although it has not sent its body; both connections close."""
    refused = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"

    async def serve(wire: Wire) -> None:
        await wire.head()
        await wire.send(refused)
        assert await wire.rest() == b""

    async def expect() -> None:
        async with rig(serve) as made:
            wire = await made.caller()
            await wire.send(UPLOAD)
            head, body = await wire.answer()
            assert (head[:12], body) == (b"HTTP/1.1 401", b"no")
            assert b"Connection: close" in head
            assert await wire.rest() == b""
            assert (await made.record.last()).stage == "answered"

    run(expect)


def test_an_upload_that_is_answered_early_can_still_be_written() -> None:
    """What comes after the answer is dropped; the answer is still there to be read."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        await wire.send(OK)

    async def upload() -> None:
        async with rig(serve) as made:
            wire = await made.caller()
            await wire.send(b"POST / HTTP/1.1\r\nHost: p\r\nContent-Length: 30000000\r\n\r\n")
            for _ in range(300):
                await wire.send(b"x" * 100_000)
            assert (await wire.answer())[1] == b"ok"
            assert await wire.rest() == b""

    run(upload)


def test_requests_that_arrive_together_are_answered_in_order() -> None:
    """However they are split; the next is sent on only when the answer before is out."""
    numbers = [b"%d" % number for number in range(5)]

    async def serve(wire: Wire) -> None:
        while True:
            path = (await wire.head()).split(b" ")[1]
            await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%b" % path)

    async def pipeline() -> None:
        async with rig(serve) as made:
            requests = b"\r\n".join(GET % number for number in numbers)
            for size in (1, 7, len(requests)):
                wire = await made.caller()
                for start in range(0, len(requests), size):
                    await wire.send(requests[start : start + size])
                    await asyncio.sleep(0)
                bodies = [(await wire.answer())[1] for _ in numbers]
                assert bodies == [b"/" + number for number in numbers]

    run(pipeline)


def test_a_flood_of_requests_is_not_read_ahead() -> None:
    """While a call waits, its connection is read no further than a bound."""
    upstream = Upstream()

    async def flood() -> None:
        async with rig(upstream.serve) as made:
            wire = await made.caller()
            wire.writer.transport.set_write_buffer_limits(0)
            wire.writer.write(GET % b"x" * 300_000)
            await until(lambda: bool(upstream.heads))
            for _ in range(200):
                await asyncio.sleep(0)
            (door,) = made.relay._doors
            assert len(door._pending) < 2 * BUFFER_BYTES_MAX
            assert wire.writer.transport.get_write_buffer_size() > 0
            wire.abort()

    run(flood)


def test_a_caller_that_half_closes_gets_its_answer() -> None:
    """It sends its request, then the end of its side, and reads."""
    upstream = Upstream()

    async def half_close() -> None:
        async with rig(upstream.serve) as made:
            wire = await made.caller()
            await wire.send(GET % b"x")
            wire.writer.write_eof()
            await until(lambda: bool(upstream.heads))
            upstream.release.set()
            raw = await wire.rest()
            assert raw.startswith(b"HTTP/1.1 200 OK")
            assert raw.endswith(b"ok")

    run(half_close)


def test_a_request_that_was_cut_by_a_half_close_does_not_wait() -> None:
    """The request before it is answered, and the rest of it cannot come."""
    upstream = Upstream()
    upstream.release.set()

    async def half_close() -> None:
        async with rig(upstream.serve) as made:
            half = b"POST /2 HTTP/1.1\r\nHost: p\r\nContent-Length: 10\r\n\r\nhalf"
            wire = await made.caller()
            await wire.send(GET % b"1" + half)
            wire.writer.write_eof()
            assert (await wire.answer())[1] == b"ok"
            assert await wire.rest() == b""
            assert (await made.record.last()).stage in ("never_sent", "sent_unanswered")
            assert upstream.bodies == [b""]

    run(half_close)


def test_an_answer_whose_caller_has_left_is_read_on() -> None:
    """The record says when the caller left, and what the upstream answered afterwards."""
    upstream = Upstream()

    async def gone() -> None:
        for leave in (Wire.reset, Wire.close):
            upstream.release.clear()
            upstream.heads.clear()
            async with rig(upstream.serve) as made:
                wire = await made.caller()
                await wire.send(GET % b"x")
                await until(lambda: bool(upstream.heads))
                leave(wire)
                await until(lambda: not made.relay._doors or _has_half_closed(made))
                upstream.release.set()
                call = await made.record.last()
                assert call.stage == "answered"
                assert call.body == b"ok"
                assert call.ending is not None
                assert call.ending.client_gone_after_ms is not None
                assert call.ending.client_gone_after_ms <= (call.ending.timings.end or 0)

    run(gone)


def _has_half_closed(made: Rig) -> bool:
    return all(door._has_half_closed or door.is_gone for door in made.relay._doors)


def test_reading_on_is_bounded() -> None:
    """In time and in bytes: then the upstream's connection is closed."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"

    async def silent(wire: Wire) -> None:
        await wire.head()
        await wire.send(head)
        await wire.reader.read(1)

    async def large(wire: Wire) -> None:
        await wire.head()
        await wire.send(head)
        while True:
            await wire.send(b"x" * 100_000)

    async def bounded() -> None:
        for serve, limits in (
            (silent, Limits(gone_seconds=0.05)),
            (large, Limits(gone_bytes=100_000)),
        ):
            async with rig(serve, limits=limits) as made:
                wire = await made.caller()
                await wire.send(GET % b"x")
                await wire.head()
                wire.reset()
                call = await made.record.last()
                assert call.stage == "answer_cut"
                assert "had left" in (call.ending.reason if call.ending else "")

    run(bounded)


def test_a_caller_that_leaves_within_its_request_ends_it() -> None:
    """The upstream's connection closes: the request cannot become whole."""
    upstream = Upstream()

    async def leave() -> None:
        async with rig(upstream.serve) as made:
            wire = await made.caller()
            await wire.send(b"POST / HTTP/1.1\r\nHost: p\r\nContent-Length: 10\r\n\r\nhalf")
            await until(lambda: bool(upstream.heads))
            wire.close()
            call = await made.record.last()
            assert call.stage == "sent_unanswered"
            assert call.request == b"half"
            await asyncio.wait_for(upstream.is_cut.wait(), 20)
            assert upstream.bodies == []

    run(leave)


def relay_megabytes(count: int) -> list[int]:
    """Send *count* megabytes each way, to a slow upstream and a slow caller.

    Returns how many bytes of request and answer the recording saw.
    """
    piece = b"x" * 1_000_000
    size = count * len(piece)
    seen: list[int] = []

    async def serve(wire: Wire) -> None:
        head = await wire.head()
        left = length_of(head)
        while left:
            left -= len(await wire.reader.read(65_536))
            await asyncio.sleep(0)
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(count):
            await wire.send(piece)

    async def relay() -> None:
        async with rig(serve) as made:
            made.record.keeps_bodies = False
            wire = await made.caller()
            await wire.send(b"POST / HTTP/1.1\r\nHost: p\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(count):
                await wire.send(piece)
                _check_buffers(made)
            assert length_of(await wire.head()) == size
            left = size
            while left:
                left -= len(await wire.reader.read(65_536))
                await asyncio.sleep(0)
                _check_buffers(made)
            call = await made.record.last()
            assert call.stage == "answered"
            seen.extend(call.seen)

    run(relay)
    return seen


def _check_buffers(made: Rig) -> None:
    """What waits in the relay, in either direction, is bounded."""
    for door in made.relay._doors:
        assert len(door._pending) <= 2 * BUFFER_BYTES_MAX
        transports = [door._transport]
        if door._exchange is not None and door._exchange._connection is not None:
            transports.append(door._exchange._connection.transport)
        for transport in transports:
            if transport is not None:
                assert transport.get_write_buffer_size() <= 3 * BUFFER_BYTES_MAX


def test_large_bodies_pass_in_bounded_memory() -> None:
    """A slow reader on either side makes the other side wait."""
    assert relay_megabytes(8) == [8_000_000, 8_000_000]


@pytest.mark.slow
def test_a_gigabyte_each_way_passes_in_bounded_memory() -> None:
    """The process does not grow with the bodies."""
    relay_megabytes(20)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert relay_megabytes(1_000) == [1_000_000_000, 1_000_000_000]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kB


def test_a_caller_that_does_not_read_is_dropped() -> None:
    """After the time limit; the answer is then read on within its own bounds."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            await wire.send(b"x" * 1_000_000)

    async def stuck() -> None:
        limits = Limits(idle_seconds=0.3, gone_seconds=0.3)
        async with rig(serve, limits=limits) as made:
            wire = await made.caller()
            wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await wire.send(GET % b"x")
            await until(lambda: bool(made.record.calls))
            call = await made.record.last()
            assert call.stage == "answer_cut"
            assert call.ending is not None
            assert call.ending.client_gone_after_ms is not None

    run(stuck)


CLOSE = b"Connection: close\r\n"
NO = b"HTTP/1.1 204 No\r\n\r\n"
NO_CLOSED = b"HTTP/1.1 204 No\r\n" + CLOSE + b"ID\r\n\r\n"
BOTH = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n"
OLD_CHUNKED = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n"
X_CHUNKED = b"1\r\nx\r\n0\r\n\r\n"
HOP = (
    b"Connection: X-Hop, TE , close\r\nX-HOP: 1\r\nTE: trailers\r\nKeep-Alive: timeout=1\r\n"
    b"Proxy-Connection: close\r\n"
)
H2C = (
    b"Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
)
ANSWER_HOP = b"Connection:\r\nConnection: X-B\r\nX-B: 1\r\nKeep-Alive: timeout=5\r\n"
NAMES_FRAMING = b"Connection: content-length, close\r\n"
EXCHANGED = {  # what the caller sends, the upstream gets, the upstream answers, the caller gets
    "HTTP/1.0 without a host": (
        b"GET /a HTTP/1.0\r\nX: 1\r\n\r\n",
        b"GET /a HTTP/1.0\r\nHost: HOST\r\nX: 1\r\nID\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nbody",
        b"HTTP/1.0 200 OK\r\n" + CLOSE + b"ID\r\n\r\nbody",
    ),
    "HTTP/1.0 gets no 1xx": (
        b"GET /a HTTP/1.0\r\n\r\n",
        b"GET /a HTTP/1.0\r\nHost: HOST\r\nID\r\n\r\n",
        b"HTTP/1.1 103 Early\r\n\r\n" + NO,
        NO_CLOSED,
    ),
    "absolute form": (
        b"GET http://other.example:81?q=1 HTTP/1.1\r\nHost: p\r\n" + CLOSE + b"\r\n",
        b"GET /?q=1 HTTP/1.1\r\nHost: HOST\r\nID\r\n\r\n",
        NO,
        NO_CLOSED,
    ),
    "an asterisk": (
        b"OPTIONS * HTTP/1.1\r\nhOST:p\r\n" + CLOSE + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\nhOST: HOST\r\nID\r\n\r\n",
        NO,
        NO_CLOSED,
    ),
    "headers of one connection": (
        b"GET / HTTP/1.1\r\nHost: p\r\n" + HOP + b"X-Kept: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nX-Kept: 1\r\nID\r\n\r\n",
        b"HTTP/1.1 204 No\r\n" + ANSWER_HOP + b"X-C: 1\r\n\r\n",
        b"HTTP/1.1 204 No\r\nX-C: 1\r\n" + CLOSE + b"ID\r\n\r\n",
    ),
    "an offer of h2c, which a server may ignore": (
        b"GET / HTTP/1.1\r\nHost: p\r\n" + H2C + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nID\r\n\r\n",
        NO,
        NO_CLOSED,
    ),
    "Connection names the framing, which stays": (
        b"PUT / HTTP/1.1\r\nHost: p\r\n" + NAMES_FRAMING + b"Content-Length: 1\r\n\r\nx",
        b"PUT / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nID\r\n\r\nx",
        NO,
        NO_CLOSED,
    ),
    "length and chunks in an answer": (
        b"GET / HTTP/1.1\r\nHost: p\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nID\r\n\r\n",
        BOTH + b"\r\n" + X_CHUNKED,
        BOTH + CLOSE + b"ID\r\n\r\n" + X_CHUNKED,
    ),
    "chunks in an answer of HTTP/1.0": (
        b"GET / HTTP/1.1\r\nHost: p\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: HOST\r\nID\r\n\r\n",
        OLD_CHUNKED + b"\r\n" + X_CHUNKED,
        OLD_CHUNKED + CLOSE + b"ID\r\n\r\n" + X_CHUNKED,
    ),
}


def test_each_difference_is_one_of_the_table() -> None:
    """Host, target, headers of one connection, the call's id, and nothing else."""
    sent: list[bytes] = []
    answers: list[bytes] = []

    async def serve(wire: Wire) -> None:
        head = await wire.head()
        sent.append(head + await wire.exactly(length_of(head)))
        await wire.send(answers[-1])
        wire.close()

    async def exchange() -> None:
        async with rig(serve) as made:
            for name, (request, passed_on, answer, handed_over) in EXCHANGED.items():
                answers.append(answer)
                raw = await made.ask(request)
                call_id = f"{PROXY_CALL_ID_HEADER}: {made.record.calls[-1].call_id}".encode()
                host = b"127.0.0.1:%d" % made.upstream_port
                assert sent[-1] == passed_on.replace(b"HOST", host).replace(b"ID", call_id), name
                assert raw == handed_over.replace(b"ID", call_id), name

    run(exchange)


def test_empty_lines_before_a_request_are_skipped_wherever_they_are_split() -> None:
    """A piece may end within a line end."""
    upstream = Upstream()
    upstream.release.set()
    request = b"\r\n\r\n" + GET % b"x"

    async def every_split() -> None:
        async with rig(upstream.serve) as made:
            wire = await made.caller()
            await until(lambda: bool(made.relay._doors))
            (door,) = made.relay._doors
            for cut in range(1, 6):
                door.data_received(request[:cut])
                door.data_received(request[cut:])
                assert (await wire.answer())[1] == b"ok", cut

    run(every_split)


def test_the_last_bytes_wait_for_the_record() -> None:
    """Everything before them streams."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        await wire.send(b"ab")
        await until(lambda: passed == [b"ab"])
        await wire.send(b"cd")
        await wire.rest()

    passed: list[bytes] = []

    async def wait() -> None:
        async with rig(serve) as made:
            made.record.holds = asyncio.Event()
            wire = await made.caller()
            await wire.send(GET % b"x")
            await wire.head()
            passed.append(await wire.exactly(2))
            await until(lambda: made.record.calls[-1].ending is not None)
            rest = asyncio.create_task(wire.exactly(2))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not rest.done()
            made.record.holds.set()
            assert await rest == b"cd"

    run(wait)


def test_a_call_that_the_recording_refuses_is_not_sent() -> None:
    """The caller gets the recording's status, in the envelope and with its id."""
    upstream = Upstream()

    async def refuse() -> None:
        async with rig(upstream.serve) as made:
            made.record.refusal = Refusal(503, "CallNotRecordedException", "Full.", "call-x", 5)
            raw = await made.ask(GET % b"x")
            assert raw.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 5\r\n" in raw
            assert b"X-Leadwire-Proxy-Call-Id: call-x\r\n" in raw
            assert raw.endswith(
                b'{"Status":"Error","ExceptionType":"CallNotRecordedException",'
                b'"ExceptionMessage":"Full."}'
            )
            assert made.connections == 0

    run(refuse)


def one_at_a_time(timers: StandingTimers, *, waiting_max: int = 10) -> Pace:
    """One call in 5 seconds of *timers*; the first window is full."""
    return Pace(
        Rate(1, 5),
        timers,
        margin_seconds=0,
        waiting_max=waiting_max,
        waiting_seconds_max=100,
    )


def test_a_caller_that_leaves_while_held_is_never_sent_on() -> None:
    """Whether its request was read whole, or its upload waits unread."""
    upstream = Upstream()
    upstream.release.set()

    timers = StandingTimers()

    async def leave() -> None:
        async with rig(upstream.serve, pace=one_at_a_time(timers)) as made:
            whole, upload = await made.caller(), await made.caller()
            await whole.send(GET % b"x")
            await upload.send(b"POST /u HTTP/1.1\r\nHost: p\r\nContent-Length: 9\r\n\r\nhalf")
            await until(lambda: len(made.record.calls) == 2)
            whole.close()
            await asyncio.wait_for(made.record.calls[0].ended.wait(), 20)
            upload.close()
            doors = tuple(made.relay._doors)
            await until(lambda: all(door.has_left() for door in doors))
            timers.pass_until(timers.now + 6)
            for call in made.record.calls:
                await asyncio.wait_for(call.ended.wait(), 20)
                assert call.stage == "never_sent"
                assert not call.was_sent
            assert upstream.heads == []

    run(leave)


def test_a_held_call_is_sent_in_its_turn() -> None:
    """Its body is not read before; the record says how long it was held."""
    upstream = Upstream()
    upstream.release.set()

    timers = StandingTimers()

    async def hold() -> None:
        async with rig(upstream.serve, pace=one_at_a_time(timers)) as made:
            wire = await made.caller()
            await wire.send(b"POST /u HTTP/1.1\r\nHost: p\r\nContent-Length: 9\r\n\r\nhalf")
            await until(lambda: bool(made.record.calls))
            await wire.send(b"-half")
            for _ in range(20):
                await asyncio.sleep(0)
            call = made.record.calls[-1]
            assert call.request == b"half"
            timers.pass_until(timers.now + 6)
            assert (await wire.answer())[1] == b"ok"
            call = await made.record.last()
            assert call.request == b"half-half"
            assert call.ending is not None
            assert call.ending.timings.held == 5_000

    run(hold)


def test_a_call_without_a_turn_gets_429_of_ours() -> None:
    """In the form of the upstream's own limit, so that clients wait as they do there."""

    async def lose() -> None:
        async with rig(
            Upstream().serve, pace=one_at_a_time(StandingTimers(), waiting_max=0)
        ) as made:
            wire = await made.caller()
            await wire.send(GET % b"x")
            head, body = await wire.answer()
            assert head.startswith(b"HTTP/1.1 429 ")
            assert b"Retry-After: 5\r\n" in head
            assert b"MXAPIRateLimitExceededException" in body
            assert b"The proxy did not send the call on" in body
            call = await made.record.last()
            assert (call.stage, call.was_sent) == ("paced_out", False)
            assert made.connections == 0

    run(lose)


def test_many_calls_in_one_piece_are_refused_one_after_the_other() -> None:
    """Each ends at once, and no call ends within the one before it."""

    async def lose() -> None:
        async with rig(
            Upstream().serve, pace=one_at_a_time(StandingTimers(), waiting_max=0)
        ) as made:
            wire = await made.caller()
            await wire.send(GET % b"x" * 1_000)
            for _ in range(1_000):
                head, _ = await wire.answer()
                assert head.startswith(b"HTTP/1.1 429 ")

    run(lose)
