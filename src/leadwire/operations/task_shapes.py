"""The JSON of tasks."""

import msgspec

from leadwire.operations.activity_shapes import AnyPaging
from leadwire.operations.shapes import NumberLike, Scalar, SortOrder


class TaskTypeName(msgspec.Struct):
    Name: str = ""
    Id: str = ""


class TaskWrite(msgspec.Struct):
    """Body of Task.svc/Create, and with UserTaskId of Update, where what is left out stays."""

    UserTaskId: str = ""
    Name: str | None = None
    Description: str | None = None
    RelatedEntity: NumberLike | None = None
    """0 nothing, 1 a lead, 5 an opportunity."""
    RelatedEntityId: str | None = None
    DueDate: str | None = None
    EndDate: str | None = None
    Reminder: NumberLike | None = None
    """Minutes."""
    ReminderBeforeDays: NumberLike | None = None
    ReminderTime: str | None = None
    NotifyBy: NumberLike | None = None
    """1100 by mail, 1000 not at all."""
    OwnerId: str | None = None
    OwnerEmailAddress: str | None = None
    TaskType: TaskTypeName | None = None
    Location: str | None = None
    CustomFields: dict[str, Scalar] | None = None


class TaskBatch(msgspec.Struct):
    TaskList: list[TaskWrite] = []
    StatusWebhookURL: str = ""


class TaskChanged(msgspec.Struct):
    AffectedRows: int
    AutoId: int


class TaskChangedResult(msgspec.Struct):
    Status: str
    Message: TaskChanged


class TaskParameter(msgspec.Struct):
    LookupName: str = ""
    LookupValue: str = ""
    FromDate: str = ""
    ToDate: str = ""
    StatusCode: NumberLike | None = None
    """0 open, 1 complete."""
    TypeName: str = ""
    """Id of the task type; its name is taken as well."""


class TaskColumns(msgspec.Struct):
    Include_CSV: str = ""
    Exclude_CSV: str = ""


class TaskSearch(msgspec.Struct):
    Parameter: TaskParameter | None = None
    Columns: TaskColumns | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


TaskRow = dict[str, str | int | None]
"""A task as a flat object, with the lead that it is about."""


class TaskRows(msgspec.Struct, omit_defaults=True):
    """``List`` is left out when there are none."""

    RecordCount: int
    List: list[TaskRow] | msgspec.UnsetType = msgspec.UNSET


class LeadTask(msgspec.Struct):
    TaskID: str
    Name: str
    Description: str
    DueDate: str
    CreatedOn: str
    OwnerID: str
    OwnerName: str
    CreatedBy: str
    CreatedByName: str
    Status: str
    """Pending, Overdue or Completed."""
    Reminder: str


class LeadTasks(msgspec.Struct):
    RecordCount: int
    TaskList: list[LeadTask]


class TaskColumn(msgspec.Struct):
    DataType: int
    DisplayName: str
    InternalSchemaName: str
    IsDefault: bool
    IsMandatoryConfigurable: bool
    Mandatory: bool
    Options: str | None
    RenderType: int
    SchemaName: str


class TaskTypeObject(msgspec.Struct):
    Category: int
    """0 appointment, 1 to-do."""
    Color: str
    ColumnConfiguration: list[TaskColumn]
    CreatedBy: str
    CreatedOn: str
    FormLayout: str
    """JSON text."""
    Id: str
    ModifiedBy: str
    ModifiedOn: str
    Name: str
