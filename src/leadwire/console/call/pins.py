"""Pin calls, so that they stay when retention removes their day; and the list of pinned calls."""

from typing import Final
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.change import Change
from leadwire.access.pins import pin_call, pins_of, unpin_call
from leadwire.access.viewer import Viewer
from leadwire.calls.packed import packed, unpacked
from leadwire.calls.query import QueryError, condition_of
from leadwire.calls.record import CallRecord
from leadwire.console.call.finding import CallFinder
from leadwire.console.call.pinned import Pinned
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.console.withheld import asked_by, shown_to
from leadwire.errors import InputInvalid

PINNED_PATH: Final = "/console/pinned-calls"
_NOTE_CHARS_MAX: Final = 200


class PinPages:
    """Pins and unpins one call."""

    def __init__(self, services: ConsoleServices, finder: CallFinder) -> None:
        self._services = services
        self._finder = finder

    def routes(self) -> list[Route]:
        here = self._finder.path + "/{call_id}"
        return [
            Route(f"{here}/pin", self.pin, methods=["POST"]),
            Route(f"{here}/unpin", self.unpin, methods=["POST"]),
        ]

    async def pin(self, request: Request) -> Response:
        form = await request.form()
        note = " ".join(str(form.get("note", "")).split())[:_NOTE_CHARS_MAX]
        return await run_in_threadpool(self._pin, request, note)

    def _pin(self, request: Request, note: str) -> Response:
        viewer = self._changer(request)
        record = self._finder.found(request, viewer)

        def work(change: Change) -> None:
            pin_call(
                change,
                account_id=record.account_id,
                call_id=record.call_id,
                record=packed(record),
                note=note,
                pins_max=self._services.settings.calls_pinned_max,
            )
            change.audit(viewer.account_id, "call.pinned", thing=record.call_id, note=note)

        try:
            self._services.account.access.change(viewer.doer, work)
        except InputInvalid:
            return self._back(request, record, pins="full")
        return self._back(request, record)

    def unpin(self, request: Request) -> Response:
        viewer = self._changer(request)
        record = self._finder.found(request, viewer)

        def work(change: Change) -> None:
            if unpin_call(change, account_id=record.account_id, call_id=record.call_id):
                change.audit(viewer.account_id, "call.unpinned", thing=record.call_id)

        self._services.account.access.change(viewer.doer, work)
        if self._is_in_log(request):
            return self._back(request, record)
        return RedirectResponse(PINNED_PATH, status_code=303)

    def _is_in_log(self, request: Request) -> bool:
        try:
            self._finder.in_log(request, self._finder.viewer(request))
        except HTTPException:
            return False
        return True

    def _changer(self, request: Request) -> Viewer:
        viewer = self._finder.viewer(request)
        if not viewer.may_change:
            raise NotAllowed("Only an administrator or a developer can pin calls.")
        return viewer

    def _back(self, request: Request, record: CallRecord, **more: str) -> Response:
        here = self._finder.filters(request).here(f"{self._finder.path}/{record.call_id}")
        if more:
            here += f"{'&' if '?' in here else '?'}{urlencode(more)}"
        return RedirectResponse(here, status_code=303)


class PinnedList:
    """The pinned calls of an account; for an administrator also those whose keys were refused."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        return [Route(PINNED_PATH, self.page)]

    def page(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        asked = request.query_params.get("q", "").strip()
        error = ""
        found: list[Pinned] = []
        try:
            found = self._found(viewer, asked)
        except QueryError as mistake:
            error = str(mistake)
        return self._pages.answer(
            "call/pinned.html",
            viewer=viewer,
            status_code=400 if error else 200,
            asked=asked,
            error=error,
            pinned=[Pinned(each.pin, shown_to(viewer, each.call)) for each in found],
            pins_max=self._services.settings.calls_pinned_max,
        )

    def _found(self, viewer: Viewer, asked: str) -> list[Pinned]:
        condition = asked_by(viewer, condition_of(asked, now_ms=self._services.clock.now_ms()))
        with self._services.account.access.engine.connect() as connection:
            pins = pins_of(connection, viewer.account_id)
            if viewer.is_administrator:
                pins += pins_of(connection, "")
        every = (Pinned(pin, unpacked(pin.record)) for pin in pins)
        return [each for each in every if condition.holds(each.call)]
