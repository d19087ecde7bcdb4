"""The pages below ``/docs`` and ``/errors``. They need no sign-in; who has one sees more."""

from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.terms import OneOf
from leadwire.console.reading import reading_calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.dates import DAY_MS
from leadwire.operations import BY_NAME, CATALOGUE, Operation
from leadwire.server.docs.examples import example_of
from leadwire.server.docs.groups import GROUP_OF, GROUPS, nearest, search, text_of
from leadwire.wire.faults import EVERY_OPERATION, FAULT_KINDS, FaultKind

CALLS_SHOWN: Final = 5
_DAYS: Final = 7
_CALLS_BUDGET_MS: Final = 500
_SEARCH_CHARS_MAX: Final = 200
_NOT_FOUND: Final = 404
_BY_LOWER_NAME: Final = {operation.name.lower(): operation for operation in CATALOGUE}
REPEATS: Final = {
    "safe": "The result of a repeated call is the same.",
    "safe with a key": "A repeated call changes nothing if the body finds the lead by a value.",
    "refused": "A repeated call is refused.",
    "unsafe": "A repeated call may make a second thing.",
}


class Docs:
    """The pages, for whoever asks."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        return [
            Route("/docs", self.operations),
            Route("/docs/{operation}", self.operation),
            Route("/errors", self.faults),
            Route("/errors/{exception_type}", self.fault),
        ]

    def operations(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()[:_SEARCH_CHARS_MAX]
        return self._answer(
            "docs/operations.html",
            self._sessions.viewer(request),
            groups=search(text),
            text=text,
            text_of=text_of,
            count=len(CATALOGUE),
        )

    async def operation(self, request: Request) -> Response:
        viewer = await run_in_threadpool(self._sessions.viewer, request)
        operation = _BY_LOWER_NAME.get(request.path_params["operation"].lower())
        if operation is None:
            return self._missing(viewer, "operation", request.path_params["operation"])
        return await self.page_of(request, viewer, operation)

    async def page_of(
        self, request: Request, viewer: Viewer | None, operation: Operation
    ) -> Response:
        calls = await run_in_threadpool(self._calls, viewer, operation) if viewer else None
        return self._answer(
            "docs/operation.html",
            viewer,
            operation=operation,
            in_group=GROUP_OF[operation.name],
            example=example_of(operation, str(request.base_url).rstrip("/")),
            body=_pretty(operation.body_example),
            result=_pretty(operation.result_example),
            repeat=REPEATS[operation.repeat],
            faults=_faults(operation),
            everywhere=EVERY_OPERATION,
            calls=calls,
            calls_days=_DAYS,
            later=BY_NAME.get(operation.later),
        )

    def faults(self, request: Request) -> Response:
        kinds = [
            (kind, sum(kind.exception_type in o.all_faults for o in CATALOGUE))
            for kind in FAULT_KINDS
        ]
        viewer = self._sessions.viewer(request)
        return self._answer("docs/faults.html", viewer, kinds=kinds, everywhere=EVERY_OPERATION)

    def fault(self, request: Request) -> Response:
        viewer = self._sessions.viewer(request)
        wanted = request.path_params["exception_type"].lower()
        kinds = [kind for kind in FAULT_KINDS if kind.exception_type.lower() == wanted]
        if not kinds:
            return self._missing(viewer, "exception type", request.path_params["exception_type"])
        name = kinds[0].exception_type
        raised_by = [operation for operation in CATALOGUE if name in operation.all_faults]
        everywhere = any(kind.exception_type == name for kind in EVERY_OPERATION)
        return self._answer(
            "docs/fault.html",
            viewer,
            name=name,
            kinds=kinds,
            raised_by=raised_by,
            everywhere=everywhere,
        )

    def _calls(self, viewer: Viewer, operation: Operation) -> CallPage | None:
        """The newest calls of the viewer's account; None if the log cannot be read."""
        now_ms = self._services.clock.now_ms()
        query = CallQuery(
            account_id=viewer.account_id,
            condition=OneOf("operation", operation.name, "operation", (operation.name,)),
            from_ms=now_ms - _DAYS * DAY_MS,
            limit=CALLS_SHOWN,
            time_budget_ms=_CALLS_BUDGET_MS,
        )
        with reading_calls():
            return self._services.calls.search(query)

    def _missing(self, viewer: Viewer | None, what: str, name: str) -> Response:
        return self._answer(
            "docs/missing.html",
            viewer,
            status_code=_NOT_FOUND,
            what=what,
            name=name,
            near=nearest(name) if what == "operation" else [],
        )

    def _answer(
        self, template: str, viewer: Viewer | None, *, status_code: int = 200, **context: object
    ) -> Response:
        return self._pages.answer(
            template, viewer=viewer, status_code=status_code, all_groups=GROUPS, **context
        )


def _faults(operation: Operation) -> list[FaultKind]:
    """The fault kinds in the operation's row, each type once."""
    first = {kind.exception_type: kind for kind in reversed(FAULT_KINDS)}
    return [first[name] for name in operation.all_faults]


def _pretty(text: str) -> str:
    return msgspec.json.format(text, indent=2) if text else ""
