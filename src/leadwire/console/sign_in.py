"""Sign in and out. ``POST /console/sign-in`` works from the page and from scripts."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadwire.console.forms import read_form
from leadwire.console.password_checks import CheckRefused, PasswordChecks
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import HOME_PATH, SIGN_IN_PATH, Sessions, caller_of, safe_next

WRONG: Final = "The e-mail address or the password is wrong."


class SignInPages:
    def __init__(
        self, services: ConsoleServices, sessions: Sessions, pages: Pages, checks: PasswordChecks
    ) -> None:
        self._sign_in = services.sign_in
        self._checks = checks
        self._sessions = sessions
        self._pages = pages

    def home(self, request: Request) -> Response:
        self._sessions.required(request)
        return RedirectResponse(HOME_PATH, status_code=303)

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
        form = await read_form(request)
        email, password = form.text("email"), form.raw("password")
        wanted = safe_next(form.raw("next") or request.query_params.get("next", ""))
        try:
            token = await self._checks.run(
                request,
                email,
                lambda: self._sign_in.sign_in(email, password, caller_of(request)),
            )
        except CheckRefused as refused:
            return self._wait_page(wanted, email, refused)
        if token is None:
            return self._page(wanted=wanted, email=email, error=WRONG, status_code=401)
        response = RedirectResponse(wanted, status_code=303)
        self._sessions.begin(request, response, token)
        return response

    def sign_out(self, request: Request) -> Response:
        response = RedirectResponse(f"{SIGN_IN_PATH}?signed_out=1", status_code=303)
        self._sessions.end(request, response)
        return response

    def _wait_page(self, wanted: str, email: str, refused: CheckRefused) -> Response:
        response = self._page(
            wanted=wanted, email=email, error=str(refused), status_code=refused.status_code
        )
        response.headers["Retry-After"] = str(refused.wait_seconds)
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
