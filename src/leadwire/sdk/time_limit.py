"""The time of the current attempt: from waiting for a connection to the last byte of the answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from leadwire.clock import Clock

_NS: Final = 1_000_000_000


class TimeLimit:
    """When the current attempt must be over."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._until_ns = clock.elapsed_ns() + int(seconds * _NS)

    @property
    def seconds_left(self) -> float:
        """How long the attempt may still take; below 0 once it took too long."""
        return (self._until_ns - self._clock.elapsed_ns()) / _NS


_CURRENT: Final[ContextVar[TimeLimit | None]] = ContextVar("attempt", default=None)


@contextmanager
def limited(seconds: float | None, clock: Clock) -> Iterator[TimeLimit | None]:
    """Limit what this thread or task does meanwhile; without *seconds* there is no limit."""
    limit = None if seconds is None else TimeLimit(seconds, clock)
    token = _CURRENT.set(limit)
    try:
        yield limit
    finally:
        _CURRENT.reset(token)


def time_left(timeout: float | None, error: type[Exception]) -> float | None:
    """The shorter of *timeout* and the rest of the attempt. Raises *error* if nothing is left."""
    limit = _CURRENT.get()
    if limit is None:
        return timeout
    left = limit.seconds_left
    if left <= 0:
        raise error
    return left if timeout is None else min(timeout, left)
