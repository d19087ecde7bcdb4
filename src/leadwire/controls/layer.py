"""The layer between Gate and Dispatch: counts open calls, and lets calls meet their faults."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.controls.faults import Armed, Fault, FaultSet
from leadwire.crm.unit import Actor
from leadwire.errors import LimitExceeded
from leadwire.recording.draft import Answer, Draft
from leadwire.wire.faults import FAULT_KINDS, FaultKind, answer_of

ActorLayer = Callable[[Draft, Actor], Awaitable[Answer]]

_KIND_OF_TYPE: Final = {kind.exception_type: kind for kind in FAULT_KINDS}
_RATE_LIMIT: Final = _KIND_OF_TYPE["MXAPIRateLimitExceededException"]
_NO_ANSWER: Final = Answer(0, b"")
_HTML: Final = (
    "<!DOCTYPE html><html><head><title>{0}</title></head>"
    "<body><center><h1>{0}</h1></center><hr><center>nginx</center></body></html>"
)
_PHRASES: Final = {
    500: "500 Internal Server Error",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}
_SECOND_MS: Final = 1_000


class Delivery:
    """How the answer of one call goes out. ``spoil`` is decided while the call runs."""

    spoil: Fault | None = None


delivery: Final[ContextVar[Delivery | None]] = ContextVar("delivery", default=None)
"""Of the current call. None: it came over no connection, as an asynchronous one."""


class ControlLayer:
    """Passes calls to *inner*, unless they meet a fault."""

    def __init__(self, inner: ActorLayer, faults: FaultSet, open_calls: Counter[str]) -> None:
        self._inner = inner
        self._faults = faults
        self._open = open_calls

    async def __call__(self, draft: Draft, actor: Actor) -> Answer:
        self._open[draft.account_id] += 1
        try:
            return await self._answer(draft, actor)
        finally:
            self._open[draft.account_id] -= 1

    async def _answer(self, draft: Draft, actor: Actor) -> Answer:
        name = draft.operation.name if draft.operation else ""
        armed = self._faults.for_call(name, draft.account_id, lambda: _described(draft))
        if armed is None:
            return await self._inner(draft, actor)
        fault = armed.fault
        draft.test_fault = _text(armed)
        if fault.moment == "before_write":
            await _pause(fault)
            if fault.kind == "delay":
                return await self._inner(draft, actor)
            return self._instead(draft, fault, None)
        answer = await self._inner(draft, actor)
        await _pause(fault)
        return answer if fault.kind == "delay" else self._instead(draft, fault, answer)

    def _instead(self, draft: Draft, fault: Fault, carried_out: Answer | None) -> Answer:
        """The answer of a call that meets *fault*. *carried_out*: what it would have been."""
        if fault.kind == "exception":
            return answer_of(_kind_of(fault), fault.message or _message_of(fault), draft)
        if fault.kind == "rate_limit":
            return _rate_limited(draft, fault)
        if fault.kind == "status":
            body = (fault.body or "").encode()
            media_type = fault.content_type or "text/plain; charset=utf-8"
            return Answer(fault.status_code, body, media_type, tuple(fault.headers.items()))
        if fault.kind == "html":
            phrase = _PHRASES.get(fault.status_code, f"{fault.status_code} Error")
            page = _HTML.format(phrase) if fault.body is None else fault.body
            headers = tuple(fault.headers.items())
            return Answer(fault.status_code, page.encode(), "text/html; charset=utf-8", headers)
        if fault.kind == "empty":
            return (carried_out or _NO_ANSWER)._replace(body=b"")
        # The bytes are spoilt outside of the recorder, which has recorded the answer by then.
        if (way_out := delivery.get()) is not None:
            way_out.spoil = fault
        answer = carried_out or _NO_ANSWER
        if fault.kind == "truncate" and len(answer.body) <= fault.bytes:
            draft.test_fault = draft.test_fault.partition(":")[0] + ": the whole body was delivered"
        return answer


async def _pause(fault: Fault) -> None:
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / _SECOND_MS)


def _kind_of(fault: Fault) -> FaultKind:
    known = _KIND_OF_TYPE.get(fault.exception_type)
    if known is not None and fault.status is None:
        return known
    return FaultKind(fault.status_code, fault.exception_type, "", "")


def _message_of(fault: Fault) -> str:
    return f"{fault.exception_type}, as the test asked."


def _rate_limited(draft: Draft, fault: Fault) -> Answer:
    refused = LimitExceeded(
        calls_max=0, window_seconds=fault.retry_after, retry_after_seconds=fault.retry_after
    )
    kind = _RATE_LIMIT._replace(status_code=fault.face)
    return answer_of(kind, fault.message or "API calls exceeded the limit.", draft, refused)


def _text(armed: Armed) -> str:
    """What the record says: the fault, and what the caller gets."""
    fault = armed.fault
    parts = [armed.id, fault.kind, fault.moment.replace("_", " ")]
    delivered = {
        "hang": "nothing was delivered",
        "reset": "nothing was delivered",
        "close": "nothing was delivered",
        "empty": "no body was delivered",
        "truncate": f"{fault.bytes} bytes of the body were delivered",
    }.get(fault.kind, "the answer was delivered")
    return f"{' '.join(parts)}: {delivered}"


def _described(draft: Draft) -> CallRecord:
    """The request as a record, for a search."""
    return CallRecord(
        call_id=draft.call_id,
        started_at_ms=draft.start.at_ms,
        duration_ms=0,
        account_id=draft.account_id,
        user_id=draft.user_id,
        key_id=draft.key_id,
        api_type=draft.operation.api_type if draft.operation else "",
        operation=draft.operation.name if draft.operation else "",
        method=draft.method,
        path=draft.path,
        query_string=draft.query_string,
        request_content_type=draft.content_type,
        request_body=draft.body.decode("utf-8", "backslashreplace"),
        request_body_bytes=draft.body_bytes,
        status_code=0,
        outcome="aborted",
        client_address=draft.client_address,
        user_agent=draft.user_agent,
    )
