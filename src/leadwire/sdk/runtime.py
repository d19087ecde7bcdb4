"""Process and event loop: forks, thread-safe ids, and the loop of a client.

A server often creates its clients before it forks workers. The child then has copies of its
parent's sockets, and of locks that the parent's threads may hold.
"""

import os
import threading
from typing import Final, Protocol
from weakref import WeakSet

from anyio.lowlevel import current_token

from leadwire.clock import SystemIds
from leadwire.sdk.errors import Misuse


class Forked(Protocol):
    """What holds a connection, a file or a lock that a forked child must not use."""

    def after_fork(self) -> None:
        """Start fresh in the child. Leave the parent's connections and files open."""
        ...


_FOLLOWED: Final[WeakSet[Forked]] = WeakSet()


def follow(one: Forked) -> None:
    """Call ``after_fork`` of *one* in each forked child."""
    _FOLLOWED.add(one)


def _renew() -> None:
    for one in list(_FOLLOWED):
        one.after_fork()


if hasattr(os, "register_at_fork"):  # where processes can fork
    os.register_at_fork(after_in_child=_renew)


class SharedIds(SystemIds):
    """SystemIds with a thread-safe ``call_id``."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        follow(self)

    def after_fork(self) -> None:
        """Use a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    def call_id(self, at_ms: int) -> str:
        """A call's id; see ``SystemIds``."""
        with self._lock:
            return super().call_id(at_ms)


class OneLoop:
    """The event loop that owns a client's connections: the loop of its first call."""

    def __init__(self) -> None:
        self._token: object = None

    def check(self) -> None:
        """Raises Misuse in any other loop: a connection cannot change loops."""
        token: object = current_token()
        self._token = token if self._token is None else self._token
        if self._token != token:
            raise Misuse(
                "This AsyncClient belongs to another event loop. Make one client within each "
                "asyncio.run(), or use Client."
            )
