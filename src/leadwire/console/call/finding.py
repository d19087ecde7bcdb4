"""Find the call of an address, and what a viewer may see of it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.call.pinned import Pinned, pinned_call
from leadwire.console.filters import Filters, filters_from_parameters
from leadwire.console.finding import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.reading import call_of_account, refused_call
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.console.withheld import shown_to


class CallFinder:
    """*refused* finds the calls without an account, for administrators. Thread-safe; may block."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, *, refused: bool) -> None:
        self._services = services
        self._sessions = sessions
        self.refused = refused
        self.path = REFUSED_CALLS_PATH if refused else API_LOGS_PATH

    def viewer(self, request: Request) -> Viewer:
        if self.refused:
            return self._sessions.administrator(request)
        return self._sessions.required(request)

    def found(self, request: Request, viewer: Viewer) -> CallRecord:
        """The whole record, from the log or, if it is pinned, from its copy.

        Raises HTTPException 404, whether the call is unknown or in another account.
        """
        pinned = self.pinned(request, viewer)
        return self.in_log(request, viewer) if pinned is None else pinned.call

    def pinned(self, request: Request, viewer: Viewer) -> Pinned | None:
        """The copy of the call, if it is pinned."""
        account_id = "" if self.refused else viewer.account_id
        call_id = request.path_params["call_id"]
        return pinned_call(self._services.account.access, account_id, call_id)

    def in_log(self, request: Request, viewer: Viewer) -> CallRecord:
        """The record in the log. Raises as ``found``."""
        calls, call_id = self._services.calls, request.path_params["call_id"]
        record = (
            refused_call(calls, call_id)
            if self.refused
            else call_of_account(calls, call_id, viewer.account_id)
        )
        if record is None:
            raise HTTPException(status_code=404)
        return record

    def shown(self, viewer: Viewer, record: CallRecord) -> CallRecord:
        """What the viewer may see of *record*. If that is a body, the audit trail says so."""
        shown = shown_to(viewer, record)
        if shown.request_body or shown.response_body:
            self._services.audit.record(viewer, "body.seen", shown.call_id, note=shown.operation)
        return shown

    def with_bodies(self, request: Request) -> CallRecord:
        """As ``shown``. Raises NotAllowed for a viewer without the right to see bodies."""
        viewer = self.viewer(request)
        if not viewer.may_see_bodies:
            raise NotAllowed("You have no right to see bodies. Ask an administrator for it.")
        return self.shown(viewer, self.found(request, viewer))

    def filters(self, request: Request) -> Filters:
        """The filters of the list that the call was opened from."""
        return filters_from_parameters(self.path, request.query_params)
