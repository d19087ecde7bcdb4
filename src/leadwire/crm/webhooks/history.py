"""The history of a webhook: its deliveries, their payloads, and the answer of each attempt."""

from collections.abc import Sequence
from typing import Any, Final, Literal, cast

import msgspec
from sqlalchemy import Row, func, insert, select, update

from leadwire.crm.tables import webhook_attempts, webhook_deliveries, webhooks
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import WAITING
from leadwire.crm.webhooks.queue import Attempt
from leadwire.crm.webhooks.webhooks import get_webhook
from leadwire.database.expressions import least
from leadwire.dates import format_seconds
from leadwire.errors import Missing
from leadwire.operations.webhooks import EVENT_OF_KIND

SHOWN_MAX: Final = 100
"""Deliveries on one page of the history."""

DeliveryState = Literal["waiting", "delivered", "failed"]


class Delivery(msgspec.Struct, frozen=True):
    """A delivery as the history shows it.

    *payload* is None until the first attempt. *last* is the latest attempt, if there was one.
    """

    delivery_id: str
    webhook_id: str
    sequence: int
    state: DeliveryState
    due_on: int
    attempts: int
    created_on: int
    ended_on: int | None
    events: int
    payload: str | None
    last: Attempt | None


class WebhookSummary(msgspec.Struct, frozen=True):
    """The number of waiting deliveries of a webhook, and the latest attempted one."""

    waiting: int
    last: Delivery | None


def summaries(unit: Unit) -> dict[str, WebhookSummary]:
    """A summary of each webhook of the account, by its id."""
    of_webhook = webhook_deliveries.c.webhook_id == webhooks.c.webhook_id
    waiting = (
        select(func.count())
        .select_from(webhook_deliveries)
        .where(of_webhook, webhook_deliveries.c.state == WAITING)
        .correlate(webhooks)
        .scalar_subquery()
    )
    newest = (
        select(webhook_deliveries.c.sequence)
        .where(of_webhook, webhook_deliveries.c.attempts > 0)
        .order_by(webhook_deliveries.c.sequence.desc())
        .limit(1)
        .correlate(webhooks)
        .scalar_subquery()
    )
    found = unit.connection.execute(
        select(webhooks.c.webhook_id, waiting.label("waiting"), newest.label("newest")).where(
            webhooks.c.account_id == unit.actor.account_id
        )
    ).all()
    sequences = [row.newest for row in found if row.newest is not None]
    rows = unit.connection.execute(
        select(webhook_deliveries).where(webhook_deliveries.c.sequence.in_(sequences))
    ).all()
    last = {delivery.webhook_id: delivery for delivery in _with_attempts(unit, rows)}
    return {row.webhook_id: WebhookSummary(row.waiting, last.get(row.webhook_id)) for row in found}


def deliveries_of(
    unit: Unit, webhook_id: str, *, before: int | None, state: DeliveryState | None
) -> list[Delivery]:
    """The newest deliveries of a webhook, or those with a sequence below *before*.

    Returns one more than SHOWN_MAX if there are older ones. Raises Missing.
    """
    webhook_id = get_webhook(unit, webhook_id).webhook_id
    wanted = [webhook_deliveries.c.webhook_id == webhook_id]
    if before is not None:
        wanted.append(webhook_deliveries.c.sequence < before)
    if state is not None:
        wanted.append(webhook_deliveries.c.state == state)
    rows = unit.connection.execute(
        select(webhook_deliveries)
        .where(*wanted)
        .order_by(webhook_deliveries.c.sequence.desc())
        .limit(SHOWN_MAX + 1)
    ).all()
    return _with_attempts(unit, rows)


def get_delivery(unit: Unit, webhook_id: str, delivery_id: str) -> tuple[Delivery, list[Attempt]]:
    """A delivery and its attempts, oldest first. Raises Missing for webhook or delivery."""
    webhook_id = get_webhook(unit, webhook_id).webhook_id
    rows = unit.connection.execute(
        select(webhook_deliveries).where(
            webhook_deliveries.c.webhook_id == webhook_id,
            webhook_deliveries.c.delivery_id == delivery_id,
        )
    ).all()
    if not rows:
        raise Missing("delivery", location="delivery")
    attempts = unit.connection.execute(
        select(webhook_attempts)
        .where(webhook_attempts.c.delivery_id == delivery_id)
        .order_by(webhook_attempts.c.number)
    )
    (delivery,) = _with_attempts(unit, rows)
    return delivery, [_attempt(row) for row in attempts]


def redeliver(unit: Unit, webhook_id: str, delivery_id: str) -> None:
    """Resend a finished delivery: the same bytes with the same id.

    A waiting delivery keeps its place and becomes due now. Raises Missing.
    """
    delivery, _ = get_delivery(unit, webhook_id, delivery_id)
    place: Any = unit.now_ms
    if delivery.state == WAITING:
        place = least(webhook_deliveries.c.scheduled_on, unit.now_ms)
    unit.connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.delivery_id == delivery.delivery_id)
        .values(state=WAITING, scheduled_on=place, due_on=unit.now_ms, tries=0, ended_on=None)
    )
    unit.queued.add(webhook_id)


def queue_test(unit: Unit, webhook_id: str) -> str:
    """Queue a delivery with a payload of its own, which says that it is a test. Returns its id.

    Raises Missing.
    """
    webhook = get_webhook(unit, webhook_id)
    payload = {
        "IsTest": "true",
        "EventType": EVENT_OF_KIND[webhook.event].name,
        "WebhookId": webhook.webhook_id,
        "CreatedOn": format_seconds(unit.now_ms),
    }
    delivery_id = unit.ids.guid()
    unit.connection.execute(
        insert(webhook_deliveries).values(
            delivery_id=delivery_id,
            account_id=unit.actor.account_id,
            webhook_id=webhook.webhook_id,
            event=webhook.event,
            state=WAITING,
            scheduled_on=unit.now_ms,
            due_on=unit.now_ms,
            tries=0,
            attempts=0,
            created_on=unit.now_ms,
            events=0,
            payload=msgspec.json.encode(payload).decode(),
        )
    )
    unit.queued.add(webhook.webhook_id)
    return delivery_id


def _with_attempts(unit: Unit, rows: Sequence[Row[Any]]) -> list[Delivery]:
    ids = [row.delivery_id for row in rows]
    newest = (
        select(webhook_attempts.c.delivery_id, func.max(webhook_attempts.c.number).label("number"))
        .where(webhook_attempts.c.delivery_id.in_(ids))
        .group_by(webhook_attempts.c.delivery_id)
        .subquery()
    )
    found = unit.connection.execute(
        select(webhook_attempts).join(
            newest,
            (newest.c.delivery_id == webhook_attempts.c.delivery_id)
            & (newest.c.number == webhook_attempts.c.number),
        )
    )
    last = {row.delivery_id: _attempt(row) for row in found}
    return [
        Delivery(
            row.delivery_id,
            row.webhook_id,
            row.sequence,
            cast("DeliveryState", row.state),
            row.due_on,
            row.attempts,
            row.created_on,
            row.ended_on,
            row.events,
            row.payload,
            last.get(row.delivery_id),
        )
        for row in rows
    ]


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        started_on=row.started_on,
        duration_ms=row.duration_ms,
        status_code=row.status_code,
        problem=row.problem,
        answer=row.answer,
        answer_cut=bool(row.answer_cut),
    )
