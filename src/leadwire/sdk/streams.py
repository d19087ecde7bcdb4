"""Connections that keep to the time of the current attempt.

The timeouts of the HTTP library apply to each read and write. A server that sends a byte now and
then would never meet one. So these streams shorten each of them to what is left of the attempt.
"""

import socket
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, TypeVar

import httpcore2
import httpx2

from leadwire.sdk.time_limit import time_left

T = TypeVar("T", httpx2.AsyncHTTPTransport, httpx2.HTTPTransport)

_WRITE_BYTES_MAX: Final = 262_144


def bounded(transport: T) -> T:
    """*transport*, whose connections keep to the limit of the attempt that uses them."""
    # The library takes a backend only when a pool is made, and its transports make their own.
    pool: Any = transport._pool  # noqa: SLF001
    pool._network_backend = _BACKENDS[type(transport)](pool._network_backend)  # noqa: SLF001
    return transport


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, time_left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In parts: the inner stream would give each part of a long buffer the whole time.
        for start in range(0, len(buffer), _WRITE_BYTES_MAX):
            part = buffer[start : start + _WRITE_BYTES_MAX]
            self._inner.write(part, time_left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> "_Stream":
        left = time_left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, inner: httpcore2.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Try each address of *host*. The look-up of the name itself cannot be limited."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from None
        *others, last = dict.fromkeys(str(address[4][0]) for address in found)
        for address in others:
            with suppress(httpcore2.ConnectError):
                left = time_left(timeout, httpcore2.ConnectTimeout)
                return _Stream(
                    self._inner.connect_tcp(address, port, left, local_address, socket_options)
                )
        left = time_left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(last, port, left, local_address, socket_options))


class _AsyncStream(httpcore2.AsyncNetworkStream):
    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return await self._inner.read(max_bytes, time_left(timeout, httpcore2.ReadTimeout))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        await self._inner.write(buffer, time_left(timeout, httpcore2.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> "_AsyncStream":
        left = time_left(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(await self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._inner.get_extra_info(info)


class _AsyncBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, inner: httpcore2.AsyncNetworkBackend) -> None:
        self._inner = inner

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        left = time_left(timeout, httpcore2.ConnectTimeout)
        return _AsyncStream(
            await self._inner.connect_tcp(host, port, left, local_address, socket_options)
        )


_BACKENDS: Final[dict[type, Callable[[Any], object]]] = {
    httpx2.HTTPTransport: _Backend,
    httpx2.AsyncHTTPTransport: _AsyncBackend,
}
