"""What a caller gets, and what is recorded, when a call does not go well."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable

import pytest
from proxy.rig import CALL_ID, Wire, length_of, rig, run, until

from leadwire.proxy.limits import Limits

GET = b"GET /v2/x HTTP/1.1\r\nHost: proxy\r\n\r\n"
POST = b"POST /v2/x HTTP/1.1\r\nHost: proxy\r\nContent-Length: 5\r\n\r\nhello"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
QUICK = Limits(first_byte_seconds=0.2, idle_seconds=0.2)
"""Only for calls that run into these limits: others may take their time."""


def check_own(raw: bytes, status: int, exception_type: str) -> None:
    """*raw* is one answer of the proxy itself, in the contract's envelope and with a call id."""
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), raw
    assert b"\r\n" + CALL_ID in head
    assert length_of(head) == len(body)
    answer = json.loads(body)
    assert list(answer) == ["Status", "ExceptionType", "ExceptionMessage"]
    assert answer["ExceptionType"] == exception_type, raw


def after_head(then: Callable[[Wire], Awaitable[None]]) -> Callable[[Wire], Awaitable[None]]:
    async def serve(wire: Wire) -> None:
        await wire.head()
        await then(wire)

    return serve


def sends(*pieces: bytes, then: str = "close") -> Callable[[Wire], Awaitable[None]]:
    """An upstream that reads a head, sends *pieces*, and then closes, resets or stalls."""

    async def serve(wire: Wire) -> None:
        await wire.head()
        for piece in pieces:
            await wire.send(piece)
        if then == "stall":
            await asyncio.Event().wait()
        if then == "close":
            wire.close()
            await wire.rest()

    return serve


