"""API Logs, and for administrators Refused calls: one query as page, JSON and CSV."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.calls.export import csv_header, csv_line, exported_call
from leadwire.calls.query import CallPage, CallQuery, QueryError
from leadwire.calls.record import CallRecord
from leadwire.console.curl import first_call_command
from leadwire.console.filters import (
    RANGES,
    Filters,
    filters_from_parameters,
    notices_of,
    query_of,
)
from leadwire.console.histogram import histogram
from leadwire.console.reading import Calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.dates import format_ms

API_LOGS_PATH: Final = "/console/api-logs"
REFUSED_CALLS_PATH: Final = "/console/refused-calls"
NOTICE_HEADER: Final = "X-Leadwire-Notice"

STATUS_CODES: Final = (200, 400, 401, 404, 405, 413, 429, 500)
"""Offered by the form; the address takes every code."""

_CALL_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One answer of the store, and everything the page says about it."""

    viewer: Viewer
    filters: Filters
    query: CallQuery
    page: CallPage
    notices: list[str]


class CallList:
    """*refused* asks for the calls that no account can be charged with, and an administrator."""

    def __init__(
        self,
        services: ConsoleServices,
        sessions: Sessions,
        pages: Pages,
        *,
        refused: bool,
    ) -> None:
        self._services = services
        self._calls = Calls(services.calls)
        self._sessions = sessions
        self._pages = pages
        self._refused = refused
        self.path = REFUSED_CALLS_PATH if refused else API_LOGS_PATH

    def page(self, request: Request) -> Response:
        viewer = self._viewer(request)
        try:
            found = self._find(request, rows_max=self._services.limits.shown_max)
        except QueryError as error:
            filters = filters_from_parameters(self.path, request.query_params)
            return self._page(viewer, filters, status_code=400, error=error)
        query, calls = found.query, found.page.calls
        return self._page(
            viewer,
            found.filters,
            query=query,
            calls=calls,
            chart=histogram(calls, from_ms=query.from_ms, until_ms=query.until_ms),
            notices=found.notices,
            older_url=found.filters.url(cursor=found.page.next) if found.page.next else "",
            user_names=self._user_names(viewer, calls),
            call_of_text=None if calls else self._call_of_text(query.text, viewer),
            first_call=first_call_command(str(request.base_url)),
        )

    def json(self, request: Request) -> Response:
        found = self._find(request, rows_max=self._services.limits.shown_max)
        answer: dict[str, object] = {"calls": [exported_call(call) for call in found.page.calls]}
        if found.page.next:
            answer["next"] = found.page.next
        if found.notices:
            answer["notices"] = found.notices
        return Response(msgspec.json.encode(answer), media_type="application/json")

    def csv(self, request: Request) -> Response:
        """All rows or an error: the file is complete before its first byte is sent."""
        found = self._find(request, rows_max=self._services.limits.export_rows_max)
        calls = found.page.calls
        text = csv_header() + "".join(map(csv_line, calls))
        name = self._file_name(found.query, calls)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        notices = [found.query.cut] if found.query.cut else []
        if found.page.next:
            notices.append(f"This file has the newest {len(calls):,} calls; there are older ones.")
        if notices:
            headers[NOTICE_HEADER] = " ".join(notices)
        return Response(text, media_type="text/csv", headers=headers)

    def _viewer(self, request: Request) -> Viewer:
        if self._refused:
            return self._sessions.administrator(request)
        return self._sessions.required(request)

    def _find(self, request: Request, *, rows_max: int) -> Found:
        """Raises NotSignedIn, NotAllowed, QueryError or CallLogUnreadable."""
        viewer = self._viewer(request)
        now_ms, limits = self._services.clock.now_ms(), self._services.limits
        filters = filters_from_parameters(self.path, request.query_params)
        query = query_of(
            filters,
            account_id=None if self._refused else viewer.account_id,
            now_ms=now_ms,
            limits=limits,
            rows_max=rows_max,
        )
        page = self._calls.search(query)
        notices = notices_of(
            query, shown=len(page.calls), more=bool(page.next), now_ms=now_ms, limits=limits
        )
        return Found(viewer=viewer, filters=filters, query=query, page=page, notices=notices)

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
            limits=self._services.limits,
            ranges=RANGES,
            api_types=self._services.api_types,
            status_codes=STATUS_CODES,
            **shown,
        )

    def _user_names(self, viewer: Viewer, calls: tuple[CallRecord, ...]) -> Mapping[str, str]:
        return self._services.user_names(viewer.account_id) if calls else {}

    def _call_of_text(self, text: str, viewer: Viewer) -> CallRecord | None:
        """The call whose id was searched for and which other filters, or the range, left out."""
        call_id = text.lower()
        if _CALL_ID.fullmatch(call_id) is None:
            return None
        if self._refused:
            return self._calls.refused(call_id)
        return self._calls.of_account(call_id, viewer.account_id)

    def _file_name(self, query: CallQuery, calls: tuple[CallRecord, ...]) -> str:
        """Named for the range asked for; where that is open, for the calls in the file."""
        now_ms = self._services.clock.now_ms()
        from_ms, until_ms = query.from_ms, query.until_ms
        if from_ms is None:
            from_ms = calls[-1].started_at_ms if calls else now_ms
        last_ms = now_ms if until_ms is None else until_ms - 1
        name = self.path.rpartition("/")[2]
        return f"{name}_{_stamp(from_ms)}_{_stamp(last_ms)}.csv"


def _stamp(at_ms: int) -> str:
    """``20261123T171951Z``: ISO 8601 without the signs that file systems refuse."""
    date, time = format_ms(at_ms)[:19].split(" ")
    return f"{date.replace('-', '')}T{time.replace(':', '')}Z"
