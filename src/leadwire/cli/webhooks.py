"""``leadwire webhooks``: list and show webhooks, their secrets, and send a delivery again."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import click

from leadwire.access.audit import Action
from leadwire.access.store import AccessStore
from leadwire.cli.doer import command_line
from leadwire.cli.options import (
    access_store,
    account_id_of,
    account_option,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say, say_json, say_line, say_table
from leadwire.clock import SystemClock, SystemIds
from leadwire.crm.one_read import read_once
from leadwire.crm.pages import Slice
from leadwire.crm.store import Work
from leadwire.crm.unit import Actor, Unit
from leadwire.crm.webhooks.history import (
    SHOWN_MAX,
    Delivery,
    WebhookSummary,
    deliveries_of,
    redeliver,
    summaries,
)
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED, GIVEN_UP
from leadwire.crm.webhooks.webhooks import (
    WEBHOOKS_MAX,
    Webhook,
    WebhookFilter,
    find_webhooks,
    get_webhook,
    new_webhook_secret,
)
from leadwire.database.places import place_of
from leadwire.dates import format_seconds
from leadwire.errors import Missing, SetupError
from leadwire.operations.webhooks import EVENT_OF_KIND
from leadwire.server.parts import lead_rules_of
from leadwire.server.sowing import crm_alone
from leadwire.settings import Settings

T = TypeVar("T")

_STATUSES: Final = {ENABLED: "enabled", DISABLED: "disabled", GIVEN_UP: "stopped: it failed"}


class _Folder(NamedTuple):
    """A data folder, opened for one command."""

    settings: Settings
    access: AccessStore

    def read(self, account_id: str, work: Work[T]) -> T:
        """Run *work* in the account. A server may be running."""
        return read_once(
            place_of(self.settings).crm,
            Actor(account_id, "", {}),
            work,
            clock=SystemClock(),
            ids=SystemIds(),
            lead_rules=lead_rules_of(self.settings),
        )

    def write(self, webhook: Webhook, action: Action, work: Work[T], *, note: str) -> T:
        """Run *work* in the webhook's account. Raises SetupError while a server runs."""
        result = asyncio.run(self._written(webhook.account_id, work))
        doer = command_line()
        self.access.audit(webhook.account_id, doer, action, thing=webhook.webhook_id, note=note)
        return result

    async def _written(self, account_id: str, work: Work[T]) -> T:
        async with crm_alone(self.settings, instead="use the webhook's page in the console") as crm:
            return await crm.write(Actor(account_id, "", {}), work)

    def webhook(self, webhook_id: str) -> Webhook:
        """The webhook in any account. Raises SetupError."""
        for account_id in self.access.account_ids():
            try:
                return self.read(account_id, partial(get_webhook, webhook_id=webhook_id))
            except Missing:
                continue
        raise SetupError(
            f"There is no webhook {webhook_id}. List webhooks with 'leadwire webhooks list'."
        )


@click.group()
def webhooks() -> None:
    """List and show webhooks, print a signing secret, send a delivery again."""


@webhooks.command("list")
@data_folder
@config_file
@account_option("Default: all.")
@as_json
def list_webhooks(
    data: Path | None, config_file: Path | None, account_name: str, *, as_json: bool
) -> None:
    """List the webhooks, last changed first. A server may be running."""
    with access_store(data, config_file) as access:
        folder = _Folder(load({"data": data}, config_file).settings, access)
        named = [account_id_of(access, account_name)] if account_name else access.account_ids()
        found = [row for account_id in named for row in folder.read(account_id, _with_summaries)]
    if as_json:
        say_json({"webhooks": [_webhook_row(*row) for row in found]})
        return
    if not found:
        say("There is no webhook.", err=True)
        return
    say_table(
        ("Webhook id", "Event", "URL", "Status", "Waiting", "Last result"),
        [
            (
                webhook.webhook_id,
                EVENT_OF_KIND[webhook.event].name,
                webhook.url,
                _STATUSES[webhook.status],
                summary.waiting,
                "" if summary.last is None else _result(summary.last),
            )
            for webhook, summary in found
        ],
    )


