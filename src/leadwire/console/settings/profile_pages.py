"""One's own profile: name, password, sessions, and the switch to another account."""

from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from leadwire.access.people import PASSWORD_LENGTHS
from leadwire.access.users import UserDraft, update_user
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.password_checks import CheckRefused, PasswordChecks
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import HOME_PATH, Sessions
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.console.settings.user_pages import NAME_CHARACTERS_MAX
from leadwire.errors import InputInvalid

PROFILE_PATH: Final = f"{SETTINGS_PATH}/profile"


class ProfilePages:
    def __init__(
        self,
        services: ConsoleServices,
        sessions: Sessions,
        layout: Layout,
        checks: PasswordChecks,
    ) -> None:
        self._access = services.account.access
        self._sign_in = services.sign_in
        self._sessions = sessions
        self._layout = layout
        self._checks = checks

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", PROFILE_PATH, "viewer", self.page),
            PageRow("POST", PROFILE_PATH, "viewer", self.rename),
            PageRow("POST", PROFILE_PATH + "/password", "viewer", self.change_password),
            PageRow("POST", PROFILE_PATH + "/sessions/others", "viewer", self.end_others),
            PageRow("POST", PROFILE_PATH + "/sessions/{session_id}", "viewer", self.end_session),
            PageRow("POST", SETTINGS_PATH + "/switch", "viewer", self.switch),
        ]

    def page(self, asked: Asked) -> Response:
        return self._page(asked)

    def rename(self, asked: Asked) -> Response:
        viewer, form = asked.viewer, asked.form
        draft = UserDraft(first_name=form.text("first_name"), last_name=form.text("last_name"))
        if max(len(draft.first_name or ""), len(draft.last_name or "")) > NAME_CHARACTERS_MAX:
            message = f"Write at most {NAME_CHARACTERS_MAX} characters."
            return self._page(asked, errors={"first_name": message})
        self._access.change(
            viewer.doer,
            lambda change: update_user(change, viewer.account_id, viewer.user_id, draft),
        )
        return RedirectResponse(f"{PROFILE_PATH}?done=saved", status_code=303)

    async def change_password(self, asked: Asked) -> Response:
        """Needs the current password. Counts wrong ones together with failed sign-ins."""
        form, viewer = asked.form, asked.viewer
        new = form.raw("new")
        errors = {}
        if new != form.raw("again"):
            errors["again"] = "This is not the same password."
        if len(new) not in PASSWORD_LENGTHS:
            shortest, longest = PASSWORD_LENGTHS[0], PASSWORD_LENGTHS[-1]
            errors["new"] = f"Choose a password of {shortest} to {longest} characters."
        if errors:
            return await run_in_threadpool(self._page, asked, errors=errors)
        token = self._sessions.token(asked.request)
        try:
            changed = await self._checks.run(
                asked.request,
                viewer.email,
                lambda: self._sign_in.change_password(token, viewer, form.raw("current"), new),
            )
        except CheckRefused as refused:
            errors = {"current": str(refused)}
            response = await run_in_threadpool(self._page, asked, errors=errors)
            response.status_code = refused.status_code
            response.headers["Retry-After"] = str(refused.wait_seconds)
            return response
        except InputInvalid as error:
            return await run_in_threadpool(self._page, asked, errors={"new": str(error)})
        if not changed:
            errors = {"current": "This is not your current password."}
            return await run_in_threadpool(self._page, asked, errors=errors)
        return RedirectResponse(f"{PROFILE_PATH}?done=password", status_code=303)

    def end_session(self, asked: Asked) -> Response:
        if not self._sign_in.revoke(asked.viewer, asked.path("session_id")):
            raise HTTPException(status_code=404)
        return RedirectResponse(f"{PROFILE_PATH}?done=ended", status_code=303)

    def end_others(self, asked: Asked) -> Response:
        self._sign_in.revoke_others(self._sessions.token(asked.request), asked.viewer)
        return RedirectResponse(f"{PROFILE_PATH}?done=others", status_code=303)

    def switch(self, asked: Asked) -> Response:
        """Continue in another account of the person."""
        token = self._sessions.token(asked.request)
        if not self._sign_in.switch(token, asked.viewer, asked.form.text("account_id")):
            raise HTTPException(status_code=404)
        return RedirectResponse(HOME_PATH, status_code=303)

    def _page(self, asked: Asked, *, errors: Mapping[str, str] | None = None) -> Response:
        viewer = asked.viewer
        users = self._access.user_details(viewer.account_id)
        return self._layout.answer(
            asked,
            "profile.html",
            side="profile",
            errors=errors,
            user=next(user for user in users if user.user_id == viewer.user_id),
            sessions=self._sign_in.sessions_of(self._sessions.token(asked.request), viewer),
            password_lengths=(PASSWORD_LENGTHS[0], PASSWORD_LENGTHS[-1]),
        )
