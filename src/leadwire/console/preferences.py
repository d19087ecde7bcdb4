"""What a browser chose for all pages: colours, time zone, columns. Kept in cookies."""

from contextvars import ContextVar
from datetime import UTC, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.console.forms import read_form
from leadwire.console.sessions import safe_next

PREFERENCES_PATH: Final = "/console/preferences"
_THEME_COOKIE: Final = "leadwire_theme"
_ZONE_COOKIE: Final = "leadwire_zone"
_COLUMNS_COOKIE: Final = "leadwire_columns"
_THEMES: Final = ("system", "light", "dark")
_KEPT_SECONDS: Final = 31_536_000


OPTIONAL_COLUMNS: Final[dict[str, str]] = {
    "method": "Method",
    "type": "API type",
    "duration": "Duration",
    "user": "User",
    "key": "Key",
    "client": "Client",
    "size": "Answer",
}
"""The columns that a reader may choose, beside time, status, operation and about."""
DEFAULT_COLUMNS: Final = ("method", "duration", "user")


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo | None:
    """The time zone with that IANA name, as ``Asia/Kolkata``; None if there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


class Preferences(NamedTuple):
    """*theme* is ``system``, ``light`` or ``dark``. *address* is the page's own path and query.

    A list of calls shows *columns*, in this order.
    """

    theme: str = "system"
    address: str = ""
    zone_name: str = "UTC"
    columns: tuple[str, ...] = DEFAULT_COLUMNS

    @property
    def zone(self) -> tzinfo:
        """In which all instants are shown."""
        return zone_of(self.zone_name) or UTC


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
    form = await read_form(request)
    response = RedirectResponse(safe_next(form.raw("next")), status_code=303)
    theme = form.raw("theme")
    if theme in _THEMES:
        _keep(request, response, _THEME_COOKIE, theme)
    keep_zone(request, response, form.raw("zone"))
    if columns := form.texts("columns"):
        chosen = [name for name in OPTIONAL_COLUMNS if name in columns]
        _keep(request, response, _COLUMNS_COOKIE, ".".join(chosen))
    return response


def keep_zone(request: Request, response: Response, name: str) -> None:
    """Show instants in the zone with that name from now on; ignores an unknown one."""
    if name and zone_of(name) is not None:
        _keep(request, response, _ZONE_COOKIE, quote(name, safe=""))


def _keep(request: Request, response: Response, cookie: str, value: str) -> None:
    response.set_cookie(
        cookie,
        value,
        max_age=_KEPT_SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def _of(request: Request) -> Preferences:
    theme = request.cookies.get(_THEME_COOKIE, "")
    zone = unquote(request.cookies.get(_ZONE_COOKIE, "UTC"))
    columns = request.cookies.get(_COLUMNS_COOKIE)
    query = request.url.query
    return Preferences(
        theme=theme if theme in _THEMES else "system",
        address=request.url.path + (f"?{query}" if query else ""),
        zone_name=zone if zone_of(zone) is not None else "UTC",
        columns=DEFAULT_COLUMNS
        if columns is None
        else tuple(name for name in OPTIONAL_COLUMNS if name in columns.split(".")),
    )
