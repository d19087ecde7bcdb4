"""Both clients against a server that misbehaves: every way ends in an exception of the tree."""

import json
import socket
import tracemalloc
import zlib

import pytest
from sdk.both import Made
from sdk.hostile import Behave, Dripping, Hanging, HostileServer, raw, reset, whole

from leadwire.sdk import errors

HTML = b"<html><body>Server Error</body></html>"
RATE = json.dumps(
    {
        "Status": "Error",
        "ExceptionType": "MXAPIRateLimitExceededException",
        "ExceptionMessage": "API calls exceeded the limit of 25 in 5 second(s)",
    }
).encode()
SPOILT = b'{"Status":"Error","ExceptionType":"MXOddException","ExceptionMessage":"\xff"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize(
    ("behave", "kind"),
    [
        (whole("500 Internal Server Error", HTML), errors.ServerFault),
        (whole("200 OK", HTML), errors.AnswerUnreadable),
        (whole("200 OK", b'{"ProspectID": "x"'), errors.AnswerUnreadable),
        (whole("200 OK", b'{"something": "else"}'), errors.AnswerUnreadable),
        (whole("200 OK", b"\xff\xfe\x00"), errors.AnswerUnreadable),
        (whole("200 OK", b"not gzip", "Content-Encoding: gzip"), errors.ConnectionLost),
        (whole("200 OK", RATE), errors.RateLimited),
        (whole("403 Forbidden", RATE), errors.RateLimited),
        (whole("302 Found", b"", "Location: http://127.0.0.1:9/elsewhere"), errors.Redirected),
        (whole("307 Temporary Redirect", b"", "Location: /v2/other"), errors.Redirected),
        (whole("204 No Content", b""), errors.AnswerUnreadable),
        (raw(HEAD + b"[{"), errors.ConnectionLost),
        (raw(CHUNKED), errors.ConnectionLost),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n[]"), errors.ConnectionLost),
        (raw(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 300_000), errors.ConnectionLost),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), errors.ConnectionLost),
        (raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), errors.Redirected),
        (whole("200 OK", b"[" * 200_000), errors.AnswerUnreadable),
        (whole("200 OK", b'[{"Score":' + b"9" * 5_000 + b"}]"), errors.AnswerUnreadable),
        (whole("500 Oops", SPOILT), errors.Rejected),
        (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), errors.ConnectionLost),
        (raw(b"HTTP/1.1 999999 no\r\n\r\n"), errors.ConnectionLost),
        (raw(b""), errors.ConnectionLost),
        (reset, errors.ConnectionLost),
    ],
)  # fmt: skip
def test_a_malformed_answer_is_reported_as_such(
    make: Made, behave: Behave, kind: type[errors.SdkError]
) -> None:
    """Never another library's exception, never a result; the call is named."""
    with HostileServer(behave) as server:
        client = make.client(host=server.base, retries=0)
        with pytest.raises(errors.SdkError) as caught:
            client.leads.get("x")
    assert type(caught.value) is kind
    assert caught.value.operation == "Leads.GetById"
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_slow_server_times_out(make: Made) -> None:
    """Whether it says nothing, stops in the middle, or sends a byte now and then."""
    head = b"HTTP/1.1 200 OK\r\nX-Slow: a"
    silent = (Hanging(), Hanging(HEAD + b"["))
    for behave in (*silent, Dripping(), Dripping(head), Dripping(b"HTTP/1.1 200 ")):
        with HostileServer(behave) as server:
            client = make.client(host=server.base, retries=0, timeout=0.3)
            with pytest.raises(errors.TimedOut, match=r"not done within 0\.3 s") as caught:
                client.leads.create(first_name="Asha")
            behave.release.set()
        assert caught.value.maybe_applied
        assert caught.value.call.duration_seconds < 5


def test_a_slow_proxy_and_a_slow_handshake_time_out(make: Made) -> None:
    """Nothing was sent to the API, so the call may be tried again."""
    for behave in (Hanging(), Dripping(b"HTTP/1.1 200 OK\r\nX-Slow: a")):
        with HostileServer(behave) as server:
            by_proxy = make.client(
                host="https://x.example", proxy=server.base, retries=0, timeout=0.3
            )
            with pytest.raises(errors.NoAnswer) as caught:
                by_proxy.leads.create(first_name="Asha")
            behave.release.set()
        assert caught.value.call.duration_seconds < 5
    listener = socket.create_server(("127.0.0.1", 0))  # takes connections and says nothing
    with listener, pytest.raises(errors.ConnectFailed) as failed:
        make.client(
            host=f"https://127.0.0.1:{listener.getsockname()[1]}", retries=0, timeout=0.3
        ).leads.create(first_name="Asha")
    assert not failed.value.maybe_applied


