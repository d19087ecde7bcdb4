"""Create, change, find and delete the webhooks of an account."""

from typing import Any, Final, cast

import msgspec
from sqlalchemy import Row, delete, func, insert, or_, select, update

from leadwire.crm.activities.custom_types import event_invalid, find_type
from leadwire.crm.pages import Slice
from leadwire.crm.tables import webhook_attempts, webhook_deliveries, webhook_events, webhooks
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED
from leadwire.database.expressions import contains, member_text
from leadwire.dialect import incorrect, invalid
from leadwire.errors import Missing, ValueDuplicate
from leadwire.operations.webhooks import WEBHOOK_EVENTS, EventKind
from leadwire.webhook_signature import SECRET_BYTES, secret_of

WEBHOOKS_MAX: Final = 200
"""Maximum of webhooks per account."""
HEADERS_MAX: Final = 10

OF_ACTIVITIES: Final[tuple[EventKind, ...]] = ("activity_created", "activity_updated")
"""Events for which a webhook selects one activity type."""
OF_FIELDS: Final[tuple[EventKind, ...]] = ("lead_field_changed", "opportunity_field_changed")
"""Events for which a webhook selects one field."""

_ORDERS: Final = {
    "modifiedon": webhooks.c.modified_on,
    "createdon": webhooks.c.created_on,
    "url": webhooks.c.url,
    "statuscode": webhooks.c.status,
}


class Header(msgspec.Struct, frozen=True):
    """A header that every delivery carries. Its value is a secret, and ``repr`` leaves it out."""

    name: str
    value: str

    def __repr__(self) -> str:
        return f"Header({self.name!r})"


class WebhookDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Members that are stored as they were sent, to be read back."""

    description: str = ""
    properties: str | None = None
    is_specific_landing_page: bool = False
    landing_page_urls: str | None = None
    notify_on_failure: bool = False


class Webhook(msgspec.Struct, frozen=True):
    """A webhook of an account. Its ``repr`` shows neither its headers nor its secret."""

    account_id: str
    webhook_id: str
    event: EventKind
    only: str
    """The activity type, field or landing pages to match; empty matches all."""
    url: str
    content_type: str
    headers: tuple[Header, ...]
    secret: str
    """Signs each delivery."""
    details: WebhookDetails
    status: int
    failures: int
    """Consecutive failed deliveries until now."""
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str

    def __repr__(self) -> str:
        return f"Webhook({self.webhook_id!r})"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that no history may show."""
        return (*(header.value for header in self.headers), self.secret)


class WebhookDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Values for a new or changed webhook. ``Webhook`` has the same members."""

    event: EventKind
    only: str
    url: str
    content_type: str
    headers: tuple[Header, ...]
    details: WebhookDetails
    secret: str = ""
    """The signing secret. Empty keeps the stored one, and makes one for a new webhook."""

    def __repr__(self) -> str:
        return f"WebhookDraft({self.event!r})"


class WebhookFilter(msgspec.Struct, frozen=True):
    """Conditions that must all hold. A None or empty member is ignored."""

    event: EventKind | None = None
    status: int | None = None
    webhook_id: str = ""
    text: str = ""
    """A part of the event's names or of the description, in any letter case."""


def create_webhook(unit: Unit, draft: WebhookDraft) -> str:
    """Create an enabled webhook and return its id.

    Raises InputInvalid if the account has too many, and the errors of ``check_draft``.
    """
    existing = unit.connection.execute(
        select(func.count()).select_from(webhooks).where(_own(unit))
    ).scalar_one()
    if existing >= WEBHOOKS_MAX:
        raise invalid(
            "WebhookEvent",
            f"An account can not have more than {WEBHOOKS_MAX} webhooks.",
            fix="Delete one that is not needed.",
        )
    check_draft(unit, draft)
    webhook_id = unit.ids.guid()
    unit.connection.execute(
        insert(webhooks).values(
            account_id=unit.actor.account_id,
            webhook_id=webhook_id,
            status=ENABLED,
            failures=0,
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            **{"secret": _new_secret(unit), **_changed_columns(unit, draft)},
        )
    )
    unit.stale_schemas.add(unit.actor.account_id)
    return webhook_id


def update_webhook(unit: Unit, webhook_id: str, draft: WebhookDraft) -> None:
    """Change a webhook. It stays enabled or disabled.

    Raises Missing, and the errors of ``check_draft``.
    """
    get_webhook(unit, webhook_id)
    check_draft(unit, draft, but=webhook_id)
    _write(unit, webhook_id, **_changed_columns(unit, draft))


def set_webhook_enabled(unit: Unit, webhook_id: str, *, enabled: bool) -> None:
    """Enable or disable a webhook. A disabled webhook keeps its waiting deliveries.

    Raises Missing.
    """
    get_webhook(unit, webhook_id)
    _write(unit, webhook_id, status=ENABLED if enabled else DISABLED, failures=0)
    unit.queued.add(webhook_id)


def new_webhook_secret(unit: Unit, webhook_id: str) -> str:
    """Replace the signing secret, and return the new one. Raises Missing."""
    get_webhook(unit, webhook_id)
    secret = _new_secret(unit)
    _write(unit, webhook_id, secret=secret)
    return secret


