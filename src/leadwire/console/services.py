"""What the console is given by whoever composes it: its only way to the rest of leadwire."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from leadwire.access.viewer import Viewer
from leadwire.calls.store import CallReader
from leadwire.clock import Clock


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleLimits:
    search_span_days_max: int = 7
    shown_max: int = 1000
    export_rows_max: int = 1000
    retention_days: int = 30


def no_user_names(_account_id: str) -> Mapping[str, str]:
    """Nobody is known by name: the pages show user ids."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """*user_names* gives, for an account, the names of its users by id; it may block."""

    calls: CallReader
    clock: Clock
    sign_in: SignIn
    cookie_secure: bool
    api_types: tuple[str, ...]
    limits: ConsoleLimits = field(default_factory=ConsoleLimits)
    user_names: Callable[[str], Mapping[str, str]] = no_user_names
