"""One question to the call log, as page, JSON, CSV, counts and Live ask it."""

import logging
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request

from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallPage, CallQuery
from leadwire.console.counting import Counted, counted
from leadwire.console.filters import Asked, Filters, notices_of, query_of
from leadwire.console.reading import reading_calls
from leadwire.console.refusals import CallLogUnreadable
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.console.withheld import asked_by, shown_to
from leadwire.errors import LeadwireError

API_LOGS_PATH: Final = "/console/api-logs"
REFUSED_CALLS_PATH: Final = "/console/refused-calls"

_log = logging.getLogger("leadwire.console")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One answer of the store, with what the reader must know about it."""

    viewer: Viewer
    filters: Filters
    asked: Asked
    page: CallPage
    notices: list[str]

    @property
    def query(self) -> CallQuery:
        return self.asked.query


class Finder:
    """*refused* finds the calls without an account. That needs an administrator."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, *, refused: bool) -> None:
        self._services = services
        self._calls = services.calls
        self._sessions = sessions
        self.refused = refused
        self.path = REFUSED_CALLS_PATH if refused else API_LOGS_PATH

    def viewer(self, request: Request) -> Viewer:
        """Raises NotSignedIn or NotAllowed."""
        if self.refused:
            return self._sessions.administrator(request)
        return self._sessions.required(request)

    def asked(self, viewer: Viewer, filters: Filters, *, rows_max: int) -> Asked:
        """Raises QueryError."""
        account_id = None if self.refused else viewer.account_id
        query, cut = query_of(filters, self._services, account_id=account_id, rows_max=rows_max)
        condition = asked_by(viewer, query.condition)
        return Asked(msgspec.structs.replace(query, condition=condition), cut)

    def find(self, viewer: Viewer, filters: Filters, *, rows_max: int) -> Found:
        """Raises QueryError or CallLogUnreadable."""
        asked = self.asked(viewer, filters, rows_max=rows_max)
        with reading_calls():
            page = self._calls.search(asked.query)
        notices = notices_of(
            asked, page, now_ms=self._services.clock.now_ms(), settings=self._services.settings
        )
        calls = tuple(shown_to(viewer, call) for call in page.calls)
        page = msgspec.structs.replace(page, calls=calls)
        return Found(viewer=viewer, filters=filters, asked=asked, page=page, notices=notices)

    def counted(self, query: CallQuery, *, budget_ms: int) -> Counted | None:
        """All matches, counted, or None if the log can't be read: the rows are shown anyway."""
        query = msgspec.structs.replace(query, time_budget_ms=budget_ms)
        try:
            with reading_calls():
                return counted(self._calls, query, now_ms=self._services.clock.now_ms())
        except CallLogUnreadable as error:
            _log.error("%s: the calls can't be counted", self.path, exc_info=error)
            return None

    def place(self) -> str:
        """Where to follow the list from; empty when the store cannot say."""
        try:
            with reading_calls():
                return self._calls.place()
        except LeadwireError as error:
            _log.error("%s: the calls can't be followed", self.path, exc_info=error)
            return ""
