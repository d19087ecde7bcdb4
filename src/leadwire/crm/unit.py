"""What every rule of the domain is given: a connection, who acts, and when."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection

from leadwire.clock import IdSource
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.webhooks.listeners import Listeners


class Person(NamedTuple):
    """A user as other things refer to it."""

    name: str
    email: str


class Actor(NamedTuple):
    """On whose behalf something is done. *people* are the account's users by id."""

    account_id: str
    user_id: str
    people: Mapping[str, Person]

    @property
    def name(self) -> str:
        return self.people[self.user_id].name if self.user_id in self.people else ""


NOBODY: Final = Actor("", "", {})
"""On whose behalf queues are worked off: they are of all accounts."""


class Unit(NamedTuple):
    """One unit of work: everything it writes is committed together, or nothing is."""

    connection: Connection
    actor: Actor
    now_ms: int
    ids: IdSource
    schema: LeadSchema
    stale_schemas: set[str]
    """Accounts whose lead fields or webhooks the unit changed: once it is committed, they are
    read again."""
    listeners: Listeners
    """Who is told of what the unit does."""
    queued: set[str]
    """Webhooks for which the unit left something to deliver."""
