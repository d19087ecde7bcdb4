"""Announce events to webhooks, in the transaction of the change.

Each enabled webhook that listens gets a separate delivery. If the unit of work is rolled back, so
are its announcements.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from leadwire.crm.tables import webhook_deliveries, webhook_events
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.listeners import Listener
from leadwire.database.prepared import Prepared
from leadwire.operations.webhooks import EventKind

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"

EVENTS_PER_DELIVERY_MAX: Final = 500
"""Most activities in one delivery."""

_INSERT_DELIVERY: Final = Prepared(
    insert(webhook_deliveries),
    columns=(
        *("delivery_id", "account_id", "webhook_id", "event", "state", "scheduled_on", "due_on"),
        *("tries", "attempts", "created_on", "events"),
    ),
)
_INSERT_EVENT: Final = Prepared(insert(webhook_events), columns=("delivery_id", "call_id", "body"))


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event of the entity with *entity_id*.

    *before* and *after* are the entity before and after the change; *lead* is its lead. They are
    domain structs, or plain JSON once read back from the queue.
    """

    kind: EventKind
    entity_id: str
    happened_on: int
    before: Any = None
    after: Any = None
    lead: Any = None


def listens(unit: Unit, *kinds: EventKind) -> bool:
    """Whether any webhook of the account listens for one of *kinds*."""
    of_kind = unit.listeners.of_kind
    return bool(of_kind) and any(kind in of_kind for kind in kinds)


def quiet_updates(unit: Unit) -> Unit:
    """A copy of the unit that does not announce updates of leads and their fields."""
    return unit._replace(listeners=unit.listeners.without("lead_updated", "lead_field_changed"))


def announce(  # noqa: PLR0913  # an event has as many parts
    unit: Unit,
    kind: EventKind,
    entity_id: str,
    *,
    before: object = None,
    after: object = None,
    lead: object = None,
    of: str = "",
) -> None:
    """Queue a delivery for each webhook of *kind*.

    *of* is the activity type, field or page of the event. Skips webhooks for a different one.
    """
    body = ""
    for listener in unit.listeners.of_kind.get(kind, ()):
        if not listener.only or of in listener.only.split("\n"):
            event = Event(kind, entity_id, unit.now_ms, before, after, lead)
            body = body or msgspec.json.encode(event).decode()
            _queue(unit, listener, kind, body)


def _queue(unit: Unit, listener: Listener, kind: EventKind, body: str) -> None:
    pace = unit.listeners.pace
    group_ms = pace.group_ms if kind == "activity_created" else 0
    delivery_id = _open_group(unit, listener) if group_ms else None
    if delivery_id is None:
        delivery_id = unit.ids.guid()
        _INSERT_DELIVERY.execute(
            unit.connection,
            {
                "delivery_id": delivery_id,
                "account_id": unit.actor.account_id,
                "webhook_id": listener.webhook_id,
                "event": kind,
                "state": WAITING,
                "scheduled_on": unit.now_ms + group_ms,
                "due_on": unit.now_ms + group_ms + (pace.delay_ms if group_ms else 0),
                "tries": 0,
                "attempts": 0,
                "created_on": unit.now_ms,
                "events": 1,
            },
        )
    _INSERT_EVENT.execute(
        unit.connection,
        {"delivery_id": delivery_id, "call_id": unit.actor.call_id, "body": body},
    )
    unit.queued.add(listener.webhook_id)


def _open_group(unit: Unit, listener: Listener) -> str | None:
    """Add one activity to the delivery that still accepts activities. None if there is none."""
    found = unit.connection.execute(
        select(webhook_deliveries.c.sequence, webhook_deliveries.c.delivery_id)
        .where(
            webhook_deliveries.c.webhook_id == listener.webhook_id,
            webhook_deliveries.c.state == WAITING,
            webhook_deliveries.c.scheduled_on > unit.now_ms,
            # A delivery with a payload is being sent, so an activity added now would be lost.
            webhook_deliveries.c.payload.is_(None),
            webhook_deliveries.c.events < EVENTS_PER_DELIVERY_MAX,
        )
        .order_by(webhook_deliveries.c.sequence.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    unit.connection.execute(
        update(webhook_deliveries)
        .where(webhook_deliveries.c.sequence == found.sequence)
        .values(events=webhook_deliveries.c.events + 1)
    )
    return str(found.delivery_id)
