"""Run a recorded call again: with everything undone, or for real."""

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from leadwire.access.limits import Limiter
from leadwire.access.rehearsal import rehearsed_access
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.store import UserInfo
from leadwire.calls.record import CallRecord
from leadwire.clock import Clock, IdSource
from leadwire.crm.rehearsal import RehearsedCrm, RehearsedFiles, Rehearses
from leadwire.crm.unit import Actor, Person
from leadwire.crm.webhooks.webhooks import Header
from leadwire.operations import BY_NAME, Operation
from leadwire.recording.draft import Answer, Draft, Start
from leadwire.recording.recorder import Recorder
from leadwire.recording.rerun import RerunRefused, RerunRequest
from leadwire.wire.dispatch import Dispatch
from leadwire.wire.faults import Faults, Statuses
from leadwire.wire.request import Services
from leadwire.wire.routes import Identify


class _NotAsked(NamedTuple):
    """The answer to a probe that is not sent."""

    refused: str = ""
    notice: str = "The receiver was not asked, since the call is undone."


async def _not_asked(url: str, headers: Sequence[Header]) -> _NotAsked:
    del url, headers
    return _NotAsked()


class Reruns:
    """Runs calls as the user of the recorded call. For the event loop.

    Keys are not checked, since none are recorded. The user must still be active.
    """

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        services: Services,
        crm: Rehearses,
        recorder: Recorder,
        limiter: Limiter,
        *,
        identify: Identify,
        statuses: Statuses,
        clock: Clock,
        ids: IdSource,
        seconds_max: float,
    ) -> None:
        self._services = services
        self._crm = crm
        self._recorder = recorder
        self._limiter = limiter
        self._identify = identify
        self._statuses = statuses
        self._clock = clock
        self._ids = ids
        self._seconds_max = seconds_max

    async def rolled_back(self, request: RerunRequest) -> CallRecord:
        """What the call would answer now. Nothing is kept, sent, counted or recorded.

        Raises RerunRefused.
        """
        now_ms = self._clock.now_ms()
        start = Start(self._ids.call_id(now_ms), now_ms, self._clock.elapsed_ns())
        draft = self._draft(request, start)
        actor = await self._actor(request, draft, by_administrator=True)
        services = self._services
        with rehearsed_access(services.access) as access:
            undone = dataclasses.replace(
                services,
                crm=RehearsedCrm(
                    self._crm, clock=self._clock, ids=self._ids, seconds_max=self._seconds_max
                ),
                access=access,
                files=RehearsedFiles(services.files, clock=self._clock, ids=self._ids),
                probe=_not_asked,
            )
            answer = await self._answered(undone, draft, actor)
        return self._recorder.closed(draft, answer)

    async def for_real(self, request: RerunRequest, *, by_administrator: bool) -> CallRecord:
        """Run the call, which is recorded as a new one, and counts for the plan's limits.

        A call of an administrator takes an administrator. Raises RerunRefused; also if the call
        ran, but could not be recorded.
        """
        draft = self._draft(request, None)
        actor = await self._actor(request, draft, by_administrator=by_administrator)
        draft.start = self._recorder.start()
        actor = actor._replace(call_id=draft.call_id)
        answer = await self._answered(self._services, draft, actor, limiter=self._limiter)
        if not await self._recorder.keep(draft, answer):
            raise RerunRefused("The call ran, but it could not be recorded. Read what it changed.")
        return self._recorder.closed(draft, answer)

    async def _answered(
        self, services: Services, draft: Draft, actor: Actor, *, limiter: Limiter | None = None
    ) -> Answer:
        dispatch = Dispatch(services)

        async def inner(draft: Draft) -> Answer:
            if limiter is not None and draft.operation is not None:
                limiter.admit(draft.account_id, draft.operation.limit_class)
            return await dispatch(draft, actor)

        return await Faults(inner, self._statuses)(draft)

    def _draft(self, request: RerunRequest, start: Start | None) -> Draft:
        record = request.record
        headers = _headers(request)
        host = next((value for name, value in headers if name == b"host"), b"").decode("latin-1")
        return Draft(
            start=start or Start("", 0, 0),
            method=request.method,
            path=request.path,
            query_string=request.query_string,
            content_type=request.content_type,
            client_address=record.client_address,
            user_agent=request.agent,
            host=host,
            headers=headers,
            operation=self._operation(request, host),
            body=request.body,
            body_bytes=len(request.body),
            account_id=record.account_id,
            user_id=record.user_id,
            key_id=record.key_id,
            rerun_of=record.call_id,
        )

    def _operation(self, request: RerunRequest, host: str) -> Operation | None:
        record = request.record
        if request.path == record.path and record.operation:
            return BY_NAME.get(record.operation)
        known = BY_NAME.get(record.operation)
        has_async_key = known is not None and known.keys in ("async", "pair and async")
        return self._identify(request.path, host, has_async_key)

    async def _actor(self, request: RerunRequest, draft: Draft, *, by_administrator: bool) -> Actor:
        """The user of the recorded call. Raises RerunRefused."""
        account_id, user_id = request.record.account_id, request.record.user_id
        users = await asyncio.to_thread(self._services.access.users, account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        takes_user = draft.operation is None or draft.operation.keys not in ("async", "none")
        if takes_user:
            _check_user(users, user_id, by_administrator=by_administrator)
        return Actor(account_id, user_id, people, draft.call_id)


def _check_user(users: Sequence[UserInfo], user_id: str, *, by_administrator: bool) -> None:
    user = next((user for user in users if user.user_id == user_id), None)
    if user is None or not user.is_active:
        raise RerunRefused("The user of the call is not active any more, so it cannot run again.")
    if user.role == ADMINISTRATOR and not by_administrator:
        raise RerunRefused(
            "The call is that of an administrator. Only an administrator can run it for real."
        )


def _headers(request: RerunRequest) -> list[tuple[bytes, bytes]]:
    """The headers as recorded, with the content type and length of the request."""
    kept = []
    lines = request.record.request_headers.split("\n")
    for name, _, value in (line.partition(":") for line in lines if line):
        if name.strip().lower() not in ("content-type", "content-length"):
            kept.append((name.strip().lower(), value.strip()))
    if request.content_type:
        kept.append(("content-type", request.content_type))
    return [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in kept
    ]
