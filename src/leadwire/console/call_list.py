"""API Logs, and for administrators Refused calls: the page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from leadwire.access.viewer import Viewer
from leadwire.calls.export import has_parquet
from leadwire.calls.query import CallPage, CallQuery, QueryError
from leadwire.calls.record import CallRecord
from leadwire.console.call.curl import first_call_command
from leadwire.console.counting import COUNTING_BUDGET_MS_MAX, Counted
from leadwire.console.filters import (
    DEFAULT_RANGE,
    RANGES,
    Filters,
    damage_notices,
    filters_from_parameters,
    mistake_of,
    seconds,
)
from leadwire.console.finding import Finder, Found
from leadwire.console.overview import Overview, overview_of
from leadwire.console.preferences import keep_zone, preferences
from leadwire.console.reading import call_of_account, refused_call
from leadwire.console.rendering import Pages
from leadwire.console.rows import Day, RowMaker
from leadwire.console.search_form import SENT, Form, form_of, sent_form
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.views import shown_views
from leadwire.console.wider import Wider, wider_searches
from leadwire.console.withheld import shown_to
from leadwire.dates import DAY_MS

_LONGER: Final = "long"
_CALL_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an address asks for: *filters* leaves out what *errors* names."""

    filters: Filters
    errors: Mapping[str, str]
    typed: Mapping[str, str]


