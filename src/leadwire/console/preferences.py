"""What a browser chose for all pages: its colours. Kept in a cookie, without a user."""

from contextvars import ContextVar
from typing import Final, NamedTuple

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.console.sessions import safe_next

PREFERENCES_PATH: Final = "/console/preferences"
_THEME_COOKIE: Final = "leadwire_theme"
_THEMES: Final = ("system", "light", "dark")
_KEPT_SECONDS: Final = 31_536_000


class Preferences(NamedTuple):
    """*theme* is ``system``, ``light`` or ``dark``. *address* is the page's own path and query."""

    theme: str = "system"
    address: str = ""


_DEFAULT: Final = Preferences()
_current: ContextVar[Preferences] = ContextVar("preferences", default=_DEFAULT)


def preferences() -> Preferences:
    """Those of the request that is being answered."""
    return _current.get()


class ReadPreferences:
    """Middleware: each request is answered with the preferences of its browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _current.set(_of(Request(scope)))
        await self._app(scope, receive, send)


async def set_preferences(request: Request) -> Response:
    """Keeps the choices of the form, and returns to the page it was sent from."""
    form = await request.form()
    response = RedirectResponse(safe_next(_text(form, "next")), status_code=303)
    theme = _text(form, "theme")
    if theme in _THEMES:
        response.set_cookie(
            _THEME_COOKIE,
            theme,
            max_age=_KEPT_SECONDS,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return response


def _of(request: Request) -> Preferences:
    theme = request.cookies.get(_THEME_COOKIE, "")
    query = request.url.query
    return Preferences(
        theme=theme if theme in _THEMES else "system",
        address=request.url.path + (f"?{query}" if query else ""),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
