"""Tasks: appointments and to-dos."""

from leadwire.sdk.rows import Identity, Row, flag, moment, text, whole


class Task(Row):
    """A task, with its owner and its lead."""

    __slots__ = ()

    id = Identity("UserTaskId")
    name = text("Name")
    description = text("Description")
    due_on = moment("DueDate")
    end_on = moment("EndDate")
    completed_on = moment("CompletedOn")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")
    owner_id = text("OwnerId")
    owner_name = text("OwnerName")
    status_code = whole("StatusCode")
    """0 open, 1 complete."""
    reminder_minutes = whole("Reminder")
    location = text("Location")
    related_entity = whole("RelatedEntity")
    related_entity_id = text("RelatedEntityId")
    lead_id = text("ProspectID")


class LeadTask(Row):
    """A task about a lead. *status*: Pending, Overdue or Completed."""

    __slots__ = ()

    id = Identity("TaskID")
    name = text("Name")
    description = text("Description")
    due_on = moment("DueDate")
    created_on = moment("CreatedOn")
    owner_id = text("OwnerID")
    owner_name = text("OwnerName")
    status = text("Status")
    reminder_minutes = whole("Reminder")


class TaskType(Row):
    """*category*: 0 appointment, 1 to-do."""

    __slots__ = ()

    id = Identity("Id")
    name = text("Name")
    category = whole("Category")
    color = text("Color")
    is_default = flag("IsDefault")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")


class TaskWritten(Row):
    """The result of writing a task."""

    __slots__ = ()

    id = Identity("Id")
    affected_rows = whole("AffectedRows")
    auto_id = whole("AutoId")
