"""Telling of what happened: an event is written in the transaction of its change, or not at all.

Each enabled webhook that listens gets a delivery of its own. What a unit of work announces is
undone with it.
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
"""A delivery of gathered activities that holds this many takes no more."""


_INSERT_DELIVERY: Final = Prepared(
    insert(webhook_deliveries),
    columns=(
        *("delivery_id", "account_id", "webhook_id", "event", "state", "scheduled_on", "due_on"),
        *("tries", "attempts", "created_on", "events"),
    ),
)
_INSERT_EVENT: Final = Prepared(insert(webhook_events), columns=("delivery_id", "body"))


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened to the thing of *entity_id*: as it was *before* and is *after*.

    *lead* is the lead that it belongs to. All three are structs of the domain; read back, they
    are the plain JSON of those.
    """

    kind: EventKind
    entity_id: str
    happened_on: int
    before: Any = None
    after: Any = None
    lead: Any = None


def listens(unit: Unit, *kinds: EventKind) -> bool:
    """Whether any webhook of the account is about one of *kinds*."""
    of_kind = unit.listeners.of_kind
    return bool(of_kind) and any(kind in of_kind for kind in kinds)


def quiet_updates(unit: Unit) -> Unit:
    """The same unit, in which updates of leads and of their fields are not told of."""
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
    """Let the webhooks of *kind* be told. *of*: the activity event or field that it is about."""
    body = ""
    for listener in unit.listeners.of_kind.get(kind, ()):
        if listener.only in ("", of):
            event = Event(kind, entity_id, unit.now_ms, before, after, lead)
            body = body or msgspec.json.encode(event).decode()
            _queue(unit, listener, kind, body)


def _queue(unit: Unit, listener: Listener, kind: EventKind, body: str) -> None:
    group_ms = unit.listeners.group_ms if kind == "activity_created" else 0
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
                "due_on": unit.now_ms + group_ms,
                "tries": 0,
                "attempts": 0,
                "created_on": unit.now_ms,
                "events": 1,
            },
        )
    _INSERT_EVENT.execute(unit.connection, {"delivery_id": delivery_id, "body": body})
    unit.queued.add(listener.webhook_id)


def _open_group(unit: Unit, listener: Listener) -> str | None:
    """The delivery that still gathers, with room made for one more event."""
    found = unit.connection.execute(
        select(webhook_deliveries.c.sequence, webhook_deliveries.c.delivery_id)
        .where(
            webhook_deliveries.c.webhook_id == listener.webhook_id,
            webhook_deliveries.c.state == WAITING,
            webhook_deliveries.c.scheduled_on > unit.now_ms,
            # A delivery with a payload is on its way: what came later would be lost.
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
