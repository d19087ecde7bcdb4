"""Retention of the call log, and the indexes behind the searches of the CRM."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.key_pairs import SecretUse
from leadwire.access.store import AccessStore
from leadwire.calls.store import CallStore
from leadwire.clock import Clock
from leadwire.crm.store import Crm
from leadwire.data_folder.presence import BEAT_SECONDS, Presence
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.dates import DAY_MS
from leadwire.errors import LeadwireError
from leadwire.settings import Settings

_PRUNE_EVERY_SECONDS: Final = 3_600
_FOLLOW_SETTINGS_EVERY_SECONDS: Final = 1
_STORE_USES_EVERY_SECONDS: Final = 10
_KEEP_UP_EVERY_SECONDS: Final = 1
_KEEP_UP_AGAIN_SECONDS: Final = 60

_log = logging.getLogger("leadwire")


async def prune_for_ever(
    calls: CallStore, *, clock: Clock, settings: Callable[[], Settings]
) -> None:
    """Every hour, prune days of calls past retention, and compact finished days."""
    while True:
        before_ms = _certain_ms(clock, calls) - settings().calls_retention_days * DAY_MS
        try:
            days = await asyncio.to_thread(calls.prune, before_ms=before_ms)
        except (LeadwireError, OSError) as error:
            _log.error("old calls could not be dropped: %s", error)
        else:
            if days:
                _log.info("dropped %d day(s) of calls past retention", days)
        try:
            days = await asyncio.to_thread(calls.close_days)
        except (LeadwireError, OSError) as error:
            _log.error("days of calls could not be compacted: %s", error)
        else:
            if days:
                _log.info("compacted %d day(s) of calls", days)
        await asyncio.sleep(_PRUNE_EVERY_SECONDS)


async def drop_audit_for_ever(
    access: AccessStore, calls: CallStore, *, clock: Clock, settings: Callable[[], Settings]
) -> None:
    """Every hour, drop entries of the audit trail past retention."""
    while True:
        before_ms = _certain_ms(clock, calls) - settings().audit_retention_days * DAY_MS
        try:
            await asyncio.to_thread(access.drop_audit_entries, before_ms=before_ms)
        except DATABASE_ERRORS as error:
            _log.error("old entries of the audit trail could not be dropped: %s", reason_of(error))
        await asyncio.sleep(_PRUNE_EVERY_SECONDS)


async def store_uses_for_ever(access: AccessStore, uses: Mapping[str, SecretUse]) -> None:
    """Every few seconds, and at the end, store when secret keys were last used."""
    try:
        while True:
            await asyncio.sleep(_STORE_USES_EVERY_SECONDS)
            await asyncio.to_thread(_store_uses, access, uses)
    finally:
        _store_uses(access, uses)


def _store_uses(access: AccessStore, uses: Mapping[str, SecretUse]) -> None:
    new = [(use, use.at_ms) for use in tuple(uses.values()) if use.at_ms > use.stored_ms]
    if not new:
        return
    try:
        access.store_uses(use for use, _ in new)
    except DATABASE_ERRORS as error:
        _log.error("the last use of keys could not be stored: %s", reason_of(error))
        return
    for use, at_ms in new:
        use.stored_ms = at_ms


async def follow_settings_for_ever(live: LiveSettings) -> None:
    """Follow the settings that other programs choose, within about a second."""
    while True:
        await asyncio.sleep(_FOLLOW_SETTINGS_EVERY_SECONDS)
        try:
            await asyncio.to_thread(live.read)
        except (LeadwireError, *DATABASE_ERRORS) as error:
            _log.error("chosen settings could not be read: %s", reason_of(error))
            await asyncio.sleep(_KEEP_UP_AGAIN_SECONDS)


async def beat_for_ever(presence: Presence) -> None:
    """Show other programs that this server runs on its database."""
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        await asyncio.to_thread(presence.beat)


async def keep_up_for_ever(crm: Crm) -> None:
    """Keep the CRM's search indexes up to date, also after a failed write."""
    while True:
        try:
            await crm.keep_up()
        except LeadwireError as error:
            _log.error("searches cannot be kept quick: %s", error)
            await asyncio.sleep(_KEEP_UP_AGAIN_SECONDS)
        await asyncio.sleep(_KEEP_UP_EVERY_SECONDS)


def _certain_ms(clock: Clock, calls: CallStore) -> int:
    """The time that deleting may rely on.

    A clock that jumps ahead must not delete the log, so calls of two days must confirm the date.
    """
    return min(clock.now_ms(), calls.confirmed_ms())
