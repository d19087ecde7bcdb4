"""The user of a signed-in console session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The user of a valid session."""

    user_id: str
    account_id: str
    account_name: str
    name: str
    email: str
    role: str
    is_administrator: bool
