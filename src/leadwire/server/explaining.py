"""Explaining recorded calls from the stores of a server, running or not."""

import logging
from collections.abc import Callable

from anyio import from_thread

from leadwire.access.store import AccessStore
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallReader
from leadwire.clock import SystemClock, SystemIds
from leadwire.crm.one_read import read_once
from leadwire.crm.store import Crm, Work
from leadwire.crm.unit import Actor, Person
from leadwire.data_folder.making import opened_access
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.database.places import place_of
from leadwire.explain import Explanation, UnitAccount, explain, with_history
from leadwire.server.parts import lead_rules_of
from leadwire.settings import Settings

Explain = Callable[[CallRecord], Explanation | None]
Read = Callable[[Actor, Work[Explanation | None]], Explanation | None]

_log = logging.getLogger("leadwire.server")


def explainer(access: AccessStore, crm: Crm, calls: CallReader) -> Explain:
    """Explains calls in worker threads of the running server."""

    def read(actor: Actor, work: Work[Explanation | None]) -> Explanation | None:
        return from_thread.run(crm.read, actor, work)

    return lambda record: _explained(record, access, read, calls)


def explain_once(settings: Settings, record: CallRecord, calls: CallReader) -> Explanation | None:
    """Explain a call from a data folder. Raises SetupError if the folder cannot be used."""
    clock, ids, place = SystemClock(), SystemIds(), place_of(settings)

    def read(actor: Actor, work: Work[Explanation | None]) -> Explanation | None:
        rules = lead_rules_of(settings)
        return read_once(place.crm, actor, work, clock=clock, ids=ids, lead_rules=rules)

    with opened_access(place, clock=clock, ids=ids) as access:
        return _explained(record, access, read, calls)


def explain_alone(record: CallRecord, calls: CallReader) -> Explanation | None:
    """Explain a call of another server, or of a client's own log, without its account."""
    explained = explain(record, None)
    return explained and with_history(explained, record, calls)


def _explained(
    record: CallRecord, access: AccessStore, read: Read, calls: CallReader
) -> Explanation | None:
    if not record.account_id or record.vantage != "server":
        return explain_alone(record, calls)
    try:
        actor = actor_of(access, record)
        explained = read(actor, lambda unit: explain(record, UnitAccount(unit)))
    except DATABASE_ERRORS as error:
        _log.error("a call is explained without its account: %s", reason_of(error))
        return explain_alone(record, calls)
    return explained and with_history(explained, record, calls)


def actor_of(access: AccessStore, record: CallRecord) -> Actor:
    """The user on whose behalf a recorded call ran."""
    users = access.users(record.account_id)
    people = {user.user_id: Person(user.name, user.email) for user in users}
    return Actor(record.account_id, record.user_id, people)
