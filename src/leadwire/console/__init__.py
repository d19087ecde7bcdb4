"""The console: server-rendered pages below ``/console``, the API Logs page first.

``build`` makes the ASGI application; everything it needs comes in as ConsoleServices.
"""

from leadwire.console.application import build
from leadwire.console.attempts import AttemptLimits
from leadwire.console.services import (
    Completeness,
    ConsoleLimits,
    ConsoleServices,
    PlanUse,
    SignIn,
)

__all__ = [
    "AttemptLimits",
    "Completeness",
    "ConsoleLimits",
    "ConsoleServices",
    "PlanUse",
    "SignIn",
    "build",
]
