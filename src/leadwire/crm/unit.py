"""The context of every rule: a connection, the actor and the time."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection

from leadwire.clock import IdSource
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.webhooks.listeners import Listeners


class Person(NamedTuple):
    """A user, as leads and activities refer to one."""

    name: str
    email: str


class Actor(NamedTuple):
    """The user for whom a rule runs. *people* are the account's users by id.

    *call_id* is that of the call that runs the rule; empty for work that no call asked for.
    """

    account_id: str
    user_id: str
    people: Mapping[str, Person]
    call_id: str = ""

    @property
    def name(self) -> str:
        return self.people[self.user_id].name if self.user_id in self.people else ""


NOBODY: Final = Actor("", "", {})
"""The actor for background work. It belongs to no account."""


class Unit(NamedTuple):
    """One unit of work: everything it writes is committed together, or nothing is."""

    connection: Connection
    actor: Actor
    now_ms: int
    ids: IdSource
    schema: LeadSchema
    stale_schemas: set[str]
    """Accounts whose lead fields or webhooks changed. They are reloaded after COMMIT."""
    listeners: Listeners
    """The account's webhooks, by the event they listen for."""
    queued: set[str]
    """Ids of jobs that the unit queued. The commit wakes the background workers."""
    sought: list[str]
    """Lead fields that the unit searched or sorted by. Those used often get an index."""
