"""Operations on tasks, of ``Task.svc`` and ``LeadManagement.svc``."""

from typing import Final

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, NoticeResult
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import NumberLike, Scalar, SortOrder, WriteResult


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


SERVICE: Final = "Task.svc"

_ID: Final = "7d3b1f52-6c0e-4d6e-9a43-5f1e0c9b2a77"
_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_TASK: Final = (
    f'{{"Name":"Call Asha","RelatedEntity":1,"RelatedEntityId":"{_LEAD_ID}",'
    '"DueDate":"2026-01-02 03:04:05","EndDate":"2026-01-02 03:34:05","Reminder":30,'
    '"NotifyBy":"1100","OwnerEmailAddress":"asha@example.com","TaskType":{"Name":"Meeting"}}'
)
_CHANGED: Final = '{"Status":"Success","Message":{"AffectedRows":1,"AutoId":325}}'
_WRITE_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidInputException",
    "MXInvalidEntityReferenceException",
)

OPERATIONS: Final = (
    Operation(
        name="Task.Create",
        service=SERVICE,
        path="Create",
        method="POST",
        api_type="Task",
        summary="Create an appointment or a to-do",
        body=TaskWrite,
        body_example=_TASK,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=_WRITE_FAULTS,
        notes=(
            "Without OwnerId and OwnerEmailAddress the caller owns it.",
            "Without DueDate it is due now; without EndDate it takes as long as the type says.",
            "Without TaskType a Meeting; with ReminderBeforeDays or ReminderTime a To-Do.",
            "Nobody is reminded; what was asked for is kept. Opportunities are not looked up.",
        ),
    ),
    Operation(
        name="Task.Bulk.Create",
        service=SERVICE,
        path="Bulk/Create",
        method="POST",
        api_type="Task",
        summary="Create tasks in bulk",
        body=TaskBatch,
        body_example=f'{{"TaskList":[{_TASK}],"StatusWebhookURL":""}}',
        result=NoticeResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for create tasks has been queued."}}',
        faults=("MXInvalidInputException",),
        notes=(
            "At most 50 tasks, each for itself; X-Leadwire-Notice says which were refused.",
            "Done when the call is answered, whatever the sentence says.",
            "StatusWebhookURL is accepted and not called.",
        ),
    ),
    Operation(
        name="Task.Update",
        service=SERVICE,
        path="Update",
        method="POST",
        api_type="Task",
        summary="Update a task",
        body=TaskWrite,
        body_example=f'{{"UserTaskId":"{_ID}","Name":"Call Asha again","Reminder":15}}',
        result=TaskChangedResult,
        result_example=_CHANGED,
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        notes=("What is left out stays. It completes no task: Task.MarkComplete does.",),
    ),
    Operation(
        name="Task.MarkComplete",
        service=SERVICE,
        path="MarkComplete",
        method="GET",
        api_type="Task",
        summary="Complete a task",
        parameters=(Parameter("id", "Id of the task.", kind="id", required=True),),
        result=TaskChangedResult,
        result_example=_CHANGED,
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence="L",
        notes=("A task that is complete already stays as it is: no rows are affected.",),
    ),
    Operation(
        name="Task.Retrieve",
        service=SERVICE,
        path="Retrieve",
        method="POST",
        api_type="Task",
        summary="Get the tasks of an owner",
        body=TaskSearch,
        body_example='{"Parameter":{"LookupName":"OwnerEmailAddress",'
        '"LookupValue":"asha@example.com","FromDate":"2026-01-01 00:00:00",'
        '"ToDate":"2026-01-31 23:59:59","StatusCode":0},'
        '"Columns":{"Exclude_CSV":"ProspectID,FirstName"},'
        '"Sorting":{"ColumnName":"DueDate","Direction":"1"},"Paging":{"Offset":0,"RowCount":200}}',
        result=TaskRows,
        result_example=f'{{"RecordCount":1,"List":[{{"UserTaskId":"{_ID}","Name":"Call Asha"}}]}}',
        faults=("MXInvalidInputException",),
        notes=("The range is of DueDate, both ends included. At most 1,000 rows.",),
    ),
    Operation(
        name="RetrieveTaskByLeadId",
        service="LeadManagement.svc",
        path="RetrieveTaskByLeadId",
        method="GET",
        api_type="Task",
        summary="Get the tasks that are about a lead",
        parameters=(Parameter("leadId", "ProspectID of the lead.", kind="id", required=True),),
        result=LeadTasks,
        result_example='{"RecordCount":0,"TaskList":[]}',
        faults=("MXMandatoryAttributeMissingException",),
        notes=("An open task is Pending until its end date, then Overdue.",),
    ),
    Operation(
        name="RetrieveTaskType",
        service=SERVICE,
        path="RetrieveTaskType",
        method="GET",
        api_type="Task",
        summary="Get the task types",
        parameters=(
            Parameter("ColumnName", "TaskTypeId, TaskTypeName or Category."),
            Parameter("ColumnValue", "The value to look for."),
        ),
        result=list[TaskTypeObject],
        result_example="[]",
        faults=("MXInvalidInputException",),
        notes=("Task types cannot be made here: every account has the same.",),
    ),
)
