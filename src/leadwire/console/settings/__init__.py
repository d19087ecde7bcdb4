"""The pages under Settings: what an account, its people and the server are set to."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.console.endpoint import Asked, PageRow, routes_of
from leadwire.console.password_checks import PasswordChecks
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.settings.audit_pages import AuditPages
from leadwire.console.settings.caller_pages import CALLERS_PATH, CallerPages
from leadwire.console.settings.field_pages import FieldPages
from leadwire.console.settings.joining import JoinPages
from leadwire.console.settings.key_pages import KeyPages
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.console.settings.log_pages import LogPages
from leadwire.console.settings.plan_pages import PlanPages
from leadwire.console.settings.profile_pages import ProfilePages
from leadwire.console.settings.server_pages import ServerPages
from leadwire.console.settings.user_pages import UserPages


def routes(
    services: ConsoleServices, sessions: Sessions, pages: Pages, checks: PasswordChecks
) -> list[Route]:
    """All routes below SETTINGS_PATH, and those of the links by which users join."""
    return [
        *routes_of(page_rows(services, sessions, pages, checks), sessions),
        *JoinPages(services, sessions, pages, checks).routes(),
    ]


def page_rows(
    services: ConsoleServices, sessions: Sessions, pages: Pages, checks: PasswordChecks
) -> list[PageRow]:
    is_proxy = services.proxy is not None
    layout = Layout(pages, is_proxy=is_proxy)
    rows = [
        *ProfilePages(services, sessions, layout, checks).rows(),
        *UserPages(services, layout).rows(),
        *AuditPages(services, layout).rows(),
        *LogPages(services, layout).rows(),
        *ServerPages(services, layout).rows(),
    ]
    if is_proxy:
        rows += [PageRow("GET", SETTINGS_PATH, "viewer", _callers)]
        return rows + CallerPages(services, layout).rows()
    return [
        *rows,
        PageRow("GET", SETTINGS_PATH, "viewer", _first),
        *KeyPages(services, layout).rows(),
        *PlanPages(services, layout).rows(),
        *FieldPages(services, layout).rows(),
    ]


def _callers(_asked: Asked) -> Response:
    return RedirectResponse(CALLERS_PATH, status_code=303)


def _first(asked: Asked) -> Response:
    first = "keys" if asked.viewer.may_change else "profile"
    return RedirectResponse(f"{SETTINGS_PATH}/{first}", status_code=303)