def delete_webhook(unit: Unit, webhook_id: str) -> None:
    """Delete a webhook, its waiting deliveries and its history. Raises Missing."""
    webhook_id = get_webhook(unit, webhook_id).webhook_id
    of_webhook = webhook_deliveries.c.webhook_id == webhook_id
    delivery_ids = select(webhook_deliveries.c.delivery_id).where(of_webhook)
    for table in (webhook_events, webhook_attempts):
        unit.connection.execute(delete(table).where(table.c.delivery_id.in_(delivery_ids)))
    unit.connection.execute(delete(webhook_deliveries).where(of_webhook))
    unit.connection.execute(delete(webhooks).where(_own(unit), webhooks.c.webhook_id == webhook_id))
    unit.stale_schemas.add(unit.actor.account_id)


def check_draft(unit: Unit, draft: WebhookDraft, *, but: str = "") -> None:
    """Check a draft against the account's data. *but* is the webhook being changed.

    Raises ActivityEventInvalid for an unknown or reserved activity type, and ValueDuplicate if
    another webhook matches the same field.
    """
    if draft.event in OF_ACTIVITIES:
        kind = find_type(unit, int(draft.only))
        if kind is None or not kind.is_listed:
            raise event_invalid()
    if draft.event in OF_FIELDS and _is_taken(unit, draft, but):
        raise ValueDuplicate(
            schema_name="WebhookProperties", display_name="Field", entity="Webhook"
        )


def get_webhook(unit: Unit, webhook_id: str) -> Webhook:
    """A webhook of the account. Raises Missing."""
    row = unit.connection.execute(
        select(webhooks).where(_own(unit), webhooks.c.webhook_id == webhook_id.lower())
    ).first()
    if row is None:
        raise Missing(
            "webhook",
            location="WebhookId",
            fix="Send the WebhookId of a webhook that Retrieve shows.",
        )
    return webhook_from_row(row)


def find_webhooks(unit: Unit, wanted: WebhookFilter, part: Slice) -> tuple[int, list[Webhook]]:
    """The number of webhooks that match *wanted*, and a slice; last changed first by default.

    Raises InputInvalid for an unknown sort column.
    """
    conditions: list[Any] = [_own(unit)]
    if wanted.event is not None:
        conditions.append(webhooks.c.event == wanted.event)
    if wanted.status is not None:
        conditions.append(webhooks.c.status == wanted.status)
    if wanted.webhook_id:
        conditions.append(webhooks.c.webhook_id == wanted.webhook_id.lower())
    if wanted.text:
        description = member_text(webhooks.c.details, "description")
        conditions.append(
            or_(
                webhooks.c.event.in_(_events_named(wanted.text)),
                contains(description, wanted.text),
            )
        )
    order = _ORDERS.get((part.order_by or "ModifiedOn").lower())
    if order is None:
        raise incorrect(
            "ColumnName",
            location="Sorting.ColumnName",
            fix="Send ModifiedOn, CreatedOn, URL or StatusCode.",
        )
    total = unit.connection.execute(
        select(func.count()).select_from(webhooks).where(*conditions)
    ).scalar_one()
    rows = unit.connection.execute(
        select(webhooks)
        .where(*conditions)
        .order_by(order.desc() if part.descending else order.asc(), webhooks.c.webhook_id)
        .limit(part.rows_max)
        .offset(part.offset)
    )
    return total, [webhook_from_row(row) for row in rows]


def webhook_from_row(row: Row[Any]) -> Webhook:
    return Webhook(
        row.account_id,
        row.webhook_id,
        cast("EventKind", row.event),
        row.only,
        row.url,
        row.content_type,
        msgspec.json.decode(row.headers, type=tuple[Header, ...]),
        row.secret,
        msgspec.json.decode(row.details, type=WebhookDetails),
        row.status,
        row.failures,
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
    )


def _own(unit: Unit) -> Any:  # noqa: ANN401  # an SQL expression
    return webhooks.c.account_id == unit.actor.account_id


def _events_named(text: str) -> list[EventKind]:
    """The events with *text* in one of their names."""
    wanted = text.lower()
    return [
        event.kind
        for event in WEBHOOK_EVENTS
        if any(wanted in name.lower() for name in (event.name, event.title, event.shown_name))
    ]


def _is_taken(unit: Unit, draft: WebhookDraft, but: str) -> bool:
    """Whether another webhook matches the same field."""
    taken = unit.connection.execute(
        select(webhooks.c.webhook_id).where(
            _own(unit),
            webhooks.c.event == draft.event,
            webhooks.c.only == draft.only,
            webhooks.c.webhook_id != but.lower(),
        )
    ).first()
    return taken is not None


def _new_secret(unit: Unit) -> str:
    return secret_of(bytes.fromhex(unit.ids.hex_digits(2 * SECRET_BYTES)))


def _changed_columns(unit: Unit, draft: WebhookDraft) -> dict[str, Any]:
    secret = {"secret": draft.secret} if draft.secret else {}
    return {
        **secret,
        "event": draft.event,
        "only": draft.only,
        "url": draft.url,
        "content_type": draft.content_type,
        "headers": msgspec.json.encode(draft.headers).decode(),
        "details": msgspec.json.encode(draft.details).decode(),
        "modified_on": unit.now_ms,
        "modified_by": unit.actor.user_id,
    }


def _write(unit: Unit, webhook_id: str, **values: Any) -> None:  # noqa: ANN401  # columns
    values = {"modified_on": unit.now_ms, "modified_by": unit.actor.user_id} | values
    unit.connection.execute(
        update(webhooks)
        .where(_own(unit), webhooks.c.webhook_id == webhook_id.lower())
        .values(**values)
    )
    unit.stale_schemas.add(unit.actor.account_id)
