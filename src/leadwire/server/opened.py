"""What an open server gives to its pages, and the pages themselves on first use."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.limits import Limiter
from leadwire.access.store import AccessStore
from leadwire.calls.fields import is_named
from leadwire.calls.store import LiveReader, LogDay
from leadwire.calls.terms import TokenOf
from leadwire.crm.files import FileStore
from leadwire.crm.mails.outbox import OutboxReader
from leadwire.crm.store import Crm
from leadwire.crm.webhooks.drafts import Probe
from leadwire.recording.metrics import CallMetrics
from leadwire.wire.rerun import Reruns


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The open stores, and what the server is set to."""

    access: AccessStore
    calls: LiveReader
    log_days: Callable[[], Sequence[LogDay]]
    token_of: Callable[[], TokenOf | None]
    live: LiveSettings
    probe: Probe
    crm: Crm
    files: FileStore
    outbox: OutboxReader
    metrics: CallMetrics
    limiter: Limiter
    reruns: Reruns


class OnFirstUse:
    """The application that *make* makes for the first request, in another thread.

    Its modules are imported only then, because most servers of tests never show a page.
    """

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: asyncio.Task[ASGIApp] | None = None

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """The application's routes; none before the first request is answered."""
        if self._made is None or not self._made.done():
            return ()
        found: Sequence[BaseRoute] = getattr(self._made.result(), "routes", ())
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(self._make))
        app = await asyncio.shield(self._made)  # a caller that goes must not end it for all
        await app(scope, receive, send)


def ids_named(access: AccessStore, account_id: str, name: str) -> tuple[str, ...]:
    """The ids of the account's users with that name or e-mail address, and of its keys and callers.

    May block.
    """
    people = [
        user.user_id
        for user in access.users(account_id)
        if is_named(name, user.name) or is_named(name, user.email)
    ]
    pairs = [pair.key_id for pair in access.key_pairs(account_id) if is_named(name, pair.name)]
    named = access.caller_names(account_id).items()
    callers = [key_id for key_id, given in named if is_named(name, given)]
    return (*people, *pairs, *callers)
