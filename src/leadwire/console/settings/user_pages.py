"""Users and roles: add, change and deactivate users, and make the links by which they join."""

from collections.abc import Mapping
from typing import Final, cast

from starlette.responses import RedirectResponse, Response

from leadwire.access.change import Change
from leadwire.access.roles import CONSOLE_ROLES, ConsoleRole, wire_role
from leadwire.access.users import KeptUser, UserDraft, insert_user, invite_user, update_user
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.crm.values import is_email
from leadwire.errors import CrmError, InputInvalid, Missing, ValueDuplicate

USERS_PATH: Final = f"{SETTINGS_PATH}/users"
JOIN_PATH: Final = "/console/join"
NAME_CHARACTERS_MAX: Final = 200


class UserPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._access = services.account.access
        self._layout = layout

    def rows(self) -> list[PageRow]:
        one = USERS_PATH + "/{user_id}"
        return [
            PageRow("GET", USERS_PATH, "administrator", self.page),
            PageRow("POST", USERS_PATH, "administrator", self.add),
            PageRow("GET", one, "administrator", self.user),
            PageRow("POST", one, "administrator", self.change),
            PageRow("POST", one + "/deactivate", "administrator", self.deactivate),
            PageRow("POST", one + "/activate", "administrator", self.activate),
            PageRow("POST", one + "/link", "administrator", self.link),
        ]

    def page(self, asked: Asked) -> Response:
        return self._page(asked)

    def add(self, asked: Asked) -> Response:
        """Add a user. The answer shows the link once; sent again, the address is taken."""
        form, account_id = asked.form, asked.viewer.account_id
        errors = _name_errors(asked)
        if not is_email(form.text("email")):
            errors["email"] = "Write an e-mail address."
        if form.text("role") not in CONSOLE_ROLES:
            errors["role"] = "Choose a role."
        if errors:
            return self._page(asked, errors=errors)
        role = cast("ConsoleRole", form.text("role"))
        draft = UserDraft(
            email=form.text("email"),
            first_name=form.text("first_name"),
            last_name=form.text("last_name"),
            role=wire_role(role),
            is_developer=role == "developer",
            may_see_bodies=form.is_set("bodies"),
        )
        hours: int = self._services.settings.invitation_hours

        def make(change: Change) -> tuple[str, str]:
            user_id = insert_user(change, account_id, draft)
            return user_id, invite_user(change, account_id, user_id, hours=hours)

        try:
            user_id, token = self._access.change(asked.viewer.doer, make)
        except ValueDuplicate:
            return self._page(asked, errors={"email": "A user of the account has this address."})
        return self._page(asked, link=_link(asked, token), link_of=self._user(asked, user_id))

    def user(self, asked: Asked) -> Response:
        return self._one(asked)

    def change(self, asked: Asked) -> Response:
        user, form = self._user(asked, asked.path("user_id")), asked.form
        errors = _name_errors(asked)
        if form.text("role") not in CONSOLE_ROLES:
            errors["role"] = "Choose a role."
        if errors:
            return self._one(asked, errors=errors)
        role = cast("ConsoleRole", form.text("role"))
        draft = UserDraft(
            first_name=form.text("first_name"),
            last_name=form.text("last_name"),
            role=wire_role(role, user.role),
            is_developer=role == "developer",
            may_see_bodies=form.is_set("bodies"),
        )
        return self._update(asked, user, draft, field="role")

    def deactivate(self, asked: Asked) -> Response:
        user = self._user(asked, asked.path("user_id"))
        return self._update(asked, user, UserDraft(is_active=False), field="user")

    def activate(self, asked: Asked) -> Response:
        user = self._user(asked, asked.path("user_id"))
        return self._update(asked, user, UserDraft(is_active=True), field="user")

    def link(self, asked: Asked) -> Response:
        """Make a new link, by which the user joins or chooses a new password."""
        user, account_id = self._user(asked, asked.path("user_id")), asked.viewer.account_id
        hours: int = self._services.settings.invitation_hours
        try:
            token = self._access.change(
                asked.viewer.doer,
                lambda change: invite_user(change, account_id, user.user_id, hours=hours),
            )
        except InputInvalid:
            message = (
                "This password also opens another account, so only the user can change it, or the "
                "operator with 'leadwire users password'."
            )
            return self._one(asked, errors={"user": message})
        return self._one(asked, link=_link(asked, token))

    def _update(self, asked: Asked, user: KeptUser, draft: UserDraft, *, field: str) -> Response:
        account_id = asked.viewer.account_id
        try:
            self._access.change(
                asked.viewer.doer,
                lambda change: update_user(change, account_id, user.user_id, draft),
            )
        except CrmError:
            message = "This is the last active administrator. Make another one first."
            return self._one(asked, errors={field: message})
        return RedirectResponse(f"{USERS_PATH}/{user.user_id}?done=saved", status_code=303)

    def _user(self, asked: Asked, user_id: str) -> KeptUser:
        """A user of the viewer's account. Raises Missing."""
        for user in self._access.user_details(asked.viewer.account_id):
            if user.user_id == user_id:
                return user
        raise Missing("user", location="path", fix="Open the page of the users.")

    def _page(
        self,
        asked: Asked,
        *,
        errors: Mapping[str, str] | None = None,
        link: str = "",
        link_of: KeptUser | None = None,
    ) -> Response:
        return self._layout.answer(
            asked,
            "users.html",
            side="users",
            errors=errors,
            users=self._access.user_details(asked.viewer.account_id),
            roles=CONSOLE_ROLES,
            link=link,
            link_of=link_of,
            hours=self._services.settings.invitation_hours,
        )

    def _one(
        self, asked: Asked, *, errors: Mapping[str, str] | None = None, link: str = ""
    ) -> Response:
        return self._layout.answer(
            asked,
            "user.html",
            side="users",
            errors=errors,
            user=self._user(asked, asked.path("user_id")),
            roles=CONSOLE_ROLES,
            link=link,
            hours=self._services.settings.invitation_hours,
        )


def _name_errors(asked: Asked) -> dict[str, str]:
    return {
        name: f"Write at most {NAME_CHARACTERS_MAX} characters."
        for name in ("first_name", "last_name")
        if len(asked.form.text(name)) > NAME_CHARACTERS_MAX
    }


def _link(asked: Asked, token: str) -> str:
    url = asked.request.url
    return f"{url.scheme}://{url.netloc}{JOIN_PATH}/{token}"