INVALID = ("not_understood", 502, "UpstreamAnswerInvalidException")
UNANSWERED = ("sent_unanswered", 502, "UpstreamUnansweredException")
TIMEOUT = ("sent_unanswered", 504, "UpstreamTimeoutException")
FAILURES = {
    "reset before the head": (sends(then="reset"), UNANSWERED),
    "closed before the head": (sends(), UNANSWERED),
    "closed within the head": (sends(b"HTTP/1.1 200 OK\r\nConte"), INVALID),
    "garbage": (sends(b"SSH-2.0-x\r\n", then="stall"), INVALID),
    "HTTP/2": (sends(b"HTTP/2 200 OK\r\n\r\n", then="stall"), INVALID),
    "an endless head": (
        sends(b"HTTP/1.1 200 OK\r\n", *[b"X: %b\r\n" % (b"y" * 1_000)] * 70, then="stall"),
        INVALID,
    ),
    "a folded header": (
        sends(b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"),
        INVALID,
    ),
    "two different lengths": (
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        INVALID,
    ),
    "a protocol that was not asked for": (
        sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", then="stall"),
        INVALID,
    ),
    "interim answers without end": (
        sends(b"HTTP/1.1 102 Processing\r\n\r\n" * 101, then="stall"),
        INVALID,
    ),
    "no answer": (sends(then="stall"), TIMEOUT),
    "no answer after 100": (sends(b"HTTP/1.1 100 Continue\r\n\r\n", then="stall"), TIMEOUT),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failed_answer_has_its_stage_and_status(name: str) -> None:
    """The caller gets 502 or 504 in the envelope; the record says what may have happened."""
    serve, (stage, status, exception_type) = FAILURES[name]

    async def fail() -> None:
        limits = QUICK if status == 504 else Limits()
        async with rig(serve, limits=limits) as made:
            wire = await made.caller()
            await wire.send(POST)
            head = await wire.head()
            while head.startswith(b"HTTP/1.1 1"):
                head = await wire.head()
            check_own(head + await wire.exactly(length_of(head)), status, exception_type)
            call = await made.record.last()
            assert call.ending is not None
            assert (call.stage, call.ending.own_status) == (stage, status)
            assert call.ending.reason
            assert call.was_sent
            assert bool(call.ending.first_bytes) == (stage == "not_understood")
            assert call.answer is not None
            assert call.answer.status == status
            if status != 504:  # the caller's connection is still good
                made.serve = sends(OK, then="stall")
                await wire.send(GET)
                assert (await wire.answer())[1] == b"ok"

    run(fail)


CUTS = {
    "shorter than its length": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"),
    "reset within": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then="reset"),
    "no last chunk": sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
    "a chunk that is none": sends(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n", then="stall"
    ),
    "stalled within": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then="stall"),
    "until close, and stalled": sends(b"HTTP/1.1 200 OK\r\n\r\nhalf", then="stall"),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_cut_answer_is_seen_to_be_cut(name: str) -> None:
    """What came is handed over, then the connection closes without the answer's end."""

    async def cut() -> None:
        limits = QUICK if "stalled" in name else Limits()
        async with rig(CUTS[name], limits=limits) as made:
            raw = await made.ask(GET)
            assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"half" in raw
            assert not raw.endswith(b"0\r\n\r\n")
            call = await made.record.last()
            assert call.stage == "answer_cut"
            assert call.body == b"half"
            assert call.ending is not None
            assert call.ending.own_status == 0

    run(cut)


def test_a_call_that_found_no_connection_was_never_sent() -> None:
    """A refused connection, a name that does not exist, a port that does not answer."""

    async def unreachable() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for each in waiting:  # fill the queue of connections that nobody accepts
                each.settimeout(0)
                each.connect_ex(("127.0.0.1", port))
            closed = socket.create_server(("127.0.0.1", 0))
            nothing = closed.getsockname()[1]
            closed.close()
            cases = [
                (f"http://127.0.0.1:{nothing}", 502, b"refused"),
                ("http://no-such-host.invalid", 502, b"was not resolved"),
                (f"http://127.0.0.1:{port}", 504, b"TCP was not answered"),
            ]
            for route, status, said in cases:
                limits = Limits(connect_seconds=0.2 if status == 504 else 20)
                async with rig(sends(OK), limits=limits, routes=[route]) as made:
                    wire = await made.caller()
                    await wire.send(GET)
                    head, body = await wire.answer()
                    check_own(head + body, status, "UpstreamUnreachableException")
                    assert said in body, body
                    call = await made.record.last()
                    assert call.stage == "never_sent"
                    assert not call.was_sent
            for each in waiting:
                each.close()

    run(unreachable)


GET_ = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST_ = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "two lengths": (400, POST_ + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
    "a list of lengths": (400, POST_ + b"Content-Length: 1, 1\r\n\r\nx"),
    "a signed length": (400, POST_ + b"Content-Length: +1\r\n\r\nx"),
    "length and chunks": (400, POST_ + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "chunked twice": (400, POST_ + CHUNKED + CHUNKED + b"\r\n"),
    "another coding": (501, POST_ + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
    "a coding after a control character": (501, POST_ + b"Transfer-Encoding: \x0bchunked\r\n\r\n"),
    "chunks in HTTP/1.0": (400, b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n"),
    "a blank before the colon": (400, POST_ + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    "a folded header": (400, GET_ + b"A: b\r\n c\r\n\r\n"),
    "a folded first header": (400, b"GET / HTTP/1.1\r\n A: b\r\nHost: a\r\n\r\n"),
    "a bare line feed": (400, GET_ + b"A: b\nX: b\r\n\r\n"),
    "only line feeds": (400, b"GET / HTTP/1.1\nHost: a\n\n"),
    "a bare carriage return": (400, GET_ + b"A: b\rX: b\r\n\r\n"),
    "a NUL byte": (400, GET_ + b"X: a\x00b\r\n\r\n"),
    "a NUL byte in the target": (400, b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a blank in the target": (400, b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    "no host": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two hosts": (400, GET_ + b"Host: b\r\n\r\n"),
    "a header without a name": (400, GET_ + b": b\r\n\r\n"),
    "a header without a colon": (400, GET_ + b"abc\r\n\r\n"),
    "an authority as the target": (400, b"GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "credentials in the target": (400, b"GET http://u:p@a/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    "another version": (400, b"GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
    "HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "CONNECT": (501, b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    "a key in place of a method": (501, b"a" * 33 + b" / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "WebSocket": (501, GET_ + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
    "too many headers": (431, GET_ + b"X: y\r\n" * 200 + b"\r\n"),
    "large headers": (431, GET_ + b"X: %b\r\n\r\n" % (b"y" * 65_536)),
    "an endless first line": (431, b"GET /" + b"a" * 70_000),
}


def test_a_request_that_can_be_read_in_two_ways_is_refused() -> None:
    """Nothing of it reaches the upstream, what follows is not read, and it is recorded."""
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

    async def refuse() -> None:
        async with rig(sends(OK, then="stall")) as made:
            for name, (status, request) in REFUSED.items():
                raw = await made.ask(request + smuggled)
                assert raw.startswith(b"HTTP/1.1 %d " % status), (name, raw)
                assert raw.count(b"HTTP/1.1 ") == 1, name
                head, _, body = raw.partition(b"\r\n\r\n")
                assert b"Connection: close" in head, name
                assert length_of(head) == len(body), name
                call = await made.record.last()
                assert call.stage == "refused", name
                assert call.ending is not None
                assert call.ending.first_bytes.startswith(request[:15]), name
                assert call.head is None, name
            assert made.connections == 0
            assert len(made.record.calls) == len(REFUSED)

    run(refuse)


def test_a_late_head_is_answered_with_408() -> None:
    """A connection that sends half a head does not wait for ever; an unused one is just closed."""

    async def late() -> None:
        limits = Limits(head_seconds=0.1, keep_alive_seconds=0.1)
        async with rig(sends(OK), limits=limits) as made:
            check_own(await made.ask(GET[:10]), 408, "RequestTimeoutException")
            assert (await made.record.last()).stage == "refused"
            assert await made.ask(b"") == b""
            assert len(made.record.calls) == 1

    run(late)


def test_a_late_body_is_answered_with_408() -> None:
    """The upstream saw a part of the request, and the record says so."""

    async def late() -> None:
        async with rig(after_head(lambda wire: wire.reader.read()), limits=QUICK) as made:
            check_own(await made.ask(POST[:-1]), 408, "RequestTimeoutException")
            call = await made.record.last()
            assert call.stage == "sent_unanswered"
            assert call.request == b"hell"

    run(late)


def test_an_upstream_that_does_not_read_is_answered_with_504() -> None:
    """An upload that stands still ends, and the upstream saw a part of it."""

    async def stall(wire: Wire) -> None:
        wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.Event().wait()

    async def stuck() -> None:
        async with rig(after_head(stall), limits=QUICK) as made:
            wire = await made.caller()
            wire.writer.write(POST_ + b"Content-Length: 50000000\r\n\r\n" + b"x" * 50_000_000)
            head, body = await wire.answer()
            check_own(head + body, 504, "UpstreamTimeoutException")
            assert b"did not read the request" in body
            assert (await made.record.last()).stage == "sent_unanswered"

    run(stuck)


def test_a_broken_chunk_ends_the_request() -> None:
    """The upstream never gets the end of a request whose chunks cannot be read."""
    broken = b"3\r\nabc\r\nzz\r\n"

    async def ends() -> None:
        async with rig(after_head(lambda wire: wire.reader.read())) as made:
            wire = await made.caller()
            await wire.send(POST_ + CHUNKED + b"\r\n")
            await until(lambda: made.connections == 1)
            await wire.send(broken)
            check_own(await wire.rest(), 400, "InvalidHttpRequestException")
            assert (await made.record.last()).stage == "sent_unanswered"
            at_once = await made.ask(POST_ + CHUNKED + b"\r\n" + broken)
            check_own(at_once, 400, "InvalidHttpRequestException")
            assert (await made.record.last()).stage == "refused"
            assert made.connections == 1

    run(ends)


def test_a_proxy_that_calls_itself_is_noticed() -> None:
    """By the call id that its own request carries."""

    async def loop() -> None:
        async with rig(sends(OK)) as made:
            spare = socket.create_server(("127.0.0.1", 0))
            route = f"http://127.0.0.1:{spare.getsockname()[1]}"
            async with rig(sends(OK), routes=[route]) as looped:
                await looped.relay.listen_on([spare])
                wire = await looped.caller()
                await wire.send(GET)
                head, body = await wire.answer()
                assert head.startswith(b"HTTP/1.1 508 ")
                assert b"ProxyLoopException" in body
                assert len(looped.record.calls) == 2
            assert made.connections == 0

    run(loop)


def test_a_stranger_is_turned_away_before_anything_is_read() -> None:
    """Only named addresses may call. Nobody else can fill the log."""

    async def stranger() -> None:
        async with rig(sends(OK), callers=()) as made:
            raw = await made.ask(GET)
            assert raw.startswith(b"HTTP/1.1 403 ")
            assert b"CallerNotAllowedException" in raw
            assert (made.connections, made.record.calls) == (0, [])

    run(stranger)


def test_a_new_connection_takes_the_place_of_an_idle_one() -> None:
    """Where all are busy, it gets 503 and nothing is sent on."""

    async def crowd() -> None:
        async with rig(sends(then="stall"), limits=Limits(connections=2)) as made:
            idle, busy = await made.caller(), await made.caller()
            await busy.send(GET)
            await until(lambda: made.connections == 1)
            third = await made.caller()
            await third.send(GET)
            assert await idle.rest() == b""
            await until(lambda: made.connections == 2)
            raw = await made.ask(GET)
            assert raw.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 1" in raw
            assert made.connections == 2

    run(crowd)
