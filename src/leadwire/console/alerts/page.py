"""The page of alerts: which there are, how each stands, and a form for another."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.audit import Action
from leadwire.access.viewer import Viewer
from leadwire.calls.query import QueryError, query_from_parameters
from leadwire.console.endpoint import Asked, PageRow, actor_of, routes_of
from leadwire.console.finding import API_LOGS_PATH
from leadwire.console.forms import Form
from leadwire.console.numbers import whole_number
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.crm.alerts import (
    Alert,
    AlertDraft,
    alerts_of,
    count_alerts,
    create_alert,
    delete_alert,
    send_test,
)
from leadwire.crm.pages import Slice
from leadwire.crm.webhooks.webhooks import WEBHOOKS_MAX, Webhook, WebhookFilter, find_webhooks
from leadwire.errors import Missing

ALERTS_PATH: Final = "/console/alerts"
BY_MAIL: Final = "mail"
NAME_CHARACTERS_MAX: Final = 100
_CALLS_MAX: Final = 1_000_000_000
_MINUTES_MAX: Final = 1_440
_PAUSE_MINUTES_MAX: Final = 10_080
_SEARCH: Final = ("q", "api_type", "status")
"""The filters of the list that an alert keeps. It has a range of its own."""
_EMAIL: Final = re.compile(r"[^@\s<>,;:]+@[^@\s<>,;:]+")
_NUMBERS: Final[Mapping[str, tuple[int, int]]] = {
    "calls_max": (0, _CALLS_MAX),
    "minutes": (1, _MINUTES_MAX),
    "pause_minutes": (1, _PAUSE_MINUTES_MAX),
}


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    page = AlertPages(services, pages)
    rows = [
        PageRow("GET", ALERTS_PATH, "viewer", page.list),
        PageRow("POST", ALERTS_PATH, "developer", page.create),
        PageRow("POST", ALERTS_PATH + "/{alert_id}/test", "developer", page.test),
        PageRow("POST", ALERTS_PATH + "/{alert_id}/delete", "developer", page.delete),
    ]
    return routes_of(rows, sessions)


class AlertPages:
    def __init__(self, services: ConsoleServices, pages: Pages) -> None:
        self._services = services
        self._pages = pages

    async def list(self, asked: Asked) -> Response:
        return await self._page(asked)

    async def create(self, asked: Asked) -> Response:
        viewer = asked.viewer
        webhooks = await self._webhooks(viewer)
        draft, errors = await run_in_threadpool(self._draft, asked, webhooks)
        crm, alerts_max = self._services.crm, self._services.settings.alerts_max
        if not errors and await crm.read(actor_of(viewer), count_alerts) >= alerts_max:
            errors["name"] = f"The account has {alerts_max:,} alerts already: delete one first."
        if draft is None or errors:
            return await self._page(asked, errors)
        try:
            await crm.write(actor_of(viewer), partial(create_alert, draft=draft))
        except Missing:
            return await self._page(asked, {"to": "This webhook was deleted meanwhile."})
        await self._note(viewer, "alert.created", draft.name)
        return RedirectResponse(f"{ALERTS_PATH}?done=created", status_code=303)

    async def test(self, asked: Asked) -> Response:
        """Send a message that says it is a test."""
        alert_id = asked.path("alert_id")
        is_mailed = bool(self._services.settings.mail_smtp_host)
        problem = await self._services.crm.write(
            actor_of(asked.viewer), partial(send_test, alert_id=alert_id, is_mailed=is_mailed)
        )
        await self._note(asked.viewer, "alert.tested", alert_id)
        if problem:
            return await self._page(asked, {"test": f"No test was sent: {problem}"})
        return RedirectResponse(f"{ALERTS_PATH}?done=tested", status_code=303)

    async def delete(self, asked: Asked) -> Response:
        alert = await self._services.crm.write(
            actor_of(asked.viewer), partial(delete_alert, alert_id=asked.path("alert_id"))
        )
        await self._note(asked.viewer, "alert.deleted", alert.draft.name)
        return RedirectResponse(f"{ALERTS_PATH}?done=deleted", status_code=303)

    def _draft(
        self, asked: Asked, webhooks: "Mapping[str, Webhook]"
    ) -> tuple[AlertDraft | None, dict[str, str]]:
        """What the form says, and what is wrong with it, by field. May block."""
        form, errors = asked.form, dict[str, str]()
        name = form.text("name")
        if not 0 < len(name) <= NAME_CHARACTERS_MAX:
            errors["name"] = f"Write a name of at most {NAME_CHARACTERS_MAX} characters."
        numbers = {field: self._number(form, field, errors) for field in _NUMBERS}
        search = {field: form.text(field) for field in _SEARCH if form.text(field)}
        self._check_search(asked.viewer, search, errors)
        to, email = form.text("to"), form.text("email")
        if to == BY_MAIL and not _EMAIL.fullmatch(email):
            errors["email"] = "Write one e-mail address."
        if to != BY_MAIL and to not in webhooks:
            errors["to"] = "Choose mail or one of these webhooks."
        if errors:
            return None, errors
        draft = AlertDraft(
            name=name,
            search=urlencode(search),
            **numbers,
            webhook_id="" if to == BY_MAIL else to,
            email=email if to == BY_MAIL else "",
            site=str(asked.request.base_url).rstrip("/"),
        )
        return draft, errors

    def _number(self, form: Form, field: str, errors: dict[str, str]) -> int:
        low, high = _NUMBERS[field]
        text = form.text(field)
        number = whole_number(text, digits_max=len(str(high)))
        if number is not None and low <= number <= high:
            return number
        errors[field] = f"Write a whole number from {low:,} to {high:,}."
        return low

    def _check_search(
        self, viewer: Viewer, search: Mapping[str, str], errors: dict[str, str]
    ) -> None:
        services = self._services
        try:
            query_from_parameters(
                search,
                account_id=viewer.account_id,
                now_ms=services.clock.now_ms(),
                rows_max=1,
                ids_of=partial(services.ids_named, viewer.account_id),
            )
        except QueryError as error:
            errors["q"] = str(error)

    async def _page(self, asked: Asked, errors: dict[str, str] | None = None) -> Response:
        viewer = asked.viewer
        found = await self._services.crm.read(actor_of(viewer), alerts_of)
        webhooks = await self._webhooks(viewer)
        return await run_in_threadpool(
            self._pages.answer,
            "alerts/alerts.html",
            viewer=viewer,
            status_code=422 if errors else 200,
            alerts=found,
            webhooks=webhooks,
            errors=errors or {},
            given=lambda name: asked.form.text(name) or asked.parameter(name),
            done=asked.parameter("done"),
            by_mail=BY_MAIL,
            now_ms=self._services.clock.now_ms(),
            is_mailed=bool(self._services.settings.mail_smtp_host),
            list_url=_list_url,
            search_text=_search_text,
        )

    async def _webhooks(self, viewer: Viewer) -> dict[str, Webhook]:
        """The account's webhooks, by id."""
        _, found = await self._services.crm.read(
            actor_of(viewer),
            lambda unit: find_webhooks(unit, WebhookFilter(), Slice(0, WEBHOOKS_MAX)),
        )
        return {webhook.webhook_id: webhook for webhook in found}

    async def _note(self, viewer: Viewer, action: Action, thing: str) -> None:
        await run_in_threadpool(self._services.audit.record, viewer, action, thing)


def _list_url(alert: Alert) -> str:
    """The list of what the alert counts now."""
    last = f"last={alert.draft.minutes}m"
    return f"{API_LOGS_PATH}?{'&'.join(filter(None, (alert.draft.search, last)))}"


def _search_text(alert: Alert) -> str:
    """The search as a person reads it."""
    words = [
        value if name == "q" else f"{name}: {value}"
        for name, value in parse_qsl(alert.draft.search)
    ]
    return ", ".join(words) or "every call"
