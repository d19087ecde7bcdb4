"""Sign in and out. ``POST /console/sign-in`` works from the page and from scripts."""

from typing import Final

from anyio import to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadwire.console.failed_sign_ins import FailedSignIns
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import SIGN_IN_PATH, Sessions, caller_of, safe_next
from leadwire.console.turns import TooManyWait, Turns

_FIELDS_MAX: Final = 20

WRONG: Final = "The e-mail address or the password is wrong."


class SignInPages:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._sign_in = services.sign_in
        self._sessions = sessions
        self._pages = pages
        self._bound_met = services.bound_met
        settings = services.settings
        self._failed = FailedSignIns(settings, clock=services.clock)
        # Password checks are slow by design. A flood of them must leave CPU time for calls.
        self._turns = Turns(
            waiting_max=settings.sign_in_waiting_max,
            waiting_per_lane_max=settings.sign_in_waiting_per_address_max,
        )

    def form(self, request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", ""))
        if self._sessions.viewer(request) is not None:
            return RedirectResponse(wanted, status_code=303)
        notice = "You are signed out." if "signed_out" in request.query_params else ""
        return self._page(wanted=wanted, notice=notice)

    async def sign_in(self, request: Request) -> Response:
        """303 with the session cookie, or the page again.

        401 for a wrong address or password, 429 after too many failures, 503 if too many password
        checks are waiting.
        """
        async with request.form(max_files=0, max_fields=_FIELDS_MAX) as form:
            email, password = _text(form, "email").strip(), _text(form, "password")
            asked = _text(form, "next") or request.query_params.get("next", "")
        wanted = safe_next(asked)
        address = request.client.host if request.client else ""
        is_known = self._sessions.is_known_browser(request, email)
        try:
            async with self._turns.turn(f"known {email.lower()}" if is_known else address):
                wait_seconds, setting = self._failed.begin(address, email, is_known=is_known)
                if wait_seconds:
                    self._bound_met(setting)
                    message = f"Too many failed attempts. Try again in {_wait(wait_seconds)}."
                    return self._wait_page(wanted, email, message, 429, wait_seconds)
                token = await to_thread.run_sync(
                    self._sign_in.sign_in, email, password, caller_of(request)
                )
        except TooManyWait as full:
            self._bound_met(full.setting)
            return self._wait_page(wanted, email, f"{full} Try again in a moment.", 503, 1)
        if token is None:
            return self._page(wanted=wanted, email=email, error=WRONG, status_code=401)
        self._failed.succeeded(address, email, is_known=is_known)
        response = RedirectResponse(wanted, status_code=303)
        self._sessions.begin(request, response, token)
        return response

    def sign_out(self, request: Request) -> Response:
        response = RedirectResponse(f"{SIGN_IN_PATH}?signed_out=1", status_code=303)
        self._sessions.end(request, response)
        return response

    def _wait_page(
        self, wanted: str, email: str, message: str, status_code: int, wait_seconds: int
    ) -> Response:
        response = self._page(wanted=wanted, email=email, error=message, status_code=status_code)
        response.headers["Retry-After"] = str(wait_seconds)
        return response

    def _page(
        self,
        *,
        wanted: str,
        email: str = "",
        error: str = "",
        notice: str = "",
        status_code: int = 200,
    ) -> Response:
        return self._pages.answer(
            "sign_in.html",
            viewer=None,
            status_code=status_code,
            wanted=wanted,
            email=email,
            error=error,
            notice=notice,
        )


def _text(form: FormData, name: str) -> str:
    """The text of a field. A NUL, which no database can look for, becomes a replacement sign."""
    value = form.get(name, "")
    return value.replace("\0", "\ufffd") if isinstance(value, str) else ""


def _wait(seconds: int) -> str:
    minutes = -(seconds // -60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
