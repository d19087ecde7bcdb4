"""Limits on open connections, in total and per address, and on how long each may wait.

A connection is idle while it has no complete request: before the first, between two, or within a
head. At a limit the longest idle one is closed. So callers that send requests are always served.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Protocol

from leadwire.server.cors import headers_for_anyone
from leadwire.server.forwarded import TrustedProxies
from leadwire.settings import Settings

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_SWEEP_SECONDS: Final = 1.0
_TRIM_SECONDS: Final = 0.01
_MORE_FOR_A_MOMENT: Final = 32
"""Extra connections beyond a limit: some have just arrived, others are about to close."""
_OTHER_FILES: Final = 96
"""Files that a server has open besides connections: databases, the log, temporary files."""
_CONNECTIONS_MIN: Final = 8

_log = logging.getLogger("leadwire.bounds")


class Connection(Protocol):
    """The interface of a connection."""

    waits_since: float | None
    """The loop's time since it has had no complete request; None while it has one."""
    address: str
    """The caller's address; empty if the limit per address does not apply."""

    def make_room(self, *, at_once: bool) -> None:
        """Close, to free a place for another caller. *at_once*: do not wait for an answer."""
        ...

    def look_at_the_clock(self, now: float) -> None:
        """Refuse a request that arrives too slowly. *now* is the loop's time."""
        ...


class Connections:
    """For the event loop's thread only. *met* gets the limit that was reached, and by what.

    *proxies* are exempt from the limit per address.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        met: Callable[[str, str], None],
        proxies: TrustedProxies,
    ) -> None:
        self.settings = settings
        self.busy_headers = headers_for_anyone(settings.cors_origins)
        """Header lines for the answer to a connection beyond the limit."""
        self.met = met
        self._proxies = proxies
        self._connections_max = _as_files_allow(settings.connections_max)
        self._open: set[Connection] = set()
        self._leaving: set[Connection] = set()
        self._of_address: Counter[str] = Counter()
        self._sweep: asyncio.TimerHandle | None = None
        self._trim: asyncio.TimerHandle | None = None

    def address_to_count(self, address: str) -> str:
        """*address*, or empty if its connections are unlimited, as for a trusted proxy."""
        return "" if self._proxies.holds(address) else address

    def add(self, connection: Connection) -> bool:
        """Count a new connection; False if there is no place.

        Briefly allows a few beyond the limits, so that a new connection can send its request before
        it counts as idle.
        """
        self._open.add(connection)
        self._of_address[connection.address] += 1
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._look)
        address = connection.address
        per_address_max = self.settings.connections_per_address_max
        if address and self._of_address[address] > per_address_max:
            self.met("connections_per_address_max", f"the connections from {address}")
            is_far_over = self._of_address[address] > per_address_max + _MORE_FOR_A_MOMENT
        elif len(self._open) > self._connections_max:
            self.met("connections_max", f"{len(self._open)} connections are open")
            address = ""
            is_far_over = len(self._open) > self._connections_max + _MORE_FOR_A_MOMENT
        else:
            return True
        if not is_far_over:
            if self._trim is None:
                loop = asyncio.get_running_loop()
                self._trim = loop.call_later(_TRIM_SECONDS, self._make_room_for_all)
        elif not self._make_room(address, newcomer=connection):
            self.remove(connection)
            return False
        return True

    def leave(self, connection: Connection) -> bool:
        """Stop counting a connection with its last answer. Returns whether it may linger."""
        self.remove(connection)
        self._leaving.add(connection)
        return len(self._leaving) <= _MORE_FOR_A_MOMENT

    def remove(self, connection: Connection) -> None:
        """Forget a connection. Ignores an unknown one."""
        self._leaving.discard(connection)
        if connection in self._open:
            self._open.remove(connection)
            self._of_address[connection.address] -= 1
            if not self._of_address[connection.address]:
                del self._of_address[connection.address]

    def _make_room_for_all(self) -> None:
        self._trim = None
        per_address_max = self.settings.connections_per_address_max
        for address, count in tuple(self._of_address.items()):
            if address:
                for _ in range(count - per_address_max):
                    self._make_room(address)
        for _ in range(len(self._open) - self._connections_max):
            self._make_room("")

    def _make_room(self, address: str, *, newcomer: Connection | None = None) -> bool:
        """Close the longest idle connection, of *address* if given; False if none is idle."""
        longest: Connection | None = None
        since = math.inf
        for other in self._open:
            waits_since = other.waits_since
            if (
                waits_since is not None
                and waits_since < since
                and other is not newcomer
                and (not address or other.address == address)
            ):
                longest, since = other, waits_since
        if longest is None:
            return False
        longest.make_room(at_once=not self.leave(longest))
        return True

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in tuple(self._open):
            connection.look_at_the_clock(now)
        self._sweep = loop.call_later(_SWEEP_SECONDS, self._look) if self._open else None


def _as_files_allow(connections_max: int) -> int:
    """*connections_max*, reduced if the process may not open that many files.

    Raises the process's soft limit as far as needed and allowed.
    """
    if resource is None:
        return connections_max
    wanted = connections_max + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections_max
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft >= wanted:
        return connections_max
    fewer = max(soft - _OTHER_FILES, _CONNECTIONS_MIN)
    _log.warning(
        "this process may open only %d files, so at most %d connections stay open instead of "
        "connections_max = %d: raise 'ulimit -n'",
        soft,
        fewer,
        connections_max,
    )
    return fewer
