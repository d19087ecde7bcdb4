"""Operations on tasks, of ``Task.svc`` and ``LeadManagement.svc``."""

from typing import Final

from leadwire.operations.activity_shapes import NoticeResult
from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import WriteResult
from leadwire.operations.task_shapes import (
    LeadTasks,
    TaskBatch,
    TaskChangedResult,
    TaskRows,
    TaskSearch,
    TaskTypeObject,
    TaskWrite,
)

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
