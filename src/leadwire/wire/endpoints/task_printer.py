"""Tasks and their types as the wire prints them."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.crm.task_types import TaskType
from leadwire.crm.tasks import LEAD, Task
from leadwire.crm.unit import Person
from leadwire.dates import Moment
from leadwire.operations.tasks import LeadTask, TaskColumn, TaskRow, TaskTypeObject

_OPEN, _COMPLETE = 0, 1
_TEXT, _REFERENCE, _MOMENT = 0, 8, 3
_CONTACT_FIELDS: Final = ("FirstName", "LastName", "EmailAddress", "Phone")
_SYSTEM: Final = "System"
_COLUMNS: Final = (
    ("OwnerId", "Owner", _REFERENCE, True),
    ("RelatedEntityId", "Associated Lead", _REFERENCE, False),
    ("Name", "Subject", _TEXT, True),
    ("DueDate", "Schedule", _MOMENT, True),
    ("Description", "Description", _TEXT, False),
)


def task_row(
    task: Task,
    people: Mapping[str, Person],
    contacts: Mapping[str, Mapping[str, str]],
    moment: Moment,
) -> TaskRow:
    """The task, its custom fields, and its lead."""
    details = task.details
    owner = people.get(task.owner_id)
    is_about_lead = task.related_entity == LEAD and task.related_id is not None
    contact = contacts.get(task.related_id or "", {}) if is_about_lead else {}
    return {
        "UserTaskId": task.task_id,
        "AutoId": task.auto_id,
        "Name": details.name,
        "Category": task.type.category,
        "TaskType": task.type.name,
        "TaskTypeId": task.type.type_id,
        "Description": details.description,
        "RelatedEntity": task.related_entity,
        "RelatedEntityId": task.related_id,
        "DueDate": moment(task.due_on),
        "EndDate": moment(task.end_on),
        "Reminder": details.reminder_minutes,
        "ReminderBeforeDays": details.reminder_before_days,
        "ReminderTime": details.reminder_time or None,
        "NotifyBy": details.notify_by,
        "StatusCode": _COMPLETE if task.is_complete else _OPEN,
        "CompletedOn": None if task.completed_on is None else moment(task.completed_on),
        "Location": details.location,
        "OwnerId": task.owner_id,
        "OwnerName": _name(people, task.owner_id),
        "OwnerEmailAddress": owner.email if owner else None,
        "CreatedBy": task.created_by,
        "CreatedByName": _name(people, task.created_by),
        "CreatedOn": moment(task.created_on),
        "ModifiedBy": task.modified_by,
        "ModifiedByName": _name(people, task.modified_by),
        "ModifiedOn": moment(task.modified_on),
        "ProspectID": task.related_id if is_about_lead else None,
        **{name: contact.get(name) for name in _CONTACT_FIELDS},
        **details.custom,
    }


def lead_task(task: Task, people: Mapping[str, Person], moment: Moment, *, state: str) -> LeadTask:
    return LeadTask(
        TaskID=task.task_id,
        Name=task.details.name,
        Description=task.details.description,
        DueDate=moment(task.due_on),
        CreatedOn=moment(task.created_on),
        OwnerID=task.owner_id,
        OwnerName=_name(people, task.owner_id),
        CreatedBy=task.created_by,
        CreatedByName=_name(people, task.created_by),
        Status=state,
        Reminder=str(task.details.reminder_minutes),
    )


def task_type_object(kind: TaskType, created_on_ms: int) -> TaskTypeObject:
    """The type with the standard columns. Its date is the account's."""
    created = f"/Date({created_on_ms}+0000)/"
    fields = [
        {"SchemaName": name, "DisplayName": None, "Colspan": 2, "Disabled": False}
        for name, *_ in _COLUMNS
    ]
    layout = {"Sections": [{"DisplayName": "Task Details", "Fields": fields}]}
    return TaskTypeObject(
        Category=kind.category,
        Color=kind.color,
        ColumnConfiguration=[
            TaskColumn(
                DataType=data_type,
                DisplayName=display_name,
                InternalSchemaName=name,
                IsDefault=True,
                IsMandatoryConfigurable=not mandatory,
                Mandatory=mandatory,
                Options=None,
                RenderType=0,
                SchemaName=name,
            )
            for name, display_name, data_type, mandatory in _COLUMNS
        ],
        CreatedBy=_SYSTEM,
        CreatedOn=created,
        FormLayout=msgspec.json.encode(layout).decode(),
        Id=kind.type_id,
        ModifiedBy=_SYSTEM,
        ModifiedOn=created,
        Name=kind.name,
    )


def _name(people: Mapping[str, Person], user_id: str) -> str:
    person = people.get(user_id)
    return person.name if person else ""
