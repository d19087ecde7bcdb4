"""The roles that a user may have."""

from typing import Final

ADMINISTRATOR: Final = "Administrator"
ROLES: Final = (ADMINISTRATOR, "Sales_Manager", "Sales_User", "Marketing_User")
