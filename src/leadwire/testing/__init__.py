"""leadwire for the tests of an integration: a server, accounts, faults, a clock, recorded calls.

Needs the SDK alone: the server is another process, started by a command, or already running
somewhere. ``leadwire.testing.plugin`` has the fixtures for pytest. The names are loaded on first
use, because pytest imports its plugins in every run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from leadwire.testing.aio.account import AsyncAccount, AsyncReceiver
    from leadwire.testing.aio.server import AsyncServer
    from leadwire.testing.blocking.account import Account, Receiver
    from leadwire.testing.blocking.server import Server
    from leadwire.testing.errors import ControlRefused, NotMet, ServerFailed, UnmetFaults
    from leadwire.testing.shapes import Call, Delivery, Moved

_PLACES: Final = {
    "Account": "blocking.account",
    "AsyncAccount": "aio.account",
    "AsyncReceiver": "aio.account",
    "AsyncServer": "aio.server",
    "Call": "shapes",
    "ControlRefused": "errors",
    "Delivery": "shapes",
    "Moved": "shapes",
    "NotMet": "errors",
    "Receiver": "blocking.account",
    "Server": "blocking.server",
    "ServerFailed": "errors",
    "UnmetFaults": "errors",
}

__all__ = [
    "Account",
    "AsyncAccount",
    "AsyncReceiver",
    "AsyncServer",
    "Call",
    "ControlRefused",
    "Delivery",
    "Moved",
    "NotMet",
    "Receiver",
    "Server",
    "ServerFailed",
    "UnmetFaults",
]


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'leadwire.testing' has no attribute '{name}'")
    found: object = getattr(import_module(f"leadwire.testing.{_PLACES[name]}"), name)
    globals()[name] = found
    return found
