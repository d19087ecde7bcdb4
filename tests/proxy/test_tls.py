"""TLS to callers and to the upstream, and an outgoing proxy on the way."""

import asyncio
import base64
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from proxy.rig import TLS, Rig, Watched, Wire, rig, run

from leadwire.errors import SetupError
from leadwire.proxy.connecting import OutgoingProxy
from leadwire.proxy.limits import Limits
from leadwire.proxy.routes import Routes, tls_to_upstreams

GET = b"GET /x HTTP/1.1\r\nHost: proxy\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AUTHORITY = trustme.CA()
GOOD = AUTHORITY.issue_cert("localhost")


async def ok(wire: Wire) -> None:
    while True:
        await wire.head()
        await wire.send(OK)


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """TLS that trusts the tests' authority."""
    path: Path = tmp_path_factory.mktemp("tls") / "ca.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return tls_to_upstreams(path)


@asynccontextmanager
async def listening(
    serve: Callable[[Wire], Any], certificate: trustme.LeafCert | None
) -> AsyncIterator[tuple[int, list[str | None]]]:
    """An upstream with TLS: its port, and the server names that it was asked for."""
    names: list[str | None] = []
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.sni_callback = lambda _, name, __: names.append(name)  # type: ignore[assignment]
        certificate.configure_cert(context)
    made = Rig(serve)
    server = await asyncio.start_server(made.on_connection, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], names
    finally:
        server.close()
        made.close()


async def one_call(made: Rig) -> tuple[bytes, Watched]:
    wire = await made.caller()
    await wire.send(GET)
    head, body = await wire.answer()
    return head + body, await made.record.last()


def test_an_upstream_is_verified(trusting: ssl.SSLContext) -> None:
    """By its authority, its name and its dates; the server name is the upstream's."""
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    expired = AUTHORITY.issue_cert("localhost", not_before=past, not_after=past)
    stranger = trustme.CA().issue_cert("localhost")
    cases = [
        ("good", GOOD, trusting, ""),
        ("another name", AUTHORITY.issue_cert("elsewhere.example"), trusting, "ostname mismatch"),
        ("expired", expired, trusting, "has expired"),
        ("an unknown authority", stranger, trusting, "unable to get local issuer"),
        ("not trusted by the system", GOOD, TLS, "unable to get local issuer"),
    ]

    async def verify() -> None:
        for name, certificate, context, problem in cases:
            async with listening(ok, certificate) as (port, names):
                route = f"https://localhost:{port}"
                async with rig(ok, routes=[route], tls=context) as made:
                    raw, call = await one_call(made)
                    assert names == ["localhost"], name
                    assert call.upstream == route
                    if not problem:
                        assert raw.endswith(b"ok"), raw
                        timings = call.ending.timings if call.ending else None
                        assert timings is not None
                        assert timings.name is not None
                        assert timings.name <= (timings.connect or 0) <= (timings.tls or 0)
                        continue
                    assert raw.startswith(b"HTTP/1.1 502 "), name
                    assert problem in raw.decode(), (name, raw)
                    assert (call.stage, call.was_sent) == ("never_sent", False), name

    run(verify)


def test_an_upstream_without_tls_is_not_called_with_it(trusting: ssl.SSLContext) -> None:
    """Garbage instead of TLS is 502, silence is 504. The request never leaves."""
    got: list[bytes] = []

    async def plain(wire: Wire) -> None:
        got.append(await wire.reader.read(1_000))
        await wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await wire.rest()

    async def silent(wire: Wire) -> None:
        await wire.rest()

    async def no_tls() -> None:
        for serve, status in ((plain, b"502"), (silent, b"504")):
            async with listening(serve, None) as (port, _):
                route = f"https://localhost:{port}"
                limits = Limits(connect_seconds=0.3 if serve is silent else 20)
                async with rig(ok, routes=[route], tls=trusting, limits=limits) as made:
                    raw, call = await one_call(made)
                    assert raw.startswith(b"HTTP/1.1 " + status), raw
                    assert call.stage == "never_sent"
        assert b"GET" not in got[0]

    run(no_tls)


def test_a_connection_with_tls_is_used_again(trusting: ssl.SSLContext) -> None:
    """The tickets that a server sends after the handshake are no answer."""

    async def again() -> None:
        async with listening(ok, GOOD) as (port, names):
            route = f"https://localhost:{port}"
            async with rig(ok, routes=[route], tls=trusting) as made:
                wire = await made.caller()
                for _ in range(3):
                    await wire.send(GET)
                    await wire.answer()
                assert names == ["localhost"]

    run(again)


