"""The queue of deliveries: each event is posted to every webhook that listens for it.

Each webhook has at most one running delivery, and a separate order. A slow receiver does not delay
other receivers. A delivery is sent at least once, with the same id and the same bytes each time.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Final

import msgspec

from leadwire.background.receivers import Posts
from leadwire.background.worker import Job, Look
from leadwire.clock import Clock
from leadwire.crm.store import Crm
from leadwire.crm.unit import NOBODY
from leadwire.crm.webhooks.announcing import Event
from leadwire.crm.webhooks.queue import (
    Attempt,
    Due,
    QueueState,
    claim,
    end_attempt,
    events_of,
    next_turn,
    prune_deliveries,
    queue_state,
)
from leadwire.dates import SECOND_MS
from leadwire.errors import LeadwireError
from leadwire.settings import Settings

Printer = Callable[[str, Sequence[Event]], Awaitable[str]]
"""Makes the payload of a delivery from its account and its events."""

_STATE_MS: Final = 5_000
"""Maximum age of the operator's counts, since a count reads every waiting row."""

_log = logging.getLogger("leadwire.background.webhooks")


class PayloadFailed(LeadwireError):
    """The payload of a delivery cannot be made, now or later."""


class DeliveryQueue:
    """The deliveries of all webhooks as a queue of jobs, one key a webhook."""

    name = "the queue of webhooks"

    def __init__(
        self, crm: Crm, sender: Posts, settings: Settings, *, printer: Printer, clock: Clock
    ) -> None:
        self._crm = crm
        self._sender = sender
        self._printer = printer
        self._clock = clock
        self._settings = settings
        self.state = QueueState()
        """How much waits, at most _STATE_MS old."""
        self._state_on = -_STATE_MS
        self.results: Counter[str] = Counter()
        """Attempts by result: delivered, failed, or given up after the last attempt."""

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        now_ms = self._clock.now_ms()
        is_state_old = now_ms - self._state_on >= _STATE_MS
        if is_state_old:
            self._state_on = now_ms
            self.state = await self._crm.read(NOBODY, queue_state)
        turn = await self._crm.read(NOBODY, partial(next_turn, busy=busy, rows_max=jobs_max))
        jobs = [Job(due.webhook.webhook_id, partial(self._deliver, due)) for due in turn.due]
        # Once the counts are old, the next look counts again.
        return Look(jobs, turn.next_on, None if is_state_old else self._state_on + _STATE_MS)

    def _again_on(self, tries: int) -> int | None:
        """The time of the next attempt after *tries* attempts; None after the last one."""
        if tries >= self._settings.webhook_attempts_max:
            return None
        wait_seconds: int = self._settings.webhook_backoff_seconds * 2 ** (tries - 1)
        return self._clock.now_ms() + wait_seconds * SECOND_MS

    async def prune(self, before_ms: int) -> int:
        return await self._crm.write(NOBODY, partial(prune_deliveries, before_ms=before_ms))

    async def _deliver(self, due: Due) -> None:
        again_on = None
        try:
            payload = due.payload or await self._fix_payload(due)
        except PayloadFailed as error:
            attempt = self._not_sent(str(error))
        else:
            if payload is None:
                return  # another event joined the delivery, or its webhook was deleted
            attempt = await self._sender.send(due, payload)
            again_on = self._again_on(due.tries + 1)
        given_up = await self._crm.write(
            NOBODY,
            partial(
                end_attempt,
                due=due,
                attempt=attempt,
                again_on=again_on,
                failures_max=self._settings.webhook_failures_max,
            ),
        )
        if attempt.is_success:
            self.results["delivered"] += 1
        else:
            self.results["failed" if again_on is not None else "given_up"] += 1
        if given_up:
            _log.warning(
                "webhook %s was disabled after %d failures in a row",
                due.webhook.webhook_id,
                self._settings.webhook_failures_max,
            )

    async def _fix_payload(self, due: Due) -> str | None:
        """Make the payload durable before it is sent, so that every attempt sends the same bytes.

        Returns None if another event joined the delivery meanwhile, or its webhook was deleted.
        """
        events = await self._crm.read(NOBODY, partial(events_of, delivery_id=due.delivery_id))
        if not events:
            return None
        try:
            payload = await self._printer(due.webhook.account_id, events)
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError) as error:
            # It would fail every time and block the deliveries behind it.
            _log.error(
                "the payload of delivery %s cannot be made: %s",
                due.delivery_id,
                type(error).__name__,
            )
            raise PayloadFailed("The payload could not be made.") from error
        claimed = await self._crm.write(
            NOBODY,
            partial(claim, delivery_id=due.delivery_id, payload=payload, events=len(events)),
        )
        return payload if claimed else None

    def _not_sent(self, problem: str) -> Attempt:
        return Attempt(
            started_on=self._clock.now_ms(),
            duration_ms=0,
            status_code=0,
            problem=problem,
            answer="",
            answer_cut=False,
        )