class CallList:
    """The list of the calls that *finder* finds."""

    def __init__(
        self, services: ConsoleServices, sessions: Sessions, pages: Pages, finder: Finder
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages
        self.finder = finder
        self.path = finder.path

    def page(self, request: Request) -> Response:
        viewer = self.finder.viewer(request)
        asked = self._asked(request)
        if SENT in request.query_params and not asked.errors:
            response: Response = RedirectResponse(asked.filters.url(), status_code=303)
            keep_zone(request, response, request.query_params.get("zone", ""))
            return response
        response = self._answer(request, viewer, asked)
        self._sessions.remember(request, response, viewer)
        return response

    def _asked(self, request: Request) -> Asked:
        parameters = request.query_params
        filters = filters_from_parameters(self.path, parameters)
        if SENT not in parameters:
            return Asked(filters=filters, errors={}, typed={})
        now_ms, zone = self._services.clock.now_ms(), preferences().zone
        kept, errors = sent_form(filters, parameters, now_ms=now_ms, zone=zone)
        typed = {name: parameters.get(name, "") for name in errors}
        return Asked(filters=kept, errors=errors, typed=typed)

    def _answer(self, request: Request, viewer: Viewer, asked: Asked) -> Response:
        # Before the search: a call recorded meanwhile may appear twice, but is never missed.
        place = self.finder.place()
        rows_max = self._services.settings.calls_shown_max
        asked, found = self._found(viewer, asked, rows_max=rows_max)
        names = self._services.names(viewer.account_id)
        shown = self._shown(request, found, place, names) if found else {"overview": None}
        mistake = mistake_of(asked.typed["q"]) if "q" in asked.errors else None
        return self._pages.answer(
            "logs/list.html",
            viewer=viewer,
            status_code=400 if asked.errors else 200,
            refused=self.finder.refused,
            filters=asked.filters,
            found=found,
            form=self._form(asked, names),
            mistake=mistake,
            settings=self._services.settings,
            has_parquet=has_parquet(),
            ranges=RANGES,
            default_range=DEFAULT_RANGE,
            views=[v for v in shown_views(self._services, viewer) if v.view.path == self.path],
            **shown,
        )

    def _found(self, viewer: Viewer, asked: Asked, *, rows_max: int) -> tuple[Asked, Found | None]:
        """The list, without the filters that are invalid; None if an invalid one has no field."""
        filters, errors, typed = asked.filters, dict(asked.errors), dict(asked.typed)
        while True:
            try:
                found = self.finder.find(viewer, filters, rows_max=rows_max)
            except QueryError as error:
                if error.field in errors:
                    return Asked(filters=filters, errors=errors, typed=typed), None
                errors[error.field] = str(error)
                typed[error.field] = filters.value(error.field)
                filters = filters.without(error.field)
            else:
                return Asked(filters=filters, errors=errors, typed=typed), found

    def _form(self, asked: Asked, names: Mapping[str, str]) -> Form:
        return form_of(
            asked.filters,
            text=asked.typed.get("q", ""),
            errors=asked.errors,
            dates=asked.typed,
            names=names,
            now_ms=self._services.clock.now_ms(),
            zone=preferences().zone,
        )

    def _shown(
        self, request: Request, found: Found, place: str, names: Mapping[str, str]
    ) -> dict[str, object]:
        """What the page says about the calls that were found."""
        page, filters, settings = found.page, found.filters, self._services.settings
        longer = request.query_params.get("count") == _LONGER
        budget_ms = settings.calls_search_budget_ms
        counted = self.finder.counted(
            found.query, budget_ms=budget_ms if longer else min(budget_ms, COUNTING_BUDGET_MS_MAX)
        )
        overview = self._overview(counted, filters, found.query, names) if counted else None
        notices = [*found.notices, *_count_notices(page, counted)]
        return {
            "page": page,
            "days": self._days(filters, page.calls, overview, names),
            "overview": overview,
            "notices": notices,
            "count_longer_url": "" if longer else filters.url(count=_LONGER, cursor=filters.cursor),
            "count_longer": seconds(budget_ms),
            "older_url": filters.older(page.next) if page.next else "",
            "live": False,
            "live_url": self._live_url(found, place),
            "call_of_text": None if page.calls else self._call_of_text(found),
            "wider": () if page.calls else self._wider(found),
            "first_call": first_call_command(str(request.base_url)),
        }

    def live_parts(
        self, viewer: Viewer, filters: Filters, calls: tuple[CallRecord, ...]
    ) -> dict[str, object]:
        """What new calls change on the page: their rows, and all counts."""
        names = self._services.names(viewer.account_id)
        query = self.finder.asked(viewer, filters, rows_max=1).query
        counted = self.finder.counted(query, budget_ms=COUNTING_BUDGET_MS_MAX)
        overview = self._overview(counted, filters, query, names) if counted else None
        seen = [shown_to(viewer, call) for call in calls]
        context: dict[str, object] = {
            "refused": self.finder.refused,
            "filters": filters,
            "overview": overview,
            "days": self._days(filters, seen, overview, names),
            "count_longer_url": "",
            "live": True,
        }
        parts = ("rows", "summary", "facets")
        return {
            "failed": sum(call.outcome != "success" for call in calls),
            "count": overview.calls if overview else None,
            "days": {
                day.isoformat(): {"calls": count.calls, "failed": count.failed}
                for day, count in (overview.days.items() if overview else ())
            },
            **{part: self._pages.text(f"logs/live_{part}.html", **context) for part in parts},
        }

    def _overview(
        self, counted: Counted, filters: Filters, query: CallQuery, names: Mapping[str, str]
    ) -> Overview:
        return overview_of(
            counted,
            filters=filters,
            query=query,
            now_ms=self._services.clock.now_ms(),
            names=names,
        )

    def _days(
        self,
        filters: Filters,
        calls: Sequence[CallRecord],
        overview: Overview | None,
        names: Mapping[str, str],
    ) -> list[Day]:
        maker = RowMaker(
            filters,
            refused=self.finder.refused,
            names=names,
            columns=preferences().columns,
            zone=preferences().zone,
            now_ms=self._services.clock.now_ms(),
        )
        return list(maker.days(calls, overview.days if overview else {}))

    def _live_url(self, found: Found, place: str) -> str:
        """The address of the list's new calls; empty when the list can get no new ones."""
        if found.query.until_ms is not None or found.query.cursor or not place:
            return ""
        return found.filters.url(after=place)

    def _wider(self, found: Found) -> list[Wider]:
        settings, now_ms = self._services.settings, self._services.clock.now_ms()
        return wider_searches(
            found.filters,
            found.query,
            now_ms=now_ms,
            kept_from_ms=now_ms - settings.calls_retention_days * DAY_MS,
            span_days=settings.calls_search_span_days_max,
        )

    def _call_of_text(self, found: Found) -> CallRecord | None:
        """The call whose id was searched for, if only other filters or the range exclude it."""
        call_id = found.filters.value("q").lower()
        if _CALL_ID.fullmatch(call_id) is None:
            return None
        if self.finder.refused:
            return refused_call(self._services.calls, call_id)
        return call_of_account(self._services.calls, call_id, found.viewer.account_id)


def _count_notices(page: CallPage, counted: Counted | None) -> list[str]:
    if counted is None:
        return ["The calls can't be counted just now."]
    return damage_notices([d for d in counted.statistics.damaged if d not in page.damaged])
