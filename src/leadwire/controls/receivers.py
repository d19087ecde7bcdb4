"""A receiver of webhooks in the server itself: it answers as told, and keeps what it got."""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadwire.controls.answers import NOT_FOUND, Refused, check_name, check_wait, until, wrong

HOOKS: Final = "/__leadwire/hooks/"
_STATUSES: Final = range(200, 600)
_KEPT_MAX: Final = 1_000
_SECOND_MS: Final = 1_000
_TOKEN_BYTES: Final = 8


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer of a receiver."""

    status: int = 200
    delay_ms: int = 0
    body: str = ""


class Delivered(msgspec.Struct, frozen=True):
    """One request that a receiver got."""

    event: str
    webhook_id: str
    delivery_id: str
    attempt: int
    headers: dict[str, str]
    body: str
    answered: int


@dataclass(slots=True)
class Receiver:
    replies: list[Reply]
    """In order; the last one is given again and again."""
    deliveries: list[Delivered] = field(default_factory=list)
    probes: int = 0
    received: int = 0


class Receivers:
    """All receivers of the server, by name. Their addresses hold a token that cannot be guessed."""

    def __init__(self) -> None:
        self.token: Final = secrets.token_hex(_TOKEN_BYTES)
        self._by_name: dict[str, Receiver] = {}

    def put(self, name: str, replies: list[Reply]) -> Receiver:
        """Make the receiver, or empty it and let it answer anew. Raises Refused."""
        check_name("receiver", name)
        for place, reply in enumerate(replies):
            if reply.status not in _STATUSES:
                raise wrong("'status' is from 200 to 599.", at=f"respond[{place}].status")
            check_wait("delay_ms", reply.delay_ms, at=f"respond[{place}].delay_ms")
        self._by_name[name] = found = Receiver(replies or [Reply()])
        return found

    def one(self, name: str) -> Receiver:
        """Raises Refused if there is no such receiver."""
        found = self._by_name.get(name)
        if found is None:
            names = ", ".join(sorted(self._by_name))
            known = f"there are {names}" if names else "there is none"
            raise Refused(NOT_FOUND, "no_receiver", f"There is no receiver '{name}': {known}.")
        return found

    def remove_all(self) -> None:
        self._by_name.clear()

    async def wait(self, name: str, count: int, within_ms: int) -> Receiver:
        """The receiver, once it got *count* deliveries or the time is up. Raises Refused."""
        receiver = self.one(name)
        ends_at = time.perf_counter() + within_ms / _SECOND_MS
        await until(lambda: receiver.received >= count, ends_at)
        return receiver

    async def receive(self, request: Request) -> Response:
        """Answer a delivery or a probe of the server's own webhooks."""
        if request.path_params["token"] != self.token:
            return Response(status_code=NOT_FOUND)
        receiver = self._by_name.get(request.path_params["name"])
        if receiver is None:
            return Response(status_code=NOT_FOUND)
        body = await request.body()
        if request.method == "HEAD" or not body:
            receiver.probes += 1
            return Response()
        reply = receiver.replies[min(receiver.received, len(receiver.replies) - 1)]
        receiver.received += 1
        _keep(receiver, request, body, reply)
        if reply.delay_ms:
            await asyncio.sleep(reply.delay_ms / _SECOND_MS)
        return Response(reply.body, reply.status)


def _keep(receiver: Receiver, request: Request, body: bytes, reply: Reply) -> None:
    delivery_id = request.headers.get("webhook-id", "")
    attempt = 1 + sum(each.delivery_id == delivery_id for each in receiver.deliveries)
    receiver.deliveries.append(
        Delivered(
            event=request.query_params.get("eventType", ""),
            webhook_id=request.query_params.get("entityId", ""),
            delivery_id=delivery_id,
            attempt=attempt,
            headers=dict(request.headers),
            body=body.decode("utf-8", "backslashreplace"),
            answered=reply.status,
        )
    )
    del receiver.deliveries[:-_KEPT_MAX]


def as_shown(receiver: Receiver) -> dict[str, Any]:
    return {
        "deliveries": msgspec.to_builtins(receiver.deliveries),
        "probes": receiver.probes,
    }
