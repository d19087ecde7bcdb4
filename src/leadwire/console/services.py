"""What the console is given by whoever composes it: its only way to the rest of leadwire."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from leadwire.access.viewer import Viewer
from leadwire.calls.store import LiveReader
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock
from leadwire.console.attempts import AttemptLimits
from leadwire.crm.files import StoredFile
from leadwire.crm.mails.outbox import MailState, OutboxMail, OutboxPage
from leadwire.crm.store import Crm

if TYPE_CHECKING:
    from leadwire.access.limits import LimitUse


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


class NoOutbox:
    """Of a console without mails."""

    def page(
        self, account_id: str, *, state: MailState | None, cursor: str, mails_max: int
    ) -> OutboxPage:
        del account_id, state, cursor, mails_max
        return OutboxPage((), "")

    def mail(self, account_id: str, mail_id: str) -> OutboxMail | None:
        del account_id, mail_id
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLimits:
    search_span_days_max: int = 7
    shown_max: int = 1000
    export_rows_max: int = 1000
    retention_days: int = 30
    search_budget_ms: int = 5_000
    """A search of the log, or a count of it, is stopped after this long, and says so."""
    attempts: AttemptLimits = field(default_factory=AttemptLimits)
    sign_ins_waiting_max: int = 32
    sign_ins_waiting_per_address_max: int = 4
    live_polls_max: int = 300
    """A live stream looks this often, about every second, then ends; the browser comes back."""


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
    """The plan's name, and how much an account uses of its limits; none: it has no limits."""

    plan: str
    limits: "Sequence[LimitUse]"


def no_user_names(_account_id: str) -> Mapping[str, str]:
    """Nobody is known by name: the pages show user ids."""
    return {}


def no_user_ids(_account_id: str, _name: str) -> tuple[str, ...]:
    """Users are found by their ids alone."""
    return ()


def not_counted() -> None:
    """Nobody counts the calls: the pages say nothing of completeness."""


def no_limits(_account_id: str) -> PlanUse:
    """No plan is applied."""
    return PlanUse("unlimited", ())


def no_file(_account_id: str, _file_id: str) -> None:
    """There are no files."""


def never() -> bool:
    return False


def not_told(_setting: str) -> None:
    """Nobody counts the bounds that cut."""


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

    calls: LiveReader
    clock: Clock
    sign_in: SignIn
    api_types: tuple[str, ...]
    limits: ConsoleLimits = field(default_factory=ConsoleLimits)
    token_of: TokenOf | None = None
    """What stands in the log for a personal value; None: no value was ever replaced."""
    user_names: Callable[[str], Mapping[str, str]] = no_user_names
    user_ids: Callable[[str, str], tuple[str, ...]] = no_user_ids
    completeness: Callable[[], Completeness | None] = not_counted
    plan_use: Callable[[str], PlanUse] = no_limits
    outbox: Outbox = field(default_factory=NoOutbox)
    file: Callable[[str, str], StoredFile | None] = no_file
    stopping: Callable[[], bool] = never
    bound_met: Callable[[str], None] = not_told
    crm: Crm | None = None
    """Where webhooks are kept; None: the console has no pages about them."""
