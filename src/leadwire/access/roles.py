"""The roles of users."""

from typing import Final, get_args

from leadwire.operations.users import Role

ADMINISTRATOR: Final = "Administrator"
ROLES: Final[tuple[Role, ...]] = get_args(Role)
