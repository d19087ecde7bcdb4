"""A server that misbehaves on purpose: a socket that answers what it was told to, byte by byte."""

import socket
import threading
from collections.abc import Callable
from typing import Self

_WAIT_SECONDS = 30

Behave = Callable[[socket.socket, bytes], None]


class HostileServer:
    """Listens on a port of the system's choice; each connection's first request goes to *behave*.

    The connection is closed when *behave* returns. ``requests`` has the heads as they came.
    """

    def __init__(self, *behaviours: Behave, address: str = "127.0.0.1") -> None:
        self._behaviours = list(behaviours)
        self.requests: list[bytes] = []
        self.arrived = threading.Event()
        self._stopping = threading.Event()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._host = f"[{address}]" if ":" in address else address
        self._listener = socket.create_server((address, 0), family=family)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def base(self) -> str:
        return f"http://{self._host}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with socket.create_connection(self._listener.getsockname()[:2]):
            pass
        self._thread.join(_WAIT_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self._stopping.is_set():
                    return
                connection.settimeout(_WAIT_SECONDS)
                head = _request(connection)
                if not head:
                    continue
                self.requests.append(head)
                self.arrived.set()
                more = len(self._behaviours) > 1
                behave = self._behaviours.pop(0) if more else self._behaviours[0]
                try:
                    behave(connection, head)
                except OSError:
                    continue  # the client had enough


def _request(connection: socket.socket) -> bytes:
    """A whole request, its body included."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def whole(status: str, body: bytes, *headers: str) -> Behave:
    """An answer that is right by HTTP."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    answer = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda connection, _: connection.sendall(answer)


def raw(content: bytes) -> Behave:
    """Those bytes, and then the end."""
    return lambda connection, _: connection.sendall(content)


def reset(connection: socket.socket, _: bytes) -> None:
    """The connection is torn down."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


class Hanging:
    """Answers a part, and then nothing until it is let go."""

    def __init__(self, part: bytes = b"") -> None:
        self._part = part
        self.release = threading.Event()

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(self._part)
        self.release.wait(_WAIT_SECONDS)


class Dripping:
    """A byte now and then, for ever: no single read of the client takes long.

    *before* decides if the bytes are of the body, of a header or of the status line.
    """

    def __init__(
        self, before: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    ) -> None:
        self._before = before
        self.release = threading.Event()

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(self._before)
        while not self.release.wait(0.02):
            connection.sendall(b" ")
