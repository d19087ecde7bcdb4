"""The pages below ``/docs`` and ``/errors``. They need no sign-in; who has one sees more."""

from typing import Final, NamedTuple
from urllib.parse import quote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallPage, CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import OneOf
from leadwire.console.endpoint import Asked, PageRow, routes_of
from leadwire.console.reading import call_of_account, reading_calls
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.dates import DAY_MS
from leadwire.operations import BY_NAME, CATALOGUE, Operation
from leadwire.recording.rerun import RerunRefused
from leadwire.server.docs.examples import example_of
from leadwire.server.docs.groups import GROUP_OF, GROUPS, nearest, search, text_of
from leadwire.server.docs.trying import (
    AGENT,
    Written,
    is_triable,
    own_keys,
    request_of,
    written_in,
    written_of,
)
from leadwire.wire.faults import EVERY_OPERATION, FAULT_KINDS, FaultKind

CALLS_SHOWN: Final = 5
_DAYS: Final = 7
_CALLS_BUDGET_MS: Final = 500
_SEARCH_CHARS_MAX: Final = 200
_SHOWN_CHARS_MAX: Final = 20_000
_ID_CHARS_MAX: Final = 64
_NOT_FOUND: Final = 404
_REFUSED: Final = 422
_BY_LOWER_NAME: Final = {operation.name.lower(): operation for operation in CATALOGUE}
REPEATS: Final = {
    "safe": "The result of a repeated call is the same.",
    "safe with a key": "A repeated call changes nothing if the body finds the lead by a value.",
    "refused": "A repeated call is refused.",
    "unsafe": "A repeated call may make a second thing.",
}


class Attempt(NamedTuple):
    """What is known of the form: what stands in it, the call it made, or why it made none."""

    written: Written | None = None
    made: CallRecord | None = None
    problem: str = ""


NO_ATTEMPT: Final = Attempt()


class Docs:
    """The pages, for whoever asks."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        attempt = "/docs/{operation}/try"
        return [
            Route("/docs", self.operations),
            Route("/docs/{operation}", self.operation),
            # Where a sign-in leads back to that was needed for the form.
            Route(attempt, self.back_to_form, methods=["GET"]),
            *routes_of([PageRow("POST", attempt, "developer", self.attempt)], self._sessions),
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
        tried_id = request.query_params.get("tried", "")
        tried = await run_in_threadpool(self._tried, viewer, tried_id) if tried_id else None
        attempt = Attempt(written_of(tried, operation), tried) if tried else NO_ATTEMPT
        return await self._page(request, viewer, operation, attempt)

    async def back_to_form(self, request: Request) -> Response:
        return RedirectResponse(f"/docs/{quote(request.path_params['operation'])}#try")

    async def attempt(self, asked: Asked) -> Response:
        """Run the call, and show its answer on the page of the operation."""
        operation = _BY_LOWER_NAME.get(asked.path("operation").lower())
        if operation is None or not self._may_try(operation):
            return self._missing(asked.viewer, "operation", asked.path("operation"))
        viewer, written = asked.viewer, written_in(asked.form, operation)
        if not viewer.may_see_bodies:
            raise NotAllowed("You have no right to see bodies. Ask an administrator for it.")
        try:
            made = await self._run(viewer, operation, written)
        except RerunRefused as refused:
            attempt = Attempt(written, problem=str(refused))
            return await self._page(asked.request, viewer, operation, attempt)
        address = f"/docs/{operation.name}?tried={made.call_id}#try"
        return RedirectResponse(address, status_code=303)

    def _may_try(self, operation: Operation) -> bool:
        """Whether a form can send it from here: a proxy has no API of its own."""
        return self._services.proxy is None and is_triable(operation)

    async def _run(self, viewer: Viewer, operation: Operation, written: Written) -> CallRecord:
        """The record of the call that was made. Raises RerunRefused."""
        keys = await run_in_threadpool(own_keys, self._services, viewer)
        if written.key_id not in {key.key_id for key in keys}:
            raise RerunRefused("Choose one of your own keys that work.")
        made = await self._services.reruns.for_real(
            request_of(operation, written, viewer), by_administrator=viewer.is_administrator
        )
        note, audit = f"from the docs: {operation.name}", self._services.audit.record
        await run_in_threadpool(audit, viewer, "call.run", made.call_id, note=note)
        return made

    async def _page(
        self, request: Request, viewer: Viewer | None, operation: Operation, attempt: Attempt
    ) -> Response:
        calls = await run_in_threadpool(self._calls, viewer, operation) if viewer else None
        tries = viewer is not None and viewer.may_change and viewer.may_see_bodies
        keys = await run_in_threadpool(own_keys, self._services, viewer) if viewer and tries else []
        tried = attempt.made
        return self._answer(
            "docs/operation.html",
            viewer,
            status_code=_REFUSED if attempt.problem else 200,
            operation=operation,
            is_triable=self._may_try(operation),
            tries=tries,
            keys=keys,
            written=attempt.written,
            tried=tried,
            tried_body=_pretty_or_plain(tried.response_body) if tried else "",
            problem=attempt.problem,
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

    def _tried(self, viewer: Viewer | None, call_id: str) -> CallRecord | None:
        """The call that the form made; None for any other."""
        if viewer is None or not viewer.may_see_bodies:
            return None
        record = call_of_account(self._services.calls, call_id[:_ID_CHARS_MAX], viewer.account_id)
        return record if record is not None and record.user_agent == AGENT else None

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


def _pretty_or_plain(text: str) -> str:
    try:
        return msgspec.json.format(text, indent=2)[:_SHOWN_CHARS_MAX]
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text[:_SHOWN_CHARS_MAX]


def _pretty(text: str) -> str:
    return msgspec.json.format(text, indent=2) if text else ""
