"""Run one costly task at a time, fairly among callers, with a short queue."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from leadwire.errors import LeadwireError


class TooManyWait(LeadwireError):
    """The queue is full. *setting* names the limit."""

    def __init__(self, setting: str) -> None:
        super().__init__("Too many sign-ins are waiting.")
        self.setting = setting


class Turns:
    """A queue with lanes: a full lane delays only its own callers.

    For the event loop's thread only.
    """

    def __init__(self, *, waiting_max: int, waiting_per_lane_max: int) -> None:
        self._waiting_max = waiting_max
        self._waiting_per_lane_max = waiting_per_lane_max
        self._is_taken = False
        self._waiting = 0
        self._lanes: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, lane: str) -> AsyncIterator[None]:
        """Wait for a turn in *lane*, and hold it. Raises TooManyWait at once."""
        if self._is_taken:
            await self._wait(lane)
        self._is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, lane: str) -> None:
        if self._waiting >= self._waiting_max:
            raise TooManyWait("sign_in_waiting_max")
        if len(self._lanes.get(lane, ())) >= self._waiting_per_lane_max:
            raise TooManyWait("sign_in_waiting_per_address_max")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lanes.setdefault(lane, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it already had a turn: pass it on
            raise

    def _pass_on(self) -> None:
        while self._lanes:
            lane, waiting = self._lanes.popitem(last=False)
            turn = waiting.popleft()
            self._waiting -= 1
            if waiting:
                self._lanes[lane] = waiting
            if not turn.done():
                turn.set_result(None)
                return
        self._is_taken = False
