"""The pages My Profile, Settings and Rate limits."""

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import HOME_PATH, Sessions


class AccountPages:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._settings = services.settings
        self._completeness = services.completeness
        self._plan_use = services.plan_use
        self._sessions = sessions
        self._pages = pages

    def home(self, request: Request) -> Response:
        self._sessions.required(request)
        return RedirectResponse(HOME_PATH, status_code=303)

    def profile(self, request: Request) -> Response:
        return self._pages.answer("profile.html", viewer=self._sessions.required(request))

    def settings(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        return self._pages.answer(
            "settings.html",
            viewer=viewer,
            retention_days=self._settings.calls_retention_days,
            has_webhooks=viewer.is_administrator,
            completeness=self._completeness() if viewer.is_administrator else None,
        )

    def limits(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        return self._pages.answer(
            "limits.html", viewer=viewer, use=self._plan_use(viewer.account_id)
        )

    def limits_json(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        use = self._plan_use(viewer.account_id)
        limits = [msgspec.structs.asdict(limit) for limit in use.limits]
        return JSONResponse({"plan": use.plan, "limits": limits})
