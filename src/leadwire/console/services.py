"""What the console is given by whoever composes it: its only way to the rest of leadwire."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from leadwire.access.limits import LimitUse
from leadwire.access.viewer import Viewer
from leadwire.calls.store import LiveReader
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock
from leadwire.crm.files import StoredFile
from leadwire.crm.mails.outbox import MailState, OutboxMail, OutboxPage
from leadwire.crm.store import Crm
from leadwire.settings import Settings


class SignIn(Protocol):
    """Sessions of the console. Every method may be called from any thread, and may block."""

    def sign_in(self, email: str, password: str) -> str | None:
        """The token of a new session, or None when the two do not belong together."""
        ...

    def viewer(self, token: str) -> Viewer | None:
        """The person of a session; None when it is unknown, revoked or expired."""
        ...

    def sign_out(self, token: str) -> None:
        """Revoke the session; an unknown token is no error."""
        ...

    def browser_mark(self, email: str) -> str:
        """What a browser keeps after a sign-in with *email*; nobody else can make it up."""
        ...


class Outbox(Protocol):
    """The mails of accounts. Every method may be called from any thread, and may block."""

    def page(
        self, account_id: str, *, state: MailState | None, cursor: str, mails_max: int
    ) -> OutboxPage:
        """The newest mails of an account, or those older than *cursor*."""
        ...

    def mail(self, account_id: str, mail_id: str) -> OutboxMail | None: ...


class Completeness(NamedTuple):
    """Every call since the start: served = recorded + in gaps + those still being answered."""

    served: int
    recorded: int
    in_gaps: int
    since_ms: int
    open_gap: str = ""
    """Why calls cannot be recorded just now; empty while they can."""

    @property
    def in_progress(self) -> int:
        return max(self.served - self.recorded - self.in_gaps, 0)


class PlanUse(NamedTuple):
    """The plan's name, and how much an account uses of each of its limits."""

    plan: str
    limits: Sequence[LimitUse]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """What the pages ask for.

    *user_names* gives, for an account, the names of its users by id; *user_ids*, for an account
    and a name or e-mail address, the ids of the users that have it. Both may block.
    *completeness* is asked for each page of an administrator, *stopping* by every live stream:
    a stream ends when the server is about to stop; *plan_use* tells how near an account is to its
    limits. All three are quick, and asked from any thread. *file* reads a file of an account; it
    may block.
    """

    settings: Settings
    clock: Clock
    calls: LiveReader
    crm: Crm
    sign_in: SignIn
    api_types: tuple[str, ...]
    token_of: TokenOf | None
    """What stands in the log for a personal value; None: no value was ever replaced."""
    user_names: Callable[[str], Mapping[str, str]]
    user_ids: Callable[[str, str], tuple[str, ...]]
    completeness: Callable[[], Completeness]
    plan_use: Callable[[str], PlanUse]
    outbox: Outbox
    file: Callable[[str, str], StoredFile | None]
    stopping: Callable[[], bool]
    bound_met: Callable[[str], None]
