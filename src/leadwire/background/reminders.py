"""The queue of reminders: each is announced to the webhooks of its account when it falls due."""

from collections.abc import Collection
from functools import partial

from leadwire.background.worker import Job, Look
from leadwire.clock import Clock
from leadwire.crm.reminders import Reminder, next_reminders, remind
from leadwire.crm.store import Crm
from leadwire.crm.unit import NOBODY


class ReminderQueue:
    """Reminders of tasks as a queue of jobs. The announcement removes a reminder."""

    name = "the queue of reminders"

    def __init__(self, crm: Crm, *, clock: Clock) -> None:
        self._crm = crm
        self._clock = clock

    async def look(self, busy: Collection[str], jobs_max: int) -> Look:
        found = await self._crm.read(NOBODY, next_reminders)
        now_ms = self._clock.now_ms()
        due = [one for one in found if one.due_on <= now_ms and one.task_id not in busy]
        later = [one.due_on for one in found if one.due_on > now_ms]
        jobs = [Job(one.task_id, partial(self._remind, one)) for one in due[:jobs_max]]
        return Look(jobs, min(later, default=None))

    async def prune(self, before_ms: int) -> int:
        """Nothing to delete: an announced reminder leaves no row."""
        del before_ms
        return 0

    async def _remind(self, reminder: Reminder) -> None:
        actor = NOBODY._replace(account_id=reminder.account_id)
        await self._crm.write(actor, partial(remind, reminder=reminder))
