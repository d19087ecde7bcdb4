"""API Logs, and for administrators Refused calls: one query as page, JSON, CSV and counts."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.calls.export import (
    PARQUET_MISSING,
    csv_text,
    exported_call,
    has_parquet,
    json_lines,
    parquet_bytes,
)
from leadwire.calls.query import CallPage, CallQuery, CallStatistics, QueryError
from leadwire.calls.record import CallRecord
from leadwire.console.call.curl import first_call_command
from leadwire.console.filters import (
    RANGES,
    Asked,
    Filters,
    damage_notices,
    filters_from_parameters,
    mistake_of,
    notices_of,
    query_of,
    seconds,
)
from leadwire.console.overview import Overview, overview_of, statistics_document
from leadwire.console.reading import call_of_account, reading_calls, refused_call
from leadwire.console.refusals import CallLogUnreadable, ExportIncomplete
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.wider import Wider, wider_searches
from leadwire.dates import DAY_MS, format_ms
from leadwire.errors import LeadwireError
from leadwire.headers import NOTICE_HEADER

API_LOGS_PATH: Final = "/console/api-logs"
REFUSED_CALLS_PATH: Final = "/console/refused-calls"

STATUS_CODES: Final = (200, 400, 401, 404, 405, 413, 429, 500)
"""The choices of the form. The URL accepts every code."""

COUNTING_BUDGET_MS_MAX: Final = 1_000
"""The rows are ready by then; the page should not wait much longer for its counts."""
_LONGER: Final = "long"

_log = logging.getLogger("leadwire.console")
_CALL_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One answer of the store, with everything that the page shows about it."""

    viewer: Viewer
    filters: Filters
    asked: Asked
    page: CallPage
    notices: list[str]

    @property
    def query(self) -> CallQuery:
        return self.asked.query


