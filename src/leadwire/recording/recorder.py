"""The outermost layer: copies a call's bytes while it happens, and answers once it is recorded.

The layers behind it see a draft instead of the ASGI scope. So no access log, trace or exception
below can print a URL with a secret in it.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

from leadwire.calls.headers import HeaderRule
from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.redaction.redactor import lift_keys
from leadwire.calls.redaction.secrets import MARKER
from leadwire.calls.store import CallStore
from leadwire.clock import Clock, IdSource
from leadwire.errors import CallerGone, HttpUnreadable, LeadwireError, RecordingError
from leadwire.headers import CALL_ID_HEADER
from leadwire.operations import Operation
from leadwire.recording.draft import Answer, Draft, Keys, Start
from leadwire.recording.incoming import Bodies, BodyLimits, IncomingBody, Receive
from leadwire.recording.metrics import CallMetrics
from leadwire.recording.unread import MEDIA_TYPE, unread_request
from leadwire.setting import RecordPolicy

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Layer = Callable[[Draft], Awaitable[Answer]]

_CALL_ID_HEADER: Final = CALL_ID_HEADER.lower().encode()
_NO_ANSWER: Final = Answer(0, b"")
KEY_HEADERS: Final = {
    b"x-lsq-accesskey": 0,
    b"x-lsq-secretkey": 1,
    b"x-lsq-access-key": 0,
    b"x-lsq-secret-key": 1,
    b"x-api-key": 2,
}
"""Headers that carry a key, and its place in ``Keys``."""
_CONTINUE: Final = (b"expect", b"100-continue")
_CLOSE: Final = (b"connection", b"close")


class RecorderLimits(NamedTuple):
    bodies: BodyLimits
    """Of bodies as they arrive."""
    recorded_body_bytes_max: int
    """Of each body in a record."""
    headers: HeaderRule
    """Which headers a record has."""


class Recorder:
    """An ASGI application around *inner*. An answer leaves only after its record is durable.

    When a record cannot be stored, *policy* decides: "require" refuses the call, "degrade" answers
    it. Either way the call is counted in a gap. *identify* finds the operation of a path and a
    host. *unrecorded* makes the answer of a refused call. *bound_met* is told which bound on
    bodies cut something. *redaction* removes secrets and personal values.

    A call that came over no connection is recorded by ``start`` and ``keep`` alone.
    """

    def __init__(  # noqa: PLR0913  # the composition root names every part
        self,
        inner: Layer,
        *,
        store: CallStore,
        clock: Clock,
        ids: IdSource,
        limits: RecorderLimits,
        identify: Callable[[str, str, bool], Operation | None],
        unrecorded: Callable[[Draft], Answer],
        policy: RecordPolicy,
        metrics: CallMetrics,
        bound_met: Callable[[str], None],
        redaction: Redaction,
    ) -> None:
        self._inner = inner
        self._store = store
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._bodies = Bodies(limits.bodies, bound_met)
        self._identify = identify
        self._unrecorded = unrecorded
        self._policy = policy
        self._metrics = metrics
        self._redaction = redaction

    def start(self) -> Start:
        """A new call begins now; it is counted as served."""
        self._metrics.served += 1
        now_ms = self._clock.now_ms()
        return Start(self._ids.call_id(now_ms), now_ms, self._clock.elapsed_ns())

    async def keep(self, draft: Draft, answer: Answer) -> bool:
        """Whether the call's record is durable; if not, the call is counted in a gap."""
        record = self.closed(draft, answer)
        try:
            await self._store.append(record)
        except RecordingError as error:
            self._metrics.gaps.add(record, str(error))
            return False
        self._metrics.observe(record)
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        draft = self._unread_draft(scope) if "fault" in scope else self._draft(scope)
        body = IncomingBody(draft, receive, self._bodies)
        draft.read_body = body.read if draft.fault is None else _raises(draft.fault)
        answer = _NO_ANSWER
        try:
            answer = await self._answer(draft)
            if draft.fault is None:
                await body.discard(is_awaited=_CONTINUE in scope["headers"])
        except CallerGone:
            answer = _NO_ANSWER
        except asyncio.CancelledError:
            # The server is stopping. The store writes this record before it closes.
            self._store.append(self.closed(draft, _NO_ANSWER))
            raise
        finally:
            body.release()
        if not await self.keep(draft, answer) and self._policy == "require":
            answer = self._unrecorded(draft)
        if answer.status_code:
            await _send(send, draft, answer, is_body_read=body.has_ended)

    async def _answer(self, draft: Draft) -> Answer:
        # An open gap is recorded first. If that fails, this call could not be recorded either,
        # so with "require" it must not change anything.
        gaps = self._metrics.gaps
        if gaps.open and not await gaps.close() and self._policy == "require":
            return self._unrecorded(draft)
        return await self._inner(draft)

    def _draft(self, scope: Scope) -> Draft:
        keys = ["", "", ""]
        if scope["query_string"]:
            # In place: other holders of the scope must not see a secret either.
            scope["query_string"], keys[:2] = lift_keys(scope["query_string"])
        headers = dict.fromkeys(_KEPT_HEADERS, "")
        kept = []
        for name, value in scope["headers"]:
            place = KEY_HEADERS.get(name)
            if place is not None:
                keys[place] = keys[place] or value.decode("latin-1").strip()
                continue
            kept.append((name, value))
            if name in headers:
                headers[name] = value.decode("latin-1")
        scope["headers"] = kept
        host = scope.get("host") or headers[b"host"]
        operation = self._identify(scope["path"], host, bool(keys[2]))
        if operation is not None and operation.more_segments:
            scope["path"] = without_segments(operation, scope["path"])
            if scope["path"].endswith(MARKER):
                scope["raw_path"] = scope["path"].encode()
        return Draft(
            start=self.start(),
            method=scope["method"],
            path=scope["raw_path"].decode("utf-8", "backslashreplace"),
            query_string=scope["query_string"].decode("latin-1"),
            content_type=headers[b"content-type"],
            accept=headers[b"accept"],
            scheme=scope.get("scheme", "http"),
            host=host,
            client_address=scope["client"][0] if scope.get("client") else "",
            user_agent=headers[b"user-agent"],
            traceparent=headers[b"traceparent"],
            headers=kept,
            keys=Keys(*keys),
            operation=operation,
        )

    def _unread_draft(self, scope: Scope) -> Draft:
        """The draft of bytes that could not be read as an HTTP request."""
        request = unread_request(scope["first_bytes"])
        raw_path = request.target_path
        scope.update(
            {
                "method": request.method,
                "path": unquote(raw_path.decode("utf-8", "replace")),
                "raw_path": raw_path,
                "query_string": request.query_string,
                "headers": request.headers,
            }
        )
        draft = self._draft(scope)
        fault: LeadwireError = scope["fault"]
        draft.fault = fault
        draft.refusal_reason = fault.reason if isinstance(fault, HttpUnreadable) else str(fault)
        draft.content_type = MEDIA_TYPE
        draft.body, draft.body_bytes = request.text, scope["seen_bytes"]
        draft.is_body_whole = scope["seen_bytes"] <= len(scope["first_bytes"])
        return draft

    def closed(self, draft: Draft, answer: Answer) -> CallRecord:
        """The record of a call, redacted. It is not kept."""
        return draft.close(
            answer,
            self._redaction,
            headers=self._limits.headers,
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


def _raises(fault: LeadwireError) -> Callable[[], Awaitable[None]]:
    async def read() -> None:
        raise fault

    return read


def without_segments(operation: Operation, path: str) -> str:
    """*path* with a marker for its further segments, as an orgToken, which may be a secret."""
    if path.lower().rstrip("/") == operation.url_path.lower():
        return path
    return f"{operation.url_path}/{MARKER}"


async def _send(send: Send, draft: Draft, answer: Answer, *, is_body_read: bool) -> None:
    headers = [*answer.header_pairs(), (_CALL_ID_HEADER, draft.call_id.encode())]
    if not is_body_read:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
