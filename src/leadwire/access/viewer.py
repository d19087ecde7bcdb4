"""The user of a signed-in console session."""

from dataclasses import dataclass
from typing import NamedTuple

from leadwire.access.audit import Doer
from leadwire.access.roles import ConsoleRole


class OtherAccount(NamedTuple):
    """Another account that the person joined."""

    account_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The user of a valid session.

    An administrator may do everything. A developer may also change what integrations use: keys,
    webhooks, lead fields, saved views. A viewer only reads.
    """

    user_id: str
    account_id: str
    account_name: str
    name: str
    email: str
    role: ConsoleRole
    may_see_bodies: bool
    """Whether the bodies of calls are shown. A right of its own, whatever the role."""
    is_of_first_account: bool = False
    """Whether the account is the server's first one."""
    other_accounts: tuple[OtherAccount, ...] = ()
    address: str = ""
    """Where the request came from; empty if unknown."""

    @property
    def is_administrator(self) -> bool:
        return self.role == "administrator"

    @property
    def runs_server(self) -> bool:
        """Whether the user may change what concerns the whole server."""
        return self.is_administrator and self.is_of_first_account

    @property
    def may_change(self) -> bool:
        """Whether the user may change what integrations use."""
        return self.role in ("administrator", "developer")

    @property
    def doer(self) -> Doer:
        return Doer(user_id=self.user_id, who=self.email, address=self.address)
