"""The durable queue of webhook deliveries, with attempts and outcomes.

All accounts share the queue, so its units of work belong to no account.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from leadwire.crm.tables import webhook_attempts, webhook_deliveries, webhook_events, webhooks
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import DELIVERED, FAILED, WAITING, Event
from leadwire.crm.webhooks.listeners import ENABLED, GIVEN_UP
from leadwire.crm.webhooks.webhooks import Webhook, webhook_from_row
from leadwire.operations.webhooks import EventKind

_PRUNED_AT_ONCE: Final = 1_000
_SUCCESS: Final = 200


class Due(NamedTuple):
    """A delivery that is due. *payload* is None until the delivery is claimed."""

    delivery_id: str
    event: EventKind
    tries: int
    attempts: int
    payload: str | None
    webhook: Webhook


class Turn(NamedTuple):
    due: list[Due]
    next_on: int | None
    """The due time of the next delivery after these; None if there is none."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt. Without an answer, *status_code* is 0 and *problem* gives the reason."""

    started_on: int
    duration_ms: int
    status_code: int
    problem: str
    answer: str
    answer_cut: bool

    @property
    def is_success(self) -> bool:
        """Whether the receiver answered 200, the only success."""
        return self.status_code == _SUCCESS


class QueueState(NamedTuple):
    waiting: int = 0
    """Waiting deliveries of enabled webhooks."""
    oldest_on: int | None = None
    """When the oldest of them was queued; None if none waits."""


def next_turn(unit: Unit, *, busy: Collection[str], rows_max: int) -> Turn:
    """The first waiting delivery of each enabled webhook outside *busy*, if it is due.

    Later deliveries of a webhook wait for its first, also between attempts. This keeps events in
    order.
    """
    first = (
        select(webhook_deliveries.c.sequence)
        .where(
            webhook_deliveries.c.webhook_id == webhooks.c.webhook_id,
            webhook_deliveries.c.state == WAITING,
        )
        .order_by(webhook_deliveries.c.scheduled_on, webhook_deliveries.c.sequence)
        .limit(1)
        .correlate(webhooks)
        .scalar_subquery()
    )
    rows = unit.connection.execute(
        select(webhook_deliveries)
        .join_from(webhooks, webhook_deliveries, webhook_deliveries.c.sequence == first)
        .where(webhooks.c.status == ENABLED, webhooks.c.webhook_id.not_in(sorted(busy)))
        .order_by(webhook_deliveries.c.due_on, webhook_deliveries.c.sequence)
        .limit(rows_max + 1)
    ).all()
    due = [row for row in rows if row.due_on <= unit.now_ms]
    later = [row.due_on for row in rows if row.due_on > unit.now_ms]
    return Turn(_with_webhooks(unit, due[:rows_max]), min(later, default=None))


def events_of(unit: Unit, delivery_id: str) -> list[Event]:
    """The events of an unclaimed delivery, in order."""
    bodies = unit.connection.execute(
        select(webhook_events.c.body)
        .where(webhook_events.c.delivery_id == delivery_id)
        .order_by(webhook_events.c.sequence)
    ).scalars()
    return [msgspec.json.decode(body, type=Event) for body in bodies]


def claim(unit: Unit, delivery_id: str, payload: str, *, events: int) -> bool:
    """Fix the payload before the first attempt. No event joins the delivery afterwards.

    Returns False if another event joined or the delivery is gone. Then read it again.
    """
    claimed = unit.connection.execute(
        update(webhook_deliveries)
        .where(
            webhook_deliveries.c.delivery_id == delivery_id,
            webhook_deliveries.c.payload.is_(None),
            webhook_deliveries.c.events == events,
        )
        .values(payload=payload)
    ).rowcount
    if claimed:
        # Their rows go on to say which calls caused the delivery.
        unit.connection.execute(
            update(webhook_events)
            .where(webhook_events.c.delivery_id == delivery_id)
            .values(body="")
        )
    return bool(claimed)


