"""The pages under Settings: what an account, its people and the server are set to."""

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.console.endpoint import Asked, PageRow, routes_of
from leadwire.console.password_checks import PasswordChecks
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.settings.audit_pages import AuditPages
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
    layout = Layout(pages)
    areas = (
        ProfilePages(services, sessions, layout, checks),
        KeyPages(services, layout),
        UserPages(services, layout),
        AuditPages(services, layout),
        PlanPages(services, layout),
        FieldPages(services, layout),
        LogPages(services, layout),
        ServerPages(services, layout),
    )
    return [
        PageRow("GET", SETTINGS_PATH, "viewer", _first),
        *(row for area in areas for row in area.rows()),
    ]


def _first(asked: Asked) -> Response:
    first = "keys" if asked.viewer.may_change else "profile"
    return RedirectResponse(f"{SETTINGS_PATH}/{first}", status_code=303)
