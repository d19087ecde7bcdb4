"""The SDK: clients for LeadSquared's API and for leadwire, and a log of what they did.

The names here are its public ones, and are had from ``leadwire`` as well; the modules below may
change. ``errors`` is a module of its own, where the tree of exceptions is drawn.
"""

from leadwire.sdk import errors as errors
from leadwire.sdk.aio.client import AsyncClient
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.bulk import BulkProgress, RowOutcome
from leadwire.sdk.call_log import CallLog, LoggingSink, Sink
from leadwire.sdk.conditions import Condition
from leadwire.sdk.errors import (
    Answered,
    AnswerUnreadable,
    ClientClosed,
    ConnectFailed,
    ConnectionLost,
    Duplicate,
    FieldUnknown,
    HostNotFound,
    InputInvalid,
    KeysMissing,
    KeysRefused,
    MandatoryMissing,
    Misuse,
    NoAnswer,
    NotAllowed,
    NotFound,
    OperationUnknown,
    PermissionMissing,
    RateLimited,
    Redirected,
    Refused,
    Rejected,
    RequestMalformed,
    SdkError,
    ServerFault,
    TimedOut,
    ValueUnfit,
)
from leadwire.sdk.hosts import REGIONS
from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.models.activity import (
    Activity,
    ActivityChange,
    ActivityDetails,
    ActivityReport,
    ActivityRow,
    ActivitySetting,
    ActivityType,
    ChangedActivity,
    DropdownOption,
    FieldDetail,
    ValueChange,
)
from leadwire.sdk.models.field import FieldOption, LeadField
from leadwire.sdk.models.lead import (
    BulkCounts,
    BulkDetails,
    BulkReport,
    Lead,
    LeadOwner,
    LeadRow,
    UnchangedLead,
    Written,
)
from leadwire.sdk.models.lists import LeadList, Note
from leadwire.sdk.models.opportunity import CaptureAction, Captured, Opportunity, OpportunityDetails
from leadwire.sdk.models.task import LeadTask, Task, TaskType, TaskWritten
from leadwire.sdk.models.user import KeyUser, SalesGroup, User, UserDetails, UserGroup
from leadwire.sdk.pace import Pace
from leadwire.sdk.reading import Page
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.rows import MemberMissing, Row
from leadwire.sdk.sinks import JsonLinesSink, SqliteSink
from leadwire.sdk.task_body import TaskFields
from leadwire.sdk.user_body import UserFields

__all__ = [
    "REGIONS",
    "Activity",
    "ActivityChange",
    "ActivityDetails",
    "ActivityReport",
    "ActivityRow",
    "ActivitySetting",
    "ActivityType",
    "AnswerUnreadable",
    "Answered",
    "AsyncClient",
    "BulkCounts",
    "BulkDetails",
    "BulkProgress",
    "BulkReport",
    "CallLog",
    "CaptureAction",
    "Captured",
    "ChangedActivity",
    "Client",
    "ClientClosed",
    "Condition",
    "ConnectFailed",
    "ConnectionLost",
    "DropdownOption",
    "Duplicate",
    "FieldDetail",
    "FieldOption",
    "FieldUnknown",
    "HostNotFound",
    "InputInvalid",
    "JsonLinesSink",
    "KeyUser",
    "KeysMissing",
    "KeysRefused",
    "Lead",
    "LeadField",
    "LeadList",
    "LeadOwner",
    "LeadRow",
    "LeadSchema",
    "LeadTask",
    "LoggingSink",
    "MandatoryMissing",
    "MemberMissing",
    "Misuse",
    "NoAnswer",
    "NotAllowed",
    "NotFound",
    "Note",
    "OperationUnknown",
    "Opportunity",
    "OpportunityDetails",
    "Pace",
    "Page",
    "PermissionMissing",
    "RateLimited",
    "Redirected",
    "Refused",
    "Rejected",
    "RequestMalformed",
    "RetryPolicy",
    "Row",
    "RowOutcome",
    "SalesGroup",
    "SdkError",
    "ServerFault",
    "Sink",
    "SqliteSink",
    "Task",
    "TaskFields",
    "TaskType",
    "TaskWritten",
    "TimedOut",
    "UnchangedLead",
    "User",
    "UserDetails",
    "UserFields",
    "UserGroup",
    "ValueChange",
    "ValueUnfit",
    "Written",
    "errors",
]