def end_attempt(
    unit: Unit, due: Due, attempt: Attempt, *, again_on: int | None, failures_max: int
) -> bool:
    """Store an attempt. *again_on* is the time of the next attempt; None after the last.

    Returns True if it disabled the webhook, after *failures_max* failures in a row.
    """
    done = attempt.is_success
    values: dict[str, Any] = {"tries": due.tries + 1, "attempts": due.attempts + 1}
    if done or again_on is None:
        values |= {"state": DELIVERED if done else FAILED, "ended_on": unit.now_ms}
    else:
        values["due_on"] = again_on
    changed = unit.connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.delivery_id == due.delivery_id)
        .values(**values)
    ).rowcount
    if not changed:
        return False  # the webhook was deleted during the attempt
    unit.connection.execute(
        insert(webhook_attempts).values(
            delivery_id=due.delivery_id,
            number=due.attempts + 1,
            **msgspec.structs.asdict(attempt) | {"answer_cut": int(attempt.answer_cut)},
        )
    )
    if not done and again_on is not None:
        return False
    return _count_failures(unit, due.webhook, failed=not done, failures_max=failures_max)


def queue_state(unit: Unit, account_id: str | None = None) -> QueueState:
    """Count the waiting deliveries of an account, or of all."""
    wanted = [webhook_deliveries.c.state == WAITING, webhooks.c.status == ENABLED]
    if account_id is not None:
        wanted.append(webhooks.c.account_id == account_id)
    row = unit.connection.execute(
        select(func.count(), func.min(webhook_deliveries.c.created_on))
        .select_from(webhook_deliveries)
        .join(webhooks, webhooks.c.webhook_id == webhook_deliveries.c.webhook_id)
        .where(*wanted)
    ).one()
    return QueueState(row[0], row[1])


def prune_deliveries(unit: Unit, *, before_ms: int) -> int:
    """Delete some deliveries queued before *before_ms*. Returns their number, 0 when done."""
    ids = (
        unit.connection.execute(
            select(webhook_deliveries.c.delivery_id)
            .where(
                webhook_deliveries.c.state.in_((DELIVERED, FAILED, WAITING)),
                webhook_deliveries.c.created_on < before_ms,
            )
            .limit(_PRUNED_AT_ONCE)
        )
        .scalars()
        .all()
    )
    for table in (webhook_events, webhook_attempts, webhook_deliveries):
        unit.connection.execute(delete(table).where(table.c.delivery_id.in_(ids)))
    return len(ids)


def _count_failures(unit: Unit, webhook: Webhook, *, failed: bool, failures_max: int) -> bool:
    of_webhook = webhooks.c.webhook_id == webhook.webhook_id
    if not failed:
        unit.connection.execute(
            update(webhooks).where(of_webhook, webhooks.c.failures > 0).values(failures=0)
        )
        return False
    unit.connection.execute(
        update(webhooks).where(of_webhook).values(failures=webhooks.c.failures + 1)
    )
    given_up = unit.connection.execute(
        update(webhooks)
        .where(of_webhook, webhooks.c.failures >= failures_max, webhooks.c.status == ENABLED)
        .values(status=GIVEN_UP, modified_on=unit.now_ms)
    ).rowcount
    if given_up:
        unit.stale_schemas.add(webhook.account_id)
    return bool(given_up)


def _with_webhooks(unit: Unit, rows: Sequence[Row[Any]]) -> list[Due]:
    wanted = webhooks.c.webhook_id.in_([row.webhook_id for row in rows])
    found = {row.webhook_id: row for row in unit.connection.execute(select(webhooks).where(wanted))}
    return [
        Due(
            row.delivery_id,
            cast("EventKind", row.event),
            row.tries,
            row.attempts,
            row.payload,
            webhook_from_row(found[row.webhook_id]),
        )
        for row in rows
    ]
