"""What a rule on users works with: one transaction of the access data."""

from dataclasses import dataclass

from sqlalchemy import Connection

from leadwire.clock import IdSource


@dataclass(frozen=True, slots=True)
class AccessUnit:
    connection: Connection
    account_id: str
    user_id: str
    """Who calls, or the user who is being made."""
    now_ms: int
    ids: IdSource
