"""One change of the access data: its transaction, and who makes it."""

from dataclasses import dataclass

from sqlalchemy import Connection

from leadwire.access.audit import Action, Doer, add_entry
from leadwire.access.keys import Hasher
from leadwire.clock import IdSource


@dataclass(frozen=True, slots=True)
class Change:
    """What ``AccessStore.change`` gives to its work. All of it is stored, or nothing."""

    connection: Connection
    by: Doer
    now_ms: int
    ids: IdSource
    hasher: Hasher

    def audit(self, account_id: str, action: Action, *, thing: str = "", note: str = "") -> None:
        """Add an entry to the audit trail, in the same transaction."""
        add_entry(
            self.connection,
            self.by,
            action,
            account_id=account_id,
            at_ms=self.now_ms,
            thing=thing,
            note=note,
        )
