"""HTTP/1.1 on top of uvicorn's protocol.

Invalid HTTP and requests beyond a limit also reach the application: as a scope with a ``fault`` and
the first bytes. So they get an answer in the API's form, and a record.
"""

import asyncio
import re
import socket
import struct
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from leadwire.errors import (
    HeadersTooLarge,
    HttpUnreadable,
    LeadwireError,
    RequestTooSlow,
    ServerBusy,
    UrlTooLong,
)
from leadwire.server.connections import Connections

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_UPGRADE_HEADERS: Final = frozenset({b"upgrade", b"http2-settings"})
_ORIGIN: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]*://[^/?#]*")
"""What comes before the path in an absolute-form target (RFC 9112, 3.2.2)."""
_TLS_RECORD: Final = b"\x16\x03"
_LINGER_SECONDS: Final = 1.0
_JOINED_BYTES_MAX: Final = 65_536
"""A longer body is not copied behind its head."""
_HEADER_OVERHEAD_BYTES: Final = 4
"""The colon, the blank and the line end of a header."""

_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"content-type: application/json; charset=utf-8\r\n"
    b"content-length: %d\r\n"
    b"retry-after: 1\r\n"
    b"%b"
    b"connection: close\r\n\r\n%b"
)
_BUSY_BODY: Final = (
    b'{"Status":"Error","ExceptionType":"ServerBusyException",'
    b'"ExceptionMessage":"Too many connections are open."}'
)


class _Exchange(RequestResponseCycle):
    """A request and its answer. *fault* is set if the rest of the body cannot arrive."""

    fault: LeadwireError | None = None
    body_since: float | None = None
    """The loop's time when the body began; None once it is complete."""

    async def send(self, message: Any) -> None:  # noqa: ANN401  # an ASGI message
        """Send the head of an answer together with its body, unless that comes in chunks."""
        transport: _Transport = self.transport  # type: ignore[assignment]
        if self.response_started:
            await super().send(message)
        else:
            transport.is_holding = True
            try:
                await super().send(message)
            finally:
                transport.is_holding = False
            if not self.chunked_encoding:
                return
        transport.flush()

    async def receive(self) -> Any:  # noqa: ANN401  # an ASGI message
        message = await super().receive()
        if self.fault is None or self.disconnected:
            return message
        if message.get("body"):  # deliver what arrived earlier first
            self.message_event.set()
            return {**message, "more_body": True}
        return {"type": "http.disconnect", "fault": self.fault}

    def break_connection(self, *, reset: bool) -> None:
        """Close the connection without the rest of the answer. With *reset*, by a TCP reset."""
        self.disconnected = True
        transport: _Transport = self.transport  # type: ignore[assignment]
        transport.flush()
        if reset and (connection := transport.get_extra_info("socket")) is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()

    def break_off(self, fault: LeadwireError) -> None:
        self.fault = fault
        self.keep_alive = False
        self.body_since = None
        self.more_body = False
        self.message_event.set()


