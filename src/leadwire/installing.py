"""How leadwire is installed: in one place, for every message that says it.

No release is on a package index yet, so no message may name one there: ``docs/releasing.md`` says
when that changes.
"""

from typing import Final

_SOURCE: Final = "."
"""What pip installs: the source folder that it is run in."""


def how_to_install(extras: str) -> str:
    """The sentence that tells a person how to add *extras*, such as ``server,parquet``."""
    return f"In the folder of leadwire's source run: {install_command(extras)}"


def install_command(extras: str) -> str:
    """The shell command for it."""
    return f"pip install '{_SOURCE}[{extras}]'"
