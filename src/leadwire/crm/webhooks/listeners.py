"""The enabled webhooks of an account, by the kind of event that they listen for.

They are cached with the account's lead schema. So without webhooks an event costs one look-up in an
empty dictionary.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from sqlalchemy import Connection, select

from leadwire.crm.tables import webhooks
from leadwire.operations.webhooks import EventKind

ENABLED: Final = 0
DISABLED: Final = 1
GIVEN_UP: Final = 2
"""Disabled after too many failures in a row."""


class Listener(NamedTuple):
    """One enabled webhook."""

    webhook_id: str
    only: str
    """The activity type, field or landing pages (one per line) to match; empty matches all."""


class ActivityPace(NamedTuple):
    """When new activities are delivered."""

    group_ms: int = 0
    """How long a delivery accepts activities after its first; 0 accepts no more."""
    delay_ms: int = 0
    """How long the delivery then waits."""


AT_ONCE: Final = ActivityPace()


class Listeners(NamedTuple):
    """The listeners of one account."""

    of_kind: Mapping[EventKind, tuple[Listener, ...]]
    pace: ActivityPace = AT_ONCE

    def without(self, *kinds: EventKind) -> "Listeners":
        """The same listeners, without those for *kinds*."""
        if not self.of_kind:
            return self
        kept = {kind: some for kind, some in self.of_kind.items() if kind not in kinds}
        return self._replace(of_kind=kept)


NOBODY: Final = Listeners({})


def load_listeners(connection: Connection, account_id: str, pace: ActivityPace) -> Listeners:
    """Read the listeners of an account."""
    rows = connection.execute(
        select(webhooks.c.webhook_id, webhooks.c.event, webhooks.c.only)
        .where(webhooks.c.account_id == account_id, webhooks.c.status == ENABLED)
        .order_by(webhooks.c.created_on, webhooks.c.webhook_id)
    ).all()
    if not rows:
        return NOBODY
    of_kind: dict[EventKind, tuple[Listener, ...]] = {}
    for row in rows:
        kind = cast("EventKind", row.event)
        of_kind[kind] = (*of_kind.get(kind, ()), Listener(row.webhook_id, row.only))
    return Listeners(of_kind, pace)
