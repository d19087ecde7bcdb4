"""Keys: make, rotate, retire and revoke key pairs, and see their use."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from leadwire.access.change import Change
from leadwire.access.key_pairs import (
    NAME_CHARACTERS_MAX,
    PairDraft,
    create_pair,
    retire_secret,
    revoke_pair,
    rotate_pair,
)
from leadwire.access.keys import KeyInfo, KeyPair
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.store import UserInfo
from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallQuery
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.reading import reading_calls
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.dates import DAY_MS
from leadwire.errors import SetupError

KEYS_PATH: Final = f"{SETTINGS_PATH}/keys"
DAYS_SHOWN: Final = 14
ENDS: Final[Mapping[str, str]] = {
    "": "Never",
    "30": "In 30 days",
    "90": "In 90 days",
    "365": "In a year",
}
_COUNT_BUDGET_MS: Final = 2_000


class Once(NamedTuple):
    """A secret key that the page shows once."""

    name: str
    access_key: str
    """Empty after a rotation, which keeps it."""
    secret_key: str
    is_rotated: bool


class Use(NamedTuple):
    """The calls of each key in the last days, counted in the log."""

    by_key: Mapping[str, list[int]]
    is_whole: bool

    def days(self, key_id: str) -> list[int]:
        return self.by_key.get(key_id, [0] * DAYS_SHOWN)


class KeyPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._access = services.account.access
        self._layout = layout

    def rows(self) -> list[PageRow]:
        one = KEYS_PATH + "/{key_id}"
        return [
            PageRow("GET", KEYS_PATH, "developer", self.page),
            PageRow("POST", KEYS_PATH, "developer", self.create),
            PageRow("POST", one + "/rotate", "developer", self.rotate),
            PageRow("POST", one + "/retire", "developer", self.retire),
            PageRow("POST", one + "/revoke", "developer", self.revoke),
        ]

    def page(self, asked: Asked) -> Response:
        return self._page(asked)

    def create(self, asked: Asked) -> Response:
        """Make a pair. The answer is the page that shows it; sent again, the name is taken."""
        form, account_id = asked.form, asked.viewer.account_id
        name, user_id, days = form.text("name"), form.text("user_id"), form.text("days")
        pairs = self._access.key_pairs(account_id)
        errors = {}
        if not 0 < len(name) <= NAME_CHARACTERS_MAX:
            errors["name"] = f"Write a name of at most {NAME_CHARACTERS_MAX} characters."
        elif any(name == pair.name for pair in pairs if self._is_live(pair)):
            errors["name"] = "Another key has this name."
        if user_id not in {user.user_id for user in self._users_for(asked.viewer)}:
            errors["user_id"] = "Choose one of these users."
        if days not in ENDS:
            errors["days"] = "Choose one of these."
        if errors:
            return self._page(asked, errors=errors)
        now_ms = self._services.clock.now_ms()
        draft = PairDraft(user_id, name, now_ms + int(days) * DAY_MS if days else None)

        def make(change: Change) -> KeyPair:
            return create_pair(change, account_id, draft)

        pair = self._access.change(asked.viewer.doer, make)
        once = Once(name, pair.access_key, pair.secret_key, is_rotated=False)
        return self._page(asked, once=once)

    def rotate(self, asked: Asked) -> Response:
        """Make a new secret. The form names the current one, so sending it again does nothing."""
        pair = self._pair(asked)
        current = next(secret for secret in pair.secrets if not secret.is_old)
        if pair.old_secret or asked.form.text("since") != str(current.created_on_ms):
            message = f"{pair.name} was rotated already. Retire its old secret first."
            return self._page(asked, errors={"keys": message})
        try:
            secret = self._access.change(
                asked.viewer.doer,
                lambda change: rotate_pair(change, asked.viewer.account_id, pair.key_id),
            )
        except SetupError as error:
            return self._page(asked, errors={"keys": str(error)})
        return self._page(asked, once=Once(pair.name, "", secret, is_rotated=True))

    def retire(self, asked: Asked) -> Response:
        pair = self._pair(asked)
        try:
            self._access.change(
                asked.viewer.doer,
                lambda change: retire_secret(change, asked.viewer.account_id, pair.key_id),
            )
        except SetupError as error:
            return self._page(asked, errors={"keys": str(error)})
        return RedirectResponse(f"{KEYS_PATH}?done=retired", status_code=303)

    def revoke(self, asked: Asked) -> Response:
        pair = self._pair(asked)
        try:
            self._access.change(
                asked.viewer.doer,
                lambda change: revoke_pair(change, asked.viewer.account_id, pair.key_id),
            )
        except SetupError as error:
            return self._page(asked, errors={"keys": str(error)})
        return RedirectResponse(f"{KEYS_PATH}?done=revoked", status_code=303)

    def _pair(self, asked: Asked) -> KeyInfo:
        """The pair of the address. A 404 if the viewer may not change it."""
        for pair in self._access.key_pairs(asked.viewer.account_id):
            if pair.key_id == asked.path("key_id") and _may_change(asked.viewer, pair):
                return pair
        raise HTTPException(status_code=404)

    def _page(
        self, asked: Asked, *, errors: Mapping[str, str] | None = None, once: Once | None = None
    ) -> Response:
        viewer = asked.viewer
        pairs = self._access.key_pairs(viewer.account_id)
        live = [pair for pair in pairs if self._is_live(pair)]
        use = self._use(viewer.account_id)
        return self._layout.answer(
            asked,
            "keys.html",
            side="keys",
            errors=errors,
            live=live,
            gone=[pair for pair in reversed(pairs) if not self._is_live(pair)],
            use=use,
            used_today=sum(use.days(pair.key_id)[-1] > 0 for pair in live),
            may_change={pair.key_id for pair in live if _may_change(viewer, pair)},
            user_choices=[
                (user.user_id, f"{user.name or user.email}, {user.role}")
                for user in self._users_for(viewer)
            ],
            ends=ENDS,
            once=once,
            now_ms=self._services.clock.now_ms(),
        )

    def _is_live(self, pair: KeyInfo) -> bool:
        return pair.is_live(self._services.clock.now_ms())

    def _users_for(self, viewer: Viewer) -> list[UserInfo]:
        """The users that *viewer* may make keys for: no administrators for a developer."""
        return [
            user
            for user in self._access.users(viewer.account_id)
            if user.is_active and (viewer.is_administrator or user.role != ADMINISTRATOR)
        ]

    def _use(self, account_id: str) -> Use:
        """Calls by key and UTC day, from the log. The last is today."""
        today = self._services.clock.now_ms() // DAY_MS
        by_key: dict[str, list[int]] = {}
        is_whole = True
        for place in range(DAYS_SHOWN):
            from_ms = (today - DAYS_SHOWN + 1 + place) * DAY_MS
            query = CallQuery(
                account_id=account_id,
                from_ms=from_ms,
                until_ms=from_ms + DAY_MS,
                time_budget_ms=_COUNT_BUDGET_MS,
            )
            with reading_calls():
                found = self._services.calls.statistics(query)
            is_whole = is_whole and not (found.stopped_early or found.damaged)
            keys = next((facet.values for facet in found.facets if facet.name == "key_id"), ())
            for key_id, calls in keys:
                by_key.setdefault(key_id, [0] * DAYS_SHOWN)[place] = calls
        return Use(by_key, is_whole)


def _may_change(viewer: Viewer, pair: KeyInfo) -> bool:
    return viewer.is_administrator or pair.user_role != ADMINISTRATOR
