"""A receiver of webhooks: a real HTTP server whose answers a test decides."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from leadwire import webhooks

_WAIT_SECONDS = 30
_PARTS = (
    "activities", "after", "before", "lead", "opportunity", "product", "task", "user",
)  # fmt: skip
"""What an event may be about."""


class Received(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    header_names: tuple[str, ...]
    """In lower case, as often as each was sent."""

    @property
    def json(self) -> Any:  # noqa: ANN401  # any JSON
        return msgspec.json.decode(self.body)

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def delivery_id(self) -> str:
        return self.headers["webhook-id"]


def check_event(received: Received) -> None:
    """Receivers can read it: each part has its id, or is empty because there was none."""
    event = webhooks.read(received.body, received.query["eventType"][0])
    assert type(event) is not webhooks.UnknownEvent
    parts = {name: getattr(event, name) for name in _PARTS if hasattr(event, name)}
    if isinstance(event, webhooks.AlertRaised):
        assert event.alert.calls is not None
    else:
        assert parts or isinstance(event, webhooks.Ping)
    for part in parts.values():
        for row in part if isinstance(part, tuple) else (part,):
            assert not row or row.id
            assert msgspec.json.encode(row.to_dict())


class Reply(NamedTuple):
    """*after*: what to wait for before the answer."""

    status: int = 200
    body: bytes = b'{"Status":"Success","StatusReason":""}'
    headers: tuple[tuple[str, str], ...] = ()
    after: threading.Event | None = None


class Receiver:
    """Keeps what was posted, in order; HEAD is answered and not kept."""

    def __init__(self) -> None:
        self.posted: Queue[Received] = Queue()
        self.probed: Queue[Received] = Queue()
        self.reply: Callable[[Received], Reply] = lambda _received: Reply()
        self.head_status = 200
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def next(self) -> Received:
        """The next thing posted; it must come, and be an event that receivers can read."""
        received = self.posted.get(timeout=_WAIT_SECONDS)
        check_event(received)
        return received

    def nothing(self) -> bool:
        """Whether nothing has come that was not asked for yet."""
        try:
            self.posted.get_nowait()
        except Empty:
            return True
        return False

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:  # the library's name
                receiver.probed.put(self._received())
                self.send_response(receiver.head_status)
                self.end_headers()

            def do_POST(self) -> None:  # the library's name
                received = self._received()
                if "webhook-id" not in received.headers:
                    receiver.probed.put(received)
                    self._answer(Reply())
                    return
                receiver.posted.put(received)
                self._answer(receiver.reply(received))

            def _received(self) -> Received:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                names = tuple(name.lower() for name in self.headers.keys())  # noqa: SIM118  # repeated
                return Received(self.command, self.path, headers, self.rfile.read(length), names)

            def _answer(self, reply: Reply) -> None:
                if reply.after is not None:
                    reply.after.wait(_WAIT_SECONDS)
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    self.close_connection = True  # the sender went away, as some tests want

            def log_message(self, *_arguments: object) -> None:
                """Nothing: a test's output is its own."""

        return Handler
