"""What leaves the relay is what arrived, but for the differences in ``changes.CHANGES``."""

import asyncio
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st
from proxy.rig import CALL_ID, Rig, Watched, Wire, host_of, rig, run

CASES = 60
TURNS = 3
"""Turns of the event loop between two pieces, so that they arrive one by one."""


class Message(NamedTuple):
    """A head's first line and headers, a body as it is framed, and what the body says."""

    first: bytes
    lines: list[bytes]
    body: bytes = b""
    payload: bytes = b""
    ends_at_close: bool = False

    def raw(self, *more: bytes) -> bytes:
        return b"\r\n".join([self.first, *self.lines, *more, b"\r\n"]) + self.body


class Case(NamedTuple):
    request: Message
    answer: Message
    interims: tuple[Message, ...] = ()
    cut: int = 0

    @property
    def closes(self) -> bool:
        return self.answer.ends_at_close or self.request.first.endswith(b"1.0")


def sent_on(case: Case, made: Rig, call: Watched) -> bytes:
    """What the upstream has to get."""
    host = b"Host: " + host_of(made)
    return Message(case.request.first, [host, *case.request.lines], case.request.body).raw(
        b"X-Leadwire-Proxy-Call-Id: " + call.call_id.encode()
    )


def handed_over(case: Case, call: Watched) -> bytes:
    """What the caller has to get."""
    close = [b"Connection: close"] if case.closes else []
    own = [*close, b"X-Leadwire-Proxy-Call-Id: " + call.call_id.encode()]
    interims = b"".join(interim.raw() for interim in case.interims)
    return interims + case.answer.raw(*own)


class Exchanges:
    """Plays cases through one relay. The upstream answers what the current case says."""

    def __init__(self) -> None:
        self.case: Case
        self.made: Rig
        self.got = b""
        self.compared = 0
        """Cases in which both directions were equal, byte for byte."""

    async def serve(self, wire: Wire) -> None:
        while True:
            call_id = await wire.until(CALL_ID)
            call_id += await wire.until(b"\r\n\r\n")
            self.got = call_id + await wire.exactly(len(self.case.request.body))
            for interim in self.case.interims:
                await wire.send(interim.raw())
            await in_pieces(wire, self.case.answer.raw(), self.case.cut)
            if self.case.answer.ends_at_close:
                return

    async def play(self, case: Case) -> None:
        self.case = case
        wire = await self.made.caller()
        raw = Message(
            case.request.first, [b"Host: proxy:8080", *case.request.lines], case.request.body
        ).raw()
        self.made.record.calls.clear()
        await in_pieces(wire, raw, case.cut)
        first = await wire.exactly(1)
        call = self.made.record.calls[-1]
        expected = handed_over(case, call)
        rest = await (wire.rest() if case.closes else wire.exactly(len(expected) - 1))
        wire.abort()
        assert self.got == sent_on(case, self.made, call)
        assert first + rest == expected
        assert call.request == case.request.payload
        assert call.body == case.answer.payload
        assert call.stage == "answered"
        self.compared += 1


async def in_pieces(wire: Wire, data: bytes, cut: int) -> None:
    """Send *data* in two pieces; byte by byte if *cut* is negative."""
    pieces = [data[:cut], data[cut:]] if cut >= 0 else [bytes([byte]) for byte in data]
    for piece in pieces:
        if piece:
            await wire.send(piece)
            for _ in range(TURNS):
                await asyncio.sleep(0)


def chunked(pieces: list[bytes], extension: bytes = b"", trailers: bytes = b"") -> bytes:
    chunks = [b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces if piece]
    return b"".join(chunks) + b"0%b\r\n%b\r\n" % (extension, trailers)


