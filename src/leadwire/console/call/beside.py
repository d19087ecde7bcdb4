"""Pages about what stands beside a call: the newer and older one, and all that belongs to it."""

import dataclasses
from collections.abc import Sequence

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.call.around import Around, groups_around, mentioned_in
from leadwire.console.call.finding import CallFinder
from leadwire.console.call.links import ValueLinks
from leadwire.console.call.neighbours import newer_calls, older_calls
from leadwire.console.endpoint import actor_of
from leadwire.console.filters import query_of
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.withheld import asked_by, shown_to
from leadwire.crm.caused import NOTHING, Caused, caused_by
from leadwire.crm.leads.mentioned import MentionedLead, mentioned_leads
from leadwire.operations.webhooks import EVENT_OF_KIND


class BesidePages:
    def __init__(self, services: ConsoleServices, pages: Pages, finder: CallFinder) -> None:
        self._services = services
        self._pages = pages
        self._finder = finder

    def routes(self) -> list[Route]:
        here = self._finder.path + "/{call_id}"
        return [
            Route(f"{here}/newer", self.newer),
            Route(f"{here}/older", self.older),
            Route(f"{here}/around", self.around),
        ]

    def newer(self, request: Request) -> Response:
        """Go to the call in front of this one in its list."""
        return self._step(request, "newest")

    def older(self, request: Request) -> Response:
        """Go to the call behind this one in its list."""
        return self._step(request, "oldest")

    async def around(self, request: Request) -> Response:
        """The calls, leads, mails, deliveries and asynchronous calls that belong to this call."""
        viewer = await run_in_threadpool(self._finder.viewer, request)
        record = await run_in_threadpool(self._finder.found, request, viewer)
        ids, emails = mentioned_in(shown_to(viewer, record))
        leads: Sequence[MentionedLead] = ()
        caused = NOTHING
        if record.account_id:
            actor = actor_of(viewer)
            crm = self._services.crm
            leads = await crm.read(actor, lambda unit: mentioned_leads(unit, ids, emails))
            caused = await crm.read(actor, lambda unit: caused_by(unit, record.call_id))
        return await run_in_threadpool(self._around, request, viewer, record, leads, caused)

    def _around(
        self,
        request: Request,
        viewer: Viewer,
        record: CallRecord,
        leads: Sequence[MentionedLead],
        caused: Caused,
    ) -> Response:
        groups = groups_around(
            self._services.calls,
            record,
            account_id=record.account_id or None,
            lead=leads[0] if leads else None,
            now_ms=self._services.clock.now_ms(),
        )
        filters = self._finder.filters(request)
        return self._pages.answer(
            "call/around.html",
            viewer=viewer,
            call=record,
            around=Around(leads=leads, caused=caused, groups=groups),
            links=ValueLinks(filters),
            list_path=self._finder.path,
            back_url=filters.here(f"{self._finder.path}/{record.call_id}"),
            event_of=EVENT_OF_KIND,
        )

    def _step(self, request: Request, end: str) -> Response:
        viewer = self._finder.viewer(request)
        record = self._finder.found(request, viewer)
        filters = dataclasses.replace(self._finder.filters(request), cursor="", limit="")
        account_id = None if self._finder.refused else viewer.account_id
        asked = query_of(filters, self._services, account_id=account_id, rows_max=1)
        query = msgspec.structs.replace(
            asked.query, condition=asked_by(viewer, asked.query.condition)
        )
        if end == "newest":
            now_ms = self._services.clock.now_ms()
            beside = newer_calls(self._services.calls, query, record, count=1, now_ms=now_ms)
        else:
            beside = older_calls(self._services.calls, query, record, count=1)
        there = beside.calls[0] if beside.calls else record
        address = self._finder.filters(request).here(f"{self._finder.path}/{there.call_id}")
        if not beside.calls:
            end = end if beside.is_complete else "unknown"
            address += f"{'&' if '?' in address else '?'}end={end}"
        return RedirectResponse(address, status_code=303)
