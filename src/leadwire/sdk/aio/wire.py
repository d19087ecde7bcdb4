"""Send one request over an HTTP transport: add the keys, return the answer or the failure."""

import ssl
import threading

import httpx2

from leadwire.clock import Clock
from leadwire.sdk.answers import Failure, Reply
from leadwire.sdk.decoding import NotDecodable, decoder_of
from leadwire.sdk.errors import ClientClosed
from leadwire.sdk.hosts import Origin
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.runtime import follow
from leadwire.sdk.shared import Outgoing
from leadwire.sdk.time_limit import TimeLimit, limited
from leadwire.sdk.transport import (
    ProxySetting,
    failure_of,
    proxy_for,
    signed,
    too_long,
    too_slow,
    undecodable,
    without_frames,
)


class AsyncWire:
    """The transports of one client: one for each route to a server, made on first use.

    A *transport* from the caller carries every request and is closed with the client.
    """

    def __init__(
        self,
        keys: KeyPair,
        *,
        transport: httpx2.AsyncBaseTransport | None,
        proxy: ProxySetting,
        verify: ssl.SSLContext | bool,
        trust_env: bool,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._given = transport
        self._proxy = proxy
        self._verify = verify
        self._trust_env = trust_env
        self._clock = clock
        self._lock = threading.Lock()
        self._transports: dict[Origin, httpx2.AsyncBaseTransport] = {}
        self._left_to_parent: list[httpx2.AsyncBaseTransport] = []
        self._closed = False
        follow(self)

    async def send(self, outgoing: Outgoing) -> Reply | Failure:
        """The whole answer, or the failure. Raises ClientClosed."""
        transport = self._transport(outgoing.origin)
        with limited(outgoing.timeout_seconds, self._clock) as limit:
            try:
                # No variable holds the signed request, so a traceback with locals shows no keys.
                return await self._exchange(
                    await transport.handle_async_request(signed(outgoing, self._keys)),
                    outgoing,
                    limit,
                )
            except NotDecodable as error:
                return undecodable(error)
            except Exception as error:  # noqa: BLE001  # any error: its frames hold the keys
                return failure_of(error, outgoing)
            except BaseException as error:  # noqa: BLE001  # raised again without those frames
                raise without_frames(error) from None

    async def _exchange(
        self, response: httpx2.Response, outgoing: Outgoing, limit: TimeLimit | None
    ) -> Reply | Failure:
        headers = {name.lower(): value for name, value in response.headers.items()}
        bytes_max = outgoing.answer_bytes_max
        chunks, size = [], 0
        stream = response.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101  # by the transport's kind
        try:
            decoder = decoder_of(headers.get("content-encoding", ""))
            async for received in stream:
                for piece in decoder.pieces(received):
                    chunks.append(piece)
                    size += len(piece)
                    if size > bytes_max:
                        return too_long(bytes_max)
                # For a transport of the caller, whose connections do not know the limit.
                if limit is not None and limit.seconds_left <= 0:
                    return too_slow(outgoing)
            decoder.finish()
        finally:
            await response.aclose()
        return Reply(response.status_code, headers, b"".join(chunks))

    def check_open(self) -> None:
        """Raises ClientClosed."""
        if self._closed:
            raise ClientClosed("The client is closed. Make another one.")

    def after_fork(self) -> None:
        """Leave the parent's connections alone, and open others."""
        self._lock = threading.Lock()
        self._left_to_parent += self._transports.values()
        self._transports = {}

    def _transport(self, origin: Origin) -> httpx2.AsyncBaseTransport:
        with self._lock:
            # Under the lock, so that ``aclose`` misses no transport.
            self.check_open()
            if self._given is not None:
                return self._given
            found = self._transports.get(origin)
            if found is None:
                from leadwire.sdk.streams import bounded  # noqa: PLC0415  # loads slowly

                made = httpx2.AsyncHTTPTransport(
                    # Certificates are for https: to read the machine's takes 20 ms.
                    verify=self._verify if origin.scheme == "https" else False,
                    trust_env=self._trust_env,
                    proxy=proxy_for(origin, self._proxy, trust_env=self._trust_env),
                )
                found = self._transports[origin] = bounded(made)
            return found

    async def aclose(self) -> None:
        """Close every connection. May be called twice.

        Calls in progress fail: at once, or when their timeout ends.
        """
        with self._lock:
            self._closed = True
            transports = list(self._transports.values())
        if self._given is not None:
            await self._given.aclose()
        for transport in transports:
            await transport.aclose()
