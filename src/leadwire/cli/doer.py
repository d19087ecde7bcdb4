"""Who acts on the command line."""

import getpass
import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from leadwire.access.audit import Doer


def command_line() -> "Doer":
    """The command line in the audit trail, with the name of the system's user."""
    from leadwire.access.audit import COMMAND_LINE  # noqa: PLC0415  # SQLAlchemy loads slowly

    return msgspec.structs.replace(COMMAND_LINE, address=user_name())


def user_name() -> str:
    """The system user's name, or the user id."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
