"""Pages as a table: an address, a method, who may open it, and the function that answers."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NamedTuple, cast

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.console.forms import Form, read_form
from leadwire.console.sessions import PageRole, Sessions
from leadwire.crm.unit import Actor, Person
from leadwire.errors import Missing

_NO_FORM = Form([])


class Asked(NamedTuple):
    """A request of a viewer who may make it. *form* is empty for a GET."""

    request: Request
    viewer: Viewer
    form: Form

    def path(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    def parameter(self, name: str) -> str:
        """A parameter of the query, without surrounding blanks."""
        return self.request.query_params.get(name, "").strip()


def actor_of(viewer: Viewer) -> Actor:
    """The viewer as the actor of a rule. No other user of the account is known to it."""
    people = {viewer.user_id: Person(viewer.name, viewer.email)}
    return Actor(viewer.account_id, viewer.user_id, people)


Work = Callable[[Asked], Response] | Callable[[Asked], Awaitable[Response]]


class PageRow(NamedTuple):
    method: str
    path: str
    role: PageRole
    work: Work
    """A plain function runs in a worker thread, as it may block."""


def routes_of(rows: Iterable[PageRow], sessions: Sessions) -> list[Route]:
    """The routes. Who may not open one gets 403; what does not exist in the account is a 404."""
    return [Route(row.path, _endpoint(row, sessions), methods=[row.method]) for row in rows]


def _endpoint(row: PageRow, sessions: Sessions) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        viewer = await run_in_threadpool(sessions.with_role, request, row.role)
        form = await read_form(request) if row.method == "POST" else _NO_FORM
        asked = Asked(request, viewer, form)
        try:
            if asyncio.iscoroutinefunction(row.work):
                return cast("Response", await row.work(asked))
            return await run_in_threadpool(cast("Callable[[Asked], Response]", row.work), asked)
        except Missing:
            raise HTTPException(status_code=404) from None

    return answer
