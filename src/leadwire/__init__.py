"""leadwire: a self-hosted lead API with a complete, searchable record of every call.

``from leadwire import Client`` is the SDK, for LeadSquared and for leadwire. Its names are loaded
when they are first used, so that the server and the command line start without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadwire.sdk import (
        AsyncClient,
        CallLog,
        Client,
        JsonLinesSink,
        LoggingSink,
        Pace,
        RetryPolicy,
        SdkError,
        SqliteSink,
    )

__all__ = [
    "AsyncClient",
    "CallLog",
    "Client",
    "JsonLinesSink",
    "LoggingSink",
    "Pace",
    "RetryPolicy",
    "SdkError",
    "SqliteSink",
    "__version__",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(import_module("leadwire.sdk"), name)
    raise AttributeError(f"module 'leadwire' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