class CallList:
    """*refused* lists the calls without an account. It needs an administrator."""

    def __init__(
        self,
        services: ConsoleServices,
        sessions: Sessions,
        pages: Pages,
        *,
        refused: bool,
    ) -> None:
        self._services = services
        self._calls = services.calls
        self._sessions = sessions
        self._pages = pages
        self._refused = refused
        self.path = REFUSED_CALLS_PATH if refused else API_LOGS_PATH

    def page(self, request: Request) -> Response:
        viewer = self._viewer(request)
        response = self._answer(request, viewer)
        self._sessions.remember(request, response, viewer)
        return response

    def _answer(self, request: Request, viewer: Viewer) -> Response:
        # Before the search: a call recorded meanwhile may appear twice, but is never missed.
        place = self._place()
        try:
            found = self._find(request, rows_max=self._services.settings.calls_shown_max)
        except QueryError as error:
            filters = filters_from_parameters(self.path, request.query_params)
            mistake = mistake_of(filters.value("q")) if error.field == "q" else None
            return self._page(viewer, filters, status_code=400, error=error, mistake=mistake)
        query, page, filters = found.query, found.page, found.filters
        names = self._user_names(viewer, page.calls)
        longer = request.query_params.get("count") == _LONGER
        counted, unread = self._counted(query, longer=longer)
        overview = counted and self._overview(found, counted, names)
        known = set(page.damaged)
        unread += damage_notices([d for d in counted.damaged if d not in known] if counted else [])
        return self._page(
            viewer,
            filters,
            query=query,
            calls=page.calls,
            overview=overview,
            count_longer_url="" if longer else filters.url(count=_LONGER, cursor=filters.cursor),
            count_longer=seconds(self._services.settings.calls_search_budget_ms),
            notices=found.notices + unread,
            stopped_early=page.stopped_early,
            older_url=filters.url(cursor=page.next) if page.next else "",
            live_url=self._live_url(found, place),
            user_names=names,
            call_of_text=None if page.calls else self._call_of_text(filters.value("q"), viewer),
            wider=() if page.calls else self._wider(found),
            first_call=first_call_command(str(request.base_url)),
        )

    def json(self, request: Request) -> Response:
        found = self._find(request, rows_max=self._services.settings.calls_shown_max)
        answer: dict[str, object] = {"calls": [exported_call(call) for call in found.page.calls]}
        if found.page.next:
            answer["next"] = found.page.next
        if found.page.stopped_early:
            answer["stopped_early"] = True
        if found.page.damaged:
            answer["damaged"] = found.page.damaged
        if found.notices:
            answer["notices"] = found.notices
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def statistics(self, request: Request) -> Response:
        """The complete counts of the page's overview, as JSON."""
        viewer = self._viewer(request)
        filters = filters_from_parameters(self.path, request.query_params)
        counted = replace(filters, limit="", cursor="")
        query = self._within_span(self._asked(viewer, counted, rows_max=1).query)
        with reading_calls():
            counted_calls = self._calls.statistics(query)
        document = statistics_document(counted_calls, query)
        return Response(msgspec.json.encode(document), media_type="application/json")

    def csv(self, request: Request) -> Response:
        return self._export(request, "csv", "text/csv", csv_text)

    def json_lines(self, request: Request) -> Response:
        return self._export(request, "jsonl", "application/jsonl", json_lines)

    def parquet(self, request: Request) -> Response:
        """Without pyarrow the answer says what to install."""
        if not has_parquet():
            raise ExportIncomplete(PARQUET_MISSING)
        return self._export(request, "parquet", "application/vnd.apache.parquet", parquet_bytes)

    def _export(
        self,
        request: Request,
        ending: str,
        media_type: str,
        write: Callable[[Iterable[CallRecord]], bytes],
    ) -> Response:
        """All rows or an error: the export is complete before the first byte is sent.

        If a part of the log is permanently damaged, the file name says that it is incomplete.
        Raises ExportIncomplete if time ran out.
        """
        found = self._find(request, rows_max=self._services.settings.calls_export_rows_max)
        if found.page.stopped_early:
            budget = seconds(self._services.settings.calls_search_budget_ms)
            raise ExportIncomplete(
                f"Nothing was exported: the search stopped after {budget}. Choose a shorter range."
            )
        calls = found.page.calls
        name = self._file_name(found.query, found.page, ending)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        notices = [found.asked.cut] if found.asked.cut else []
        if found.page.next:
            notices.append(f"This file has the newest {len(calls):,} calls. There are older ones.")
        notices += damage_notices(found.page.damaged)
        if notices:
            headers[NOTICE_HEADER] = " ".join(notices)
        return Response(write(calls), media_type=media_type, headers=headers)

    def _viewer(self, request: Request) -> Viewer:
        if self._refused:
            return self._sessions.administrator(request)
        return self._sessions.required(request)

    def _find(self, request: Request, *, rows_max: int) -> Found:
        """Raises NotSignedIn, NotAllowed, QueryError or CallLogUnreadable."""
        viewer = self._viewer(request)
        filters = filters_from_parameters(self.path, request.query_params)
        asked = self._asked(viewer, filters, rows_max=rows_max)
        with reading_calls():
            page = self._calls.search(asked.query)
        notices = notices_of(
            asked, page, now_ms=self._services.clock.now_ms(), settings=self._services.settings
        )
        return Found(viewer=viewer, filters=filters, asked=asked, page=page, notices=notices)

    def _asked(self, viewer: Viewer, filters: Filters, *, rows_max: int) -> Asked:
        account_id = None if self._refused else viewer.account_id
        return query_of(filters, self._services, account_id=account_id, rows_max=rows_max)

    def _counted(
        self, query: CallQuery, *, longer: bool
    ) -> tuple[CallStatistics | None, list[str]]:
        """The statistics, or None and a sentence about it: the rows are shown anyway."""
        budget_ms = query.time_budget_ms or COUNTING_BUDGET_MS_MAX
        if not longer:
            budget_ms = min(budget_ms, COUNTING_BUDGET_MS_MAX)
        query = msgspec.structs.replace(self._within_span(query), time_budget_ms=budget_ms)
        try:
            with reading_calls():
                return self._calls.statistics(query), []
        except CallLogUnreadable as error:
            _log.error("%s: the calls can't be counted", self.path, exc_info=error)
            return None, ["The calls can't be counted just now."]

    def _within_span(self, query: CallQuery) -> CallQuery:
        """*query* limited to one search's span, so that a count matches what its link finds."""
        if query.from_ms is not None or query.until_ms is not None:
            return query
        span_ms = self._services.settings.calls_search_span_days_max * DAY_MS
        return msgspec.structs.replace(query, from_ms=self._services.clock.now_ms() - span_ms)

    def _overview(
        self, found: Found, counted: CallStatistics, user_names: Mapping[str, str]
    ) -> Overview | None:
        page, query = found.page, found.query
        whole = not (page.next or page.stopped_early or query.cursor)
        return overview_of(
            counted,
            filters=found.filters,
            query=self._within_span(query),
            all_calls=page.calls if whole else (),
            user_names=user_names,
            span_days=self._services.settings.calls_search_span_days_max,
        )

    def _place(self) -> str:
        """Where to follow the list from; empty when the store cannot say."""
        try:
            with reading_calls():
                return self._calls.place()
        except LeadwireError as error:
            _log.error("%s: the calls can't be followed", self.path, exc_info=error)
            return ""

    def _live_url(self, found: Found, place: str) -> str:
        """The address of the list's new calls; empty when the list can get no new ones."""
        if found.query.until_ms is not None or found.query.cursor or not place:
            return ""
        return found.filters.url(f"{self.path}/live", after=place)

    def _page(
        self,
        viewer: Viewer,
        filters: Filters,
        *,
        status_code: int = 200,
        error: QueryError | None = None,
        query: CallQuery | None = None,
        calls: tuple[CallRecord, ...] = (),
        **shown: object,
    ) -> Response:
        return self._pages.answer(
            "call_list.html",
            viewer=viewer,
            status_code=status_code,
            refused=self._refused,
            filters=filters,
            error=error,
            query=query,
            calls=calls,
            settings=self._services.settings,
            has_parquet=has_parquet(),
            completeness=self._services.completeness() if viewer.is_administrator else None,
            ranges=RANGES,
            api_types=self._services.api_types,
            status_codes=STATUS_CODES,
            **shown,
        )

    def _user_names(self, viewer: Viewer, calls: tuple[CallRecord, ...]) -> Mapping[str, str]:
        return self._services.user_names(viewer.account_id) if calls else {}

    def _wider(self, found: Found) -> list[Wider]:
        settings = self._services.settings
        return wider_searches(
            found.filters,
            found.query,
            kept_from_ms=self._services.clock.now_ms() - settings.calls_retention_days * DAY_MS,
            span_days=settings.calls_search_span_days_max,
        )

    def _call_of_text(self, text: str, viewer: Viewer) -> CallRecord | None:
        """The call whose id was searched for, if only other filters or the range exclude it."""
        call_id = text.lower()
        if _CALL_ID.fullmatch(call_id) is None:
            return None
        if self._refused:
            return refused_call(self._calls, call_id)
        return call_of_account(self._calls, call_id, viewer.account_id)

    def _file_name(self, query: CallQuery, page: CallPage, ending: str) -> str:
        """A name with the requested range; an open end uses the calls in the file."""
        calls, now_ms = page.calls, self._services.clock.now_ms()
        from_ms, until_ms = query.from_ms, query.until_ms
        if from_ms is None:
            from_ms = calls[-1].started_at_ms if calls else now_ms
        last_ms = now_ms if until_ms is None else until_ms - 1
        name = self.path.rpartition("/")[2]
        incomplete = "_incomplete" if page.damaged else ""
        return f"{name}_{_stamp(from_ms)}_{_stamp(last_ms)}{incomplete}.{ending}"


def _stamp(at_ms: int) -> str:
    """``20261123T171951Z``: ISO 8601 without characters that file systems refuse."""
    date, time = format_ms(at_ms)[:19].split(" ")
    return f"{date.replace('-', '')}T{time.replace(':', '')}Z"
