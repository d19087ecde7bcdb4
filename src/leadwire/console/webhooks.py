"""Webhooks, for administrators and developers: their settings, deliveries, and actions on them.

The pages show neither header values nor signing secrets. A new secret is shown once, when it is
made.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.console.bodies import shown_body
from leadwire.console.rendering import Pages
from leadwire.console.sessions import Sessions
from leadwire.crm.caused import causes_of_delivery
from leadwire.crm.pages import Slice
from leadwire.crm.store import Crm
from leadwire.crm.unit import Actor, Unit
from leadwire.crm.webhooks.history import (
    SHOWN_MAX,
    DeliveryState,
    deliveries_of,
    get_delivery,
    redeliver,
    summaries,
)
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED, GIVEN_UP
from leadwire.crm.webhooks.queue import Attempt
from leadwire.crm.webhooks.webhooks import (
    WEBHOOKS_MAX,
    WebhookFilter,
    delete_webhook,
    find_webhooks,
    get_webhook,
    new_webhook_secret,
    set_webhook_enabled,
)
from leadwire.errors import Missing
from leadwire.operations.webhooks import EVENT_OF_KIND

WEBHOOKS_PATH: Final = "/console/webhooks"
STATES: Final = ("waiting", "delivered", "failed")
STATUS_WORDS: Final = {ENABLED: "Enabled", DISABLED: "Disabled", GIVEN_UP: "Disabled: failed"}

T = TypeVar("T")


class WebhookPages:
    """The list, a webhook with its history, a delivery, and their actions."""

    def __init__(self, crm: Crm, sessions: Sessions, pages: Pages) -> None:
        self._crm = crm
        self._sessions = sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        one = WEBHOOKS_PATH + "/{webhook_id}"
        delivery = one + "/deliveries/{delivery_id}"
        return [
            Route(WEBHOOKS_PATH, self.list),
            Route(one, self.webhook),
            Route(one + "/enable", self.enable, methods=["POST"]),
            Route(one + "/disable", self.disable, methods=["POST"]),
            Route(one + "/delete", self.delete, methods=["POST"]),
            Route(one + "/secret", self.secret, methods=["POST"]),
            Route(delivery, self.delivery),
            Route(delivery + "/payload.txt", self.payload_text),
            Route(delivery + "/attempts/{number:int}.txt", self.answer_text),
            Route(delivery + "/redeliver", self.redeliver, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        viewer = await self._viewer(request)
        _, webhooks = await self._read(
            viewer, lambda unit: find_webhooks(unit, WebhookFilter(), Slice(0, WEBHOOKS_MAX))
        )
        return await self._page(
            "webhooks.html",
            viewer,
            webhooks=webhooks,
            summaries=await self._read(viewer, summaries),
        )

    async def webhook(self, request: Request) -> Response:
        return await self._webhook(request, await self._viewer(request))

    async def secret(self, request: Request) -> Response:
        """Make a new signing secret and show it once."""
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        secret = await self._write(viewer, lambda unit: new_webhook_secret(unit, webhook_id))
        return await self._webhook(request, viewer, new_secret=secret)

    async def enable(self, request: Request) -> Response:
        return await self._switch(request, enabled=True)

    async def disable(self, request: Request) -> Response:
        return await self._switch(request, enabled=False)

    async def delete(self, request: Request) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        await self._write(viewer, lambda unit: delete_webhook(unit, webhook_id))
        return RedirectResponse(WEBHOOKS_PATH, status_code=303)

    async def delivery(self, request: Request) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        webhook = await self._read(viewer, lambda unit: get_webhook(unit, webhook_id))
        delivery, attempts = await self._read(
            viewer, lambda unit: get_delivery(unit, webhook_id, _delivery_id(request))
        )
        return await self._page(
            "delivery.html",
            viewer,
            webhook=webhook,
            delivery=delivery,
            causes=await self._read(
                viewer, lambda unit: causes_of_delivery(unit, delivery.delivery_id)
            ),
            payload=shown_body(delivery.payload or ""),
            attempts=[(attempt, shown_body(attempt.answer)) for attempt in attempts],
        )

    async def payload_text(self, request: Request) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        delivery, _ = await self._read(
            viewer, lambda unit: get_delivery(unit, webhook_id, _delivery_id(request))
        )
        return _text_file(f"{delivery.delivery_id}-payload.txt", delivery.payload or "")

    async def answer_text(self, request: Request) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        delivery, attempts = await self._read(
            viewer, lambda unit: get_delivery(unit, webhook_id, _delivery_id(request))
        )
        number: int = request.path_params["number"]
        if not 0 < number <= len(attempts):
            raise HTTPException(status_code=404)
        name = f"{delivery.delivery_id}-answer-{number}.txt"
        return _text_file(name, attempts[number - 1].answer)

    async def redeliver(self, request: Request) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        delivery_id = _delivery_id(request)
        await self._write(viewer, lambda unit: redeliver(unit, webhook_id, delivery_id))
        address = f"{WEBHOOKS_PATH}/{webhook_id}/deliveries/{delivery_id}"
        return RedirectResponse(address, status_code=303)

    async def _webhook(self, request: Request, viewer: Viewer, *, new_secret: str = "") -> Response:
        webhook_id = _webhook_id(request)
        state = request.query_params.get("state", "")
        wanted = cast("DeliveryState", state) if state in STATES else None
        before_text = request.query_params.get("before", "")
        before = int(before_text) if before_text.isdecimal() and before_text.isascii() else None
        webhook = await self._read(viewer, lambda unit: get_webhook(unit, webhook_id))
        found = await self._read(
            viewer, lambda unit: deliveries_of(unit, webhook_id, before=before, state=wanted)
        )
        shown = found[:SHOWN_MAX]
        return await self._page(
            "webhook.html",
            viewer,
            webhook=webhook,
            state=wanted or "",
            states=STATES,
            deliveries=shown,
            is_first_page=before is None,
            older_than=shown[-1].sequence if len(found) > SHOWN_MAX else None,
            new_secret=new_secret,
        )

    async def _switch(self, request: Request, *, enabled: bool) -> Response:
        viewer, webhook_id = await self._viewer(request), _webhook_id(request)
        await self._write(
            viewer, lambda unit: set_webhook_enabled(unit, webhook_id, enabled=enabled)
        )
        return RedirectResponse(f"{WEBHOOKS_PATH}/{webhook_id}", status_code=303)

    async def _viewer(self, request: Request) -> Viewer:
        return await run_in_threadpool(self._sessions.developer, request)

    async def _read(self, viewer: Viewer, work: Callable[[Unit], T]) -> T:
        return await _found(self._crm.read(_actor(viewer), work))

    async def _write(self, viewer: Viewer, work: Callable[[Unit], T]) -> T:
        return await _found(self._crm.write(_actor(viewer), work))

    async def _page(self, template: str, viewer: Viewer, **shown: Any) -> Response:  # noqa: ANN401
        # A history page is slow to render, so it runs in a thread like the call pages.
        return await run_in_threadpool(
            lambda: self._pages.answer(
                template,
                viewer=viewer,
                event_of=EVENT_OF_KIND,
                status_words=STATUS_WORDS,
                result_of=result_of,
                path=WEBHOOKS_PATH,
                **shown,
            )
        )


def result_of(attempt: Attempt) -> str:
    """``200``, or why no answer came."""
    return str(attempt.status_code) if attempt.status_code else attempt.problem


async def _found(work: Awaitable[T]) -> T:
    """Raises HTTPException 404, whether it is unknown or in another account."""
    try:
        return await work
    except Missing:
        raise HTTPException(status_code=404) from None


def _actor(viewer: Viewer) -> Actor:
    return Actor(viewer.account_id, viewer.user_id, {})


def _webhook_id(request: Request) -> str:
    return str(request.path_params["webhook_id"])


def _delivery_id(request: Request) -> str:
    return str(request.path_params["delivery_id"])


def _text_file(name: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/plain", headers=headers)
