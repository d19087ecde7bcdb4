"""Read an account once, without a running store: for the command line."""

from typing import TypeVar

from leadwire.clock import Clock, IdSource
from leadwire.crm.leads.schema import LeadRules, load_schema
from leadwire.crm.store import Work
from leadwire.crm.unit import Actor, Unit
from leadwire.crm.webhooks.listeners import NOBODY
from leadwire.database.database import Database, snapshot

T = TypeVar("T")


def read_once(
    database: Database,
    actor: Actor,
    work: Work[T],
    *,
    clock: Clock,
    ids: IdSource,
    lead_rules: LeadRules,
) -> T:
    """Run *work*, which only reads, on one snapshot. A server may be running.

    Raises what ``DATABASE_ERRORS`` names.
    """
    engine = database.reader(connections=1)
    try:
        with snapshot(engine) as connection:
            schema = load_schema(connection, actor.account_id, lead_rules)
            unit = Unit(connection, actor, clock.now_ms(), ids, schema, set(), NOBODY, set(), [])
            return work(unit)
    finally:
        engine.dispose()
