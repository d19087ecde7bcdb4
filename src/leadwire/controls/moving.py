"""Move the clock from due time to due time, so that everything that falls due happens in order.

A single jump would run late what was due on the way: a delivery of four attempts would get two.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.background.workers import Workers
from leadwire.calls.instants import instants_of
from leadwire.controls.answers import CONFLICT, Refused, wrong
from leadwire.controls.clock import ControlledClock
from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, format_ms

WITHIN_MS: Final = 10_000
"""How long an advance may take, by the machine's clock."""
_UNITS_MS: Final = {
    "ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "min": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS,
}  # fmt: skip
_DIGITS_MAX: Final = 15
_LONGEST_MS: Final = 3_660 * DAY_MS


class Moved(msgspec.Struct, frozen=True):
    """Where the clock stands, and what happened on the way."""

    now: str
    """``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    frozen: bool
    steps: int = 0
    fired: dict[str, int] = {}
    """Jobs that ran, by queue."""
    waiting: dict[str, str] = {}
    """When the next job of each queue is due."""
    complete: bool = True
    """False: the time for the advance ran out, so the clock stands before the wanted time."""


class Mover(NamedTuple):
    """Moves *clock*. *forget_times* tells caches and limits that the time has changed."""

    clock: ControlledClock
    workers: Workers
    forget_times: Callable[[], None]
    prune: Callable[[], Awaitable[None]]

    def shown(self) -> Moved:
        return Moved(now=format_ms(self.clock.now_ms()), frozen=self.clock.is_frozen)

    def freeze(self, at: str) -> Moved:
        """Stop at a date, or ``now``. Raises Refused."""
        self.clock.freeze(self._date_of(at, "freeze"))
        return self._told()

    def run(self) -> Moved:
        self.clock.run()
        return self._told()

    def reset(self) -> Moved:
        self.clock.reset()
        return self._told()

    async def set(self, to: str, *, within_ms: int) -> Moved:
        """Move to a later date, as ``advance``. Raises Refused."""
        return await self._to(self._date_of(to, "set"), within_ms)

    async def advance(self, by: str | int, *, within_ms: int, retention: bool) -> Moved:
        """Move on by a span. *retention*: also drop what is past its retention by then.

        Raises Refused for a span that cannot be read.
        """
        moved = await self._to(self.clock.now_ms() + span_ms(by), within_ms)
        if retention:
            await self._retain()
        return moved

    def _told(self) -> Moved:
        self.forget_times()
        self.workers.wake()
        return self.shown()

    def _date_of(self, text: str, at: str) -> int:
        now_ms = self.clock.now_ms()  # once: a running clock moves between two looks
        try:
            at_ms = instants_of(text, now_ms)[0]
        except ValueError as error:
            raise wrong(str(error), at=at) from None
        if at_ms < now_ms:
            raise Refused(
                CONFLICT,
                "clock_backwards",
                f"The clock shows {format_ms(now_ms)}: it goes forwards only.",
                at=at,
                fix='Reset the data first, and then the clock: {"reset": true}.',
            )
        return at_ms

    async def _to(self, target_ms: int, within_ms: int) -> Moved:
        before = {name: worker.started for name, worker in self.workers.by_name.items()}
        steps, is_complete = 0, False
        try:
            async with asyncio.timeout(max(within_ms / SECOND_MS, 0.001)):
                while not is_complete:
                    await self.workers.settled()
                    next_ms = await self._next_on_ms()
                    is_complete = next_ms is None or next_ms > target_ms
                    to_ms = target_ms if next_ms is None or is_complete else next_ms
                    self.clock.set(max(to_ms, self.clock.now_ms()))
                    self._told()
                    steps += 0 if is_complete else 1
                await self.workers.settled()
        except TimeoutError:
            is_complete = False
        fired = {
            name: worker.started - before[name] for name, worker in self.workers.by_name.items()
        }
        return msgspec.structs.replace(
            self.shown(),
            steps=steps,
            fired=fired,
            waiting=await self._waiting(),
            complete=is_complete,
        )

    async def _next_on_ms(self) -> int | None:
        found = [await worker.next_on_ms() for worker in self.workers.by_name.values()]
        return min((at_ms for at_ms in found if at_ms is not None), default=None)

    async def _waiting(self) -> dict[str, str]:
        found = {name: await worker.next_on_ms() for name, worker in self.workers.by_name.items()}
        return {name: format_ms(at_ms) for name, at_ms in found.items() if at_ms is not None}

    async def _retain(self) -> None:
        for worker in self.workers.by_name.values():
            worker.prunes = True
        try:
            await self.workers.settled()
            await self.prune()
        finally:
            for worker in self.workers.by_name.values():
                worker.prunes = False


def span_ms(text: str | int | Any) -> int:  # noqa: ANN401  # as a test wrote it
    """Milliseconds of ``"2h 30m"`` or of a number. Raises Refused."""
    if isinstance(text, int):
        found = text
    else:
        found = sum(_part_ms(part) for part in text.split()) if text.split() else -1
    if not 0 <= found <= _LONGEST_MS:
        raise wrong(
            f"'{text}' is not a span from 0 to 3660 days.",
            at="advance",
            fix='Write, for example, "2h 30m" or a number of milliseconds.',
        )
    return found


def _part_ms(part: str) -> int:
    number = part.rstrip("msinhd")
    unit = part[len(number) :]
    if (
        not number.isdecimal()
        or not number.isascii()
        or len(number) > _DIGITS_MAX
        or unit not in _UNITS_MS
    ):
        return -_LONGEST_MS * 2
    return int(number) * _UNITS_MS[unit]
