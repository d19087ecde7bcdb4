"""Connections to an upstream, and which of them are used again.

A connection is used again only if its last request was wholly sent, its last answer wholly read,
nothing is left unread, both sides keep it open, and it has been idle for less than the upstream
waits. So no answer can belong to another request.
"""

import asyncio
import re
import select
from collections.abc import Callable
from typing import Final, Protocol

from leadwire.proxy.connecting import Connector
from leadwire.proxy.head import AnswerHead
from leadwire.proxy.routes import Origin
from leadwire.proxy.watching import Timings

BUFFER_BYTES_MAX: Final = 262_144
"""What waits to be written to one side before the other is no longer read."""
_LEARNT_SECONDS_MIN: Final = 10.0
_LEARNT_SECONDS_MAX: Final = 600.0
_LEARNT_TIMES: Final = 100
"""A learnt time is valid for this many times its length. A short one may come from a restart of
the upstream."""
_SHARE_OF_LEARNT: Final = 0.5
_SAFETY_SECONDS: Final = 1.0
_TIMEOUT: Final = re.compile(rb"(?:^|,)\s*timeout\s*=\s*(\d{1,6})", re.IGNORECASE)
_HUNG_UP: Final = getattr(select, "POLLRDHUP", 0) | getattr(select, "POLLHUP", 0)
_READABLE: Final = getattr(select, "POLLIN", 0) | _HUNG_UP


class Listener(Protocol):
    """Who a connection's events go to: the call that uses it."""

    def answer_bytes(self, data: bytes) -> None: ...

    def upstream_ended(self, error: Exception | None) -> None:
        """The upstream closed the connection. *error* is None if it did so in order."""
        ...

    def upstream_is_full(self, *, full: bool) -> None:
        """The upstream does not read as fast as it is written to; or it does again."""
        ...


class UpstreamConnection(asyncio.Protocol):
    """One connection. *user* is the call that uses it, or None while it is idle."""

    def __init__(self, pool: "Upstream") -> None:
        self._pool = pool
        self.transport: asyncio.Transport | None = None
        self.user: Listener | None = None
        self.uses = 0
        self.idle_since = 0.0
        self.idle_max = pool.reuse_seconds
        self.is_open = True
        self._is_paused = False
        self._poll: select.poll | None = None

    def use(self, transport: asyncio.Transport) -> None:
        """Take the transport. With TLS, it is the one over the first."""
        self.transport = transport
        self._poll = _poll_of(transport, _READABLE)
        transport.set_write_buffer_limits(high=BUFFER_BYTES_MAX)

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)

    def pause(self) -> None:
        if self.transport is not None and self.is_open:
            self._is_paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and self.transport is not None and self.is_open:
            self._is_paused = False
            self.transport.resume_reading()

    def abort(self) -> None:
        """Close at once. The user hears nothing of it."""
        self.user = None
        self.is_open = False
        if self.transport is not None:
            self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.user is not None:
            self.user.answer_bytes(data)
        else:  # an answer that nobody asked for
            self._pool.forget(self)
            self.abort()

    def eof_received(self) -> None:
        self._ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(exc)

    def _ended(self, error: Exception | None) -> None:
        if not self.is_open:
            return
        self.is_open = False
        if self.user is not None:
            user, self.user = self.user, None
            user.upstream_ended(error)
        elif self.uses:
            self._pool.closed_while_idle(self)

    def pause_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_is_full(full=True)

    def resume_writing(self) -> None:
        if self.user is not None:
            self.user.upstream_is_full(full=False)

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait to be written."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def note_keep_alive(self, head: AnswerHead) -> None:
        """Learn how long the upstream keeps connections, if the answer says so."""
        if b"keep-alive" not in head.names:
            return
        for value in head.values(b"keep-alive"):
            if found := _TIMEOUT.search(value):
                self.idle_max = float(found[1]) - _SAFETY_SECONDS

    def is_clean(self) -> bool:
        """Whether it is open, and nothing has arrived that the event loop has not delivered yet."""
        if self.transport is None or self.transport.is_closing():
            return False
        return self._poll is None or not self._poll.poll(0)


def has_hung_up(transport: asyncio.BaseTransport) -> bool:
    """Whether the other side of *transport* has closed, even with bytes that are still unread."""
    poll = _poll_of(transport, _HUNG_UP)
    return poll is not None and bool(poll.poll(0))


def _poll_of(transport: asyncio.BaseTransport, events: int) -> "select.poll | None":
    """Asks the system for *events* of a connection; None where it cannot be asked."""
    connection = transport.get_extra_info("socket")
    if connection is None or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    poll.register(connection.fileno(), events)
    return poll


class Upstream:
    """The connections to one origin, the last used first. Belongs to the event loop."""

    def __init__(self, origin: Origin, connector: Connector, *, reuse_seconds: float) -> None:
        self.origin = origin
        self.name = str(origin)
        self.authority = origin.authority.encode()
        self.reuse_seconds = reuse_seconds
        self._connector = connector
        self._idle: list[UpstreamConnection] = []
        self._learnt: tuple[float, float] | None = None
        """The shortest time after which an idle connection was closed, and until when it counts."""

    def take(self, now: float) -> UpstreamConnection | None:
        """An idle connection that can be used again; None if there is none."""
        while self._idle:
            connection = self._idle.pop()
            idle = now - connection.idle_since
            if idle < self._idle_max(connection, now) and connection.is_clean():
                return connection
            connection.abort()
        return None

    def give(self, connection: UpstreamConnection, now: float) -> None:
        """Keep a connection whose request and answer were wholly exchanged."""
        connection.user = None
        if not connection.is_open:
            return
        if self._idle_max(connection, now) <= 0:
            connection.abort()
            return
        connection.idle_since = now
        self._idle.append(connection)

    async def open(self, timings: Timings, elapsed_ms: Callable[[], float]) -> UpstreamConnection:
        """A new connection. Raises Unreachable."""
        connection = UpstreamConnection(self)
        connection.use(await self._connector.connect(connection, timings, elapsed_ms))
        return connection

    def forget(self, connection: UpstreamConnection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)

    def closed_while_idle(self, connection: UpstreamConnection) -> None:
        """The upstream closed an idle connection: learn how long it waits."""
        now = asyncio.get_running_loop().time()
        age = now - connection.idle_since
        if self._learnt is None or age <= self._learnt[0] or now > self._learnt[1]:
            counts_for = min(max(age * _LEARNT_TIMES, _LEARNT_SECONDS_MIN), _LEARNT_SECONDS_MAX)
            self._learnt = age, now + counts_for
        self.forget(connection)
        connection.abort()

    def close_idle(self, now: float | None = None) -> None:
        """Close idle connections that are too old at *now*; all of them without it."""
        kept = []
        for connection in self._idle:
            idle_max = self._idle_max(connection, now) if now is not None else 0.0
            if now is not None and now - connection.idle_since < idle_max:
                kept.append(connection)
            else:
                connection.abort()
        self._idle = kept

    @property
    def has_idle(self) -> bool:
        return bool(self._idle)

    def _idle_max(self, connection: UpstreamConnection, now: float) -> float:
        longest = min(connection.idle_max, self.reuse_seconds)
        if self._learnt is not None and now <= self._learnt[1]:
            longest = min(longest, self._learnt[0] * _SHARE_OF_LEARNT)
        return longest
