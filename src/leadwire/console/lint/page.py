"""The page of lint, and its JSON."""

from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.calls.query import QueryError
from leadwire.clock import Clock
from leadwire.console.filters import RANGES, Filters, query_of
from leadwire.console.finding import API_LOGS_PATH
from leadwire.console.ranges import range_filters, range_name
from leadwire.console.reading import reading_calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.terms import term_of
from leadwire.lint import Finding, LintReport, lint
from leadwire.operations import BY_NAME

LINT_PATH: Final = "/console/lint"
_NS_PER_MS: Final = 1_000_000
_IN_URL: Final = "query."


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    page = LintPage(services, sessions, pages)
    return [Route(LINT_PATH, page.page), Route(LINT_PATH + ".json", page.json)]


class LintPage:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    def page(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        filters = range_filters(LINT_PATH, request.query_params)
        report: LintReport | None = None
        mistake: QueryError | None = None
        try:
            report = self._report(viewer, filters)
        except QueryError as error:
            mistake = error
        return self._pages.answer(
            "lint/lint.html",
            viewer=viewer,
            status_code=200 if mistake is None else 400,
            report=report,
            error=mistake,
            filters=filters,
            ranges=RANGES,
            range_name=range_name(filters),
            calls_path=API_LOGS_PATH,
            calls_url=lambda finding: _calls_url(filters, finding),
            names=self._services.names(viewer.account_id),
            has_page=BY_NAME.__contains__,
        )

    def json(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        report = self._report(viewer, range_filters(LINT_PATH, request.query_params))
        return Response(msgspec.json.encode(report), media_type="application/json")

    def _report(self, viewer: Viewer, filters: Filters) -> LintReport:
        """Raises QueryError for an invalid range, and CallLogUnreadable."""
        services, settings = self._services, self._services.settings
        asked = query_of(filters, services, account_id=viewer.account_id, rows_max=1)
        # The walk has a budget of its own: each of its small queries must be whole.
        query = msgspec.structs.replace(asked.query, time_budget_ms=None)
        with reading_calls():
            report = lint(
                services.calls,
                query,
                calls_max=settings.lint_calls_max,
                out_of_time=_deadline(services.clock, settings.calls_search_budget_ms),
            )
        if asked.cut:
            report = msgspec.structs.replace(report, notices=(asked.cut, *report.notices))
        return report if viewer.may_see_bodies else _without_names_of_bodies(report)


def _deadline(clock: Clock, budget_ms: int) -> Callable[[], bool]:
    end_ns = clock.elapsed_ns() + budget_ms * _NS_PER_MS
    return lambda: clock.elapsed_ns() >= end_ns


def _calls_url(filters: Filters, finding: Finding) -> str:
    """The calls of the operation in the list; empty if no search can ask for it."""
    term = term_of("operation", finding.operation)
    return filters.url(API_LOGS_PATH, q=str(term)) if term is not None else ""


def _without_names_of_bodies(report: LintReport) -> LintReport:
    """The report for a viewer who may not see bodies."""

    def is_shown(detail: str) -> bool:
        return detail.startswith(_IN_URL)

    findings = [
        msgspec.structs.replace(
            finding,
            details=tuple(pair for pair in finding.details if is_shown(pair[0])),
            examples=tuple(
                msgspec.structs.replace(example, details=tuple(filter(is_shown, example.details)))
                for example in finding.examples
            ),
        )
        for finding in report.findings
    ]
    return msgspec.structs.replace(report, findings=tuple(findings))
