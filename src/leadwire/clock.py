"""Time and identity, passed in wherever they are needed so that tests can decide them.

The only module that may read the system's clock or its random source.
"""

import os
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. May step backwards when the machine's clock does."""
        ...

    def elapsed_ns(self) -> int:
        """A monotonic count of nanoseconds, for durations only."""
        ...


class IdSource(Protocol):
    def call_id(self, at_ms: int) -> str:
        """A UUIDv7 (RFC 9562) whose timestamp is *at_ms*: ids of one source sort by creation."""
        ...

    def guid(self) -> str:
        """A new lower-case UUID of 36 characters, the form of every id on the wire.

        For any thread.
        """
        ...

    def hex_digits(self, count: int) -> str:
        """*count* (an even number) hexadecimal digits of full entropy, for keys and secrets."""
        ...


class RepeatedIds:
    """Gives the ids of *source*, and the same ones again after ``begin_again``."""

    def __init__(self, source: IdSource) -> None:
        self._source = source
        self._given: list[str] = []
        self._next = 0

    def begin_again(self) -> None:
        self._next = 0

    def call_id(self, at_ms: int) -> str:
        return self._repeated(lambda: self._source.call_id(at_ms))

    def guid(self) -> str:
        return self._repeated(self._source.guid)

    def hex_digits(self, count: int) -> str:
        return self._repeated(lambda: self._source.hex_digits(count))

    def _repeated(self, make: Callable[[], str]) -> str:
        if self._next == len(self._given):
            self._given.append(make())
        self._next += 1
        return self._given[self._next - 1]


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def elapsed_ns(self) -> int:
        return time.perf_counter_ns()


class SystemIds:
    """Ids from the operating system's random source. ``call_id`` is for one thread: the loop's."""

    def __init__(self) -> None:
        self._last_ms = -1
        self._counter = 0

    def call_id(self, at_ms: int) -> str:
        # A counter in rand_a keeps the calls of one millisecond in order (RFC 9562, 6.2, method 1).
        if at_ms != self._last_ms:
            self._last_ms, self._counter = at_ms, 0
        else:
            self._counter = (self._counter + 1) & 0xFFF
        stamp, noise = f"{at_ms:012x}", os.urandom(8).hex()
        variant = "89ab"[int(noise[0], 16) & 3]
        return f"{stamp[:8]}-{stamp[8:]}-7{self._counter:03x}-{variant}{noise[1:4]}-{noise[4:]}"

    def guid(self) -> str:
        # UUIDv7: rows made one after another share the pages of an index on their id, so that a
        # commit writes fewer of them.
        stamp, noise = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10).hex()
        variant = "89ab"[int(noise[0], 16) & 3]
        return f"{stamp[:8]}-{stamp[8:]}-7{noise[1:4]}-{variant}{noise[4:7]}-{noise[7:19]}"

    def hex_digits(self, count: int) -> str:
        return os.urandom(count // 2).hex()
