"""Operations on tasks, of ``Task.svc`` and ``LeadManagement.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, NoticeResult
from leadwire.operations.operation import Operation, Parameter, RecordedDates, documented, reported
from leadwire.operations.shapes import NumberLike, Scalar, SortOrder, WriteResult
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_ID, LEAD_MANAGEMENT


class TaskTypeName(msgspec.Struct):
    Name: str = ""
    Id: str = ""


class TaskWrite(msgspec.Struct):
    """Body of Task.svc/Create, and with UserTaskId of Update. Omitted members stay."""

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
    """Id or name of the task type."""


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
    """``List`` is omitted if there are none."""

    RecordCount: int
    List: list[TaskRow] = []


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


_ID: Final = "7d3b1f52-6c0e-4d6e-9a43-5f1e0c9b2a77"
_TASK: Final = (
    f'{{"Name":"Call Asha","RelatedEntity":1,"RelatedEntityId":"{EXAMPLE_LEAD_ID}",'
    '"DueDate":"2026-01-02 03:04:05","EndDate":"2026-01-02 03:34:05","Reminder":30,'
    '"NotifyBy":"1100","OwnerEmailAddress":"asha@example.com","TaskType":{"Name":"Meeting"}}'
)
_CHANGED: Final = '{"Status":"Success","Message":{"AffectedRows":1,"AutoId":325}}'
_WRITE_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXInvalidInputException",
    "MXInvalidEntityReferenceException",
)

_task = partial(Operation, service="Task.svc", api_type="Task")
_lead_management = partial(Operation, service=LEAD_MANAGEMENT, api_type="Task")

OPERATIONS: Final = (
    _task(
        name="Task.Create",
        path="Create",
        summary="Create an appointment or a to-do",
        body=TaskWrite,
        body_example=_TASK,
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=_WRITE_FAULTS,
        evidence=documented("create-task-appointment"),
        notes=(
            "The owner defaults to the caller.",
            "DueDate defaults to now. EndDate defaults to DueDate plus the duration of the type.",
            "TaskType defaults to To-Do with ReminderBeforeDays or ReminderTime, else to Meeting.",
            "A reminder is told to webhooks of event 8. No mail is sent.",
            "The id of an opportunity is not checked.",
        ),
    ),
    _task(
        name="Task.Bulk.Create",
        path="Bulk/Create",
        summary="Create tasks in bulk",
        body=TaskBatch,
        body_example=f'{{"TaskList":[{_TASK}],"StatusWebhookURL":""}}',
        result=NoticeResult,
        result_example='{"Status":"Success","Message":{"Message":'
        '"Your request for create tasks has been queued."}}',
        faults=("MXInvalidInputException",),
        rows_max=50,
        evidence=documented("create-tasks-in-bulk"),
        notes=(
            "Each task is created on its own. The header X-Leadwire-Notice names refused tasks.",
            "The work is complete when the call is answered.",
            "StatusWebhookURL is accepted and not called.",
        ),
    ),
    _task(
        name="Task.Update",
        purpose="updating task",
        mandatory=("UserTaskId",),
        path="Update",
        summary="Update a task",
        body=TaskWrite,
        body_example=f'{{"UserTaskId":"{_ID}","Name":"Call Asha again","Reminder":15}}',
        result=TaskChangedResult,
        result_example=_CHANGED,
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        repeated="safe",
        evidence=documented("update-task"),
        notes=(
            "Omitted members stay. Task.MarkComplete completes a task; this operation does not.",
        ),
    ),
    _task(
        name="Task.MarkComplete",
        purpose="completing task",
        path="MarkComplete",
        summary="Complete a task",
        parameters=(Parameter("id", "Id of the task.", kind="id", required=True),),
        result=TaskChangedResult,
        result_example=_CHANGED,
        faults=("MXMandatoryAttributeMissingException", "MXInvalidEntityException"),
        evidence=reported("integrations that complete tasks"),
        notes=("If the task is already complete, AffectedRows is 0.",),
    ),
    _task(
        name="Task.Retrieve",
        path="Retrieve",
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
        page_max=1_000,
        repeated="safe",
        evidence=documented("retrieve-tasks"),
        notes=("The range is compared with DueDate. It includes both ends.",),
    ),
    _lead_management(
        name="RetrieveTaskByLeadId",
        recorded_dates=RecordedDates("seconds", documented("retrieve-tasks-by-leadid")),
        purpose="retrieving tasks",
        path="RetrieveTaskByLeadId",
        summary="Get the tasks that are about a lead",
        parameters=(LEAD_ID,),
        result=LeadTasks,
        result_example='{"RecordCount":0,"TaskList":[]}',
        faults=("MXMandatoryAttributeMissingException",),
        evidence=documented("retrieve-tasks-by-leadid"),
        notes=("An open task is Pending until its end date, then Overdue.",),
    ),
    _task(
        name="RetrieveTaskType",
        path="RetrieveTaskType",
        summary="Get the task types",
        parameters=(
            Parameter("ColumnName", "TaskTypeId, TaskTypeName or Category."),
            Parameter("ColumnValue", "The value to look for."),
        ),
        result=list[TaskTypeObject],
        result_example="[]",
        faults=("MXInvalidInputException",),
        evidence=documented("get-list-of-task-types-2"),
        notes=("Every account has the same task types. No operation makes one.",),
    ),
)
