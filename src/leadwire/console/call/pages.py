"""View Data: everything recorded about one call."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.calls.export import exported_call
from leadwire.calls.sent_body import sent_bytes
from leadwire.console.call.beside import BesidePages
from leadwire.console.call.copies import copies_of
from leadwire.console.call.explained import explained_to, marks_of, repaired_curl
from leadwire.console.call.finding import CallFinder
from leadwire.console.call.pins import PinPages
from leadwire.console.call.stages import stage_picture
from leadwire.console.call.view import asked_of, view_of
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions

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
        self._pages = pages
        self._finder = CallFinder(services, sessions, refused=refused)

    def routes(self) -> list[Route]:
        here = self._finder.path + "/{call_id}"
        return [
            *BesidePages(self._services, self._pages, self._finder).routes(),
            *PinPages(self._services, self._finder).routes(),
            Route(f"{here}/request.txt", self.request_text),
            Route(f"{here}/response.txt", self.response_text),
            Route(f"{here}/explanation.json", self.explanation_json),
            Route(f"{here}.json", self.json),
            Route(here, self.page),
        ]

    def page(self, request: Request) -> Response:
        viewer = self._finder.viewer(request)
        whole = self._finder.found(request, viewer)
        record = self._finder.shown(viewer, whole)
        asked = asked_of(self._finder.filters(request), request.query_params)
        explanation = explained_to(viewer, whole, self._services)
        pinned = self._finder.pinned(request, viewer)
        proxy = self._services.proxy
        base_url = proxy.address() if proxy else str(request.base_url)
        return self._pages.answer(
            "call/page.html",
            viewer=viewer,
            refused=self._finder.refused,
            call=record,
            view=view_of(record, asked, marks_of(explanation)),
            explanation=explanation,
            stages=stage_picture(record),
            repaired_curl=repaired_curl(record, explanation, base_url=base_url),
            may_run=viewer.may_change
            and viewer.may_see_bodies
            and not self._finder.refused
            and record.vantage == "server",
            list_path=self._finder.path,
            pin=pinned.pin if pinned else None,
            pins_full=request.query_params.get("pins") == "full",
            pins_max=self._services.settings.calls_pinned_max,
            back_url=asked.filters.here(),
            end_of_list=_ENDS.get(request.query_params.get("end", ""), ""),
            copies=copies_of(record, base_url=base_url),
            names=self._services.names(viewer.account_id),
        )

    def json(self, request: Request) -> Response:
        viewer = self._finder.viewer(request)
        record = self._finder.shown(viewer, self._finder.found(request, viewer))
        return Response(msgspec.json.encode(exported_call(record)), media_type="application/json")

    def explanation_json(self, request: Request) -> Response:
        viewer = self._finder.viewer(request)
        whole = self._finder.found(request, viewer)
        self._finder.shown(viewer, whole)  # notes in the audit trail who reads values of a body
        explanation = explained_to(viewer, whole, self._services)
        return Response(msgspec.json.encode(explanation), media_type="application/json")

    def request_text(self, request: Request) -> Response:
        record = self._finder.with_bodies(request)
        # The bytes as sent, if known: Copy as cURL reads this file.
        sent = sent_bytes(record)
        text = record.request_body.encode() if sent is None else sent
        return _text_file(f"{record.call_id}-request.txt", text)

    def response_text(self, request: Request) -> Response:
        record = self._finder.with_bodies(request)
        return _text_file(f"{record.call_id}-response.txt", record.response_body.encode())


def _text_file(name: str, text: bytes) -> Response:
    return Response(
        text,
        media_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
