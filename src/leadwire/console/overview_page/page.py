"""Overview: the page, its JSON, and the links to the calls behind each number."""

from dataclasses import replace
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.access.replay import newest, offered_calls
from leadwire.access.viewer import Viewer
from leadwire.calls.instants import instant, last_instant
from leadwire.calls.query import CallQuery, QueryError, condition_of
from leadwire.console.endpoint import actor_of
from leadwire.console.filters import (
    RANGES,
    Filters,
    damage_notices,
    query_of,
    seconds,
)
from leadwire.console.finding import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.overview_page import charts
from leadwire.console.overview_page.counting import (
    Counted,
    Range,
    count_range,
    exceptions_of,
    figures_of,
    rows_of,
    spans_of,
)
from leadwire.console.overview_page.plans import limit_uses, plan_rows, times_of
from leadwire.console.overview_page.report import (
    LogOfDay,
    OverviewReport,
    WebhookBacklog,
    Whole,
)
from leadwire.console.ranges import range_filters, range_name
from leadwire.console.reading import reading_calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.terms import term_of
from leadwire.crm.webhooks.queue import QueueState, queue_state
from leadwire.dates import DAY_MS, parse_date
from leadwire.errors import SetupError

OVERVIEW_PATH: Final = "/console/overview"
ROWS_SHOWN: Final = 6
"""Rows of a table; the rest is folded away."""
ROWS_MAX: Final = 60


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    overview = OverviewPage(services, sessions, pages)
    return [
        Route(OVERVIEW_PATH, overview.page),
        Route(OVERVIEW_PATH + ".json", overview.json),
    ]


