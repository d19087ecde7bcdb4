"""All error answers of the console: as a page, or as JSON for data requests."""

import logging
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from leadwire.calls.query import QueryError
from leadwire.console.rendering import Pages
from leadwire.console.sessions import NotAllowed, Sessions, sign_in_url
from leadwire.errors import LeadwireError

_LOG: Final = logging.getLogger(__name__)
_DATA_SUFFIXES: Final = (".json", ".jsonl", ".parquet", ".csv", ".txt")

_TITLES: Final = {
    400: "That request can't be read",
    403: "You can't open this",
    404: "Page not found",
    405: "This method is not allowed here",
    413: "The request is too large",
    500: "Something went wrong",
    503: "The call log can't be read",
}
_TEXTS: Final = {
    400: "The console does not understand this address or form.",
    403: "The request came from another site, so nothing was done.",
    404: "There is no such page, or no such call in your account's log.",
    405: "This address does not accept this method.",
    413: "The form is larger than the console accepts.",
    500: "The error is in the server's log. You can safely try again.",
    503: "The call store did not answer. Try again in a moment.",
}


class CallLogUnreadable(LeadwireError):
    """The store raised an unexpected error."""


class ExportIncomplete(LeadwireError):
    """The export could not find all its rows. The text says why."""


class Refusals:
    def __init__(self, pages: Pages, sessions: Sessions) -> None:
        self._pages = pages
        self._sessions = sessions

    def not_signed_in(self, request: Request, _error: Exception) -> Response:
        if _wants_data(request):
            return _as_json(
                401, "Sign in first: POST email and password to /console/sign-in, keep the cookie."
            )
        return RedirectResponse(sign_in_url(request), status_code=303)

    def not_allowed(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, NotAllowed)  # noqa: S101  # registered only for this type
        return self._answer(request, 403, str(error))

    def query_wrong(self, _request: Request, error: Exception) -> Response:
        """For JSON and CSV. A list page shows the form again instead."""
        assert isinstance(error, QueryError)  # noqa: S101  # registered only for this type
        return _as_json(400, str(error), field=error.field)

    def call_log_unreadable(self, request: Request, error: Exception) -> Response:
        _LOG.error("%s: the call log can't be read", request.url.path, exc_info=error)
        return self._answer(request, 503)

    def export_incomplete(self, _request: Request, error: Exception) -> Response:
        return _as_json(503, str(error))

    def http_error(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered only for this type
        response = self._answer(request, error.status_code)
        response.headers.update(error.headers or {})
        return response

    def from_another_site(self, request: Request) -> Response:
        return self._plain(request, 403)

    def unexpected(self, request: Request) -> Response:
        return self._plain(request, 500)

    def _answer(self, request: Request, status_code: int, text: str = "") -> Response:
        if _wants_data(request):
            return _as_json(status_code, text or _TEXTS.get(status_code, ""))
        return self._pages.answer(
            "error.html",
            viewer=self._sessions.viewer(request),
            status_code=status_code,
            title=_TITLES.get(status_code, "The request failed"),
            text=text or _TEXTS.get(status_code, ""),
            address=request.url.path,
        )

    def _plain(self, request: Request, status_code: int) -> Response:
        """The page without a viewer: the session store itself may be failing."""
        if _wants_data(request):
            return _as_json(status_code, _TEXTS[status_code])
        return self._pages.answer(
            "error.html",
            viewer=None,
            status_code=status_code,
            title=_TITLES[status_code],
            text=_TEXTS[status_code],
            address=request.url.path,
        )


def _wants_data(request: Request) -> bool:
    return request.url.path.endswith(_DATA_SUFFIXES)


def _as_json(status_code: int, message: str, **more: str) -> Response:
    return JSONResponse({"error": message, **more}, status_code)
