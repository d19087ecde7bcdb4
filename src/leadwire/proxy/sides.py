"""What a call asks of the caller's side, and what all calls share."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from leadwire.clock import Clock
from leadwire.proxy.limits import Limits
from leadwire.proxy.pace import Pace

How = Literal["keep", "close", "abort"]
"""What becomes of the caller's connection: the next call; closed in order; reset."""


class Caller(Protocol):
    """The caller's side of a call."""

    is_gone: bool
    """Whether its connection is lost."""

    @property
    def unsent_bytes(self) -> int:
        """Bytes that were written to it and that it has not taken yet."""
        ...

    def write(self, data: bytes) -> None: ...

    def pause(self) -> None:
        """Read no more, for now."""
        ...

    def resume(self) -> None: ...

    def has_left(self) -> bool:
        """Whether the caller has closed its side, even while nothing is read."""
        ...

    def drop(self) -> None:
        """Reset the connection of a caller that does not read."""
        ...

    def end_call(self, data: bytes, how: How) -> None:
        """Write the last bytes. The call is over."""
        ...


@dataclass(slots=True)
class Shared:
    """What all calls of a proxy share."""

    limits: Limits
    clock: Clock
    loop: asyncio.AbstractEventLoop
    pace: Pace | None = None
    open_ids: set[str] = field(default_factory=set)
    """Ids of the calls that are in progress: they are not recorded yet."""
    none_is_open: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    is_draining: bool = False

    def __post_init__(self) -> None:
        self.none_is_open.set()

    def begin_call(self, call_id: str) -> None:
        self.open_ids.add(call_id)
        self.none_is_open.clear()

    def end_call(self, call_id: str) -> None:
        """A call is recorded, or counted as lost."""
        self.open_ids.discard(call_id)
        if not self.open_ids:
            self.none_is_open.set()

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run *work* in a task, which is kept until it is done."""
        task = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
