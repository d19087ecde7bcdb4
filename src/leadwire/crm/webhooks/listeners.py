"""Who wants to hear of what happens in an account: its enabled webhooks, by kind of event.

Kept beside the account's lead schema, so that an account without webhooks pays one look into an
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
    """One enabled webhook. *only*: the activity event or field it is about; empty: all."""

    webhook_id: str
    only: str


class Listeners(NamedTuple):
    """Those of one account. *group_ms*: how long activities are gathered for one delivery."""

    of_kind: Mapping[EventKind, tuple[Listener, ...]]
    group_ms: int = 0

    def without(self, *kinds: EventKind) -> "Listeners":
        """As if nobody listened to *kinds*."""
        if not self.of_kind:
            return self
        kept = {kind: some for kind, some in self.of_kind.items() if kind not in kinds}
        return self._replace(of_kind=kept)


NOBODY: Final = Listeners({})


def load_listeners(connection: Connection, account_id: str, *, group_ms: int) -> Listeners:
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
    return Listeners(of_kind, group_ms)
