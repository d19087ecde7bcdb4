"""Read the body of a delivery as the event that it is about."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from leadwire.operations.webhooks import WEBHOOK_EVENTS
from leadwire.sdk.rows import Row
from leadwire.webhooks.errors import BodyUnreadable
from leadwire.webhooks.events import CLASSES, ActivityEvent, AlertRaised, Event, Ping, UnknownEvent

_FORM_START: Final = b"payload="
_BY_NAME: Final = {
    event.name.lower(): CLASSES[event.kind] for event in WEBHOOK_EVENTS if event.kind in CLASSES
}


def read(body: bytes | str, event: str | None) -> Event:
    """The event in a delivery that nobody signed, such as one of LeadSquared's.

    *event* is its internal name: the parameter ``eventType`` of the request's URL. An unknown
    name, or none, makes an UnknownEvent. Raises BodyUnreadable. Anybody can send such a delivery:
    check a custom header of the webhook, whose value only you and the sender know.
    """
    return event_of(body_bytes(body), event or "", delivery_id="", sent_at=None)


def event_of(body: bytes, name: str, *, delivery_id: str, sent_at: datetime | None) -> Event:
    """The event *name* with its payload in *body*. Raises BodyUnreadable."""
    tree = _decoded(body)
    rows = tree if isinstance(tree, list) else [tree]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise BodyUnreadable("The body is JSON, but neither an object nor an array of objects.")
    kind = _own_kind(rows[0]) or _BY_NAME.get(name.lower(), UnknownEvent)
    if not _fits(kind, tree):
        raise BodyUnreadable(f"The body is not the payload of a {kind.__name__}.")
    payload = tuple(map(Row, tree)) if isinstance(tree, list) else Row(tree)
    return kind(id=delivery_id, name=name, sent_at=sent_at, payload=payload)


def _own_kind(row: dict[str, Any]) -> type[Event] | None:
    """The kind of a test or an alert, which its body names. None for an event."""
    if row.get("IsTest") == "true":
        return Ping
    return AlertRaised if row.get("Event") == "Alert" and "MoreThan" in row else None


def body_bytes(body: object) -> bytes:
    """Raises BodyUnreadable for a body that is neither bytes nor text."""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    raise BodyUnreadable(
        f"The body is of type {type(body).__name__}. Pass the bytes of the request as they came, "
        "before a framework decodes them."
    )


def _decoded(body: bytes) -> Any:  # noqa: ANN401  # any JSON
    if body.startswith(_FORM_START):  # no JSON begins like this
        fields = parse_qs(body.decode("ascii", "replace"), strict_parsing=False, errors="replace")
        body = fields.get("payload", [""])[0].encode("utf-8", "surrogatepass")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BodyUnreadable("The body is not JSON.") from None


def _fits(kind: type[Event], tree: Any) -> bool:  # noqa: ANN401  # JSON
    """Whether the payload has the shape of *kind*."""
    if kind is UnknownEvent:
        return True
    if isinstance(tree, list):
        return issubclass(kind, ActivityEvent)
    is_change = "After" in tree and "Before" in tree
    return is_change == hasattr(kind, "after")
