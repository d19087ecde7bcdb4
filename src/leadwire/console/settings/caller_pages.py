"""Callers of a proxy: who calls, told apart by the fingerprint of their key, and their names."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from leadwire.access.callers import NAME_CHARACTERS_MAX, name_caller
from leadwire.calls.query import CallQuery
from leadwire.console.endpoint import Asked, PageRow
from leadwire.console.reading import reading_calls
from leadwire.console.services import ConsoleServices
from leadwire.console.settings.layout import SETTINGS_PATH, Layout
from leadwire.dates import DAY_MS
from leadwire.errors import InputInvalid

CALLERS_PATH: Final = f"{SETTINGS_PATH}/callers"
_DAYS: Final = 7
_COUNT_BUDGET_MS: Final = 2_000
_KEY_ID: Final = re.compile(r"caller:[0-9a-f]{1,64}")


class CallerRow(NamedTuple):
    key_id: str
    name: str
    calls: int
    """In the last days."""


class CallerPages:
    def __init__(self, services: ConsoleServices, layout: Layout) -> None:
        self._services = services
        self._access = services.account.access
        self._layout = layout

    def rows(self) -> list[PageRow]:
        return [
            PageRow("GET", CALLERS_PATH, "viewer", self.page),
            PageRow("POST", CALLERS_PATH + "/{key_id}", "administrator", self.name),
        ]

    def page(self, asked: Asked) -> Response:
        return self._page(asked, errors={})

    def name(self, asked: Asked) -> Response:
        """Give a caller a name, or take it away."""
        key_id, account_id = asked.path("key_id"), asked.viewer.account_id
        if not _KEY_ID.fullmatch(key_id):
            raise HTTPException(status_code=404)
        try:
            self._access.change(
                asked.viewer.doer,
                lambda change: name_caller(
                    change, account_id=account_id, key_id=key_id, name=asked.form.text("name")
                ),
            )
        except InputInvalid as error:
            return self._page(asked, errors={key_id: str(error)})
        return RedirectResponse(f"{CALLERS_PATH}?done=named", status_code=303)

    def _page(self, asked: Asked, *, errors: Mapping[str, str]) -> Response:
        callers, is_whole = self._callers(asked.viewer.account_id)
        return self._layout.answer(
            asked,
            "callers.html",
            side="callers",
            errors=errors,
            callers=callers,
            is_whole=is_whole,
            days=_DAYS,
            name_characters_max=NAME_CHARACTERS_MAX,
        )

    def _callers(self, account_id: str) -> tuple[list[CallerRow], bool]:
        """Callers of the last days, most calls first, then others with a name.

        Also whether every call was counted.
        """
        now_ms = self._services.clock.now_ms()
        query = CallQuery(
            account_id=account_id,
            from_ms=now_ms - _DAYS * DAY_MS,
            time_budget_ms=_COUNT_BUDGET_MS,
        )
        with reading_calls():
            found = self._services.calls.statistics(query)
        keys = next((facet.values for facet in found.facets if facet.name == "key_id"), ())
        names = self._access.caller_names(account_id)
        counted = {key_id: calls for key_id, calls in keys if _KEY_ID.fullmatch(key_id)}
        rows = [
            CallerRow(key_id, names.get(key_id, ""), counted.get(key_id, 0))
            for key_id in dict.fromkeys([*counted, *names])
        ]
        return rows, not (found.stopped_early or found.damaged)
