"""The context of a rule on users: one transaction of the access data."""

from dataclasses import dataclass

from sqlalchemy import Connection

from leadwire.clock import IdSource


@dataclass(frozen=True, slots=True)
class AccessUnit:
    connection: Connection
    account_id: str
    user_id: str
    """The caller, or the user being created."""
    now_ms: int
    ids: IdSource
