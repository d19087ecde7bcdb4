"""Carries out asynchronous calls, each as if it had just arrived.

They pass the same layers, Faults and Dispatch. A failure of the infrastructure is retried on the
published schedule. An error from the domain is final. A call is recorded like any other before its
answer can be read.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Collection
from functools import partial
from typing import Final

from leadwire.background.worker import Job, Look
from leadwire.clock import Clock
from leadwire.crm.later import (
    CARRIED_OUT,
    AsyncCall,
    OnceCrm,
    Outcome,
    end_call,
    next_call,
    prune_calls,
    try_later,
)
from leadwire.crm.unit import NOBODY, Actor, Person
from leadwire.dates import SECOND_MS
from leadwire.operations import BY_NAME
from leadwire.recording.draft import Answer, Draft
from leadwire.recording.recorder import Recorder
from leadwire.wire.faults import FAULT_KINDS, Faults
from leadwire.wire.gate import ActorLayer
from leadwire.wire.request import Services

RETRY_SECONDS: Final = (30, 120, 420, 900, 1_800, 2_700, 3_600, 5_400, 7_200, 10_800)
"""Delays before each retry, from LeadSquared's page async-api."""

_OK: Final = 200
_RETRYABLE: Final = frozenset(kind.exception_type for kind in FAULT_KINDS if kind.retryable)


class LaterQueue:
    """The asynchronous calls as a queue of jobs, one at a time."""

    name = "the queue of asynchronous calls"

    def __init__(
        self,
        services: Services,
        recorder: Recorder,
        *,
        dispatch: Callable[[Services], ActorLayer],
        clock: Clock,
    ) -> None:
        self._services = services
        self._dispatch = dispatch
        self._recorder = recorder
        self._clock = clock

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        del busy, jobs_max  # one at a time, in the order in which they came
        call, next_on = await self._services.crm.read(NOBODY, next_call)
        jobs = () if call is None else (Job("calls", partial(self._carry_out, call)),)
        return Look(jobs, next_on)

    async def prune(self, before_ms: int) -> int:
        return await self._services.crm.write(NOBODY, partial(prune_calls, before_ms=before_ms))

    async def _carry_out(self, call: AsyncCall) -> None:
        crm = self._services.crm
        if call.state == CARRIED_OUT:
            # The server stopped after the change but before it stored the answer. Do not repeat the
            # change.
            await self._end(call, "succeeded", b"", None, NOBODY)
            return
        draft = self._draft(call)
        actor = NOBODY._replace(call_id=draft.call_id)
        answer = await self._answered(call, draft)
        await self._recorder.keep(draft, answer)
        if answer.status_code == _OK:
            await self._end(call, "succeeded", answer.body, None, actor)
            return
        reason = _reason(answer)
        if answer.exception_type and answer.exception_type not in _RETRYABLE:
            await self._end(call, "refused", answer.body, reason, actor)
        elif call.tries >= len(RETRY_SECONDS):
            await self._end(call, "failed", answer.body, reason, actor)
        else:
            due_on = self._clock.now_ms() + RETRY_SECONDS[call.tries] * SECOND_MS
            await crm.write(actor, partial(try_later, call=call, due_on=due_on, reason=reason))

    async def _end(
        self,
        call: AsyncCall,
        outcome: Outcome,
        answer: bytes,
        reason: str | None,
        actor: Actor,
    ) -> None:
        await self._services.crm.write(
            actor, partial(end_call, call=call, outcome=outcome, answer=answer, reason=reason)
        )

    async def _answered(self, call: AsyncCall, draft: Draft) -> Answer:
        users = await asyncio.to_thread(self._services.access.users, call.account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        actor = Actor(call.account_id, call.user_id, people)
        once = OnceCrm(self._services.crm, call.request_id)
        dispatch = self._dispatch(dataclasses.replace(self._services, crm=once))
        return await Faults(lambda draft: dispatch(draft, actor))(draft)

    def _draft(self, call: AsyncCall) -> Draft:
        """The call as if it had arrived now, at the operation's path."""
        operation = BY_NAME.get(call.submission.operation)
        return Draft(
            start=self._recorder.start(),
            method=operation.method if operation else "",
            path=operation.url_path if operation else "",
            query_string=call.submission.query,
            content_type=call.submission.content_type,
            client_address=call.submission.client[0],
            user_agent=call.submission.client[1],
            operation=operation,
            body=call.submission.body,
            body_bytes=len(call.submission.body),
            account_id=call.account_id,
            user_id=call.user_id,
            key_id=call.submission.key_id,
        )


def _reason(answer: Answer) -> str:
    """Why the attempt failed. Without an exception, something before the API answered."""
    if answer.exception_type:
        return f"{answer.exception_type}: {answer.exception_message}"
    return f"Answered with {answer.status_code}." if answer.status_code else "No answer came."
