"""Webhooks, for administrators and developers: their settings, deliveries, and actions on them.

The pages show neither header values nor signing secrets. A new secret is shown once, when it is
made. Payloads and answers are bodies: they need the right to see bodies.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.audit import Action
from leadwire.console.bodies import shown_body
from leadwire.console.endpoint import Asked, PageRow, actor_of, routes_of
from leadwire.console.numbers import whole_number
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.console.webhooks.form import EMPTY, EVENT_CHOICES, FormInvalid, draft_of, filled
from leadwire.crm.caused import causes_of_delivery
from leadwire.crm.pages import Slice
from leadwire.crm.store import Work
from leadwire.crm.webhooks.drafts import CONTENT_TYPES
from leadwire.crm.webhooks.history import (
    SHOWN_MAX,
    Delivery,
    DeliveryState,
    deliveries_of,
    get_delivery,
    queue_test,
    redeliver,
    summaries,
)
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED, GIVEN_UP
from leadwire.crm.webhooks.queue import Attempt
from leadwire.crm.webhooks.webhooks import (
    WEBHOOKS_MAX,
    Webhook,
    WebhookDraft,
    WebhookFilter,
    create_webhook,
    delete_webhook,
    find_webhooks,
    get_webhook,
    new_webhook_secret,
    set_webhook_enabled,
    update_webhook,
)
from leadwire.errors import CrmError
from leadwire.operations.webhooks import EVENT_OF_KIND

WEBHOOKS_PATH: Final = "/console/webhooks"
STATES: Final = ("waiting", "delivered", "failed")
STATUS_WORDS: Final = {ENABLED: "Enabled", DISABLED: "Paused", GIVEN_UP: "Stopped: failed"}

_SEQUENCE_DIGITS_MAX: Final = 18
_ATTEMPT_DIGITS_MAX: Final = 6

T = TypeVar("T")


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    return routes_of(WebhookPages(services, pages).rows(), sessions)


class WebhookPages:
    """The list, the form, a webhook with its history, a delivery, and their actions."""

    def __init__(self, services: ConsoleServices, pages: Pages) -> None:
        self._crm = services.crm
        self._audit = services.audit
        self._services = services
        self._pages = pages

    def rows(self) -> list[PageRow]:
        one = WEBHOOKS_PATH + "/{webhook_id}"
        delivery = one + "/deliveries/{delivery_id}"
        rows = (
            ("GET", WEBHOOKS_PATH, self.all),
            ("POST", WEBHOOKS_PATH, self.create),
            ("GET", WEBHOOKS_PATH + "/new", self.new),  # before {webhook_id}, which matches it
            ("GET", one, self.webhook),
            ("POST", one, self.change),
            ("GET", one + "/edit", self.edit),
            ("GET", one + "/history", self.history),
            ("POST", one + "/enable", self.enable),
            ("POST", one + "/disable", self.disable),
            ("POST", one + "/delete", self.delete),
            ("POST", one + "/secret", self.secret),
            ("POST", one + "/test", self.test),
            ("GET", delivery, self.delivery),
            ("GET", delivery + "/payload.txt", self.payload_text),
            ("GET", delivery + "/attempts/{number}.txt", self.answer_text),
            ("POST", delivery + "/redeliver", self.redeliver),
        )
        return [PageRow(method, path, "developer", work) for method, path, work in rows]

    async def all(self, asked: Asked) -> Response:
        part = Slice(0, WEBHOOKS_MAX)
        _, webhooks = await self._read(
            asked, lambda unit: find_webhooks(unit, WebhookFilter(), part)
        )
        return await self._page(
            asked,
            "list.html",
            webhooks=webhooks,
            summaries=await self._read(asked, summaries),
        )

    async def new(self, asked: Asked) -> Response:
        return await self._form(asked, None, texts=EMPTY)

    async def create(self, asked: Asked) -> Response:
        """Make a webhook. The answer shows its signing secret; sent again, it exists already."""
        try:
            draft = await self._draft(asked, None)
            await self._refuse_twin(asked, draft)
            webhook_id = await self._write(asked, lambda unit: create_webhook(unit, draft))
        except FormInvalid as invalid:
            return await self._form(asked, None, errors=invalid.errors)
        except CrmError as error:
            return await self._form(asked, None, errors={"only": f"{error} {error.fix}".strip()})
        webhook = await self._webhook_of(asked, webhook_id)
        await self._note(asked, "webhook.created", webhook)
        return await self._show(asked, webhook, new_secret=webhook.secret)

    async def edit(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        return await self._form(asked, webhook, texts=filled(webhook))

    async def change(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        webhook_id = webhook.webhook_id
        try:
            draft = await self._draft(asked, webhook)
            await self._write(asked, lambda unit: update_webhook(unit, webhook_id, draft))
        except FormInvalid as invalid:
            return await self._form(asked, webhook, errors=invalid.errors)
        except CrmError as error:
            return await self._form(asked, webhook, errors={"only": f"{error} {error.fix}".strip()})
        await self._note(asked, "webhook.changed", await self._webhook_of(asked))
        return RedirectResponse(f"{WEBHOOKS_PATH}/{webhook_id}?done=saved", status_code=303)

    async def webhook(self, asked: Asked) -> Response:
        return await self._show(asked, await self._webhook_of(asked))

    async def history(self, asked: Asked) -> Response:
        """The part of the page that a script brings up to date."""
        return await self._show(asked, await self._webhook_of(asked), template="_history.html")

    async def secret(self, asked: Asked) -> Response:
        """Make a new signing secret and show it once."""
        webhook = await self._webhook_of(asked)
        if asked.form.text("since") != str(webhook.modified_on):
            return await self._show(asked, webhook, notice="The webhook was changed meanwhile.")
        secret = await self._write(asked, lambda unit: new_webhook_secret(unit, webhook.webhook_id))
        await self._note(asked, "webhook.changed", webhook, "new signing secret")
        return await self._show(asked, await self._webhook_of(asked), new_secret=secret)

    async def enable(self, asked: Asked) -> Response:
        return await self._switch(asked, enabled=True)

    async def disable(self, asked: Asked) -> Response:
        return await self._switch(asked, enabled=False)

    async def delete(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        await self._write(asked, lambda unit: delete_webhook(unit, webhook.webhook_id))
        await self._note(asked, "webhook.deleted", webhook)
        return RedirectResponse(WEBHOOKS_PATH, status_code=303)

    async def test(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        await self._write(asked, lambda unit: queue_test(unit, webhook.webhook_id))
        await self._note(asked, "webhook.tested", webhook)
        address = f"{WEBHOOKS_PATH}/{webhook.webhook_id}?done=tested#history"
        return RedirectResponse(address, status_code=303)

    async def delivery(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        delivery, attempts = await self._delivery_of(asked)
        if asked.viewer.may_see_bodies:
            await self._note_seen(asked, delivery)
        return await self._page(
            asked,
            "delivery.html",
            webhook=webhook,
            delivery=delivery,
            causes=await self._read(
                asked, lambda unit: causes_of_delivery(unit, delivery.delivery_id)
            ),
            payload=shown_body(delivery.payload or ""),
            attempts=[(attempt, shown_body(attempt.answer)) for attempt in attempts],
        )

    async def payload_text(self, asked: Asked) -> Response:
        delivery, _ = await self._body_of(asked)
        return _text_file(f"{delivery.delivery_id}-payload.txt", delivery.payload or "")

    async def answer_text(self, asked: Asked) -> Response:
        delivery, attempts = await self._body_of(asked)
        number = whole_number(asked.path("number"), digits_max=_ATTEMPT_DIGITS_MAX) or 0
        if not 0 < number <= len(attempts):
            raise HTTPException(status_code=404)
        name = f"{delivery.delivery_id}-answer-{number}.txt"
        return _text_file(name, attempts[number - 1].answer)

    async def redeliver(self, asked: Asked) -> Response:
        webhook = await self._webhook_of(asked)
        delivery_id = asked.path("delivery_id")
        await self._write(asked, lambda unit: redeliver(unit, webhook.webhook_id, delivery_id))
        await self._note(asked, "webhook.redelivered", webhook, f"delivery {delivery_id}")
        address = f"{WEBHOOKS_PATH}/{webhook.webhook_id}/deliveries/{delivery_id}"
        return RedirectResponse(address, status_code=303)

    async def _draft(self, asked: Asked, kept: Webhook | None) -> WebhookDraft:
        """The draft in the form, whose receiver may be called. Raises FormInvalid."""
        schema = await self._crm.schema(asked.viewer.account_id)
        draft = draft_of(asked.form, schema, kept)
        probed = await self._services.account.probe(draft.url, draft.headers)
        if probed.refused:
            raise FormInvalid({"url": probed.refused})
        return draft

    async def _refuse_twin(self, asked: Asked, draft: WebhookDraft) -> None:
        """Raise FormInvalid if there is such a webhook: a form sent again makes no other."""
        _, found = await self._read(
            asked, lambda unit: find_webhooks(unit, WebhookFilter(), Slice(0, WEBHOOKS_MAX))
        )
        if any(_is_same(webhook, draft) for webhook in found):
            raise FormInvalid({"url": "A webhook for this event and address exists already."})

    async def _show(
        self,
        asked: Asked,
        webhook: Webhook,
        *,
        template: str = "webhook.html",
        new_secret: str = "",
        notice: str = "",
    ) -> Response:
        state = asked.parameter("state")
        wanted = cast("DeliveryState", state) if state in STATES else None
        before = whole_number(asked.parameter("before"), digits_max=_SEQUENCE_DIGITS_MAX)
        found = await self._read(
            asked,
            lambda unit: deliveries_of(unit, webhook.webhook_id, before=before, state=wanted),
        )
        shown = found[:SHOWN_MAX]
        return await self._page(
            asked,
            template,
            webhook=webhook,
            state=wanted or "",
            states=STATES,
            deliveries=shown,
            is_first_page=before is None,
            older_than=shown[-1].sequence if len(found) > SHOWN_MAX else None,
            new_secret=new_secret,
            notice=notice,
        )

    async def _form(
        self,
        asked: Asked,
        webhook: Webhook | None,
        *,
        texts: Mapping[str, str] | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """The form with *texts*, or with what was sent."""
        shown = texts or {name: asked.form.text(name) for name in EMPTY}
        response = await self._page(
            asked,
            "form.html",
            webhook=webhook,
            given=lambda name: shown[name],
            errors=errors or {},
            event_choices=EVENT_CHOICES,
            type_choices=[(name, name) for name in CONTENT_TYPES],
        )
        response.status_code = 422 if errors else 200
        return response

    async def _switch(self, asked: Asked, *, enabled: bool) -> Response:
        webhook = await self._webhook_of(asked)
        webhook_id = webhook.webhook_id
        await self._write(
            asked, lambda unit: set_webhook_enabled(unit, webhook_id, enabled=enabled)
        )
        await self._note(asked, "webhook.changed", webhook, "enabled" if enabled else "paused")
        return RedirectResponse(f"{WEBHOOKS_PATH}/{webhook_id}", status_code=303)

    async def _webhook_of(self, asked: Asked, webhook_id: str = "") -> Webhook:
        """The webhook of the address. Raises Missing, whether unknown or in another account."""
        wanted = webhook_id or asked.path("webhook_id")
        return await self._read(asked, lambda unit: get_webhook(unit, wanted))

    async def _delivery_of(self, asked: Asked) -> tuple[Delivery, list[Attempt]]:
        webhook_id, delivery_id = asked.path("webhook_id"), asked.path("delivery_id")
        return await self._read(asked, lambda unit: get_delivery(unit, webhook_id, delivery_id))

    async def _body_of(self, asked: Asked) -> tuple[Delivery, list[Attempt]]:
        """As ``_delivery_of``, for who may see bodies. Raises NotAllowed."""
        if not asked.viewer.may_see_bodies:
            raise NotAllowed("You have no right to see bodies. Ask an administrator for it.")
        found = await self._delivery_of(asked)
        await self._note_seen(asked, found[0])
        return found

    async def _read(self, asked: Asked, work: Work[T]) -> T:
        return await self._crm.read(actor_of(asked.viewer), work)

    async def _write(self, asked: Asked, work: Work[T]) -> T:
        return await self._crm.write(actor_of(asked.viewer), work)

    async def _note(self, asked: Asked, action: Action, webhook: Webhook, more: str = "") -> None:
        note = f"{EVENT_OF_KIND[webhook.event].title} to {_host(webhook.url)}"
        if more:
            note = f"{note}: {more}"
        await run_in_threadpool(
            self._audit.record, asked.viewer, action, webhook.webhook_id, note=note
        )

    async def _note_seen(self, asked: Asked, delivery: Delivery) -> None:
        await run_in_threadpool(
            self._audit.record,
            asked.viewer,
            "body.seen",
            delivery.delivery_id,
            note="payload of a delivery",
        )

    async def _page(self, asked: Asked, template: str, **shown: Any) -> Response:  # noqa: ANN401
        # A history page is slow to render, so it runs in a thread like the call pages.
        return await run_in_threadpool(
            lambda: self._pages.answer(
                f"webhooks/{template}",
                viewer=asked.viewer,
                event_of=EVENT_OF_KIND,
                status_words=STATUS_WORDS,
                result_of=result_of,
                path=WEBHOOKS_PATH,
                done=asked.parameter("done"),
                **shown,
            )
        )


def result_of(attempt: Attempt) -> str:
    """``200``, or why no answer came."""
    return str(attempt.status_code) if attempt.status_code else attempt.problem


def _is_same(webhook: Webhook, draft: WebhookDraft) -> bool:
    return (webhook.event, webhook.only, webhook.url) == (draft.event, draft.only, draft.url)


def _host(url: str) -> str:
    """The address without its path and query, which may hold a receiver's secret."""
    return "/".join(url.split("/", 3)[:3]).rpartition("@")[2]


def _text_file(name: str, text: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/plain", headers=headers)
