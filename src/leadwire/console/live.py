"""New calls of a list as server-sent events; each event has table rows.

A stream polls the store about once a second and ends after some minutes. The browser then
reconnects with the last event's id, which is its position in the log. A call may come twice, and
the page drops it by its id. No call is missed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Final

import anyio
import msgspec
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.call_list import API_LOGS_PATH, REFUSED_CALLS_PATH
from leadwire.console.filters import filters_from_parameters, query_of
from leadwire.console.reading import reading_calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.errors import LeadwireError

POLL_SECONDS: Final = 1
HEARTBEAT_POLLS: Final = 15
RETRY_MS: Final = 2_000
ROWS_MAX: Final = 200
"""Per event. Further calls follow at once in the next event."""
STREAMS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """The result of one poll, and the next position. *more*: another poll would find calls now."""

    viewer: Viewer
    calls: tuple[CallRecord, ...]
    place: str
    more: bool


class Live:
    """The stream of one list. ``stream`` runs on the event loop's thread."""

    def __init__(
        self, services: ConsoleServices, sessions: Sessions, pages: Pages, *, refused: bool
    ) -> None:
        self._services = services
        self._calls = services.calls
        self._sessions = sessions
        self._pages = pages
        self._refused = refused
        self._path = REFUSED_CALLS_PATH if refused else API_LOGS_PATH
        self._open = 0

    async def stream(self, request: Request) -> Response:
        """New calls after ``Last-Event-ID``, else after ``after``, else from now on."""
        if self._open >= STREAMS_MAX:
            raise HTTPException(status_code=429)
        # Before the response starts, so that an invalid filter or an ended session gets its status.
        first = await to_thread.run_sync(self._look, request, _asked_after(request))
        return StreamingResponse(
            self._events(request, first),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _events(self, request: Request, fresh: Fresh) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            yield f"retry: {RETRY_MS}\nid: {fresh.place}\n\n".encode()
            for number in range(1, self._services.settings.calls_live_looks_max + 1):
                if fresh.calls:
                    yield await to_thread.run_sync(self._event, request, fresh)
                elif number % HEARTBEAT_POLLS == 0:
                    # Sent with the position, so that the next poll skips calls that did not match.
                    yield f": nothing new\nid: {fresh.place}\n\n".encode()
                if self._services.stopping():
                    return
                if not fresh.more:
                    await anyio.sleep(POLL_SECONDS)
                fresh = await to_thread.run_sync(self._look, request, fresh.place)
        except LeadwireError:
            # The session ended or the log can't be read. The browser reconnects, and that answer
            # says which.
            return
        finally:
            self._open -= 1

    def _look(self, request: Request, place: str) -> Fresh:
        viewer = (
            self._sessions.administrator(request)
            if self._refused
            else self._sessions.required(request)
        )
        filters = filters_from_parameters(self._path, request.query_params)
        query, _ = query_of(
            replace(filters, cursor="", limit=""),
            self._services,
            account_id=None if self._refused else viewer.account_id,
            rows_max=ROWS_MAX,
        )
        with reading_calls():
            new = self._calls.since(query, place or self._calls.place())
        # As in the table, newest first.
        calls = sorted(new.calls, key=lambda call: (call.started_at_ms, call.sequence))[::-1]
        return Fresh(viewer=viewer, calls=tuple(calls), place=new.place, more=new.more)

    def _event(self, request: Request, fresh: Fresh) -> bytes:
        rows = self._pages.text(
            "live_rows.html",
            calls=fresh.calls,
            refused=self._refused,
            filters=replace(
                filters_from_parameters(self._path, request.query_params), cursor="", limit=""
            ),
            user_names=self._services.user_names(fresh.viewer.account_id),
        )
        # JSON has no raw line breaks, which would end the event's field.
        data = msgspec.json.encode({"rows": rows})
        return b"id: %b\nevent: calls\ndata: %b\n\n" % (fresh.place.encode(), data)


def _asked_after(request: Request) -> str:
    """The position: a header on reconnect, a parameter on the page's first request."""
    return request.headers.get("last-event-id", "") or request.query_params.get("after", "")
