"""Reminders of tasks, and their announcement to webhooks."""

from typing import Final, NamedTuple

from sqlalchemy import select, update

from leadwire.crm.tables import tasks
from leadwire.crm.tasks import announce_task, get_task
from leadwire.crm.unit import Unit

REMINDERS_AT_ONCE_MAX: Final = 100


class Reminder(NamedTuple):
    account_id: str
    task_id: str
    due_on: int


def next_reminders(unit: Unit) -> list[Reminder]:
    """The next reminders of all accounts, in order of time."""
    rows = unit.connection.execute(
        select(tasks.c.account_id, tasks.c.task_id, tasks.c.remind_on)
        .where(tasks.c.remind_on.is_not(None))
        .order_by(tasks.c.remind_on)
        .limit(REMINDERS_AT_ONCE_MAX)
    )
    return [Reminder(row.account_id, row.task_id, row.remind_on) for row in rows]


def remind(unit: Unit, reminder: Reminder) -> None:
    """Announce a due reminder once. Skips a task that changed meanwhile."""
    claimed = unit.connection.execute(
        update(tasks)
        .where(
            tasks.c.account_id == unit.actor.account_id,
            tasks.c.task_id == reminder.task_id,
            tasks.c.remind_on == reminder.due_on,
        )
        .values(remind_on=None)
    ).rowcount
    if claimed:
        announce_task(unit, "task_reminder_due", get_task(unit, reminder.task_id))
