"""View Data: everything recorded about one call."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.calls.export import exported_call
from leadwire.calls.record import CallRecord
from leadwire.console.bodies import Marks
from leadwire.console.call.copies import copies_of
from leadwire.console.call.curl import sent_bytes
from leadwire.console.call.view import asked_of, view_of
from leadwire.console.call_list import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.filters import filters_from_parameters
from leadwire.console.reading import call_of_account, refused_call
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.console.withheld import shown_to


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

    def page(self, request: Request) -> Response:
        viewer = self._viewer(request)
        record = self._record(request, viewer)
        asked = asked_of(
            filters_from_parameters(self.path, request.query_params), request.query_params
        )
        marks: Marks = {}
        return self._pages.answer(
            "call/page.html",
            viewer=viewer,
            refused=self._refused,
            call=record,
            view=view_of(record, asked, marks),
            list_path=self.path,
            back_url=asked.filters.here(),
            copies=copies_of(record, base_url=str(request.base_url)),
            user_names=self._services.user_names(viewer.account_id),
        )

    def json(self, request: Request) -> Response:
        record = self._record(request, self._viewer(request))
        return Response(msgspec.json.encode(exported_call(record)), media_type="application/json")

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
        call_id = request.path_params["call_id"]
        record = (
            refused_call(self._calls, call_id)
            if self._refused
            else call_of_account(self._calls, call_id, viewer.account_id)
        )
        if record is None:
            raise HTTPException(status_code=404)
        shown = shown_to(viewer, record)
        if shown.request_body or shown.response_body:
            self._services.audit.record(viewer, "body.seen", call_id, note=record.operation)
        return shown


def _text_file(name: str, text: bytes) -> Response:
    return Response(
        text,
        media_type="text/plain",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