class Links:
    """Addresses of the list with the calls behind a number. Used in the template."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters

    def calls(self, text: str = "") -> str:
        """The calls of the range that match *text*."""
        return self._filters.url(API_LOGS_PATH, q=text)

    def of(self, field: str, value: str) -> str:
        """The calls of the range with *value*; without it, if the field is empty.

        Empty if no search can ask for the value.
        """
        if not value:
            return self.calls(f"-{field}:*")
        term = term_of(field, value)
        return self.calls(str(term)) if term is not None else ""

    def span(self, from_ms: int, until_ms: int, text: str = "") -> str:
        """The calls of a part of the range."""
        return self._filters.url(
            API_LOGS_PATH, q=text, last="", from_=instant(from_ms), to=last_instant(until_ms)
        )


class OverviewPage:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    async def page(self, request: Request) -> Response:
        viewer = await run_in_threadpool(self._sessions.required, request)
        filters = range_filters(OVERVIEW_PATH, request.query_params)
        report: OverviewReport | None = None
        mistake: QueryError | None = None
        try:
            report = await self._report(viewer, filters)
        except QueryError as error:
            mistake = error
        response = await run_in_threadpool(self._answer, viewer, filters, report, mistake)
        self._sessions.remember(request, response, viewer)
        return response

    async def json(self, request: Request) -> Response:
        viewer = await run_in_threadpool(self._sessions.required, request)
        report = await self._report(viewer, range_filters(OVERVIEW_PATH, request.query_params))
        return Response(msgspec.json.encode(report), media_type="application/json")

    async def _report(self, viewer: Viewer, filters: Filters) -> OverviewReport:
        """Raises QueryError for an invalid range, and CallLogUnreadable."""
        actor = actor_of(viewer)
        backlog = await self._services.crm.read(
            actor, lambda unit: queue_state(unit, viewer.account_id)
        )
        return await run_in_threadpool(self._counted, viewer, filters, backlog)

    def _counted(self, viewer: Viewer, filters: Filters, backlog: QueueState) -> OverviewReport:
        services, settings = self._services, self._services.settings
        now_ms = services.clock.now_ms()
        asked = query_of(filters, services, account_id=viewer.account_id, rows_max=1)
        span = _range_of(asked.query, now_ms)
        with reading_calls():
            counted = count_range(
                services.calls, asked.query, span, calls_max=settings.overview_calls_max
            )
            whole = self._whole(viewer)
        detailed = Range(counted.detailed_from_ms, span.until_ms)
        times = times_of(counted.trends)
        replayed, replayed_from_ms = newest(times, settings.overview_replayed_calls_max)
        plan, _, users = services.plan_use(viewer.account_id)
        groups, names = counted.trends.groups, services.names(viewer.account_id)
        kept_from_ms = whole.kept_from_ms or now_ms
        return OverviewReport(
            from_ms=span.from_ms,
            until_ms=span.until_ms,
            now=figures_of(counted.now),
            before=figures_of(counted.before),
            before_from_ms=span.from_ms - span.length_ms,
            before_is_kept=kept_from_ms <= span.from_ms - span.length_ms,
            detailed_from_ms=counted.detailed_from_ms,
            detailed_calls=counted.trends.calls,
            span_ms=counted.span_ms,
            spans=spans_of(counted),
            exceptions=exceptions_of(counted, kept_from_ms=kept_from_ms),
            operations=rows_of(groups["operation"], {}),
            keys=rows_of(groups["key_id"], names),
            users=rows_of(groups["user_id"], names),
            limits=limit_uses(offered_calls(times), plan, detailed),
            plan=plan,
            plans=plan_rows(replayed, plan, users=users),
            replayed_calls=sum(len(part.times_ms) for part in replayed),
            replayed_from_ms=max(replayed_from_ms, counted.detailed_from_ms),
            webhooks=_backlog(backlog, now_ms),
            whole=whole,
            stopped_early=_stopped_early(counted),
            notices=self._notices(counted, asked.cut),
        )

    def _whole(self, viewer: Viewer) -> Whole:
        services, counted = self._services, self._services.completeness()
        try:
            days = services.log_days()
        except SetupError:
            days = ()
        closed = [day.day for day in days if day.state == "closed"]
        told = viewer.is_administrator
        gaps = services.calls.statistics(
            CallQuery(
                account_id=None, refused_keys=True, condition=condition_of("outcome:gap"),
                time_budget_ms=services.settings.calls_search_budget_ms,
            )
        ).calls  # fmt: skip
        return Whole(
            days=tuple(LogOfDay(day=day.day, state=day.state) for day in days),
            kept_from_ms=parse_date(days[0].day) if days else 0,
            closed_until_ms=parse_date(max(closed)) + DAY_MS if closed else 0,
            in_gaps=counted.in_gaps,
            served=counted.served if told else None,
            recorded=counted.recorded if told else None,
            calls=sum(day.calls for day in days) if told else None,
            size_bytes=sum(day.size_bytes for day in days) if told else None,
            open_gap=counted.open_gap,
            gaps=gaps,
        )

    def _notices(self, counted: Counted, cut: str) -> tuple[str, ...]:
        damaged = dict.fromkeys((*counted.now.damaged, *counted.trends.damaged))
        notices = [cut] if cut else []
        if _stopped_early(counted):
            budget = seconds(self._services.settings.calls_search_budget_ms)
            notices.append(
                f"Counting stopped after {budget}: the numbers are at least as high as shown. "
                "Choose a shorter range."
            )
        return (*notices, *damage_notices(list(damaged)))

    def _answer(
        self,
        viewer: Viewer,
        filters: Filters,
        report: OverviewReport | None,
        error: QueryError | None,
    ) -> Response:
        """The page of *report*, or what is wrong with the range."""
        shown: dict[str, object] = {}
        if report is not None:
            detailed = (report.detailed_from_ms, report.until_ms)
            shown = {
                "links": Links(filters),
                "detailed": Links(_detailed(filters, report)),
                "calls_chart": charts.calls_chart(report.spans),
                "durations_chart": charts.durations_chart(report.spans),
                "limit_charts": [(use, charts.limit_chart(use)) for use in report.limits],
                "outcomes": charts.outcomes_of(report.spans),
                "axis": charts.labels_of_time(*detailed),
            }
        return self._pages.answer(
            "overview/overview.html",
            viewer=viewer,
            status_code=200 if error is None else 400,
            report=report,
            error=error,
            filters=filters,
            ranges=RANGES,
            range_name=range_name(filters),
            chart_size=(charts.WIDTH, charts.HEIGHT),
            rows_shown=ROWS_SHOWN,
            rows_max=ROWS_MAX,
            now_ms=self._services.clock.now_ms(),
            refused_path=REFUSED_CALLS_PATH,
            **shown,
        )


def _detailed(filters: Filters, report: OverviewReport) -> Filters:
    """The range of the details, as a filter of the list."""
    if not report.is_bounded:
        return filters
    values = {"from": instant(report.detailed_from_ms), "to": last_instant(report.until_ms)}
    return replace(filters, values=values)


def _range_of(query: CallQuery, now_ms: int) -> Range:
    until_ms = now_ms if query.until_ms is None else query.until_ms
    from_ms = until_ms - DAY_MS if query.from_ms is None else query.from_ms
    return Range(from_ms, max(until_ms, from_ms + 1))


def _backlog(found: QueueState, now_ms: int) -> WebhookBacklog:
    oldest_on = now_ms if found.oldest_on is None else found.oldest_on
    return WebhookBacklog(waiting=found.waiting, behind_ms=max(now_ms - oldest_on, 0))


def _stopped_early(counted: Counted) -> bool:
    return counted.now.stopped_early or counted.before.stopped_early or counted.trends.stopped_early
