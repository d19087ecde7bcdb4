"""The roles of users: LeadSquared's four on the wire, and the console's three.

An administrator is one in both. The other three roles of the wire say nothing about the console:
there each of these users is a developer or a viewer.
"""

from typing import Final, Literal, get_args

from leadwire.operations.users import Role

ConsoleRole = Literal["administrator", "developer", "viewer"]

ADMINISTRATOR: Final = "Administrator"
ROLES: Final[tuple[Role, ...]] = get_args(Role)
CONSOLE_ROLES: Final[tuple[ConsoleRole, ...]] = get_args(ConsoleRole)
_NO_ADMINISTRATOR: Final = "Sales_User"
"""The wire's role of a user who is made a developer or a viewer."""


def console_role(role: str, *, is_developer: bool) -> ConsoleRole:
    """The console's role of a user with that *role* on the wire."""
    if role == ADMINISTRATOR:
        return "administrator"
    return "developer" if is_developer else "viewer"


def wire_role(wanted: ConsoleRole, current: str = "") -> str:
    """The wire's role of a user with the console's role *wanted*; *current* stays if it can."""
    if wanted == "administrator":
        return ADMINISTRATOR
    return current if current not in ("", ADMINISTRATOR) else _NO_ADMINISTRATOR