class Endless:
    """Chunks for ever, each of them fine; or a little gzip that is very much."""

    def __init__(self, *, is_bomb: bool) -> None:
        self._is_bomb = is_bomb

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        packer = zlib.compressobj(wbits=31)
        coding = b"Content-Encoding: gzip\r\n" if self._is_bomb else b""
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + coding + b"\r\n")
        while True:
            part = b" " * 65_536
            part = packer.compress(part) if self._is_bomb else part
            if part:
                connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))


@pytest.mark.parametrize("is_bomb", [False, True])
def test_an_endless_answer_is_cut_off(make: Made, is_bomb: bool) -> None:
    """Counted as it is unpacked; and not asked for again."""
    with HostileServer(Endless(is_bomb=is_bomb)) as server:
        with pytest.raises(errors.ConnectionLost, match="answer_bytes_max= allows") as caught:
            make.client(host=server.base, answer_bytes_max=1_000_000).leads.get("x")
        assert len(server.requests) == 1
    assert caught.value.attempts == 1


def _packed(content: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(content) + packer.flush()


LEAD = b'[{"ProspectID":"x"}]'
PACKINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15, "Deflate": -15}


def test_a_compressed_answer_is_unpacked(make: Made) -> None:
    """gzip, and deflate with and without its header; not what was not asked for."""
    for coding, bits in PACKINGS.items():
        answer = whole("200 OK", _packed(LEAD, bits), f"Content-Encoding: {coding}")
        with HostileServer(answer) as server:
            assert make.client(host=server.base).leads.get("x").id == "x", coding
    for coding in ("br", "zstd", "gzip, gzip", "nonsense"):
        answer = whole("200 OK", _packed(LEAD, 31), f"Content-Encoding: {coding}")
        with HostileServer(answer) as server:
            with pytest.raises(errors.ConnectionLost, match="did not ask for") as caught:
                make.client(host=server.base).leads.get("x")
            assert (caught.value.attempts, len(server.requests)) == (1, 1)
    short = whole("200 OK", _packed(LEAD, 31)[:-9], "Content-Encoding: gzip")
    with HostileServer(short) as server, pytest.raises(errors.ConnectionLost, match="incomplete"):
        make.client(host=server.base, retries=0).leads.get("x")


def test_a_bomb_is_not_unpacked_into_memory(make: Made) -> None:
    """100 MB that came as 100 kB: no more than the limit is ever held."""
    packed = _packed(b" " * 100_000_000, 31)
    with HostileServer(whole("200 OK", packed, "Content-Encoding: gzip")) as server:
        client = make.client(host=server.base, answer_bytes_max=1_000_000, retries=0)
        tracemalloc.start()
        try:
            with pytest.raises(errors.ConnectionLost, match="answer_bytes_max="):
                client.leads.get("x")
            assert tracemalloc.get_traced_memory()[1] < 8_000_000
        finally:
            tracemalloc.stop()


def test_an_unreachable_server_was_sent_nothing(make: Made) -> None:
    """So nothing can have been applied, and every call may be tried again."""
    with HostileServer(raw(b"")) as server:
        base = server.base
    client = make.client(host=base, retries=0)
    with pytest.raises(errors.ConnectFailed) as caught:
        client.leads.create(first_name="Asha")
    assert (caught.value.maybe_applied, caught.value.retryable) == (False, True)


def test_a_redirect_is_never_followed(make: Made) -> None:
    """The keys would go along: the place that it names hears nothing at all."""
    with HostileServer(whole("200 OK", b"[]")) as elsewhere:
        target = f"Location: {elsewhere.base}/v2/x"
        with HostileServer(whole("301 Moved Permanently", b"", target)) as server:
            with pytest.raises(errors.Redirected) as caught:
                make.client(host=server.base).leads.get("x")
            assert len(server.requests) == 1
        assert elsewhere.requests == []
    assert caught.value.status == 301


def test_a_read_survives_transient_failures(make: Made) -> None:
    """Reset, cut short, an HTML page, then the answer."""
    lead = whole("200 OK", b'[{"ProspectID":"x"}]')
    html = whole("502 Bad Gateway", HTML)
    with HostileServer(reset, raw(HEAD), html, lead) as server:
        sleep = make.napper.sleep if make.kind == "blocking" else make.napper.nap
        client = make.client(host=server.base, sleep=sleep)
        assert client.leads.get("x").id == "x"
        assert len(server.requests) == 4


def test_a_closed_client_refuses_calls(make: Made) -> None:
    """And closing twice is not a fault."""
    client = make.client(host="http://127.0.0.1:9")
    client.close()
    client.close()
    with pytest.raises(errors.ClientClosed):
        client.leads.get("x")
