"""The page behind a link by which a user joins an account or chooses a new password."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.people import PASSWORD_LENGTHS, Invitation
from leadwire.console.forms import read_form
from leadwire.console.password_checks import CheckRefused, PasswordChecks
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import HOME_PATH, Sessions, caller_of
from leadwire.console.settings.user_pages import JOIN_PATH
from leadwire.errors import InputInvalid

_TOKEN_CHARS_MAX: Final = 128


class JoinPages:
    """Works without a session. An unknown, used or expired link is a 404."""

    def __init__(
        self, services: ConsoleServices, sessions: Sessions, pages: Pages, checks: PasswordChecks
    ) -> None:
        self._sign_in = services.sign_in
        self._sessions = sessions
        self._pages = pages
        self._checks = checks

    def routes(self) -> list[Route]:
        return [
            Route(JOIN_PATH + "/{token}", self.page, methods=["GET"]),
            Route(JOIN_PATH + "/{token}", self.join, methods=["POST"]),
        ]

    def page(self, request: Request) -> Response:
        return self._page(self._invitation(request))

    async def join(self, request: Request) -> Response:
        invitation = await run_in_threadpool(self._invitation, request)
        form = await read_form(request)
        password = form.raw("password")
        if not invitation.has_password and password != form.raw("again"):
            return self._page(invitation, errors={"again": "This is not the same password."})
        try:
            token = await self._checks.run(
                request,
                invitation.email,
                lambda: self._sign_in.join(_token(request), password, caller_of(request)),
            )
        except CheckRefused as refused:
            response = self._page(invitation, errors={"password": str(refused)})
            response.status_code = refused.status_code
            response.headers["Retry-After"] = str(refused.wait_seconds)
            return response
        except InputInvalid:
            shortest, longest = PASSWORD_LENGTHS[0], PASSWORD_LENGTHS[-1]
            message = f"Choose a password of {shortest} to {longest} characters."
            return self._page(invitation, errors={"password": message})
        if token is None:
            return self._page(invitation, errors={"password": "This is not your password."})
        response = RedirectResponse(HOME_PATH, status_code=303)
        self._sessions.begin(request, response, token)
        return response

    def _invitation(self, request: Request) -> Invitation:
        found = self._sign_in.invitation(_token(request))
        if found is None:
            raise HTTPException(status_code=404)
        return found

    def _page(self, invitation: Invitation, *, errors: dict[str, str] | None = None) -> Response:
        return self._pages.answer(
            "settings/join.html",
            viewer=None,
            status_code=422 if errors else 200,
            invitation=invitation,
            errors=errors or {},
            given=lambda _name: "",
            password_lengths=(PASSWORD_LENGTHS[0], PASSWORD_LENGTHS[-1]),
        )


def _token(request: Request) -> str:
    return str(request.path_params["token"])[:_TOKEN_CHARS_MAX]
