"""A list of calls as data: JSON, CSV, JSON Lines, Parquet, counts, and values to complete."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leadwire.calls.export import (
    PARQUET_MISSING,
    csv_text,
    exported_call,
    has_parquet,
    json_lines,
    parquet_bytes,
)
from leadwire.calls.fields import FIELDS
from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.record import CallRecord
from leadwire.console.counting import COUNTING_BUDGET_MS_MAX
from leadwire.console.filters import damage_notices, filters_from_parameters, seconds
from leadwire.console.finding import Finder, Found
from leadwire.console.overview import completions, statistics_document
from leadwire.console.reading import reading_calls
from leadwire.console.refusals import ExportIncomplete
from leadwire.console.services import ConsoleServices
from leadwire.dates import format_ms
from leadwire.headers import NOTICE_HEADER

_NO_BODIES: Final = "The calls have no bodies here: your user may not see them."


class CallData:
    """Every answer is of the same query as the page with that address."""

    def __init__(self, services: ConsoleServices, finder: Finder) -> None:
        self._services = services
        self._finder = finder

    def json(self, request: Request) -> Response:
        found = self._find(request, rows_max=self._services.settings.calls_shown_max)
        answer: dict[str, object] = {"calls": [exported_call(call) for call in found.page.calls]}
        if found.page.next:
            answer["next"] = found.page.next
        if found.page.stopped_early:
            answer["stopped_early"] = True
        if found.page.damaged:
            answer["damaged"] = found.page.damaged
        notices = list(found.notices)
        if found.page.next and not found.page.stopped_early:
            notices.append(f"These are {len(found.page.calls):,} calls: next leads to older ones.")
        if not found.viewer.may_see_bodies:
            notices.append(_NO_BODIES)
        if notices:
            answer["notices"] = notices
        return _json(answer)

    def statistics(self, request: Request) -> Response:
        """The complete counts of the page's overview, as JSON."""
        query = self._counted_query(request)
        with reading_calls():
            counted = self._services.calls.statistics(query)
        return _json(statistics_document(counted, query))

    def completion(self, request: Request) -> Response:
        """The fields of a search, and the values that its calls have, most frequent first."""
        query = msgspec.structs.replace(
            self._counted_query(request), time_budget_ms=COUNTING_BUDGET_MS_MAX
        )
        names = self._services.names(self._finder.viewer(request).account_id)
        with reading_calls():
            values = completions(self._services.calls.statistics(query), names)
        fields = [{"name": name, "help": field.help} for name, field in FIELDS.items()]
        return _json({"fields": fields, "values": values})

    def csv(self, request: Request) -> Response:
        return self._export(request, "csv", "text/csv", csv_text)

    def json_lines(self, request: Request) -> Response:
        return self._export(request, "jsonl", "application/jsonl", json_lines)

    def parquet(self, request: Request) -> Response:
        """Without pyarrow the answer says what to install."""
        if not has_parquet():
            raise ExportIncomplete(PARQUET_MISSING)
        return self._export(request, "parquet", "application/vnd.apache.parquet", parquet_bytes)

    def _find(self, request: Request, *, rows_max: int) -> Found:
        """Raises NotSignedIn, NotAllowed, QueryError or CallLogUnreadable."""
        viewer = self._finder.viewer(request)
        filters = filters_from_parameters(self._finder.path, request.query_params)
        return self._finder.find(viewer, filters, rows_max=rows_max)

    def _counted_query(self, request: Request) -> CallQuery:
        viewer = self._finder.viewer(request)
        filters = filters_from_parameters(self._finder.path, request.query_params)
        whole = replace(filters, limit="", cursor="")
        return self._finder.asked(viewer, whole, rows_max=1).query

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
        if not found.viewer.may_see_bodies:
            notices.append(_NO_BODIES)
        notices += damage_notices(found.page.damaged)
        if notices:
            headers[NOTICE_HEADER] = " ".join(notices)
        return Response(write(calls), media_type=media_type, headers=headers)

    def _file_name(self, query: CallQuery, page: CallPage, ending: str) -> str:
        """A name with the requested range; an open end uses the calls in the file."""
        calls, now_ms = page.calls, self._services.clock.now_ms()
        from_ms, until_ms = query.from_ms, query.until_ms
        if from_ms is None:
            from_ms = calls[-1].started_at_ms if calls else now_ms
        last_ms = now_ms if until_ms is None else until_ms - 1
        name = self._finder.path.rpartition("/")[2]
        incomplete = "_incomplete" if page.damaged else ""
        return f"{name}_{_stamp(from_ms)}_{_stamp(last_ms)}{incomplete}.{ending}"


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")


def _stamp(at_ms: int) -> str:
    """``20261123T171951Z``: ISO 8601 without characters that file systems refuse."""
    date, time = format_ms(at_ms)[:19].split(" ")
    return f"{date.replace('-', '')}T{time.replace(':', '')}Z"
