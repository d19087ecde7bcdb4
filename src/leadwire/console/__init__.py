"""The console: server-rendered pages below ``/console``, the API Logs page first.

``build`` makes the ASGI application; everything it needs comes in as ConsoleServices.
"""

from leadwire.console.application import build
from leadwire.console.services import (
    Completeness,
    ConsoleServices,
    PlanUse,
    SignIn,
)

__all__ = [
    "Completeness",
    "ConsoleServices",
    "PlanUse",
    "SignIn",
    "build",
]
