"""The relay as a whole: its upstreams, its callers' connections, its start and its end."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Iterable
from typing import Final

from leadwire.addresses import Network, Networks, parsed
from leadwire.clock import Clock
from leadwire.proxy import answers
from leadwire.proxy.connecting import Connector, OutgoingProxy
from leadwire.proxy.door import Door
from leadwire.proxy.head import RequestHead, called_host
from leadwire.proxy.limits import Limits
from leadwire.proxy.pace import Pace
from leadwire.proxy.routes import Routes
from leadwire.proxy.sides import Shared
from leadwire.proxy.upstream import Upstream
from leadwire.proxy.watching import Recording

DRAIN_IDLE_SECONDS: Final = 1.0
"""While the relay ends, a connection without a call is closed after this long."""
_BACKLOG: Final = 1_024
_FORWARDED_FOR: Final = b"x-forwarded-for"
_log = logging.getLogger("leadwire.proxy")


class Relay:
    """Passes calls of callers on to upstreams. Belongs to the event loop.

    *callers* are the networks that may call. *proxies* are the networks whose X-Forwarded-For
    names the caller. *tls* is used to upstreams with https. Made while the event loop runs.
    """

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        routes: Routes,
        recording: Recording,
        *,
        limits: Limits,
        clock: Clock,
        tls: ssl.SSLContext,
        callers: Iterable[Network],
        proxies: Iterable[Network] = (),
        outgoing: OutgoingProxy | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.recording = recording
        self.shared = Shared(limits, clock, asyncio.get_running_loop(), pace)
        self._routes = routes
        self._upstreams = {
            origin: Upstream(
                origin,
                Connector(origin, tls=tls, outgoing=outgoing, seconds_max=limits.connect_seconds),
                reuse_seconds=limits.reuse_seconds,
            )
            for origin in routes.origins
        }
        only = routes.only
        self._only = None if only is None else self._upstreams[only]
        self._callers = Networks(callers)
        self._proxies = Networks(proxies)
        self._doors: set[Door] = set()
        self._servers: list[asyncio.Server] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self._strangers: set[str] = set()

    # Start and end.

    async def listen(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Take calls at *host* and *port*; 0 takes a free one. Returns the port.

        Raises OSError if the port cannot be used.
        """
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Door(self), host, port, ssl=tls, backlog=_BACKLOG)
        self._servers.append(server)
        listening: int = server.sockets[0].getsockname()[1]
        return listening

    async def listen_on(
        self, sockets: Iterable[socket.socket], *, tls: ssl.SSLContext | None = None
    ) -> None:
        """Take calls at sockets that another process has opened."""
        loop = asyncio.get_running_loop()
        for each in sockets:
            server = await loop.create_server(lambda: Door(self), sock=each, ssl=tls)
            self._servers.append(server)

    async def drain(self, seconds: float) -> None:
        """Take no new connections, end open calls within *seconds*, then stop the rest.

        Each call that has begun is recorded when this returns.
        """
        self.shared.is_draining = True
        for server in self._servers:
            server.close()
        try:
            async with asyncio.timeout(seconds):
                await self._is_empty.wait()
        except TimeoutError:
            _log.warning("%d connections did not end in time", len(self._doors))
        for door in tuple(self._doors):
            door.stop()
        while self.shared.tasks:
            await asyncio.wait(self.shared.tasks)
        await self.shared.none_is_open.wait()
        for upstream in self._upstreams.values():
            upstream.close_idle()
        if self._sweep is not None:
            self._sweep.cancel()

    # What connections ask for.

    def welcome(self, door: Door) -> None:
        """Count a new connection, or turn it away."""
        self._doors.add(door)
        self._is_empty.clear()
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self.shared.limits.sweep_seconds, self._look)
        if not self._may_call(door.peer):
            if door.peer not in self._strangers:
                self._strangers.add(door.peer)
                _log.warning("%s may not call this proxy: see the setting proxy_callers", door.peer)
            door.turn_away(answers.NOT_ALLOWED, "This address may not call this proxy.")
        elif len(self._doors) > self.shared.limits.connections and not self._make_room(door):
            door.turn_away(answers.BUSY, "Too many connections are open.")

    def leave(self, door: Door) -> None:
        """Forget a connection that was lost."""
        self._doors.discard(door)
        if not self._doors:
            self._is_empty.set()

    def upstream_of(self, head: RequestHead) -> Upstream | None:
        """The upstream for the host that a request names; None if there is none."""
        if self._only is not None:
            return self._only
        origin = self._routes.choose(called_host(head))
        return None if origin is None else self._upstreams[origin]

    @property
    def keep_alive_seconds(self) -> float:
        """How long a connection may be without a call."""
        longest = self.shared.limits.keep_alive_seconds
        return min(longest, DRAIN_IDLE_SECONDS) if self.shared.is_draining else longest

    def address_of(self, peer: str, head: RequestHead) -> str:
        """The caller's address: what trusted proxies say, and *peer* without them."""
        if not self._proxies.hold(peer):
            return peer
        chain = b",".join(head.values(_FORWARDED_FOR)).decode("latin-1").split(",")
        return self._proxies.nearest_outside(chain, peer)

    def _may_call(self, peer: str) -> bool:
        return parsed(peer) is None or self._callers.hold(peer)

    def _make_room(self, newcomer: Door) -> bool:
        """Close the connection that has been idle for longest; False if none is."""
        idle = [
            (door.idle_since, id(door), door)
            for door in self._doors
            if door is not newcomer and door.idle_since is not None
        ]
        if not idle:
            return False
        min(idle)[2].close()
        return True

    def _look(self) -> None:
        """Keep the time limits of all connections."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        for door in tuple(self._doors):
            door.tick(now)
        has_idle = False
        for upstream in self._upstreams.values():
            upstream.close_idle(now)
            has_idle = has_idle or upstream.has_idle
        is_needed = bool(self._doors or has_idle or self.shared.open_ids)
        seconds = self.shared.limits.sweep_seconds
        self._sweep = loop.call_later(seconds, self._look) if is_needed else None
