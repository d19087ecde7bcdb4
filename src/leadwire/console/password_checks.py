"""Check passwords for pages: one at a time, fairly, and not too often for one person or address."""

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from starlette.requests import Request

from leadwire.console.failed_sign_ins import FailedSignIns
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.turns import TooManyWait, Turns
from leadwire.errors import LeadwireError

T = TypeVar("T")


class CheckRefused(LeadwireError):
    """No password was checked. The text says why and when to try again."""

    def __init__(self, message: str, *, status_code: int, wait_seconds: int) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.wait_seconds = wait_seconds


class PasswordChecks:
    """Shared by all pages that check a password, so that their attempts count together.

    For the event loop's thread.
    """

    def __init__(self, services: ConsoleServices, sessions: Sessions) -> None:
        settings = services.settings
        self._sessions = sessions
        self._bound_met = services.bound_met
        self._failed = FailedSignIns(settings, clock=services.clock)
        # Password checks are slow by design. A flood of them must leave CPU time for calls.
        self._turns = Turns(
            waiting_max=settings.sign_in_waiting_max,
            waiting_per_lane_max=settings.sign_in_waiting_per_address_max,
        )

    async def run(self, request: Request, email: str, check: Callable[[], T]) -> T:
        """The result of *check*, run in a thread; a false one counts as a failed attempt.

        Raises CheckRefused after too many failures, or if too many checks are waiting.
        """
        address = request.client.host if request.client else ""
        is_known = self._sessions.is_known_browser(request, email)
        try:
            async with self._turns.turn(f"known {email.lower()}" if is_known else address):
                wait_seconds, setting = self._failed.begin(address, email, is_known=is_known)
                if wait_seconds:
                    self._bound_met(setting)
                    message = f"Too many failed attempts. Try again in {_wait(wait_seconds)}."
                    raise CheckRefused(message, status_code=429, wait_seconds=wait_seconds)
                found = await to_thread.run_sync(check)
        except TooManyWait as full:
            self._bound_met(full.setting)
            message = f"{full} Try again in a moment."
            raise CheckRefused(message, status_code=503, wait_seconds=1) from None
        if found:
            self._failed.succeeded(address, email, is_known=is_known)
        return found


def _wait(seconds: int) -> str:
    minutes = -(seconds // -60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