class _Transport:
    """A connection's transport, as its exchanges use it.

    ``write`` joins what was held with what follows: each write is a system call, and a packet.
    ``close`` waits for a caller that is still sending. Closing at once would reset the connection,
    and the caller might never read the answer.
    """

    def __init__(self, protocol: "HttpProtocol", transport: asyncio.Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        self._held = b""
        self.is_holding = False
        """Whether ``write`` holds what it gets until the next write or ``flush``."""
        self.is_closing = transport.is_closing
        self.abort = transport.abort
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        if self.is_holding:
            self._held += data
        elif not self._held:
            self._transport.write(data)
        elif len(data) > _JOINED_BYTES_MAX:
            self.flush()
            self._transport.write(data)
        else:
            self._held += data
            self.flush()

    def flush(self) -> None:
        if self._held:
            data, self._held = self._held, b""
            self._transport.write(data)

    def close(self) -> None:
        self.flush()
        if self._protocol.may_get_more() and self._transport.can_write_eof():
            self._protocol.is_over = True
            self._transport.write_eof()
            self._protocol.flow.resume_reading()
            self._protocol.loop.call_later(_LINGER_SECONDS, self._transport.close)
        else:
            self._transport.close()


class HttpProtocol(HttpToolsProtocol):
    """One connection of a caller. Subclasses set its ``open_connections``.

    Ignores a request to change the protocol (``Upgrade: h2c``), as RFC 9110 (7.8) allows. A caller
    that closes its side after the request still gets the answer.
    """

    open_connections: Connections

    address = ""
    waits_since: float | None = None
    is_over = False
    """Whether reading is over: the connection's last answer is on its way."""

    _is_unread = False
    """Whether a request was refused before it was completely read."""
    _in_head = True
    _has_begun = False
    """Whether any byte of the head has arrived."""
    _in_trailer = False
    _head_bytes = 0
    _stalled_bytes = 0
    """Bytes since the last byte that finished a head or belonged to a body."""
    _first = b""
    _seen_bytes = 0
    _is_first_exact = True
    """Whether ``_first`` starts with the current request."""

    # -- the connection ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._exchanges_transport = _Transport(self, transport)
        self.waits_since = self.loop.time()
        self.address = self.open_connections.address_to_count(self.client[0] if self.client else "")
        if not self.open_connections.add(self):
            self.is_over = self._is_unread = True
            headers = self.open_connections.busy_headers
            transport.write(_BUSY % (len(_BUSY_BODY), headers, _BUSY_BODY))
            self._exchanges_transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.open_connections.remove(self)
        self.waits_since = None
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn never keeps it open
        """Whether the connection stays open for an answer that the caller still expects."""
        if self.scheme != "http" or self.transport.is_closing():
            return False  # TLS cannot close one side only
        if self._has_begun and not self.is_over:
            self._refuse(HttpUnreadable("it ends inside its head"))
            self._is_unread = False
            return True
        cycle = self.cycle
        is_waited_for = (
            cycle is not None  # type: ignore[redundant-expr]  # None before the first
            and not cycle.more_body
            and not cycle.response_started
        )
        if is_waited_for:
            cycle.keep_alive = False
        return is_waited_for

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self.is_over:
            return
        self._keep_first(data)
        stalled_bytes = self._stalled_bytes + len(data)
        self._stalled_bytes = -1
        try:
            self._feed(data)
        except LeadwireError as fault:
            self._refuse(fault)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, LeadwireError) else self._unreadable(error))
        else:
            # Without progress all bytes belong to one line of a head or trailer.
            self._stalled_bytes = stalled_bytes if self._stalled_bytes < 0 else 0
            settings = self.open_connections.settings
            if (
                self._stalled_bytes
                > settings.request_headers_bytes_max + settings.request_url_bytes_max
            ):
                self._refuse(HeadersTooLarge(settings.request_headers_bytes_max))

    def may_get_more(self) -> bool:
        """Whether the caller may still be sending an unread request."""
        return self._is_unread or not self._in_head

    def make_room(self, *, at_once: bool) -> None:
        self._give_up(ServerBusy("Too many connections are open."))
        self._is_unread = False  # do not wait for the caller to send the rest
        if at_once:
            self.transport.close()

    def look_at_the_clock(self, now: float) -> None:
        settings = self.open_connections.settings
        cycle = self.cycle
        if isinstance(cycle, _Exchange) and cycle.body_since is not None:
            if now - cycle.body_since > settings.request_body_seconds_max:
                self._refuse(RequestTooSlow("body", settings.request_body_seconds_max))
        elif (
            self.waits_since is not None
            and self.timeout_keep_alive_task is None
            and now - self.waits_since > settings.request_headers_seconds_max
        ):
            self._give_up(RequestTooSlow("headers", settings.request_headers_seconds_max))

    # -- the parser's callbacks ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._has_begun or not self._in_head:
            self._is_first_exact = False
        self._in_head = self._has_begun = True
        self._in_trailer = False
        self._head_bytes = 0
        if self.waits_since is None or self.cycle is not None:
            self.waits_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self.open_connections.settings.request_url_bytes_max:
            raise UrlTooLong(self.open_connections.settings.request_url_bytes_max)

    def on_header(self, name: bytes, value: bytes) -> None:
        settings = self.open_connections.settings
        self._head_bytes += len(name) + len(value) + _HEADER_OVERHEAD_BYTES
        if self._head_bytes > settings.request_headers_bytes_max:
            raise HeadersTooLarge(settings.request_headers_bytes_max)
        if not self._in_trailer:  # headers after a body (trailers) change nothing
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._stalled_bytes = 0
        if self.parser.should_upgrade():
            return
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        version = self.parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        scope["method"] = self.parser.get_method().decode("ascii")
        raw_path, _, scope["query_string"] = _origin_form(self.url).partition(b"?")
        path = raw_path.decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["raw_path"] = raw_path
        self._in_head = self._has_begun = False
        self._in_trailer = True
        self._head_bytes = 0
        self.waits_since = None
        self._begin(keep_alive=version != "1.0" and self.parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self._stalled_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stalled_bytes = 0
        if self.parser.should_upgrade():
            return
        self._in_head = True
        self._in_trailer = self._is_first_exact = False
        if isinstance(self.cycle, _Exchange):
            self.cycle.body_since = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._in_head and self.cycle.response_complete:
            self.waits_since = self.loop.time()

    # -- requests ------------------------------------------------------------------------------

    def _keep_first(self, data: bytes) -> None:
        """Keep the first bytes of a head, for the record of a refused request."""
        if self._has_begun:
            self._seen_bytes += len(data)
            missing = self.open_connections.settings.refused_bytes_max - len(self._first)
            if missing > 0:
                self._first += data[:missing]
        else:
            self._seen_bytes = len(data)
            self._first = data[: self.open_connections.settings.refused_bytes_max]
            self._is_first_exact = self._in_head

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # The parser has read the head and stops at the upgrade. Feed the same head again
                # without the Upgrade header, then the rest.
                if self.parser.get_method() == b"CONNECT":
                    raise HttpUnreadable("this server is not a proxy") from None
                (end_of_head,) = upgrade.args
                data = self._head(without=_UPGRADE_HEADERS) + data[end_of_head:]
            else:
                return

    def _begin(self, *, keep_alive: bool, fault: LeadwireError | None = None) -> None:
        """Pass the request to the application, after earlier ones."""
        before: RequestResponseCycle | None = self.cycle
        self.cycle = exchange = _Exchange(
            scope=self.scope,
            transport=self._exchanges_transport,  # type: ignore[arg-type]  # has all that an exchange needs
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        if fault is None:
            exchange.body_since = self.loop.time()
        else:
            exchange.break_off(fault)
        if before is None or before.response_complete:
            self._start_asgi_task(exchange, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((exchange, self.app))

    def _give_up(self, fault: LeadwireError) -> None:
        """Close an idle connection. A partial head gets an answer."""
        if self._has_begun:
            self._refuse(fault)
        else:
            self.is_over = True
            self.transport.close()

    def _refuse(self, fault: LeadwireError) -> None:
        """Answer an invalid request, or one beyond a limit, and close."""
        if self.is_over:
            return
        self.is_over = True
        self.waits_since = None
        self._is_unread = self.open_connections.leave(self)
        if isinstance(fault, UrlTooLong | HeadersTooLarge | RequestTooSlow):
            self.open_connections.met(fault.setting, "")
        if not self._in_head:
            if self.cycle.response_complete:
                self._exchanges_transport.close()
            elif isinstance(self.cycle, _Exchange):
                self.cycle.break_off(fault)
            return
        if not self._has_begun:
            super().on_message_begin()
        first = self._first if self._is_first_exact else self._head()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope.update(
            {
                "method": "",
                "path": "",
                "raw_path": b"",
                "query_string": b"",
                "headers": [],
                "fault": fault,
                "first_bytes": first[: self.open_connections.settings.refused_bytes_max],
                "seen_bytes": max(self._seen_bytes, len(first)),
            }
        )
        self.expect_100_continue = False
        self._begin(keep_alive=False, fault=fault)

    def _unreadable(self, error: httptools.HttpParserError) -> HttpUnreadable:
        if self._first.startswith(_TLS_RECORD):
            return HttpUnreadable("it is TLS, but this port speaks plain HTTP")
        return HttpUnreadable(str(error).removesuffix(".") or type(error).__name__)

    def _head(self, without: frozenset[bytes] = frozenset()) -> bytes:
        """The head that was read, without *without*, also as tokens of the Connection header."""
        method = self.parser.get_method()
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                wanted = (token.strip() for token in value.split(b","))
                kept = [token for token in wanted if token.lower() not in without]
                lines.append(b"connection: %b" % b", ".join(kept))
            elif name not in without:
                lines.append(b"%b: %b" % (name, value))
        return b"\r\n".join([*lines, b"", b""])


def protocol_of(connections: Connections) -> type[HttpProtocol]:
    """The protocol class for *connections*."""
    return type("ServedHttpProtocol", (HttpProtocol,), {"open_connections": connections})


def _origin_form(target: bytes) -> bytes:
    """The path and query of a request target. Raises HttpUnreadable without a path."""
    if target.startswith(b"/"):
        return target
    origin = _ORIGIN.match(target)
    if origin is None:
        raise HttpUnreadable("its target has no path")
    rest = target[origin.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest
