"""What a call caused, and what caused it: mails, webhook deliveries and asynchronous calls."""

from typing import Final, Literal, NamedTuple

from sqlalchemy import select

from leadwire.crm.tables import async_calls, mails, webhook_deliveries, webhook_events, webhooks
from leadwire.crm.unit import Unit

CAUSED_MAX: Final = 100
"""Of each kind."""


class CausedMail(NamedTuple):
    mail_id: str
    recipients: str
    subject: str
    state: str
    due_on: int


class CausedDelivery(NamedTuple):
    delivery_id: str
    webhook_id: str
    event: str
    url: str
    state: str
    due_on: int


class AsyncStep(NamedTuple):
    """*relation*: this call queued the other, or this call was carried out for the other."""

    relation: Literal["queued", "carried out"]
    operation: str
    state: str
    call_id: str
    """The other call in the log; empty if it was not carried out yet."""


class Caused(NamedTuple):
    """Each at most CAUSED_MAX, oldest first."""

    mails: list[CausedMail]
    deliveries: list[CausedDelivery]
    steps: list[AsyncStep]

    @property
    def any(self) -> bool:
        return bool(self.mails or self.deliveries or self.steps)


NOTHING: Final = Caused([], [], [])


def caused_by(unit: Unit, call_id: str) -> Caused:
    """What the account's call with that id caused, as far as it is still kept."""
    if not call_id:
        return NOTHING
    return Caused(_mails(unit, call_id), _deliveries(unit, call_id), _steps(unit, call_id))


def causes_of_delivery(unit: Unit, delivery_id: str) -> list[str]:
    """The ids of the calls whose events are in a delivery, in order, without repeats."""
    rows = unit.connection.execute(
        select(webhook_events.c.call_id)
        .where(webhook_events.c.delivery_id == delivery_id, webhook_events.c.call_id != "")
        .order_by(webhook_events.c.sequence)
        .limit(CAUSED_MAX)
    ).scalars()
    return list(dict.fromkeys(rows))


def _mails(unit: Unit, call_id: str) -> list[CausedMail]:
    columns = (mails.c.mail_id, mails.c.recipients, mails.c.subject, mails.c.state, mails.c.due_on)
    rows = unit.connection.execute(
        select(*columns)
        .where(mails.c.call_id == call_id, mails.c.account_id == unit.actor.account_id)
        .order_by(mails.c.created_on, mails.c.mail_id)
        .limit(CAUSED_MAX)
    )
    return [CausedMail(*row) for row in rows]


def _deliveries(unit: Unit, call_id: str) -> list[CausedDelivery]:
    deliveries = webhook_deliveries.c
    ids = select(webhook_events.c.delivery_id).where(webhook_events.c.call_id == call_id)
    rows = unit.connection.execute(
        select(
            deliveries.delivery_id,
            deliveries.webhook_id,
            deliveries.event,
            webhooks.c.url,
            deliveries.state,
            deliveries.due_on,
        )
        .join(
            webhooks,
            (webhooks.c.webhook_id == deliveries.webhook_id)
            & (webhooks.c.account_id == deliveries.account_id),
        )
        .where(deliveries.delivery_id.in_(ids), deliveries.account_id == unit.actor.account_id)
        .order_by(deliveries.sequence)
        .limit(CAUSED_MAX)
    )
    return [CausedDelivery(*row) for row in rows]


def _steps(unit: Unit, call_id: str) -> list[AsyncStep]:
    calls = async_calls.c
    own = calls.account_id == unit.actor.account_id
    queued = unit.connection.execute(
        select(calls.operation, calls.state, calls.carried_call_id)
        .where(calls.call_id == call_id, own)
        .limit(CAUSED_MAX)
    )
    carried = unit.connection.execute(
        select(calls.operation, calls.state, calls.call_id)
        .where(calls.carried_call_id == call_id, own)
        .limit(CAUSED_MAX)
    )
    return [
        *(AsyncStep("queued", *row) for row in queued),
        *(AsyncStep("carried out", *row) for row in carried),
    ]
