"""Deliveries of webhooks that meet a fault."""

import asyncio
from typing import Final, NamedTuple

import msgspec

from leadwire.background.receivers import Posts
from leadwire.clock import Clock
from leadwire.controls.faults import Fault, FaultSet
from leadwire.crm.webhooks.queue import Attempt, Due
from leadwire.operations.webhooks import EVENT_OF_KIND

_SECOND_MS: Final = 1_000
_PROBLEMS: Final = {
    "hang": "No complete answer in time, as the test asked.",
    "reset": "No answer: the connection was reset, as the test asked.",
    "close": "No answer: the connection was closed, as the test asked.",
}


class FaultySender(NamedTuple):
    """Posts through *inner*, unless a delivery meets a fault.

    A fault before the write posts nothing. After it, the receiver gets the delivery, and its answer
    is lost.
    """

    inner: Posts
    faults: FaultSet
    clock: Clock

    async def send(self, due: Due, payload: str) -> Attempt:
        event = EVENT_OF_KIND[due.event].name
        armed = self.faults.for_delivery(event, due.webhook.account_id)
        if armed is None:
            return await self.inner.send(due, payload)
        fault = armed.fault
        if fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / _SECOND_MS)
        if fault.kind == "delay":
            return await self.inner.send(due, payload)
        attempt = self._unsent()
        if fault.moment == "after_write":
            attempt = await self.inner.send(due, payload)
        return _failed(attempt, fault)

    def _unsent(self) -> Attempt:
        return Attempt(
            started_on=self.clock.now_ms(),
            duration_ms=0,
            status_code=0,
            problem="",
            answer="",
            answer_cut=False,
        )


def _failed(attempt: Attempt, fault: Fault) -> Attempt:
    if fault.kind == "status":
        return msgspec.structs.replace(
            attempt, status_code=fault.status_code, problem="", answer=fault.body or ""
        )
    return msgspec.structs.replace(attempt, status_code=0, problem=_PROBLEMS[fault.kind], answer="")
