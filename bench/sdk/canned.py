"""A server that answers every call with the same success: what it costs is not the client's.

``python -m bench.sdk.canned`` serves until it is terminated; the first line that it prints is its
port.
"""

import asyncio
from typing import Final, cast

_LENGTH: Final = b"content-length: "
_BODY: Final = b'{"Status":"Success","Message":{"Id":"b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"}}'
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: application/json; charset=utf-8\r\n"
    b"x-leadwire-call-id: 01a20a4e-adc1-7f15-9a88-d8e6285ff136\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length_at = received.lower().find(_LENGTH, 0, head_end) + len(_LENGTH)
        length = int(received[length_at : received.find(b"\r", length_at)])
        if len(received) >= head_end + 4 + length:
            self._received = b""
            self._transport.write(_ANSWER)


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
