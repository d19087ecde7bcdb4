"""Who is calling, and may they now: keys, then limits.

Key pairs are looked up in the access store and remembered for ``key_cache_ms``, so that a pair
revoked by another process is refused at most that long afterwards. What this process itself
changes of users counts at once.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from leadwire.access.store import AccessStore
from leadwire.calls.draft import Answer, Draft, Keys
from leadwire.clock import Clock
from leadwire.crm.unit import Actor, Person
from leadwire.errors import KeysRefused
from leadwire.wire.routes import limit_class_of

if TYPE_CHECKING:
    from leadwire.access.limits import Limiter

ActorLayer = Callable[[Draft, Actor], Any]


class _Known(NamedTuple):
    actor: Actor
    key_id: str
    until_ms: int
    changes: int
    """The access store's count when this was looked up."""


class Gate:
    """Lets a call with good keys through to *inner*, as its actor, and refuses every other."""

    def __init__(
        self,
        inner: ActorLayer,
        *,
        access: AccessStore,
        limiter: "Limiter | None",
        clock: Clock,
        key_cache_ms: int,
    ) -> None:
        self._inner = inner
        self._access = access
        self._limiter = limiter
        self._clock = clock
        self._key_cache_ms = key_cache_ms
        self._known: dict[Keys, _Known] = {}
        self._sought: dict[Keys, asyncio.Future[_Known]] = {}

    async def __call__(self, draft: Draft) -> Answer:
        known = self._known.get(draft.keys)
        if known is None or self._is_old(known, draft):
            known = await self._look_up(draft)
        draft.account_id = known.actor.account_id
        draft.user_id = known.actor.user_id
        draft.key_id = known.key_id
        if self._limiter is not None:
            self._limiter.admit(draft.account_id, limit_class_of(draft.operation))
        answer: Answer = await self._inner(draft, known.actor)
        return answer

    def _is_old(self, known: _Known, draft: Draft) -> bool:
        # A user whom this process made or changed counts from the next call on.
        return known.until_ms <= draft.started_at_ms or known.changes != self._access.changes

    async def _look_up(self, draft: Draft) -> _Known:
        sought = self._sought.get(draft.keys) or self._seek(draft.keys)
        try:
            return await asyncio.shield(sought)
        except KeysRefused as refused:
            draft.refusal_reason = refused.reason
            draft.key_id = refused.key_id
            raise

    def _seek(self, keys: Keys) -> "asyncio.Future[_Known]":
        """Look *keys* up once for all the calls that wait for it."""

        def found(sought: "asyncio.Future[_Known]") -> None:
            del self._sought[keys]
            if not sought.cancelled() and sought.exception() is None:
                self._known[keys] = sought.result()

        self._known.pop(keys, None)
        # In a thread: the command line may hold the database's lock for a moment.
        sought = asyncio.ensure_future(asyncio.to_thread(self._resolve, keys))
        sought.add_done_callback(found)
        self._sought[keys] = sought
        return sought

    def _resolve(self, keys: Keys) -> _Known:
        changes = self._access.changes
        principal = self._access.authenticate(keys.access_key, keys.secret_key)
        people = {
            user.user_id: Person(user.name, user.email)
            for user in self._access.users(principal.account_id)
        }
        actor = Actor(principal.account_id, principal.user_id, people)
        until_ms = self._clock.now_ms() + self._key_cache_ms
        return _Known(actor, principal.key_id, until_ms, changes)
