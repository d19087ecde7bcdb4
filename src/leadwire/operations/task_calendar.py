"""Operations of ``Task.svc`` on the tasks of several users, and on many tasks."""

from functools import partial
from typing import Final, Self

import msgspec

from leadwire.operations.operation import Evidence, Operation, Parameter, documented, inferred, seen
from leadwire.operations.shapes import PageNumber
from leadwire.operations.tasks import TaskRow, TaskRows
from leadwire.operations.users import UserConditionGroup

DAYS_MAX: Final = 100
"""Most days that one call may ask for."""


class TasksOfUsers(msgspec.Struct):
    """Body of RetrieveAppointments and RetrieveToDos. Dates are days, both included."""

    FromDate: str = ""
    ToDate: str = ""
    Users: list[str] = []
    UserSearchCriteria: UserConditionGroup | None = None
    Paging: PageNumber | None = None


class TaskIds(msgspec.Struct):
    TaskIds: list[str] = []
    StatusWebhookURL: str = ""


class DeletedTasks(msgspec.Struct):
    Status: str = "Success"
    Operation: str = "Bulk Delete Tasks"
    TasksCount: int = 0
    DeletedTasksCount: int = 0
    FailureReason: str | None = None


class AppointmentTime(msgspec.Struct):
    UserTaskId: str = ""
    FromDate: str = ""
    ToDate: str = ""


class AppointmentTimes(msgspec.Struct):
    TaskList: list[AppointmentTime] = []
    StatusWebhookURL: str = ""


class ChangeOfTimes(msgspec.Struct):
    Id: str
    """A number: the id of the request."""
    IsSuccessful: bool


class TimesChanged(msgspec.Struct):
    Status: str
    Message: ChangeOfTimes

    @classmethod
    def of(cls, number: int, *, is_successful: bool) -> Self:
        return cls("Success", ChangeOfTimes(str(number), is_successful))


_ID: Final = "7d3b1f52-6c0e-4d6e-9a43-5f1e0c9b2a77"
_USER: Final = "4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10"
_DAYS: Final = '"FromDate":"2026-01-01","ToDate":"2026-01-31"'
_ROWS: Final = f'{{"RecordCount":1,"List":[{{"UserTaskId":"{_ID}","Name":"Call Asha"}}]}}'
_AT_ONCE: Final = "The work is complete when the call is answered. StatusWebhookURL is not called."

_task = partial(Operation, service="Task.svc", api_type="Task", in_sdk=False)


def _of_users(what: str, way: str, users: str, evidence: Evidence) -> Operation:
    words = {"Appointments": "appointments", "ToDos": "to-dos"}[what]
    by = {
        "ByUserId": "their ids",
        "ByUserEmailAddress": "their e-mail addresses",
        "ByUserSearchCriteria": "conditions on them",
    }[way]
    return _task(
        name=f"Retrieve{what}.{way}",
        path=f"Retrieve{what}/{way}",
        summary=f"Get the {words} of users, by {by}",
        body=TasksOfUsers,
        body_example=f'{{{_DAYS},{users},"Paging":{{"PageIndex":1,"PageSize":100}}}}',
        result=TaskRows,
        result_example=_ROWS,
        faults=("MXInvalidInputException",),
        page_max=1_000,
        repeated="safe",
        evidence=evidence,
        notes=(
            "The days are compared with DueDate, in UTC, and both are included.",
            f"FromDate and ToDate may be at most {DAYS_MAX} days. Users may be unknown.",
        ),
    )


_BY_ID: Final = f'"Users":["{_USER}"]'
_BY_EMAIL: Final = '"Users":["asha@example.com"]'
_BY_CRITERIA: Final = (
    '"UserSearchCriteria":{"GroupConditions":[{"Condition":[{"LookupName":"FirstName",'
    '"Operator":"lik_s","LookupValue":"A","ConditionOperator":null}],"GroupOperator":null}]}'
)

OPERATIONS: Final = (
    _of_users("Appointments", "ByUserId", _BY_ID, inferred("get-appointments-by-email-address")),
    _of_users(
        "Appointments",
        "ByUserEmailAddress",
        _BY_EMAIL,
        documented("get-appointments-by-email-address"),
    ),
    _of_users(
        "Appointments",
        "ByUserSearchCriteria",
        _BY_CRITERIA,
        inferred("get-to-dos-by-search-criteria"),
    ),
    _of_users("ToDos", "ByUserId", _BY_ID, documented("get-to-dos-by-user-id")),
    _of_users("ToDos", "ByUserEmailAddress", _BY_EMAIL, documented("get-to-dos-by-email-address")),
    _of_users(
        "ToDos", "ByUserSearchCriteria", _BY_CRITERIA, documented("get-to-dos-by-search-criteria")
    ),
    _task(
        name="Task.Retrieve.GetById",
        purpose="retrieving task",
        path="Retrieve.GetById",
        summary="Get a task",
        parameters=(Parameter("id", "Id of the task.", kind="id", required=True),),
        result=list[TaskRow],
        result_example=f'[{{"UserTaskId":"{_ID}","Name":"Call Asha"}}]',
        faults=("MXInvalidEntityException",),
        evidence=seen("a public client"),
    ),
    _task(
        name="DeleteTasks",
        path="DeleteTasks",
        summary="Delete tasks in bulk",
        body=TaskIds,
        body_example=f'{{"TaskIds":["{_ID}"]}}',
        result=DeletedTasks,
        result_example='{"Status":"Success","Operation":"Bulk Delete Tasks","TasksCount":1,'
        '"DeletedTasksCount":1,"FailureReason":null}',
        faults=("MXInvalidInputException",),
        rows_max=5_000,
        limit_class="bulk",
        repeated="safe",
        evidence=documented("delete-tasks-in-bulk"),
        notes=(_AT_ONCE, "FailureReason counts the ids that no task has."),
    ),
    _task(
        name="BulkUpdateAppointmentTime",
        purpose="updating appointment",
        path="BulkUpdateAppointmentTime",
        summary="Give appointments another time in bulk",
        body=AppointmentTimes,
        body_example=f'{{"TaskList":[{{"UserTaskId":"{_ID}","FromDate":"2026-01-02 03:04:05",'
        '"ToDate":"2026-01-02 03:34:05"}]}',
        result=TimesChanged,
        result_example='{"Status":"Success","Message":{"Id":"731205","IsSuccessful":true}}',
        faults=("MXInvalidInputException",),
        rows_max=1_000,
        limit_class="bulk",
        repeated="safe",
        evidence=documented("bulk-update-appointment-timings"),
        notes=(
            _AT_ONCE,
            "IsSuccessful is false when a task is refused. X-Leadwire-Notice says which.",
        ),
    ),
)
