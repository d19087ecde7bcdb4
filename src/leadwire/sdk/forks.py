"""What a forked child must not share with its parent: connections, open files, locks that are held.

A server that forks its workers often makes its clients before. The child then has copies of sockets
on which its parent talks, and of locks that threads hold which it does not have.
"""

import os
from typing import Final, Protocol
from weakref import WeakSet


class Forked(Protocol):
    def after_fork(self) -> None:
        """Begin anew, in the child: leave to the parent what is its own, without closing it."""
        ...


_FOLLOWED: Final[WeakSet[Forked]] = WeakSet()


def follow(one: Forked) -> None:
    """Tell *one* when it finds itself in a child."""
    _FOLLOWED.add(one)


def _renew() -> None:
    for one in list(_FOLLOWED):
        one.after_fork()


if hasattr(os, "register_at_fork"):  # where processes fork
    os.register_at_fork(after_in_child=_renew)
