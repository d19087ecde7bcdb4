"""Authenticate the caller by keys, then check the limits.

A body is read only after valid keys, with one exception: the form of an upload may hold the keys.

Key pairs are cached for ``key_cache_ms``. So a pair revoked by another process works at most that
long. A change of users by this process takes effect at once.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from leadwire.access.key_pairs import SecretUse
from leadwire.access.limits import Limiter
from leadwire.access.store import AccessStore
from leadwire.clock import Clock
from leadwire.crm.unit import NOBODY, Actor, Person
from leadwire.errors import AccessError, BodyTooLarge, KeysRefused, PathUnknown
from leadwire.operations.web import ORG_CODE
from leadwire.recording.draft import Answer, Draft, Keys
from leadwire.wire.calls_per_address import CallsPerAddress
from leadwire.wire.codec import parse_parameters
from leadwire.wire.form import as_fields, is_form, parse_form

ActorLayer = Callable[[Draft, Actor], Any]
Pair = tuple[str, str]

_NO_SECRET: Final = SecretUse("")
"""Stands for the secret key of a call without one. Its use is not stored."""
_ASYNC_KEY_ID: Final = "async"
"""The key id in the record of a call with only an async key."""


class _Known(NamedTuple):
    actor: Actor
    key_id: str
    until_ms: int
    changes: int
    """The access store's change count at the time of the look-up."""
    use: SecretUse


class AddressBounds(NamedTuple):
    """Limits on the calls from one address."""

    unknown_keys: CallsPerAddress
    web_calls: CallsPerAddress | None
    """Calls of web pages, without keys. None disables them."""