@webhooks.command()
@click.argument("webhook_id")
@data_folder
@config_file
@as_json
def show(webhook_id: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Print the webhook WEBHOOK_ID and its newest deliveries. A server may be running.

    It prints neither the values of its headers nor its secret nor what was posted.
    """
    with access_store(data, config_file) as access:
        folder = _Folder(load({"data": data}, config_file).settings, access)
        webhook = folder.webhook(webhook_id)
        newest = partial(deliveries_of, webhook_id=webhook.webhook_id, before=None, state=None)
        deliveries = folder.read(webhook.account_id, newest)[:SHOWN_MAX]
        summary = folder.read(webhook.account_id, summaries)[webhook.webhook_id]
    row = _webhook_row(webhook, summary)
    if as_json:
        say_json({**row, "deliveries": [_delivery_row(each) for each in deliveries]})
        return
    for name, value in row.items():
        say_line(f"{name:<13}{', '.join(value) if isinstance(value, list) else value}")
    if deliveries:
        say("")
        say_table(
            ("Delivery id", "Made (UTC)", "State", "Attempts", "Last result"),
            [
                (one.delivery_id, format_seconds(one.created_on), one.state, one.attempts,
                 _result(one))
                for one in deliveries
            ],
        )  # fmt: skip


@webhooks.command()
@click.argument("webhook_id")
@click.option("--new", "is_new", is_flag=True, help="Replace it first, while no server runs.")
@data_folder
@config_file
@as_json
def secret(
    webhook_id: str,
    data: Path | None,
    config_file: Path | None,
    *,
    is_new: bool,
    as_json: bool,
) -> None:
    """Print the signing secret of the webhook WEBHOOK_ID. A server may be running.

    Whoever has it can sign deliveries. The audit trail notes that it was printed.
    """
    with access_store(data, config_file) as access:
        folder = _Folder(load({"data": data}, config_file).settings, access)
        webhook = folder.webhook(webhook_id)
        if is_new:
            work = partial(new_webhook_secret, webhook_id=webhook.webhook_id)
            told = folder.write(webhook, "webhook.changed", work, note="new signing secret")
        else:
            told = webhook.secret
            access.audit(
                webhook.account_id, command_line(), "webhook.secret_seen", thing=webhook.webhook_id
            )
    if as_json:
        say_json({"webhook_id": webhook.webhook_id, "secret": told})
    else:
        say_line(told)


@webhooks.command("redeliver")
@click.argument("webhook_id")
@click.argument("delivery_id")
@data_folder
@config_file
@as_json
def send_again(
    webhook_id: str,
    delivery_id: str,
    data: Path | None,
    config_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Send the delivery DELIVERY_ID of a webhook again, while no server runs.

    The same bytes go out with the same id when the server starts. While it runs, use the
    delivery's page in the console.
    """
    with access_store(data, config_file) as access:
        folder = _Folder(load({"data": data}, config_file).settings, access)
        webhook = folder.webhook(webhook_id)
        work = partial(redeliver, webhook_id=webhook.webhook_id, delivery_id=delivery_id)
        try:
            folder.write(webhook, "webhook.redelivered", work, note=f"delivery {delivery_id}")
        except Missing:
            raise SetupError(
                f"The webhook has no delivery {delivery_id}. List them with "
                f"'leadwire webhooks show {webhook.webhook_id}'."
            ) from None
    if as_json:
        say_json({"queued": delivery_id})
    else:
        say_line(f"Queued {delivery_id}: it is sent when the server starts.")


def _with_summaries(unit: Unit) -> list[tuple[Webhook, WebhookSummary]]:
    _, found = find_webhooks(unit, WebhookFilter(), Slice(0, WEBHOOKS_MAX))
    told = summaries(unit)
    return [(webhook, told[webhook.webhook_id]) for webhook in found]


def _webhook_row(webhook: Webhook, summary: WebhookSummary) -> dict[str, Any]:
    return {
        "webhook_id": webhook.webhook_id,
        "account_id": webhook.account_id,
        "event": EVENT_OF_KIND[webhook.event].name,
        "only": webhook.only,
        "url": webhook.url,
        "content_type": webhook.content_type,
        "headers": [header.name for header in webhook.headers],
        "description": webhook.details.description,
        "status": _STATUSES[webhook.status],
        "waiting": summary.waiting,
        "created_on": format_seconds(webhook.created_on),
        "modified_on": format_seconds(webhook.modified_on),
    }


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "state": delivery.state,
        "events": delivery.events,
        "attempts": delivery.attempts,
        "created_on": format_seconds(delivery.created_on),
        "result": _result(delivery),
    }


def _result(delivery: Delivery) -> str:
    """The answer of the last attempt, or why there was none."""
    last = delivery.last
    return "" if last is None else last.problem or str(last.status_code)
