"""The worker that carries out accepted calls, one after the other, as if they came just now.

The same layers answer them: Faults and Dispatch. What only infrastructure prevents is tried again
on the published schedule; what the domain refuses is refused for good. Each is recorded like any
call before its answer can be asked for.
"""

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Final

from leadwire.calls.draft import Answer, Draft
from leadwire.clock import Clock, IdSource
from leadwire.crm.later import (
    CARRIED_OUT,
    AsyncCall,
    OnceCrm,
    end_call,
    next_call,
    prune_calls,
    try_later,
)
from leadwire.crm.unit import NOBODY, Actor, Person
from leadwire.dates import DAY_MS, SECOND_MS, format_seconds
from leadwire.wire.dispatch import Dispatch
from leadwire.wire.faults import FAULT_KINDS, Faults
from leadwire.wire.request import Services
from leadwire.wire.routes import operation_named

RETRY_SECONDS: Final = (30, 120, 420, 900, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800)
"""The published waits before each further try (contract 1.9)."""

_LOOK_AGAIN_SECONDS: Final = 60
_AFTER_TROUBLE_SECONDS: Final = 5
_PRUNE_MS: Final = 3_600_000
_OK: Final = 200
_RETRYABLE: Final = frozenset(kind.exception_type for kind in FAULT_KINDS if kind.retryable)

Keep = Callable[[Draft, Answer], Awaitable[None]]

_log = logging.getLogger("leadwire.wire")


class LaterCalls:
    """Made, woken and closed on one event loop. *keep* records a call that was carried out."""

    def __init__(  # the composition root names every part
        self,
        services: Services,
        *,
        keep: Keep,
        clock: Clock,
        ids: IdSource,
        retention_days: int,
    ) -> None:
        self._services = services
        self._keep = keep
        self._clock = clock
        self._ids = ids
        self._retention_ms = retention_days * DAY_MS
        self._awake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._pruned_on = -_PRUNE_MS
        self._task = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Something was queued, or may be due."""
        self._awake.set()

    async def close(self) -> None:
        """What is under way ends; the rest is carried out after the next start."""
        async with self._one_at_a_time:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def work_off(self) -> float:
        """Carry out whatever is due; for how many seconds there is nothing more to do."""
        crm = self._services.crm
        now_ms = self._clock.now_ms()
        if now_ms - self._pruned_on >= _PRUNE_MS:
            self._pruned_on = now_ms
            before_ms = now_ms - self._retention_ms
            while await crm.write(NOBODY, partial(prune_calls, before_ms=before_ms)):
                pass
        while True:
            async with self._one_at_a_time:
                call, next_on = await crm.read(NOBODY, next_call)
                if call is not None:
                    await self._carry_out(call)
            if call is None:
                break
        if next_on is None:
            return _LOOK_AGAIN_SECONDS
        wait_ms = max(next_on - self._clock.now_ms(), 1)
        return min(wait_ms / SECOND_MS, _LOOK_AGAIN_SECONDS)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            try:
                seconds = await self.work_off()
            except Exception:  # noqa: BLE001  # a worker that ends tells nobody anything
                # The call is still in the queue: what it did is noted with it.
                _log.exception("the queue of asynchronous calls cannot be worked off")
                seconds = _AFTER_TROUBLE_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), seconds)

    async def _carry_out(self, call: AsyncCall) -> None:
        crm = self._services.crm
        if call.state == CARRIED_OUT:
            # The server died before the answer was kept. It is done, and must not be done again.
            await crm.write(NOBODY, partial(end_call, call=call, answer=b"", reason=None))
            return
        draft = self._draft(call)
        answer = await self._answered(call, draft)
        await self._keep(draft, answer)
        if answer.exception_type in _RETRYABLE and call.tries < len(RETRY_SECONDS):
            now_ms = self._clock.now_ms()
            step = f"{format_seconds(now_ms)} {answer.exception_message}"
            due_on = now_ms + RETRY_SECONDS[call.tries] * SECOND_MS
            await crm.write(NOBODY, partial(try_later, call=call, due_on=due_on, step=step))
            return
        reason = None if answer.status_code == _OK else answer.exception_message
        await crm.write(NOBODY, partial(end_call, call=call, answer=answer.body, reason=reason))

    async def _answered(self, call: AsyncCall, draft: Draft) -> Answer:
        users = await asyncio.to_thread(self._services.access.users, call.account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        actor = Actor(call.account_id, call.user_id, people)
        once = OnceCrm(self._services.crm, call.request_id)
        dispatch = Dispatch(dataclasses.replace(self._services, crm=once))
        return await Faults(lambda draft: dispatch(draft, actor))(draft)

    def _draft(self, call: AsyncCall) -> Draft:
        """The call as if it had come now, to the operation's own path."""
        operation = operation_named(call.submission.operation)
        now_ms = self._clock.now_ms()
        return Draft(
            call_id=self._ids.call_id(now_ms),
            started_at_ms=now_ms,
            started_ns=self._clock.elapsed_ns(),
            method=operation.method if operation else "",
            path=operation.url_path if operation else "",
            query_string=call.submission.query,
            content_type=call.submission.content_type,
            accept="",
            host="",
            client_address=call.submission.client[0],
            user_agent=call.submission.client[1],
            traceparent="",
            operation=call.submission.operation,
            api_type=operation.api_type if operation else "",
            body=call.submission.body,
            body_bytes=len(call.submission.body),
            account_id=call.account_id,
            user_id=call.user_id,
            key_id=call.submission.key_id,
        )
