"""The SDK: clients for LeadSquared and leadwire, and a log of every call they make.

The names listed here are public; ``leadwire`` exports them too. The modules below may change.
``leadwire.sdk.errors`` draws the tree of exceptions.
"""

from leadwire.calls.sent import SentCall
from leadwire.sdk import errors as errors
from leadwire.sdk.aio.client import AsyncClient
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.bodies import CaptureOptions, MailFields, TaskFields, UserFields, WebhookFields
from leadwire.sdk.bulk import BulkProgress, BulkResult, RowOutcome
from leadwire.sdk.call_file import CallFile
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.call_log import CallLog, LoggingSink, Sink
from leadwire.sdk.conditions import Condition
from leadwire.sdk.errors import (
    Answered,
    AnswerUnreadable,
    BulkFailed,
    BulkStopped,
    ClientClosed,
    ConnectFailed,
    ConnectionLost,
    Duplicate,
    FieldUnknown,
    HostMissing,
    HostNotFound,
    InputInvalid,
    InvalidValue,
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
)
from leadwire.sdk.hooks import Attempt, Hook
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
from leadwire.sdk.models.company import Company, CompanyActivity, CompanyRow
from leadwire.sdk.models.field import FieldOption, LeadField
from leadwire.sdk.models.file import UploadedFile
from leadwire.sdk.models.later import Accepted, LaterMetrics, LaterStatus
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
from leadwire.sdk.models.lead_list import LeadList
from leadwire.sdk.models.mail import MailSent
from leadwire.sdk.models.note import Note
from leadwire.sdk.models.opportunity import CaptureAction, Captured, Opportunity, OpportunityDetails
from leadwire.sdk.models.sale import Product, Sale, SaleSetting
from leadwire.sdk.models.task import LeadTask, Task, TaskType, TaskWritten
from leadwire.sdk.models.user import KeyUser, SalesGroup, User, UserDetails, UserGroup
from leadwire.sdk.models.webhook import Webhook
from leadwire.sdk.pace import Pace
from leadwire.sdk.raw_response import RawResponse
from leadwire.sdk.reading import Page
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.rows import IdMissing, Row, Rows
from leadwire.sdk.sinks import JsonLinesSink, SqliteSink
from leadwire.sdk.tracing import Tracing

__all__ = [
    "REGIONS",
    "Accepted",
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
    "Attempt",
    "BulkCounts",
    "BulkDetails",
    "BulkFailed",
    "BulkProgress",
    "BulkReport",
    "BulkResult",
    "BulkStopped",
    "CallFile",
    "CallInfo",
    "CallLog",
    "CaptureAction",
    "CaptureOptions",
    "Captured",
    "ChangedActivity",
    "Client",
    "ClientClosed",
    "Company",
    "CompanyActivity",
    "CompanyRow",
    "Condition",
    "ConnectFailed",
    "ConnectionLost",
    "DropdownOption",
    "Duplicate",
    "FieldDetail",
    "FieldOption",
    "FieldUnknown",
    "Hook",
    "HostMissing",
    "HostNotFound",
    "IdMissing",
    "InputInvalid",
    "InvalidValue",
    "JsonLinesSink",
    "KeyUser",
    "KeysMissing",
    "KeysRefused",
    "LaterMetrics",
    "LaterStatus",
    "Lead",
    "LeadField",
    "LeadList",
    "LeadOwner",
    "LeadRow",
    "LeadSchema",
    "LeadTask",
    "LoggingSink",
    "MailFields",
    "MailSent",
    "MandatoryMissing",
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
    "Product",
    "RateLimited",
    "RawResponse",
    "Redirected",
    "Refused",
    "Rejected",
    "RequestMalformed",
    "RetryPolicy",
    "Row",
    "RowOutcome",
    "Rows",
    "Sale",
    "SaleSetting",
    "SalesGroup",
    "SdkError",
    "SentCall",
    "ServerFault",
    "Sink",
    "SqliteSink",
    "Task",
    "TaskFields",
    "TaskType",
    "TaskWritten",
    "TimedOut",
    "Tracing",
    "UnchangedLead",
    "UploadedFile",
    "User",
    "UserDetails",
    "UserFields",
    "UserGroup",
    "ValueChange",
    "Webhook",
    "WebhookFields",
    "Written",
]
