"""leadwire: a self-hosted lead API with a complete, searchable record of every call.

``from leadwire import Client`` is the SDK, for LeadSquared and for leadwire. The public names are
those of ``leadwire.sdk.__all__``. They are loaded on first use, so that the server and the command
line start without the SDK. So are the packages for callers: ``leadwire.webhooks`` verifies
deliveries, and ``leadwire.testing`` has servers for tests.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

from leadwire.version import __version__ as __version__

if TYPE_CHECKING:
    from leadwire.sdk import *  # noqa: F403  # the one list of names is there


_FOR_CALLERS: Final = ("sdk", "testing", "webhooks")


def __getattr__(name: str) -> object:
    if name in _FOR_CALLERS:
        return import_module(f"leadwire.{name}")
    # Only public names begin with a capital: a submodule is looked up here before it is imported.
    if name == "__all__" or name[:1].isupper():
        sdk = import_module("leadwire.sdk")
        if name == "__all__":
            return [*sdk.__all__, "__version__"]
        if name in sdk.__all__:
            found: object = getattr(sdk, name)
            globals()[name] = found
            return found
    raise AttributeError(f"module 'leadwire' has no attribute '{name}'")


def __dir__() -> list[str]:
    names = __getattr__("__all__")
    assert isinstance(names, list)  # noqa: S101  # as made above
    return sorted({*globals(), *names})
