"""The SDK: clients for LeadSquared's API and for leadwire, and a log of what they did.

The names here are its public ones; the modules below may change.
"""

from leadwire.sdk.aio.client import AsyncClient
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.bulk import BulkProgress, RowOutcome
from leadwire.sdk.call_log import CallLog, LoggingSink, Sink
from leadwire.sdk.conditions import Condition
from leadwire.sdk.errors import SdkError
from leadwire.sdk.hosts import REGIONS
from leadwire.sdk.pace import Pace
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.sinks import JsonLinesSink, SqliteSink

__all__ = [
    "REGIONS",
    "AsyncClient",
    "BulkProgress",
    "CallLog",
    "Client",
    "Condition",
    "JsonLinesSink",
    "LoggingSink",
    "Pace",
    "RetryPolicy",
    "RowOutcome",
    "SdkError",
    "Sink",
    "SqliteSink",
]
