"""Plan and limits: what the account has used of them, and another plan."""

from typing import Final

import msgspec
from starlette.responses import JSONResponse, RedirectResponse, Response

from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.numbers import whole_number
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.operations.plans import PLANS, UNLIMITED
from leadwire.settings_sources import SettingsInvalid, environment_name

PLAN_PATH: Final = f"{SETTINGS_PATH}/plan"
_USERS_MAX: Final = 100_000


class PlanPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._live = services.account.live
        self._layout = layout

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", PLAN_PATH, "viewer", self.page),
            PageRow("GET", PLAN_PATH + ".json", "viewer", self.json),
            PageRow("POST", PLAN_PATH, "administrator", self.choose),
            PageRow("POST", PLAN_PATH + "/reset", "administrator", self.reset),
        ]

    def page(self, asked: Asked) -> Response:
        return self._page(asked)

    def json(self, asked: Asked) -> Response:
        use = self._services.plan_use(asked.viewer.account_id)
        limits = [msgspec.structs.asdict(limit) for limit in use.limits]
        return JSONResponse({"plan": use.plan, "limits": limits})

    def choose(self, asked: Asked) -> Response:
        plan, users = asked.form.text("plan"), asked.form.text("plan_users")
        errors = {}
        if plan not in (*PLANS, UNLIMITED):
            errors["plan"] = "Choose one of these plans."
        number = whole_number(users, digits_max=len(str(_USERS_MAX)))
        if number is None or not 1 <= number <= _USERS_MAX:
            errors["plan_users"] = f"Write a number from 1 to {_USERS_MAX:,}."
        if errors:
            return self._page(asked, errors)
        values = {"plan": plan, "plan_users": number}
        current = self._live.of_account(asked.viewer.account_id)
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        try:
            self._live.choose(asked.viewer.doer, asked.viewer.account_id, changed)
        except SettingsInvalid as error:
            return self._page(asked, {"plan": str(error)})
        return RedirectResponse(f"{PLAN_PATH}?done=saved", status_code=303)

    def reset(self, asked: Asked) -> Response:
        """Give the choice back: the settings of the server's start count again."""
        viewer = asked.viewer
        self._live.choose(viewer.doer, viewer.account_id, {"plan": None, "plan_users": None})
        return RedirectResponse(f"{PLAN_PATH}?done=saved", status_code=303)

    def _page(self, asked: Asked, errors: dict[str, str] | None = None) -> Response:
        account_id, live = asked.viewer.account_id, self._live
        return self._layout.answer(
            asked,
            "plan.html",
            side="plan",
            errors=errors,
            use=self._services.plan_use(account_id),
            plans=PLANS,
            plan_choices=[(name, name) for name in (*PLANS, UNLIMITED)],
            unlimited=UNLIMITED,
            users=live.of_account(account_id).plan_users,
            is_chosen=any(live.is_chosen(account_id, name) for name in ("plan", "plan_users")),
            started=live.started.plan,
            variable=environment_name("plan"),
        )