class Gate:
    """Passes a call with valid keys to *inner* with its actor, and refuses any other."""

    def __init__(
        self,
        inner: ActorLayer,
        *,
        access: AccessStore,
        limiter: Limiter | None,
        clock: Clock,
        key_cache_ms: int,
        bounds: AddressBounds,
    ) -> None:
        self._inner = inner
        self._access = access
        self._limiter = limiter
        self._clock = clock
        self._key_cache_ms = key_cache_ms
        self._unknown_keys = bounds.unknown_keys
        self._web_calls = bounds.web_calls
        self.uses: dict[str, SecretUse] = {}
        """When each secret key was last used, by its hash."""
        self._known: dict[Pair, _Known] = {}
        self._sought: dict[Pair, asyncio.Future[_Known]] = {}

    def forget(self) -> None:
        """Look every key pair up anew."""
        self._known.clear()

    async def __call__(self, draft: Draft) -> Answer:
        if draft.operation and draft.operation.form == "file" and not all(draft.keys.pair):
            await _take_keys_of_form(draft)
        try:
            known = await self._caller(draft)
        except AccessError:
            if draft.fault is None:
                raise
            raise draft.fault from None  # an unreadable body is reported as such
        draft.account_id = known.actor.account_id
        draft.user_id = known.actor.user_id
        draft.key_id = known.key_id
        known.use.at_ms = draft.start.at_ms
        await draft.read_body()
        if self._limiter is not None and not _is_for_pages(draft):
            limit_class = draft.operation.limit_class if draft.operation else "standard"
            self._limiter.admit(draft.account_id, limit_class)
        answer: Answer = await self._inner(draft, known.actor)
        return answer

    async def _caller(self, draft: Draft) -> _Known:
        """Find the caller. Raises KeysRefused."""
        keys = draft.operation.keys if draft.operation else "pair"
        if _is_for_pages(draft):
            if self._web_calls is None:
                raise PathUnknown(
                    "The API could not be found. Please check the API signature (syntax).",
                    fix="The setting web_forms is off.",
                    location="path",
                )
            self._web_calls.count(draft.client_address)
            if keys == "none":
                return _Known(NOBODY, "", 0, 0, _NO_SECRET)
            known = await self._look_up_code(draft)
        elif keys == "async":
            known = await self._look_up_async(draft)
        else:
            remembered = self._known.get(draft.keys.pair)
            if remembered is None or self._is_old(remembered, draft):
                remembered = await self._look_up(draft)
            known = remembered
            if keys == "pair and async":
                await self._check_async(draft, known)
        return known

    def _is_old(self, known: _Known, draft: Draft) -> bool:
        # A user that this process created or changed takes effect with the next call.
        return known.until_ms <= draft.start.at_ms or known.changes != self._access.changes

    async def _look_up(self, draft: Draft) -> _Known:
        sought = self._sought.get(draft.keys.pair) or self._seek(draft.keys.pair)
        try:
            return await asyncio.shield(sought)
        except KeysRefused as refused:
            self._refuse(draft, refused)
            raise

    async def _look_up_async(self, draft: Draft) -> _Known:
        """The account of the call's async key, without a user."""
        try:
            account_id = await asyncio.to_thread(
                self._access.account_of_async_key, draft.keys.async_key
            )
        except KeysRefused as refused:
            self._refuse(draft, refused)
            raise
        return _Known(Actor(account_id, "", {}), _ASYNC_KEY_ID, 0, 0, _NO_SECRET)

    async def _look_up_code(self, draft: Draft) -> _Known:
        """The account that a web page names, with its first administrator as the actor."""
        code = (await _fields_of(draft)).get(ORG_CODE.lower(), "").strip()
        try:
            principal = await asyncio.to_thread(self._access.account_of_code, code)
        except KeysRefused as refused:
            self._refuse(draft, refused)
            raise
        users = await asyncio.to_thread(self._access.users, principal.account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        actor = Actor(principal.account_id, principal.user_id, people)
        return _Known(actor, principal.key_id, 0, 0, _NO_SECRET)

    def _refuse(self, draft: Draft, refused: KeysRefused) -> None:
        """Record the reason. Raises LimitExceeded after too many wrong keys from one address."""
        draft.refusal_reason = draft.refusal_reason or refused.reason
        if refused.key_id:
            self._unknown_keys.count(draft.client_address)
        draft.key_id = refused.key_id

    async def _check_async(self, draft: Draft, known: _Known) -> None:
        """Raise KeysRefused unless the call has the async key of the pair's account."""
        if (await self._look_up_async(draft)).actor.account_id != known.actor.account_id:
            draft.refusal_reason = "async key of another account"
            draft.key_id = known.key_id
            raise KeysRefused(draft.refusal_reason, key_id=known.key_id)

    def _seek(self, keys: Pair) -> "asyncio.Future[_Known]":
        """Look *keys* up once for all calls that wait for the result."""

        def found(sought: "asyncio.Future[_Known]") -> None:
            del self._sought[keys]
            if not sought.cancelled() and sought.exception() is None:
                self._known[keys] = sought.result()

        self._known.pop(keys, None)
        # In a thread, because the command line may hold the database's lock for a moment.
        sought = asyncio.ensure_future(asyncio.to_thread(self._resolve, keys))
        sought.add_done_callback(found)
        self._sought[keys] = sought
        return sought

    def _resolve(self, keys: Pair) -> _Known:
        changes = self._access.changes
        principal = self._access.authenticate(*keys)
        people = {
            user.user_id: Person(user.name, user.email)
            for user in self._access.users(principal.account_id)
        }
        actor = Actor(principal.account_id, principal.user_id, people)
        until_ms = self._clock.now_ms() + self._key_cache_ms
        use = self.uses.setdefault(principal.secret_digest, SecretUse(principal.secret_digest))
        return _Known(actor, principal.key_id, until_ms, changes, use)


def _is_for_pages(draft: Draft) -> bool:
    return draft.operation is not None and draft.operation.is_for_pages


async def _fields_of(draft: Draft) -> dict[str, str]:
    """The fields of a web page's call, by name in lower case.

    Converts a form to urlencoded, so that its record can be redacted and read. Raises
    BodyMalformed, BodyTooLarge and ContentTypeWrong.
    """
    if draft.operation is None or draft.operation.form != "fields" or draft.method != "POST":
        return parse_parameters(draft.query_string)
    await draft.read_body()
    if not draft.is_body_whole:
        raise BodyTooLarge("The request body is larger than the setting request_body_bytes_max")
    form = await parse_form(draft.body, draft.content_type, kind="fields")
    if is_form(draft.content_type):
        draft.body, draft.content_type = as_fields(form)
    return form.texts


async def _take_keys_of_form(draft: Draft) -> None:
    """Read the form, and take the keys that the query and the headers lack.

    Raises BodyMalformed and BodyTooLarge.
    """
    if not is_form(draft.content_type) or draft.method != "POST":
        return
    await draft.read_body()
    if not draft.is_body_whole:
        raise BodyTooLarge("The request body is larger than the setting request_body_bytes_max")
    texts = (await parse_form(draft.body, draft.content_type, kind="file")).texts
    sent = draft.keys
    draft.keys = Keys(
        sent.access_key or texts.get("accesskey", "").strip(),
        sent.secret_key or texts.get("secretkey", "").strip(),
        sent.async_key,
    )
