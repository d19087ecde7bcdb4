"""The queue of alerts: each is counted again and again, and tells of too many matches."""

import asyncio
import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from leadwire.background.worker import Job, Look
from leadwire.calls.query import QueryError, query_from_parameters
from leadwire.calls.store import CallReader
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock
from leadwire.crm.alerts import Alert, claim_alert, next_alerts, note_count, note_problem
from leadwire.crm.store import Crm
from leadwire.crm.unit import NOBODY
from leadwire.dates import MINUTE_MS, SECOND_MS
from leadwire.settings import Settings

TOO_SLOW: Final = "The count took too long: choose a narrower search or fewer minutes."
_UNREADABLE: Final = "The call log cannot be read."

_log = logging.getLogger("leadwire.background.alerts")


class AlertCounts(NamedTuple):
    """What counting the matches of a search takes."""

    calls: CallReader
    token_in_force: Callable[[], TokenOf | None]
    ids_named: Callable[[str, str], tuple[str, ...]]
    """The ids of an account's users, keys and callers with a name. May block."""


class AlertQueue:
    """Alerts as a queue of jobs that never ends: each is due again after a while."""

    name = "the queue of alerts"

    def __init__(self, crm: Crm, counts: AlertCounts, settings: Settings, *, clock: Clock) -> None:
        self._crm = crm
        self._counts = counts
        self._settings = settings
        self._clock = clock

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        found = await self._crm.read(NOBODY, next_alerts)
        now_ms = self._clock.now_ms()
        due = [one for one in found if one.check_on <= now_ms and one.alert_id not in busy]
        later = [one.check_on for one in found if one.check_on > now_ms]
        jobs = [Job(one.alert_id, partial(self._check, one)) for one in due[:jobs_max]]
        return Look(jobs, min(later, default=None))

    async def prune(self, before_ms: int) -> int:
        """Nothing to delete: an alert stays until a person deletes it."""
        del before_ms
        return 0

    async def _check(self, alert: Alert) -> None:
        again_on = self._clock.now_ms() + self._settings.alert_check_seconds * SECOND_MS
        if not await self._crm.write(NOBODY, partial(claim_alert, alert=alert, again_on=again_on)):
            return
        try:
            calls = await asyncio.to_thread(self._count, alert)
        except QueryError as error:
            await self._crm.write(NOBODY, partial(note_problem, alert=alert, problem=str(error)))
            return
        except Exception as error:  # noqa: BLE001  # each store has a driver with its own
            # Without the text of the exception, which may hold a caller's data.
            _log.error("alert %s cannot be counted: %s", alert.alert_id, type(error).__name__)
            await self._crm.write(NOBODY, partial(note_problem, alert=alert, problem=_UNREADABLE))
            return
        if calls is None:
            await self._crm.write(NOBODY, partial(note_problem, alert=alert, problem=TOO_SLOW))
            return
        is_mailed = bool(self._settings.mail_smtp_host)
        await self._crm.write(
            NOBODY, partial(note_count, alert=alert, calls=calls, is_mailed=is_mailed)
        )

    def _count(self, alert: Alert) -> int | None:
        """The matches of the last minutes; None if the time was too short to tell."""
        now_ms = self._clock.now_ms()
        query = query_from_parameters(
            dict(parse_qsl(alert.draft.search)),
            account_id=alert.account_id,
            now_ms=now_ms,
            rows_max=1,
            token_of=self._counts.token_in_force(),
            ids_of=partial(self._counts.ids_named, alert.account_id),
        )
        query = msgspec.structs.replace(
            query,
            from_ms=now_ms - alert.draft.minutes * MINUTE_MS,
            until_ms=None,
            time_budget_ms=self._settings.calls_search_budget_ms,
        )
        found = self._counts.calls.statistics(query)
        if found.stopped_early and found.calls <= alert.draft.calls_max:
            return None
        return found.calls
