"""Outbox: the mails that calls asked to send, and the result of each.

A caller chose the content of a mail. Its HTML is shown as text and never rendered, so nothing in it
can run, load or imitate the console.
"""

from typing import Final, cast, get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leadwire.console.bodies.shown import RAW_CHARS_MAX
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.crm.mails.outbox import MailState

OUTBOX_PATH: Final = "/console/outbox"
MAILS_SHOWN_MAX: Final = 100
STATE_WORDS: Final[dict[MailState, str]] = {
    "waiting": "Waiting",
    "sent": "Sent",
    "failed": "Failed",
    "recorded": "Recorded only",
}
_CURSOR_CHARS_MAX: Final = 100


class OutboxPages:
    def __init__(self, services: ConsoleServices, sessions: Sessions, pages: Pages) -> None:
        self._outbox = services.outbox
        self._sessions = sessions
        self._pages = pages

    def page(self, request: Request) -> Response:
        viewer = self._sessions.required(request)
        state = request.query_params.get("state", "")
        chosen = cast("MailState", state) if state in get_args(MailState) else None
        cursor = request.query_params.get("older", "")[:_CURSOR_CHARS_MAX]
        found = self._outbox.page(
            viewer.account_id, state=chosen, cursor=cursor, mails_max=MAILS_SHOWN_MAX
        )
        return self._pages.answer(
            "outbox.html",
            viewer=viewer,
            mails=found.mails,
            states=STATE_WORDS,
            chosen=chosen or "",
            is_older=bool(cursor),
            newest_url=_url(chosen or ""),
            older_url=_url(chosen or "", found.cursor) if found.cursor else "",
        )

    def mail(self, request: Request) -> Response:
        """Raises HTTPException 404, whether the mail is unknown or in another account."""
        viewer = self._sessions.required(request)
        mail = self._outbox.mail(viewer.account_id, request.path_params["mail_id"])
        if mail is None:
            raise HTTPException(status_code=404)
        return self._pages.answer(
            "mail.html",
            viewer=viewer,
            mail=mail,
            state=STATE_WORDS[mail.state],
            shown_max=RAW_CHARS_MAX,
        )


def _url(state: str, older: str = "") -> str:
    query = {name: value for name, value in (("state", state), ("older", older)) if value}
    return f"{OUTBOX_PATH}?{urlencode(query)}" if query else OUTBOX_PATH
