"""The session cookie: find a request's viewer, and where a sign-in may redirect."""

import re
from dataclasses import replace
from hmac import compare_digest
from typing import Final, Literal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.sessions import Caller
from leadwire.access.viewer import Viewer
from leadwire.console.services import SignIn
from leadwire.errors import LeadwireError

COOKIE_PATH: Final = "/"
"""Signed-in users see more in the docs, too. The API reads no cookie."""
HOME_PATH: Final = "/console/overview"
SIGN_IN_PATH: Final = "/console/sign-in"

_MARK_SECONDS: Final = 31_536_000
_NEXT_CHARS_MAX: Final = 2_000
_TOKEN_CHARS_MAX: Final = 512
_NEXT: Final = re.compile(r"/(console|docs|errors)([/?][\x21-\x5b\x5d-\x7e]*)?", re.ASCII)
"""The path of a page with its query: no space, control character or backslash."""


PageRole = Literal["viewer", "developer", "administrator", "operator"]
"""Who may open a page, each with all that the ones before may. The operator is an administrator of
the first account."""

_WHO: Final[dict[PageRole, str]] = {
    "viewer": "a user",
    "developer": "an administrator or a developer",
    "administrator": "an administrator",
    "operator": "an administrator of the first account",
}


def may_open(viewer: Viewer, role: PageRole) -> bool:
    return {
        "viewer": True,
        "developer": viewer.may_change,
        "administrator": viewer.is_administrator,
        "operator": viewer.runs_server,
    }[role]


class NotSignedIn(LeadwireError):
    """The page needs a viewer, and the request has no valid session."""


class NotAllowed(LeadwireError):
    """The viewer's role may not open this page. The text says which role may."""


class Sessions:
    """Reads and writes the cookie. Thread-safe. Methods that use ``SignIn`` may block.

    *cookie_prefix* begins the names of its cookies.
    """

    def __init__(self, sign_in: SignIn, *, cookie_prefix: str) -> None:
        self._sign_in = sign_in
        self._session_name = f"{cookie_prefix}session"
        self._mark_name = f"{cookie_prefix}browser"

    def viewer(self, request: Request) -> Viewer | None:
        token = request.cookies.get(self._session_name, "")
        if not token or len(token) > _TOKEN_CHARS_MAX:
            return None
        viewer = self._sign_in.viewer(token)
        return replace(viewer, address=caller_of(request).address) if viewer else None

    def required(self, request: Request) -> Viewer:
        """The viewer. Raises NotSignedIn if there is none."""
        viewer = self.viewer(request)
        if viewer is None:
            raise NotSignedIn("Sign in first.")
        return viewer

    def administrator(self, request: Request) -> Viewer:
        """The viewer, if an administrator. Raises NotSignedIn or NotAllowed."""
        return self.with_role(request, "administrator")

    def developer(self, request: Request) -> Viewer:
        """The viewer, if an administrator or a developer. Raises NotSignedIn or NotAllowed."""
        return self.with_role(request, "developer")

    def with_role(self, request: Request, role: PageRole) -> Viewer:
        """The viewer, if *role* or more. Raises NotSignedIn or NotAllowed."""
        viewer = self.required(request)
        if not may_open(viewer, role):
            raise NotAllowed(f"Only {_WHO[role]} can open this page.")
        return viewer

    def token(self, request: Request) -> str:
        """The token of the request's session; empty without one."""
        return request.cookies.get(self._session_name, "")[:_TOKEN_CHARS_MAX]

    def begin(self, request: Request, response: Response, token: str) -> None:
        _set_cookie(request, response, self._session_name, token)

    def remember(self, request: Request, response: Response, viewer: Viewer) -> None:
        """Mark the browser as known for *viewer*."""
        if not self.is_known_browser(request, viewer.email):
            mark = self._sign_in.browser_mark(viewer.email)
            _set_cookie(request, response, self._mark_name, mark, max_age=_MARK_SECONDS)

    def is_known_browser(self, request: Request, email: str) -> bool:
        """Whether the user with *email* signed in before in this browser."""
        mark = request.cookies.get(self._mark_name, "")
        return compare_digest(mark.encode(), self._sign_in.browser_mark(email).encode())

    def end(self, request: Request, response: Response) -> None:
        """Revoke the session of *request* and delete its cookie."""
        token = request.cookies.get(self._session_name, "")
        if token and len(token) <= _TOKEN_CHARS_MAX:
            self._sign_in.sign_out(token)
        response.delete_cookie(
            self._session_name,
            path=COOKIE_PATH,
            secure=_is_secure(request),
            httponly=True,
            samesite="lax",
        )


def caller_of(request: Request) -> Caller:
    address = request.client.host if request.client else ""
    return Caller(address, request.headers.get("user-agent", ""))


def _set_cookie(
    request: Request, response: Response, name: str, value: str, *, max_age: int | None = None
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=COOKIE_PATH,
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _is_secure(request: Request) -> bool:
    """Whether the browser's own connection uses TLS, also through a trusted proxy."""
    return request.url.scheme == "https"


def safe_next(address: str) -> str:
    """*address* if it is a console path, else the landing page.

    Never passes another site's address, nor one that a browser might read as such.
    """
    if len(address) > _NEXT_CHARS_MAX or _NEXT.fullmatch(address) is None:
        return HOME_PATH
    return HOME_PATH if address.startswith(SIGN_IN_PATH) else address


def sign_in_url(request: Request) -> str:
    """The sign-in page, which redirects back to the requested page."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    wanted = safe_next(asked)
    return SIGN_IN_PATH if wanted == HOME_PATH else f"{SIGN_IN_PATH}?{urlencode({'next': wanted})}"
