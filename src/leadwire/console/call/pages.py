"""View Data: everything recorded about one call."""

import dataclasses
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.calls.export import exported_call
from leadwire.calls.record import CallRecord
from leadwire.calls.sent_body import sent_bytes
from leadwire.console.call.around import Around, groups_around, mentioned_in
from leadwire.console.call.copies import copies_of
from leadwire.console.call.explained import explained_to, marks_of
from leadwire.console.call.links import ValueLinks
from leadwire.console.call.neighbours import newer_calls, older_calls
from leadwire.console.call.view import asked_of, view_of
from leadwire.console.call_list import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.filters import Filters, filters_from_parameters, query_of
from leadwire.console.reading import call_of_account, refused_call
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.console.withheld import shown_to
from leadwire.crm.caused import NOTHING, Caused, caused_by
from leadwire.crm.leads.mentioned import MentionedLead, mentioned_leads
from leadwire.crm.unit import Actor
from leadwire.operations.webhooks import EVENT_OF_KIND

_ENDS: Final = {
    "newest": "This is the newest call of its list.",
    "oldest": "This is the oldest call of its list.",
    "unknown": "The search for the next call took too long. Choose a shorter range in the list.",
}


class CallPages:
    """The page of a call, its record as JSON, and its bodies as text files."""

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

    def routes(self) -> list[Route]:
        here = self.path + "/{call_id}"
        return [
            Route(f"{here}/request.txt", self.request_text),
            Route(f"{here}/response.txt", self.response_text),
            Route(f"{here}/explanation.json", self.explanation_json),
            Route(f"{here}/newer", self.newer),
            Route(f"{here}/older", self.older),
            Route(f"{here}/around", self.around),
            Route(f"{here}.json", self.json),
            Route(here, self.page),
        ]

    def page(self, request: Request) -> Response:
        viewer = self._viewer(request)
        record = self._record(request, viewer)
        asked = asked_of(self._filters(request), request.query_params)
        explanation = explained_to(viewer, self._found(request, viewer), self._services)
        return self._pages.answer(
            "call/page.html",
            viewer=viewer,
            refused=self._refused,
            call=record,
            view=view_of(record, asked, marks_of(explanation)),
            explanation=explanation,
            may_run=viewer.may_change and viewer.may_see_bodies and not self._refused,
            list_path=self.path,
            back_url=asked.filters.here(),
            end_of_list=_ENDS.get(request.query_params.get("end", ""), ""),
            copies=copies_of(record, base_url=str(request.base_url)),
            user_names=self._services.user_names(viewer.account_id),
        )

    def newer(self, request: Request) -> Response:
        """Go to the call in front of this one in its list."""
        return self._step(request, "newest")

    def older(self, request: Request) -> Response:
        """Go to the call behind this one in its list."""
        return self._step(request, "oldest")

    async def around(self, request: Request) -> Response:
        """The calls, leads, mails, deliveries and asynchronous calls that belong to this call."""
        viewer = await run_in_threadpool(self._viewer, request)
        record = await run_in_threadpool(self._found, request, viewer)
        ids, emails = mentioned_in(shown_to(viewer, record))
        leads: Sequence[MentionedLead] = ()
        caused = NOTHING
        if record.account_id:
            actor = Actor(viewer.account_id, viewer.user_id, {})
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
            self._calls,
            record,
            account_id=record.account_id or None,
            lead=leads[0] if leads else None,
            now_ms=self._services.clock.now_ms(),
        )
        filters = self._filters(request)
        return self._pages.answer(
            "call/around.html",
            viewer=viewer,
            call=record,
            around=Around(leads=leads, caused=caused, groups=groups),
            links=ValueLinks(filters),
            list_path=self.path,
            back_url=filters.here(f"{self.path}/{record.call_id}"),
            event_of=EVENT_OF_KIND,
        )

    def _step(self, request: Request, end: str) -> Response:
        viewer = self._viewer(request)
        record = self._found(request, viewer)
        filters = dataclasses.replace(self._filters(request), cursor="", limit="")
        account_id = None if self._refused else viewer.account_id
        asked = query_of(filters, self._services, account_id=account_id, rows_max=1)
        if end == "newest":
            now_ms = self._services.clock.now_ms()
            beside = newer_calls(self._calls, asked.query, record, count=1, now_ms=now_ms)
        else:
            beside = older_calls(self._calls, asked.query, record, count=1)
        there = beside.calls[0] if beside.calls else record
        address = self._filters(request).here(f"{self.path}/{there.call_id}")
        if not beside.calls:
            end = end if beside.is_complete else "unknown"
            address += f"{'&' if '?' in address else '?'}end={end}"
        return RedirectResponse(address, status_code=303)

    def json(self, request: Request) -> Response:
        record = self._record(request, self._viewer(request))
        return Response(msgspec.json.encode(exported_call(record)), media_type="application/json")

    def explanation_json(self, request: Request) -> Response:
        viewer = self._viewer(request)
        record = self._found(request, viewer)
        explanation = explained_to(viewer, record, self._services)
        return Response(msgspec.json.encode(explanation), media_type="application/json")

    def request_text(self, request: Request) -> Response:
        record = self._with_bodies(request)
        # The bytes as sent, if known: Copy as cURL reads this file.
        sent = sent_bytes(record)
        text = record.request_body.encode() if sent is None else sent
        return _text_file(f"{record.call_id}-request.txt", text)

    def response_text(self, request: Request) -> Response:
        record = self._with_bodies(request)
        return _text_file(f"{record.call_id}-response.txt", record.response_body.encode())

    def _viewer(self, request: Request) -> Viewer:
        if self._refused:
            return self._sessions.administrator(request)
        return self._sessions.required(request)

    def _with_bodies(self, request: Request) -> CallRecord:
        """Raises NotAllowed for a user without the right to see bodies."""
        viewer = self._viewer(request)
        if not viewer.may_see_bodies:
            raise NotAllowed("You have no right to see bodies. Ask an administrator for it.")
        return self._record(request, viewer)

    def _record(self, request: Request, viewer: Viewer) -> CallRecord:
        """What the viewer may see of the call. If that is a body, the audit trail says so.

        Raises HTTPException 404, whether the call is unknown or in another account.
        """
        shown = shown_to(viewer, self._found(request, viewer))
        if shown.request_body or shown.response_body:
            self._services.audit.record(viewer, "body.seen", shown.call_id, note=shown.operation)
        return shown

    def _found(self, request: Request, viewer: Viewer) -> CallRecord:
        call_id = request.path_params["call_id"]
        record = (
            refused_call(self._calls, call_id)
            if self._refused
            else call_of_account(self._calls, call_id, viewer.account_id)
        )
        if record is None:
            raise HTTPException(status_code=404)
        return record

    def _filters(self, request: Request) -> Filters:
        return filters_from_parameters(self.path, request.query_params)


def _text_file(name: str, text: bytes) -> Response:
    return Response(
        text,
        media_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
