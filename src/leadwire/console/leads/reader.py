"""Reading for the pages of leads: the CRM for a viewer, and the calls that name a thing."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.console.leads.sight import Sight, personal_names
from leadwire.console.reading import reading_calls
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.crm.unit import Actor, Person, Unit

T = TypeVar("T")


def asked_text(text: str, characters_max: int = 200) -> str:
    """Text of an address as a database can take it: no NUL, and no half of a character."""
    return text[:characters_max].replace("\0", "").encode("utf-8", "replace").decode()


class CallsAbout(NamedTuple):
    """Calls that name a thing by its id, newest first."""

    calls: tuple[CallRecord, ...]
    more: bool
    """Whether there are older ones that were not read."""
    stopped: bool
    """Whether the time for the search was over before all calls were looked through."""
    damaged: bool


class Reader:
    """Reads for one viewer at a time; holds nothing of theirs."""

    def __init__(self, services: ConsoleServices, sessions: Sessions) -> None:
        self._services = services
        self._sessions = sessions
        self._personal = personal_names(services.settings)

    async def viewer(self, request: Request) -> Viewer:
        """Raises NotSignedIn."""
        return await run_in_threadpool(self._sessions.required, request)

    def sight(self, viewer: Viewer) -> Sight:
        return Sight(viewer, self._personal)

    async def people(self, viewer: Viewer) -> Mapping[str, str]:
        """The names of the account's users, by id."""
        return await run_in_threadpool(self._services.names, viewer.account_id)

    async def read(self, viewer: Viewer, people: Mapping[str, str], work: Callable[[Unit], T]) -> T:
        persons = {user_id: Person(name, "") for user_id, name in people.items()}
        return await self._services.crm.read(
            Actor(viewer.account_id, viewer.user_id, persons), work
        )

    async def calls_about(
        self,
        viewer: Viewer,
        thing_id: str,
        *,
        calls_max: int,
        from_ms: int | None = None,
        until_ms: int | None = None,
    ) -> CallsAbout:
        """The newest calls of the account that name *thing_id*, in a range of time.

        Raises CallLogUnreadable.
        """
        query = CallQuery(
            account_id=viewer.account_id,
            condition=condition_of(f'"{thing_id}"'),
            from_ms=from_ms,
            until_ms=until_ms,
            limit=calls_max,
            time_budget_ms=self._services.settings.lead_calls_budget_ms,
        )
        return await run_in_threadpool(self._search, query)

    def _search(self, query: CallQuery) -> CallsAbout:
        with reading_calls():
            page = self._services.calls.search(query)
        return CallsAbout(page.calls, bool(page.next), page.stopped_early, bool(page.damaged))
