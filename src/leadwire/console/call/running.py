"""Run a call again from its page: rolled back, or for real."""

import difflib
from typing import Final, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from leadwire.calls.record import CallRecord
from leadwire.console.endpoint import Asked, PageRow, routes_of
from leadwire.console.finding import API_LOGS_PATH
from leadwire.console.reading import call_of_account
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import NotAllowed, Sessions
from leadwire.recording.rerun import RerunRefused, RerunRequest, edited_request, stored_request

_EDITED_CHARACTERS_MAX: Final = 40_000
"""A longer body is not edited in a form."""
_LINES_MAX: Final = 500
_REFUSED_STATUS: Final = 422


class Written(NamedTuple):
    """The request in the form."""

    method: str
    target: str
    content_type: str
    body: str

    @property
    def is_too_long(self) -> bool:
        return len(self.body) > _EDITED_CHARACTERS_MAX


class ComparedLine(NamedTuple):
    text: str
    differs: bool


class Compared(NamedTuple):
    """The answers then and now, line by line."""

    then: list[ComparedLine]
    now: list[ComparedLine]
    is_cut: bool


class RunPages:
    """For developers and administrators who may see bodies."""

    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._services = services
        self._sessions = sessions
        self._pages = pages

    def routes(self) -> list[Route]:
        here = API_LOGS_PATH + "/{call_id}/run"
        rows = [
            PageRow("GET", here, "developer", self.form),
            PageRow("POST", here, "developer", self.rolled_back),
            PageRow("POST", f"{here}-for-real", "developer", self.for_real),
        ]
        return routes_of(rows, self._sessions)

    async def form(self, asked: Asked) -> Response:
        """The request as stored, or with ``?repaired=1`` as its explanation corrects it."""
        record = await self._record(asked)
        audit = self._services.audit.record
        await run_in_threadpool(
            audit, asked.viewer, "body.seen", record.call_id, note=record.operation
        )
        return self._answer(asked, record, await self._written(asked, record))

    async def rolled_back(self, asked: Asked) -> Response:
        """The answer that the call would have now, beside the one that it had."""
        record = await self._record(asked)
        written = _of_form(asked) or await self._written(asked, record)
        try:
            now = await self._services.reruns.rolled_back(_request(record, written))
        except RerunRefused as refused:
            return self._answer(asked, record, written, problem=str(refused))
        await self._audit(asked, record, f"rolled back: {written.method} {written.target}")
        return self._answer(asked, record, written, now=now)

    async def for_real(self, asked: Asked) -> Response:
        """Run it, and go to the new call."""
        record = await self._record(asked)
        written = _of_form(asked) or await self._written(asked, record)
        viewer = asked.viewer
        try:
            made = await self._services.reruns.for_real(
                _request(record, written), by_administrator=viewer.is_administrator
            )
        except RerunRefused as refused:
            return self._answer(asked, record, written, problem=str(refused))
        note = f"for real, as call {made.call_id}: {written.method} {written.target}"
        await self._audit(asked, record, note)
        return RedirectResponse(f"{API_LOGS_PATH}/{made.call_id}", status_code=303)

    async def _record(self, asked: Asked) -> CallRecord:
        """Raises HTTPException 404, and NotAllowed for who may not see bodies."""
        if not asked.viewer.may_see_bodies:
            raise NotAllowed("You have no right to see bodies. Ask an administrator for it.")
        calls, account_id = self._services.calls, asked.viewer.account_id
        record = await run_in_threadpool(call_of_account, calls, asked.path("call_id"), account_id)
        if record is None:
            raise HTTPException(status_code=404)
        return record

    async def _written(self, asked: Asked, record: CallRecord) -> Written:
        is_repaired = asked.parameter("repaired") or asked.form.is_set("repaired")
        explanation = (
            await run_in_threadpool(self._services.explain, record) if is_repaired else None
        )
        repair = explanation.repair if explanation else None
        if repair is None:
            query = f"?{record.query_string}" if record.query_string else ""
            return Written(
                record.method, record.path + query, record.request_content_type, record.request_body
            )
        headers = {name.lower(): value for name, value in repair.headers}
        content_type = headers.get("content-type", "")
        return Written(repair.method, repair.target, content_type, repair.body)

    async def _audit(self, asked: Asked, record: CallRecord, note: str) -> None:
        audit = self._services.audit.record
        await run_in_threadpool(audit, asked.viewer, "call.run", record.call_id, note=note)

    def _answer(
        self,
        asked: Asked,
        record: CallRecord,
        written: Written,
        *,
        problem: str = "",
        now: CallRecord | None = None,
    ) -> Response:
        is_stored = _request_or_none(record, written) is not None
        return self._pages.answer(
            "call/run.html",
            viewer=asked.viewer,
            status_code=_REFUSED_STATUS if problem else 200,
            call=record,
            written=written,
            is_runnable=is_stored,
            problem=problem,
            now=now,
            compared=_compared(record, now) if now else None,
        )


def _of_form(asked: Asked) -> Written | None:
    """The request that a person edited; None if the form has none."""
    if not asked.form.text("method"):
        return None
    return Written(
        asked.form.text("method"),
        asked.form.text("target"),
        asked.form.text("content_type"),
        # A form's lines end with CRLF, whatever was typed.
        asked.form.raw("body").replace("\r\n", "\n"),
    )


def _request(record: CallRecord, written: Written) -> RerunRequest:
    """Raises RerunRefused."""
    query = f"?{record.query_string}" if record.query_string else ""
    stored = (record.method, record.path + query, record.request_content_type)
    if written[:3] == stored and written.body == record.request_body:
        return stored_request(record)  # its very bytes
    return edited_request(
        record,
        method=written.method,
        target=written.target,
        content_type=written.content_type,
        body=written.body,
    )


def _request_or_none(record: CallRecord, written: Written) -> RerunRequest | None:
    try:
        return _request(record, written)
    except RerunRefused:
        return None


def _compared(then: CallRecord, now: CallRecord) -> Compared:
    before, after = _lines(then), _lines(now)
    is_cut = max(len(before), len(after)) > _LINES_MAX
    before, after = before[:_LINES_MAX], after[:_LINES_MAX]
    same_before, same_after = set[int](), set[int]()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for first, second, size in matcher.get_matching_blocks():
        same_before.update(range(first, first + size))
        same_after.update(range(second, second + size))
    return Compared(
        [ComparedLine(text, n not in same_before) for n, text in enumerate(before)],
        [ComparedLine(text, n not in same_after) for n, text in enumerate(after)],
        is_cut,
    )


def _lines(record: CallRecord) -> list[str]:
    try:
        body = msgspec.json.format(record.response_body, indent=2)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        body = record.response_body
    return [f"{record.status_code}", *body.splitlines()]
