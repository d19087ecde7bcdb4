"""The console: server-rendered pages under ``/console``, starting with API Logs.

``build`` makes the ASGI application. ConsoleServices holds everything it needs.
"""

from leadwire.console.application import build
from leadwire.console.services import (
    AccountServices,
    Completeness,
    ConsoleServices,
    PlanUse,
    ProxyFacts,
    SignIn,
)

__all__ = [
    "AccountServices",
    "Completeness",
    "ConsoleServices",
    "PlanUse",
    "ProxyFacts",
    "SignIn",
    "build",
]
