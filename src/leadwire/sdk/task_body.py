"""What a task is made of, and the body that writes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from leadwire.sdk import writing
from leadwire.sdk.values import Value, field_value

_LEAD, _OPPORTUNITY = 1, 5


class TaskFields(TypedDict, total=False):
    """What a task is made of. About a lead, or about an opportunity, or about nothing."""

    name: str
    description: str
    lead_id: str
    opportunity_id: str
    due_on: datetime
    end_on: datetime
    reminder_minutes: int
    reminder_before_days: int
    reminder_time: str
    notify_by_mail: bool
    owner_id: str
    owner_email_address: str
    type_name: str
    location: str
    custom_fields: Mapping[str, Value]


def task_body(fields: TaskFields) -> dict[str, Any]:
    """The body of a write. Raises ValueUnfit for a member that a task does not have."""
    writing.only(fields, tuple(TaskFields.__annotations__))
    lead_id, opportunity_id = fields.get("lead_id"), fields.get("opportunity_id")
    entity = _LEAD if lead_id else _OPPORTUNITY if opportunity_id else None
    kind, custom = fields.get("type_name"), fields.get("custom_fields")
    mail = fields.get("notify_by_mail")
    return writing.without_none(
        {
            "Name": fields.get("name"),
            "Description": fields.get("description"),
            "RelatedEntity": entity,
            "RelatedEntityId": lead_id or opportunity_id,
            "DueDate": writing.moment_text(fields.get("due_on")),
            "EndDate": writing.moment_text(fields.get("end_on")),
            "Reminder": fields.get("reminder_minutes"),
            "ReminderBeforeDays": fields.get("reminder_before_days"),
            "ReminderTime": fields.get("reminder_time"),
            "NotifyBy": None if mail is None else "1100" if mail else "1000",
            "OwnerId": fields.get("owner_id"),
            "OwnerEmailAddress": fields.get("owner_email_address"),
            "TaskType": None if kind is None else {"Name": kind},
            "Location": fields.get("location"),
            "CustomFields": None
            if custom is None
            else {name: field_value(value) for name, value in custom.items()},
        }
    )
