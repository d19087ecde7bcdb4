"""Signing in and out. ``POST /console/sign-in`` works from a script as well as from the page."""

from typing import Final

import anyio
from anyio import to_thread
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadwire.console.attempts import Attempts
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import SIGN_IN_PATH, Sessions, safe_next

_FIELDS_MAX: Final = 20
_CHECKED_AT_ONCE_MAX: Final = 2
"""Checking a password is costly on purpose; a flood of them must leave threads for the pages."""

WRONG: Final = "The e-mail address or the password is wrong."


class SignInPages:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._sign_in = services.sign_in
        self._sessions = sessions
        self._pages = pages
        self._attempts = Attempts(services.clock)
        self._checks = anyio.CapacityLimiter(_CHECKED_AT_ONCE_MAX)

    def form(self, request: Request) -> Response:
        wanted = safe_next(request.query_params.get("next", ""))
        if self._sessions.viewer(request) is not None:
            return RedirectResponse(wanted, status_code=303)
        notice = "You are signed out." if "signed_out" in request.query_params else ""
        return self._page(wanted=wanted, notice=notice)

    async def sign_in(self, request: Request) -> Response:
        """303 with the session's cookie, or the page again: 401 when wrong, 429 when too often."""
        async with request.form(max_files=0, max_fields=_FIELDS_MAX) as form:
            email, password = _text(form, "email").strip(), _text(form, "password")
            asked = _text(form, "next") or request.query_params.get("next", "")
        wanted = safe_next(asked)
        address = request.client.host if request.client else ""
        wait_seconds = self._attempts.retry_after_seconds(address, email)
        if wait_seconds:
            message = f"Too many failed attempts. Try again in {_wait(wait_seconds)}."
            response = self._page(wanted=wanted, email=email, error=message, status_code=429)
            response.headers["Retry-After"] = str(wait_seconds)
            return response
        token = await to_thread.run_sync(
            self._sign_in.sign_in, email, password, limiter=self._checks
        )
        if token is None:
            self._attempts.failed(address, email)
            return self._page(wanted=wanted, email=email, error=WRONG, status_code=401)
        self._attempts.succeeded(address, email)
        response = RedirectResponse(wanted, status_code=303)
        self._sessions.begin(response, token)
        return response

    def sign_out(self, request: Request) -> Response:
        response = RedirectResponse(f"{SIGN_IN_PATH}?signed_out=1", status_code=303)
        self._sessions.end(request, response)
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
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _wait(seconds: int) -> str:
    minutes = -(seconds // -60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"
