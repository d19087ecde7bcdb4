"""Who looks at the console: what a signed-in session says about its person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person behind a session that is neither revoked nor expired."""

    user_id: str
    account_id: str
    account_name: str
    name: str
    email: str
    role: str
    is_administrator: bool
