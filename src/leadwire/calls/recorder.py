"""The outermost layer: copies a call's bytes while it happens, and answers once it is recorded.

Everything behind it sees a draft instead of the ASGI scope, so that no access log, trace or
exception below can print a URL with a secret in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple

from leadwire.calls.draft import Answer, Draft, Keys
from leadwire.calls.gaps import Gaps
from leadwire.calls.metrics import CallMetrics
from leadwire.calls.personal import PersonalFields
from leadwire.calls.record import CallRecord
from leadwire.calls.redact import lift_keys
from leadwire.calls.redact_personal import close_call
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource
from leadwire.errors import RecordingError
from leadwire.settings import RecordPolicy

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Layer = Callable[[Draft], Awaitable[Answer]]

CALL_ID_HEADER: Final = "X-Leadwire-Call-Id"

_NO_ANSWER: Final = Answer(0, b"")
_KEY_HEADERS: Final = {
    b"x-lsq-accesskey": 0,
    b"x-lsq-secretkey": 1,
    b"x-lsq-access-key": 0,
    b"x-lsq-secret-key": 1,
    b"x-api-key": 2,
}
_DISCARDED_BYTES_MAX: Final = 67_108_864


class RecorderLimits(NamedTuple):
    request_body_bytes_max: int
    recorded_body_bytes_max: int


class Identified(NamedTuple):
    """What a path stands for, known before anything else is."""

    operation: str
    api_type: str


class Recorder:
    """An ASGI application around *inner*. An answer leaves only after its record is durable.

    When a record cannot be kept, *policy* decides: "require" refuses the call, "degrade" answers
    it; either way it is counted in *gaps*. *identify* names the operation of a path and a host;
    *unrecorded* makes the answer of a refused call. The values of *personal* fields are replaced
    by tokens.
    """

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        inner: Layer,
        *,
        store: CallStore,
        clock: Clock,
        ids: IdSource,
        limits: RecorderLimits,
        identify: Callable[[str, str], Identified],
        unrecorded: Callable[[Draft], Answer],
        gaps: Gaps,
        policy: RecordPolicy,
        metrics: CallMetrics,
        personal: PersonalFields | None = None,
    ) -> None:
        self._inner = inner
        self._store = store
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._identify = identify
        self._unrecorded = unrecorded
        self._gaps = gaps
        self._policy = policy
        self._metrics = metrics
        self._personal = personal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._metrics.served += 1
        draft = self._draft(scope)
        answer = _NO_ANSWER
        try:
            if await self._read_body(draft, receive):
                answer = await self._answer(draft)
        except asyncio.CancelledError:
            # The server is stopping: the call is recorded as aborted, and nobody waits for it.
            self._store.append(self._close(draft, _NO_ANSWER))
            raise
        answer = await self._record(draft, answer)
        if answer.status_code:
            await _send(send, draft, answer)

    async def _answer(self, draft: Draft) -> Answer:
        # While records cannot be kept, a policy of "require" changes nothing either: the call is
        # carried out only once the open gap has its record.
        if self._gaps.open and not await self._gaps.close() and self._policy == "require":
            return self._unrecorded(draft)
        return await self._inner(draft)

    async def _record(self, draft: Draft, answer: Answer) -> Answer:
        """The answer that may leave: the call's own once its record is durable."""
        record = self._close(draft, answer)
        try:
            await self._store.append(record)
        except RecordingError as error:
            self._gaps.add(record, str(error))
            return answer if self._policy == "degrade" else self._unrecorded(draft)
        self._metrics.observe(record)
        return answer

    def _draft(self, scope: Scope) -> Draft:
        keys = ["", "", ""]
        if scope["query_string"]:
            # In place: whoever else holds the scope sees no secret either.
            scope["query_string"], keys[:2] = lift_keys(scope["query_string"])
        headers = dict.fromkeys(_KEPT_HEADERS, "")
        kept = []
        for name, value in scope["headers"]:
            place = _KEY_HEADERS.get(name)
            if place is not None:
                keys[place] = keys[place] or value.decode("latin-1").strip()
                continue
            kept.append((name, value))
            if name in headers:
                headers[name] = value.decode("latin-1")
        scope["headers"] = kept
        now_ms = self._clock.now_ms()
        path: str = scope["path"]
        operation, api_type = self._identify(path, headers[b"host"])
        return Draft(
            call_id=self._ids.call_id(now_ms),
            started_at_ms=now_ms,
            started_ns=self._clock.elapsed_ns(),
            method=scope["method"],
            path=path,
            query_string=scope["query_string"].decode("latin-1"),
            content_type=headers[b"content-type"],
            accept=headers[b"accept"],
            host=headers[b"host"],
            client_address=scope["client"][0] if scope.get("client") else "",
            user_agent=headers[b"user-agent"],
            traceparent=headers[b"traceparent"],
            keys=Keys(*keys),
            operation=operation,
            api_type=api_type,
        )

    async def _read_body(self, draft: Draft, receive: Receive) -> bool:
        """Fill the draft's body; False when the caller went away before it was complete.

        What is over the limit is read and thrown away, up to a bound, so that the caller is
        there to read the answer.
        """
        limit = self._limits.request_body_bytes_max
        kept: list[bytes] = []
        message = await receive()
        while message["type"] == "http.request":
            chunk: bytes = message.get("body", b"")
            draft.body_bytes += len(chunk)
            if draft.body_bytes <= limit:
                kept.append(chunk)
            elif draft.is_body_whole:
                draft.is_body_whole = False
                kept.append(chunk[: limit - draft.body_bytes])
            if not message.get("more_body") or draft.body_bytes > _DISCARDED_BYTES_MAX:
                break
            message = await receive()
        draft.body = kept[0] if len(kept) == 1 else b"".join(kept)
        return bool(message["type"] == "http.request")

    def _close(self, draft: Draft, answer: Answer) -> CallRecord:
        return close_call(
            draft,
            answer,
            self._personal,
            ended_ns=self._clock.elapsed_ns(),
            body_bytes_max=self._limits.recorded_body_bytes_max,
        )


_KEPT_HEADERS: Final = (
    b"content-type",
    b"accept",
    b"host",
    b"user-agent",
    b"traceparent",
)


async def _send(send: Send, draft: Draft, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        (CALL_ID_HEADER.lower().encode(), draft.call_id.encode()),
    ]
    headers += [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
