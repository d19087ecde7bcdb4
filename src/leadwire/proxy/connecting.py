"""New connections to an upstream: its name, TCP, perhaps an outgoing proxy, TLS."""

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from leadwire.errors import SetupError
from leadwire.proxy.head import HEAD_END, NotUnderstood, parse_answer
from leadwire.proxy.routes import Origin
from leadwire.proxy.watching import Timings

_NAME_SECONDS: Final = 30.0
"""The addresses of a name are used again for this long."""
_TUNNEL_HEAD_BYTES_MAX: Final = 16_384
_OK: Final = range(200, 300)

Address = tuple[Any, ...]


class Unreachable(Exception):
    """No connection to the upstream. ``str()`` is a sentence. *timed_out*: a time limit was met."""

    def __init__(self, sentence: str, *, timed_out: bool = False) -> None:
        super().__init__(sentence)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class OutgoingProxy:
    """An HTTP proxy on the way to the upstream, used by CONNECT."""

    host: str
    port: int
    authorization: bytes
    """The value of Proxy-Authorization; empty: none."""

    @classmethod
    def of(cls, url: str) -> "OutgoingProxy":
        """Raises SetupError. Its text does not repeat *url*, which may hold a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            port, parts = None, urlsplit("")
        if parts.scheme != "http" or not parts.hostname or port is None:
            raise SetupError("upstream_connect_proxy is not http://host:port.")
        authorization = b""
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = b"Basic " + b64encode(pair.encode())
        return cls(parts.hostname, port, authorization)


class Connector:
    """Makes connections to one origin. Belongs to the event loop.

    *tls* is used for https. *seconds_max* bounds everything together.
    """

    def __init__(
        self,
        origin: Origin,
        *,
        tls: ssl.SSLContext,
        outgoing: OutgoingProxy | None,
        seconds_max: float,
    ) -> None:
        self._origin = origin
        self._tls = tls if origin.is_tls else None
        self._outgoing = outgoing
        self._seconds_max = seconds_max
        self._addresses: tuple[list[Address], float] = ([], 0.0)

    async def connect(
        self, protocol: asyncio.Protocol, timings: Timings, elapsed_ms: Callable[[], float]
    ) -> asyncio.Transport:
        """A connection that *protocol* receives from. Raises Unreachable."""
        try:
            async with asyncio.timeout(self._seconds_max):
                return await self._connect(protocol, timings, elapsed_ms)
        except TimeoutError:
            stage = (
                "its name was not resolved"
                if timings.name is None
                else ("TCP was not answered" if timings.connect is None else "TLS was not agreed")
            )
            raise Unreachable(
                f"{self._origin} was not reached within {self._seconds_max:g} second(s): {stage}.",
                timed_out=True,
            ) from None

    async def _connect(
        self, protocol: asyncio.Protocol, timings: Timings, elapsed_ms: Callable[[], float]
    ) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        addresses = await self._look_up(loop)
        timings.name = elapsed_ms()
        if self._outgoing is None:
            transport = await self._to_any(loop, addresses, protocol)
        else:
            tunnel = _Tunnel()
            transport = await self._to_any(loop, addresses, tunnel)
            await self._tunnel(transport, tunnel, self._outgoing)
            transport.set_protocol(protocol)
        timings.connect = elapsed_ms()
        if self._tls is None:
            return transport
        try:
            secured = await loop.start_tls(
                transport, protocol, self._tls, server_hostname=self._origin.host
            )
        except (ssl.SSLError, OSError) as error:
            transport.abort()
            raise Unreachable(f"TLS with {self._origin} failed: {_why_no_tls(error)}.") from None
        except asyncio.CancelledError:
            transport.abort()
            raise
        if secured is None:
            raise Unreachable(f"TLS with {self._origin} failed: the connection was closed.")
        timings.tls = elapsed_ms()
        return secured

    async def _look_up(self, loop: asyncio.AbstractEventLoop) -> list[Address]:
        addresses, until = self._addresses
        if loop.time() < until:
            return addresses
        to = self._outgoing or self._origin
        try:
            found = await loop.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unreachable(f"The name {to.host} was not resolved: {error.strerror}.") from None
        addresses = [address[4] for address in found]
        self._addresses = addresses, loop.time() + _NAME_SECONDS
        return addresses

    async def _to_any(
        self, loop: asyncio.AbstractEventLoop, addresses: list[Address], protocol: asyncio.Protocol
    ) -> asyncio.Transport:
        """TCP to the first address that takes it. Nothing was sent yet, so this is not a retry."""
        problem = "no address"
        for place, address in enumerate(addresses):
            left = len(addresses) - place
            try:
                async with asyncio.timeout(self._seconds_max / left if left > 1 else None):
                    transport, _ = await loop.create_connection(
                        lambda: protocol, address[0], address[1]
                    )
                    return transport
            except TimeoutError:
                problem = "no answer"
            except OSError as error:
                problem = error.strerror or type(error).__name__
        self._addresses = [], 0.0
        raise Unreachable(f"No connection to {self._outgoing_name()}: {problem}.")

    def _outgoing_name(self) -> str:
        if self._outgoing is None:
            return str(self._origin)
        return f"the outgoing proxy {self._outgoing.host}:{self._outgoing.port}"

    async def _tunnel(
        self, transport: asyncio.Transport, tunnel: "_Tunnel", outgoing: OutgoingProxy
    ) -> None:
        host = self._origin.host
        to = f"[{host}]:{self._origin.port}" if ":" in host else f"{host}:{self._origin.port}"
        lines = [f"CONNECT {to} HTTP/1.1".encode(), f"Host: {to}".encode()]
        if outgoing.authorization:
            lines.append(b"Proxy-Authorization: " + outgoing.authorization)
        transport.write(b"\r\n".join(lines) + HEAD_END)
        try:
            status = await tunnel.status
        except (NotUnderstood, asyncio.CancelledError) as error:
            transport.abort()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise Unreachable(f"{self._outgoing_name()} did not open a tunnel: {error}.") from None
        if status not in _OK:
            transport.abort()
            raise Unreachable(f"{self._outgoing_name()} refused the tunnel with {status}.")


class _Tunnel(asyncio.Protocol):
    """Reads the outgoing proxy's answer to CONNECT."""

    def __init__(self) -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._head = b""

    def data_received(self, data: bytes) -> None:
        if self.status.done():
            return
        self._head += data
        if self._head.endswith(HEAD_END):
            try:
                self.status.set_result(parse_answer(self._head).status)
            except NotUnderstood as error:
                self.status.set_exception(error)
        elif HEAD_END in self._head or len(self._head) > _TUNNEL_HEAD_BYTES_MAX:
            self.status.set_exception(NotUnderstood("it sent more than a head"))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.status.done():
            self.status.set_exception(NotUnderstood("it closed the connection"))


def _why_no_tls(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