token = st.from_regex(rb"[A-Za-z][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(
    lambda name: (
        name.lower() not in (b"host", b"connection", b"te", b"upgrade", b"expect", b"keep-alive")
    )
)
value = st.binary(max_size=12).map(
    lambda data: bytes(byte for byte in data if byte not in b"\x00\r\n")
)
header = st.builds(
    lambda name, before, text, after: name + b":" + before + text + after,
    token,
    st.sampled_from([b"", b" ", b"\t", b"  "]),
    value,
    st.sampled_from([b"", b" ", b"\t "]),
)
headers = st.lists(header, max_size=5)
payloads = st.lists(st.binary(min_size=1, max_size=30), max_size=4)
extensions = st.sampled_from([b"", b";a=b", b' ;q="x;y"', b";\xff"])
trailers = st.sampled_from([b"", b"X-Sum: 1\r\n", b"X-Sum:\xe9\r\nContent-Length: 3\r\n"])
target = st.builds(
    lambda path, query: b"/" + path + query,
    st.sampled_from(
        [b"", b"v2/x%2Fy//a/../b", b"/evil/", b"caf\xc3\xa9/\xe4\xbd\xa0", b"%zz;a@b:"]
    ),
    st.sampled_from([b"", b"?", b"?q=a+b%20c&q=&=", b"?a=\xc3\xa9#x", b"?http://evil/"]),
)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[list[bytes], bytes, bytes]:
    """Framing headers, the body as it is framed, and what it says."""
    pieces = draw(payloads)
    payload = b"".join(pieces)
    if draw(st.booleans()):
        raw = chunked(pieces, draw(extensions), draw(trailers))
        return (
            [draw(st.sampled_from([b"Transfer-Encoding: chunked", b"TRANSFER-encoding:Chunked"]))],
            raw,
            payload,
        )
    return [b"Content-Length: %d" % len(payload)], payload, payload


@st.composite
def cases(draw: st.DrawFn) -> Case:
    method = draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"FOO", b"delete", b"M-SEARCH"]))
    framing, raw, payload = draw(st.one_of(st.just(([], b"", b"")), bodies()))
    first = b"%b %b HTTP/1.1" % (method, draw(target))
    request = Message(first, [*draw(headers), *framing], raw, payload)
    status = draw(
        st.sampled_from([b"200 Very Fine", b"599", b"204 ", b"304 Not\tModified", b"401 \xe9"])
    )
    framing, raw, payload = draw(bodies())
    ends_at_close = False
    if method == b"HEAD" or status[:3] in (b"204", b"304"):
        raw = payload = b""
    elif draw(st.booleans()):
        framing, raw, ends_at_close = [], payload, True
    answer = Message(b"HTTP/1.1 " + status, [*draw(headers), *framing], raw, payload, ends_at_close)
    interim = Message(b"HTTP/1.1 103 Early Hints", draw(headers))
    interims = (interim,) if draw(st.booleans()) else ()
    return Case(request, answer, interims, draw(st.integers(-1, 120)))


def test_bytes_pass_on_unchanged_in_both_directions() -> None:
    """Any head, framing and body; and the recording gets the bodies without their chunks."""
    exchanges = Exchanges()

    async def all_cases() -> None:
        async with rig(exchanges.serve) as made:
            exchanges.made = made
            loop = asyncio.get_running_loop()

            @settings(max_examples=CASES, deadline=None)
            @given(cases())
            def play(case: Case) -> None:
                asyncio.run_coroutine_threadsafe(exchanges.play(case), loop).result(20)

            await asyncio.to_thread(play)

    run(all_cases)
    assert exchanges.compared >= CASES


RICH = Case(
    Message(
        b"POST /v2/a%2Fb?x=\xc3\xa9 HTTP/1.1",
        [b"X-Empty:", b"x-EMPTY: 1", b"X-Empty:2 ", b"Transfer-Encoding: chunked"],
        chunked([b"abc", b"d" * 17], b";e=1", b"X-Sum: 20\r\n"),
        b"abc" + b"d" * 17,
    ),
    Message(
        b"HTTP/1.1 201 Very Fine",
        [b"Set-Cookie: a=1", b"Set-Cookie: b=2", b"Trailer: X-Sum", b"transfer-encoding: chunked"],
        chunked([b"\x00\xff", b"end"], b"", b"X-Sum: 5\r\n"),
        b"\x00\xffend",
    ),
    (Message(b"HTTP/1.1 100 Continue", []), Message(b"HTTP/1.1 103 Early Hints", [b"Link: </a>"])),
)


def test_bytes_pass_on_wherever_they_are_split() -> None:
    """At each byte of a request and of its answers, and byte by byte."""
    exchanges = Exchanges()
    cuts = range(-1, len(RICH.answer.raw()) + 40)

    async def every_split() -> None:
        async with rig(exchanges.serve) as made:
            exchanges.made = made
            for cut in cuts:
                await exchanges.play(RICH._replace(cut=cut))

    run(every_split)
    assert exchanges.compared == len(cuts)
