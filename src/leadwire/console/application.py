"""The composition of the console: its routes and its middleware, each listed once."""

from collections.abc import Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.routing import Route

from leadwire.calls.query import QueryError
from leadwire.console import alerts, lint, overview_page, settings, views, webhooks
from leadwire.console.assets import STATIC_PATH, Assets
from leadwire.console.call.pages import CallPages
from leadwire.console.call.pins import PinnedList
from leadwire.console.call.running import RunPages
from leadwire.console.call_data import CallData
from leadwire.console.call_list import CallList
from leadwire.console.compression import Compressed
from leadwire.console.files import Files
from leadwire.console.finding import Finder
from leadwire.console.leads.routes import routes as leads
from leadwire.console.live import LIVE_PATH, Live
from leadwire.console.outbox import OUTBOX_PATH, OutboxPages
from leadwire.console.password_checks import PasswordChecks
from leadwire.console.preferences import PREFERENCES_PATH, ReadPreferences, set_preferences
from leadwire.console.refusals import CallLogUnreadable, ExportIncomplete, Refusals
from leadwire.console.rendering import Pages
from leadwire.console.security import OwnSiteOnly, SecurityHeaders, Unexpected, WithoutNul
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import SIGN_IN_PATH, NotAllowed, NotSignedIn, Sessions
from leadwire.console.sign_in import SignInPages
from leadwire.headers import COOKIE_PREFIX, PROXY_COOKIE_PREFIX

_FORM_BYTES_MAX: Final = 65_536


Area = Callable[[ConsoleServices, Sessions, Pages], list[Route]]
"""Makes the routes of some pages."""


def build(
    services: ConsoleServices, *, areas: Sequence[Area] = (), packages: tuple[str, ...] = ()
) -> Starlette:
    """The ASGI application for all paths under ``/console``. Scopes carry whole paths.

    *areas* add pages of other rooms, whose templates are in *packages*.

    Pages that read a store are plain functions. Starlette runs them in worker threads, so a slow
    query or a large page does not block the event loop.
    """
    assets = Assets()
    pages = Pages(
        assets,
        packages=packages,
        completeness=services.completeness,
        controls_are_on=services.controls_are_on,
        proxy=services.proxy,
    )
    prefix = PROXY_COOKIE_PREFIX if services.proxy else COOKIE_PREFIX
    sessions = Sessions(services.sign_in, cookie_prefix=prefix)
    refusals = Refusals(pages, sessions)
    routes = _routes(services, sessions, pages, assets)
    for area in areas:
        routes += area(services, sessions, pages)
    return Starlette(
        routes=routes,
        middleware=[
            # Outermost, so that the answers of all inner layers get the headers.
            Middleware(SecurityHeaders),
            Middleware(ReadPreferences),
            Middleware(Compressed),
            Middleware(Unexpected, answer=refusals.unexpected),
            Middleware(OwnSiteOnly, refusal=refusals.from_another_site),
            Middleware(WithoutNul),
            Middleware(RequestBodyLimitMiddleware, max_body_size=_FORM_BYTES_MAX),
        ],
        exception_handlers={
            NotSignedIn: refusals.not_signed_in,
            NotAllowed: refusals.not_allowed,
            QueryError: refusals.query_wrong,
            CallLogUnreadable: refusals.call_log_unreadable,
            ExportIncomplete: refusals.export_incomplete,
            HTTPException: refusals.http_error,
        },
    )


def _routes(
    services: ConsoleServices, sessions: Sessions, pages: Pages, assets: Assets
) -> list[Route]:
    checks = PasswordChecks(services, sessions)
    sign_in = SignInPages(services, sessions, pages, checks)
    routes = [
        Route("/console", sign_in.home),
        Route("/console/", sign_in.home),
        Route(SIGN_IN_PATH, sign_in.form, methods=["GET"]),
        Route(SIGN_IN_PATH, sign_in.sign_in, methods=["POST"]),
        Route("/console/sign-out", sign_in.sign_out, methods=["POST"]),
        Route(PREFERENCES_PATH, set_preferences, methods=["POST"]),
        Route("/console/files", Files(services, sessions).download),
        Route(STATIC_PATH + "/{digest}/{name}", assets.serve),
    ]
    routes += overview_page.routes(services, sessions, pages)
    routes += settings.routes(services, sessions, pages, checks)
    routes += lint.routes(services, sessions, pages)
    routes += alerts.routes(services, sessions, pages)
    if services.proxy is None:
        routes += _own_api_routes(services, sessions, pages)
    routes += PinnedList(services, sessions, pages).routes()
    routes += views.routes(services, sessions, pages)
    lists = []
    for refused in (False, True):
        finder = Finder(services, sessions, refused=refused)
        calls = CallList(services, sessions, pages, finder)
        lists.append(calls)
        data = CallData(services, finder)
        routes += [
            Route(calls.path, calls.page),
            Route(calls.path + ".json", data.json),
            Route(calls.path + ".csv", data.csv),
            Route(calls.path + ".jsonl", data.json_lines),
            Route(calls.path + ".parquet", data.parquet),
            # Before the routes of single calls, which would match these as ids.
            Route(calls.path + "/statistics.json", data.statistics),
            Route(calls.path + "/completion.json", data.completion),
        ]
        routes += CallPages(services, sessions, pages, refused=refused).routes()
    return [*routes, Route(LIVE_PATH, Live(services, tuple(lists)).stream)]


def _own_api_routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    """The pages of what leadwire's own API keeps and sends."""
    outbox = OutboxPages(services, sessions, pages)
    return [
        Route(OUTBOX_PATH, outbox.page),
        Route(OUTBOX_PATH + "/{mail_id}", outbox.mail),
        *webhooks.routes(services, sessions, pages),
        *leads(services, sessions, pages),
        *RunPages(services, sessions, pages).routes(),
    ]
