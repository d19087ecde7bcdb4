"""The open connections, in all and of each address, and how long each may keep the server waiting.

A connection waits while it has no whole request: before the first one, between two, and inside a
head. When a bound on connections is reached, the one that has waited longest makes room, so that
callers who send their requests are served whoever else is connected.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from leadwire.server.forwarded import TrustedProxies
from leadwire.settings import Settings

_SWEEP_SECONDS: Final = 1.0


class ConnectionLimits(NamedTuple):
    url_bytes_max: int
    headers_bytes_max: int
    headers_seconds_max: int
    body_seconds_max: int
    first_bytes_max: int
    """Of a request that is refused before it is a call, so much is kept for the record."""
    connections_max: int
    per_address_max: int


class Connection(Protocol):
    """What is asked of a connection."""

    waits_since: float | None
    """The loop's time since when it has had no whole request; None while it has one."""
    address: str
    """Whose it is; empty when the bound for one address does not count it."""

    def make_room(self) -> None:
        """Close, since another caller needs the place."""
        ...

    def look_at_the_clock(self, now: float) -> None:
        """Refuse a request that takes too long to arrive; *now* is the loop's time."""
        ...


class Connections:
    """For the event loop's thread. *met* is told which bound was reached, and by what."""

    def __init__(
        self,
        limits: ConnectionLimits,
        *,
        met: Callable[[str, str], None],
        is_counted: Callable[[str], bool],
    ) -> None:
        self.limits = limits
        self.met = met
        self._is_counted = is_counted
        self._open: set[Connection] = set()
        self._of_address: Counter[str] = Counter()
        self._sweep: asyncio.TimerHandle | None = None

    def address_to_count(self, address: str) -> str:
        """*address*, or nothing when its connections are not bounded, as a trusted proxy's."""
        return address if self._is_counted(address) else ""

    def add(self, connection: Connection) -> bool:
        """Count a new connection; False when no place is left for it."""
        self._open.add(connection)
        self._of_address[connection.address] += 1
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._look)
        address, limits = connection.address, self.limits
        if address and self._of_address[address] > limits.per_address_max:
            self.met("connections_per_address_max", f"the connections from {address}")
            return self._make_room(connection, address)
        if len(self._open) > limits.connections_max:
            self.met("connections_max", f"{len(self._open)} connections are open")
            return self._make_room(connection, "")
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection; one that is not counted is ignored."""
        if connection in self._open:
            self._open.remove(connection)
            self._of_address[connection.address] -= 1
            if not self._of_address[connection.address]:
                del self._of_address[connection.address]

    def _make_room(self, newcomer: Connection, address: str) -> bool:
        longest: Connection | None = None
        since = newcomer.waits_since or 0.0
        for other in self._open:
            waits_since = other.waits_since
            if (
                waits_since is not None
                and waits_since <= since
                and other is not newcomer
                and (not address or other.address == address)
            ):
                longest, since = other, waits_since
        if longest is None:
            self.remove(newcomer)
            return False
        self.remove(longest)
        longest.make_room()
        return True

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._open):
            connection.look_at_the_clock(now)
        self._sweep = loop.call_later(_SWEEP_SECONDS, self._look) if self._open else None


def connections_of(
    settings: Settings, met: Callable[[str, str], None], proxies: TrustedProxies
) -> Connections:
    """The connections of a server with *settings*; those of *proxies* come for many callers."""
    limits = ConnectionLimits(
        url_bytes_max=settings.request_url_bytes_max,
        headers_bytes_max=settings.request_headers_bytes_max,
        headers_seconds_max=settings.request_headers_seconds_max,
        body_seconds_max=settings.request_body_seconds_max,
        first_bytes_max=settings.refused_bytes_max,
        connections_max=settings.connections_max,
        per_address_max=settings.connections_per_address_max,
    )
    return Connections(limits, met=met, is_counted=lambda address: not proxies.holds(address))