def test_callers_may_use_tls() -> None:
    """Own answers, too, and a body that ends with its connection."""

    async def until_close(wire: Wire) -> None:
        await wire.head()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 300_000)
        wire.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    GOOD.configure_cert(context)
    client = ssl.create_default_context()
    AUTHORITY.configure_trust(client)

    async def secured() -> None:
        async with rig(until_close) as made:
            port = await made.relay.listen("127.0.0.1", 0, tls=context)
            wire = await Wire.to(port, ssl=client, server_hostname="localhost")
            await wire.send(GET)
            raw = await wire.rest()
            assert len(raw.partition(b"\r\n\r\n")[2]) == 300_000
            wire = await Wire.to(port, ssl=client, server_hostname="localhost")
            await wire.send(b"GET / HTTP/1.1\r\n\r\n")
            head, _ = await wire.answer()
            assert head.startswith(b"HTTP/1.1 400 ")
            wire.close()

    run(secured)


TO_TUNNEL = b"CONNECT localhost:%d HTTP/1.1\r\nHost: localhost:%d\r\n"


def test_an_outgoing_proxy_is_used_by_connect(trusting: ssl.SSLContext) -> None:
    """TLS is agreed with the upstream through the tunnel; the proxy gets its password."""
    asked: list[bytes] = []

    async def forward(wire: Wire) -> None:
        asked.append(await wire.head())
        port = int(asked[-1].split(b" ")[1].rpartition(b":")[2])
        inner = await Wire.to(port)
        await wire.send(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")

        async def pump(source: Wire, to: Wire) -> None:
            while data := await source.reader.read(65_536):
                await to.send(data)

        try:
            await asyncio.gather(pump(wire, inner), pump(inner, wire))
        finally:
            inner.abort()

    async def tunnel() -> None:
        async with listening(ok, GOOD) as (port, names), listening(forward, None) as (proxy, _):
            outgoing = OutgoingProxy.of(f"http://user:p%40ss@127.0.0.1:{proxy}")
            route = f"https://localhost:{port}"
            async with rig(ok, routes=[route], tls=trusting, outgoing=outgoing) as made:
                raw, _ = await one_call(made)
                assert raw.endswith(b"ok"), raw
            assert names == ["localhost"]
            credentials = base64.b64encode(b"user:p@ss")
            assert asked == [
                TO_TUNNEL % (port, port) + b"Proxy-Authorization: Basic %b\r\n\r\n" % credentials
            ]

    run(tunnel)


def test_a_tunnel_that_is_refused_is_502() -> None:
    """With the outgoing proxy's status, and without its password."""

    def answering(raw: bytes) -> Callable[[Wire], Any]:
        async def serve(wire: Wire) -> None:
            await wire.head()
            await wire.send(raw)

        return serve

    cases = [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "refused the tunnel with 407"),
        (b"nonsense\r\n\r\n", "did not open a tunnel"),
        (b"", "it closed the connection"),
        (b"HTTP/1.1 200 OK\r\n\r\nmore", "more than a head"),
    ]

    async def refused() -> None:
        for raw, said in cases:
            async with listening(answering(raw), None) as (proxy, _):
                outgoing = OutgoingProxy.of(f"http://user:sesame@127.0.0.1:{proxy}")
                async with rig(ok, routes=["http://localhost:9"], outgoing=outgoing) as made:
                    answer, call = await one_call(made)
                    assert answer.startswith(b"HTTP/1.1 502 "), answer
                    assert said in answer.decode(), answer
                    assert b"sesame" not in answer
                    assert call.stage == "never_sent"

    run(refused)


def test_environment_proxies_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy is used only if the setting names it."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def direct() -> None:
        async with rig(ok) as made:
            assert (await one_call(made))[0].endswith(b"ok")

    run(direct)


def test_an_unusable_outgoing_proxy_is_named_without_its_password() -> None:
    """What is wrong is said at the start."""
    for url in (
        "https://user:sesame@proxy:1",
        "socks5://proxy:1",
        "proxy:1",
        "http://u:sesame@h:x",
    ):
        with pytest.raises(SetupError, match="upstream_connect_proxy") as caught:
            OutgoingProxy.of(url)
        assert "sesame" not in str(caught.value)


def test_upstreams_are_checked_at_the_start() -> None:
    """A path, credentials, another scheme or two candidates for one host are refused."""
    cases = {
        (): "There is no upstream",
        ("api.example",): "not a URL",
        ("ftp://api.example",): "not a URL",
        ("https://api.example/v2",): "has a path",
        ("https://api.example?x=1",): "has a path",
        ("https://user:sesame@api.example",): "no user and password",
        ("https://api.example:x",): "not a URL",
        ("https://api.example:0",): "not a URL",
        ("https://api example",): "not a URL",
        ("https://b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example",): "not a URL",
        ("https://a.example", "https://b.example"): "no host",
        ("h=https://a.example", "H=https://b.example"): "for the host 'h'",
    }
    for spellings, problem in cases.items():
        with pytest.raises(SetupError, match=problem) as caught:
            Routes(spellings)
        assert "sesame" not in str(caught.value)
    routes = Routes(["files=https://[::1]:8443", "HTTPS://Api.Example/"])
    assert [str(origin) for origin in routes.origins] == [
        "https://[::1]:8443",
        "https://api.example",
    ]
    with pytest.raises(SetupError, match="upstream_ca_file"):
        tls_to_upstreams(Path("no-such-file.pem"))
