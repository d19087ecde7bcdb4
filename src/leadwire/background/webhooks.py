"""The worker: takes what is due from the queue, sends it, and keeps what became of it.

One task a webhook and a bounded number of them at once, so that a slow receiver holds up nobody
but itself. Whatever dies in between, a delivery stays in the queue until its end is durable: it is
sent at least once, under the same id each time.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

import msgspec

from leadwire.background.receivers import Sender
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
from leadwire.dates import DAY_MS, SECOND_MS
from leadwire.errors import LeadwireError

Printer = Callable[[str, Sequence[Event]], Awaitable[str]]
"""From an account and events of one delivery to the payload, in the wire's dialect."""

_LOOK_AGAIN_SECONDS: Final = 60
_AFTER_TROUBLE_SECONDS: Final = 5
_STATE_MS: Final = 5_000
_PRUNE_MS: Final = 3_600_000

_log = logging.getLogger("leadwire.background.webhooks")


class DeliveryRules(NamedTuple):
    attempts_max: int
    backoff_seconds: int
    """Before the second attempt; it doubles with every further one."""
    failures_max: int
    at_once_max: int
    retention_days: int
    close_seconds: int

    def again_on(self, now_ms: int, tries: int) -> int | None:
        """When to try again after *tries* attempts; None: no more."""
        if tries >= self.attempts_max:
            return None
        wait_seconds: int = self.backoff_seconds * 2 ** (tries - 1)
        return now_ms + wait_seconds * SECOND_MS


class PayloadFailed(LeadwireError):
    """What happened cannot be printed, now or later."""


class Deliverer:
    """Made, woken and closed on one event loop."""

    def __init__(
        self, crm: Crm, sender: Sender, *, printer: Printer, clock: Clock, rules: DeliveryRules
    ) -> None:
        self._crm = crm
        self._sender = sender
        self._printer = printer
        self._clock = clock
        self._rules = rules
        self._awake = asyncio.Event()
        self._turns = self._idle_since = 0
        self._idle = asyncio.Condition()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._state = QueueState()
        self._state_on = self._pruned_on = -_PRUNE_MS
        self._is_state_old = True
        self.results: Counter[str] = Counter()
        """Attempts by their result: delivered, failed, or given up after the last one."""
        self._task = asyncio.create_task(self._run())

    @property
    def state(self) -> QueueState:
        return self._state

    def wake(self) -> None:
        """Something was queued, or may be due."""
        self._awake.set()

    async def settled(self) -> None:
        """Return once a look at the queue, begun after this call, found nothing left to do now."""
        turn = self._turns
        self.wake()
        async with self._idle:
            await self._idle.wait_for(lambda: self._idle_since > turn)

    async def close(self) -> None:
        """Begin nothing more, and let what is under way end, or be sent again after the start."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._under_way:
            tasks = tuple(self._under_way.values())
            await asyncio.wait(tasks, timeout=self._rules.close_seconds)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._awake.clear()
            self._turns += 1
            try:
                seconds = await self._turn()
                if not self._under_way:
                    await self._tell_idle()
            except Exception:  # noqa: BLE001  # a worker that ends tells nobody anything
                _log.exception("the queue of webhooks cannot be read")
                seconds = _AFTER_TROUBLE_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(self._awake.wait(), seconds)

    async def _tell_idle(self) -> None:
        async with self._idle:
            self._idle_since = self._turns
            self._idle.notify_all()

    async def _turn(self) -> float:
        """Begin whatever may begin; for how many seconds there is nothing more to do."""
        await self._keep_up()
        free = self._rules.at_once_max - len(self._under_way)
        if free <= 0:
            return _LOOK_AGAIN_SECONDS  # whatever ends wakes
        busy = tuple(self._under_way)
        turn = await self._crm.read(NOBODY, partial(next_turn, busy=busy, rows_max=free))
        for due in turn.due:
            self._begin(due)
        wait_ms: float = _LOOK_AGAIN_SECONDS * SECOND_MS
        if turn.next_on is not None:
            wait_ms = min(wait_ms, max(turn.next_on - self._clock.now_ms(), 1))
        return (min(wait_ms, _STATE_MS) if self._is_state_old else wait_ms) / SECOND_MS

    def _begin(self, due: Due) -> None:
        def ended(_task: asyncio.Task[None]) -> None:
            del self._under_way[webhook_id]
            self.wake()

        webhook_id = due.webhook.webhook_id
        task = asyncio.create_task(self._deliver(due))
        self._under_way[webhook_id] = task
        task.add_done_callback(ended)

    async def _deliver(self, due: Due) -> None:
        again_on = None
        try:
            try:
                payload = due.payload or await self._fix_payload(due)
            except PayloadFailed as error:
                attempt = self._not_sent(str(error))
            else:
                if payload is None:
                    return  # more has joined, or the webhook is gone
                attempt = await self._sender.send(due, payload)
                again_on = self._rules.again_on(self._clock.now_ms(), due.tries + 1)
            given_up = await self._crm.write(
                NOBODY,
                partial(
                    end_attempt,
                    due=due,
                    attempt=attempt,
                    again_on=again_on,
                    failures_max=self._rules.failures_max,
                ),
            )
        except Exception:  # noqa: BLE001  # whatever it was, the queue goes on
            # The delivery stays in the queue; after a pause it is tried again.
            _log.exception("delivery %s could not be worked on", due.delivery_id)
            await asyncio.sleep(_AFTER_TROUBLE_SECONDS)
            return
        if attempt.is_success:
            self.results["delivered"] += 1
        else:
            self.results["failed" if again_on is not None else "given_up"] += 1
        if given_up:
            _log.warning(
                "webhook %s was disabled after %d failures in a row",
                due.webhook.webhook_id,
                self._rules.failures_max,
            )

    async def _fix_payload(self, due: Due) -> str | None:
        """What is sent, durable before it is: every attempt sends the same bytes."""
        events = await self._crm.read(NOBODY, partial(events_of, delivery_id=due.delivery_id))
        if not events:
            return None
        try:
            payload = await self._printer(due.webhook.account_id, events)
        except (msgspec.MsgspecError, LookupError, TypeError, ValueError) as error:
            # It would fail again and again, and hold up whatever comes after it.
            _log.exception("the payload of delivery %s cannot be made", due.delivery_id)
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

    async def _keep_up(self) -> None:
        """The counts for operators, and retention, now and then."""
        now_ms = self._clock.now_ms()
        if now_ms - self._pruned_on >= _PRUNE_MS:
            self._pruned_on = now_ms
            before_ms = now_ms - self._rules.retention_days * DAY_MS
            while await self._crm.write(NOBODY, partial(prune_deliveries, before_ms=before_ms)):
                pass
        # Counting looks at every waiting row, so it is not done for every delivery.
        self._is_state_old = now_ms - self._state_on < _STATE_MS
        if not self._is_state_old:
            self._state_on = now_ms
            self._state = await self._crm.read(NOBODY, queue_state)
