"""The services that the console gets at composition: its only access to the rest of leadwire."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from leadwire.access.audit import Action, AuditQuery, Entry
from leadwire.access.chosen_settings import LiveSettings
from leadwire.access.limits import LimitUse
from leadwire.access.people import Invitation
from leadwire.access.sessions import Caller, SessionInfo
from leadwire.access.store import AccessStore
from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader, LogDay
from leadwire.calls.terms import TokenOf
from leadwire.clock import Clock
from leadwire.crm.files import StoredFile
from leadwire.crm.mails.outbox import MailState, OutboxMail, OutboxPage
from leadwire.crm.store import Crm
from leadwire.crm.webhooks.drafts import Probe
from leadwire.explain import Explanation
from leadwire.recording.rerun import RerunRequest
from leadwire.setting import RecordPolicy
from leadwire.settings import Settings


class SignIn(Protocol):
    """Console sessions. Any thread may call every method; methods may block."""

    def sign_in(self, email: str, password: str, caller: Caller) -> str | None:
        """The token of a new session, or None if the credentials are wrong."""
        ...

    def viewer(self, token: str) -> Viewer | None:
        """The user of a session; None if it is unknown, revoked or expired."""
        ...

    def sign_out(self, token: str) -> None:
        """Revoke the session. Ignores an unknown token."""
        ...

    def browser_mark(self, email: str) -> str:
        """The mark that a browser keeps after a sign-in with *email*. It cannot be forged."""
        ...

    def switch(self, token: str, viewer: Viewer, account_id: str) -> bool:
        """Continue the session in another account of the person. False: it is not theirs."""
        ...

    def sessions_of(self, token: str, viewer: Viewer) -> list[SessionInfo]:
        """The person's sessions in all accounts, the newest first."""
        ...

    def revoke(self, viewer: Viewer, session_id: str) -> bool:
        """End one of the person's sessions. False: it is not theirs."""
        ...

    def revoke_others(self, token: str, viewer: Viewer) -> int:
        """End all of the person's sessions but that of *token*. Returns how many."""
        ...

    def change_password(self, token: str, viewer: Viewer, current: str, new: str) -> bool:
        """Replace the person's password, and end their other sessions. False: *current* is wrong.

        Raises InputInvalid for a password that is too short or too long.
        """
        ...

    def invitation(self, token: str) -> Invitation | None:
        """What a link invites to; None if it is unknown, used or expired."""
        ...

    def join(self, token: str, password: str, caller: Caller) -> str | None:
        """Accept the invitation and begin a session: its token.

        None if the link is unknown, used or expired, or if the person has a password and *password*
        is another one. Raises InputInvalid for a new password that is too short or too long.
        """
        ...


class AuditTrail(Protocol):
    """Who did what in an account. Any thread may call every method; methods may block."""

    def record(self, viewer: Viewer, action: Action, thing: str = "", *, note: str = "") -> None:
        """Add an entry: *viewer* did *action* to the thing with that id.

        *note* adds what a person needs to know, such as a name. Neither holds a secret
        or a body. Raises what ``DATABASE_ERRORS`` names: then do not show or do it.
        """
        ...

    def entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> Sequence[Entry]:
        """The newest entries of the account that match, newest first."""
        ...


class Outbox(Protocol):
    """The mails of accounts. Any thread may call every method; methods may block."""

    def page(
        self, account_id: str, *, state: MailState | None, cursor: str, mails_max: int
    ) -> OutboxPage:
        """The newest mails of an account, or those older than *cursor*."""
        ...

    def mail(self, account_id: str, mail_id: str) -> OutboxMail | None: ...


class Reruns(Protocol):
    """Runs recorded calls again, as their users. For the event loop. Raise RerunRefused."""

    async def rolled_back(self, request: RerunRequest) -> CallRecord:
        """What the call would answer now. Nothing is kept, sent, counted or recorded."""
        ...

    async def for_real(self, request: RerunRequest, *, by_administrator: bool) -> CallRecord:
        """Run it, and record it as a new call."""
        ...


class Completeness(NamedTuple):
    """Every call since the start: served = recorded + in gaps + in progress."""

    served: int
    recorded: int
    in_gaps: int
    since_ms: int
    open_gap: str = ""
    """Why calls cannot be recorded now; empty if they can."""

    @property
    def in_progress(self) -> int:
        return max(self.served - self.recorded - self.in_gaps, 0)


class PlanUse(NamedTuple):
    """The plan's name, the account's use of each limit, and the users its daily limit counts."""

    plan: str
    limits: Sequence[LimitUse]
    users: int = 1


class ProxyFacts(NamedTuple):
    """What the console of ``leadwire proxy`` says about it."""

    upstreams: tuple[str, ...]
    """The origins that calls are passed on to."""
    policy: RecordPolicy
    """What happens to calls that cannot be recorded."""
    address: Callable[[], str]
    """Where callers reach the proxy from this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountServices:
    """What the settings pages read and change. All of it may block."""

    access: AccessStore
    live: LiveSettings
    probe: Probe


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """The services of the pages.

    *names* returns the names of an account's users and keys by id. *ids_named* returns the ids of
    an account's users, keys and callers for a name or e-mail address. *file* reads a file of
    an account. These three may block.

    *completeness* runs for each page of an administrator. *stopping* runs in every live stream,
    which ends when the server stops. *plan_use* reports the use of the account's limits. These
    three are quick and thread-safe.
    """

    settings_in_force: Callable[[], Settings]
    """The server's settings; an administrator can choose others while it runs."""
    clock: Clock
    calls: LiveReader
    log_days: Callable[[], Sequence[LogDay]]
    """The days that this node keeps, oldest first. May block."""
    crm: Crm
    sign_in: SignIn
    audit: AuditTrail
    account: AccountServices
    api_types: tuple[str, ...]
    token_in_force: Callable[[], TokenOf | None]
    names: Callable[[str], Mapping[str, str]]
    ids_named: Callable[[str, str], tuple[str, ...]]
    completeness: Callable[[], Completeness]
    plan_use: Callable[[str], PlanUse]
    outbox: Outbox
    explain: Callable[[CallRecord], Explanation | None]
    """Why a call failed; None for a success. For worker threads: it may block."""
    reruns: Reruns
    file: Callable[[str, str], StoredFile | None]
    stopping: Callable[[], bool]
    controls_are_on: bool
    """Whether tests may reset, stop and break this server: every page says so."""
    bound_met: Callable[[str], None]
    proxy: ProxyFacts | None = None
    """Of a proxy's console. It has no pages about leadwire's own leads, keys and webhooks."""

    @property
    def settings(self) -> Settings:
        return self.settings_in_force()

    @property
    def token_of(self) -> TokenOf | None:
        """What stands in the log for a personal value; None: no value was ever replaced."""
        return self.token_in_force()
