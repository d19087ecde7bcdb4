"""One keep-alive connection by which calls are made and timed, with little work of its own."""

import json
import socket
from time import perf_counter_ns
from types import TracebackType
from typing import Any, Self

from bench.serve.load import Target, WrongAnswer

_OK = b"HTTP/1.1 200 "
_LENGTH = b"content-length: "
_BYTES_AT_ONCE = 1 << 20


_IDLE_NS_MAX = 2_000_000_000
"""The server closes a connection that is idle for longer."""


class Connection:
    def __init__(self, target: Target) -> None:
        self._address = ("127.0.0.1", target.port)
        self._socket = socket.create_connection(self._address)
        self._used_ns = perf_counter_ns()
        self._head = (
            f"Host: 127.0.0.1:{target.port}\r\n"
            f"x-LSQ-AccessKey: {target.keys.access_key}\r\n"
            f"x-LSQ-SecretKey: {target.keys.secret_key}\r\n"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._socket.close()

    def call(self, path: str, body: object = None) -> tuple[Any, int]:
        """The answer's JSON, and the nanoseconds until its last byte. Raises WrongAnswer."""
        method, content = "GET", b""
        head = self._head
        if body is not None:
            method, content = "POST", json.dumps(body).encode()
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        request = f"{method} /v2/{path} HTTP/1.1\r\n{head}\r\n".encode() + content
        if perf_counter_ns() - self._used_ns > _IDLE_NS_MAX:
            self._socket.close()
            self._socket = socket.create_connection(self._address)
        started_ns = perf_counter_ns()
        self._socket.sendall(request)
        received = self._receive()
        self._used_ns = perf_counter_ns()
        took_ns = self._used_ns - started_ns
        if not received.startswith(_OK):
            raise WrongAnswer(received[:2_000].decode("latin-1"))
        return json.loads(received[received.find(b"\r\n\r\n") :]), took_ns

    def _receive(self) -> bytes:
        received = bytearray()
        while (head_end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        length_at = received.lower().find(_LENGTH, 0, head_end) + len(_LENGTH)
        end = head_end + 4 + int(received[length_at : received.find(b"\r", length_at)])
        while len(received) < end:
            received += self._more()
        return bytes(received)

    def _more(self) -> bytes:
        part = self._socket.recv(_BYTES_AT_ONCE)
        if not part:
            raise WrongAnswer("the connection was lost")
        return part
