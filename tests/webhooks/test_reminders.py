"""Reminders of tasks: when webhooks are told, and when they are not."""

from collections.abc import Callable

from support import InProcess
from webhooks.receiver import Receiver
from webhooks.steps import hook, settle

TASKS = "/v2/Task.svc/"
MINUTE_MS = 60_000
TASK = {"Name": "Meet Asha", "DueDate": "2026-03-04 06:00:00", "EndDate": "2026-03-04 06:30:00"}


def remind(api: InProcess, ms: int) -> None:
    """Let *ms* pass, and let the reminders that are due then be announced and delivered."""
    api.clock.advance(ms)
    assert api.app.workers is not None
    api.run(api.app.workers.reminders.settled())
    settle(api)


def test_an_appointment_reminds_some_minutes_before_it_begins(
    api: InProcess, receiver: Receiver
) -> None:
    """Once, with the task; a later change of its name alone does not repeat it."""
    hook(api, receiver, "8")
    made = api.post(TASKS + "Create", TASK | {"Reminder": 15})
    task_id = made.json["Message"]["Id"]
    remind(api, 38 * MINUTE_MS)  # 05:44:07
    assert receiver.nothing()
    remind(api, MINUTE_MS)
    received = receiver.next()
    assert received.query["eventType"] == ["Task_Reminder"]
    assert (received.json["UserTaskId"], received.json["Reminder"]) == (task_id, 15)
    assert api.post(TASKS + "Update", {"UserTaskId": task_id, "Name": "Later"}).status == 200
    remind(api, MINUTE_MS)
    assert receiver.nothing()


def test_a_to_do_reminds_at_a_time_of_an_earlier_day(api: InProcess, receiver: Receiver) -> None:
    """ReminderBeforeDays and ReminderTime, in UTC."""
    hook(api, receiver, "8")
    to_do = {"Name": "Call", "DueDate": "2026-03-06 12:00:00"}
    api.post(TASKS + "Create", to_do | {"ReminderBeforeDays": "1", "ReminderTime": "10:00:00"})
    remind(api, (24 + 4) * 60 * MINUTE_MS)  # the fifth, 09:06:07
    assert receiver.nothing()
    remind(api, 60 * MINUTE_MS)
    assert receiver.next().json["Name"] == "Call"


def test_a_task_that_is_moved_completed_or_deleted_reminds_as_it_is_now(
    api: InProcess, receiver: Receiver
) -> None:
    """A completed or deleted one not at all, a moved one before its new beginning."""
    hook(api, receiver, "8")
    ids = [
        api.post(TASKS + "Create", TASK | {"Name": name, "Reminder": 15}).json["Message"]["Id"]
        for name in ("moved", "completed", "deleted")
    ]
    times = {"FromDate": "2026-03-04 07:00:00", "ToDate": "2026-03-04 08:00:00"}
    moved = {"TaskList": [{"UserTaskId": ids[0]} | times]}
    assert api.post(TASKS + "BulkUpdateAppointmentTime", moved).status == 200
    assert api.get(TASKS + "MarkComplete", id=ids[1]).status == 200
    assert api.post(TASKS + "DeleteTasks", {"TaskIds": [ids[2]]}).status == 200
    remind(api, 50 * MINUTE_MS)
    assert receiver.nothing()
    remind(api, 60 * MINUTE_MS)
    assert receiver.next().json["Name"] == "moved"
    settle(api)
    assert receiver.nothing()


def test_a_reminder_that_fell_due_while_the_server_was_down_is_made_up_for(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """It waits in the database."""
    settings = {"webhook_private_addresses": True, "webhook_group_seconds": 0}
    api = make_api(**settings)
    hook(api, receiver, "8")
    api.post(TASKS + "Create", TASK | {"Reminder": 15})
    api.close()
    api = make_api(**settings)
    remind(api, 50 * MINUTE_MS)
    assert receiver.next().json["Name"] == "Meet Asha"
