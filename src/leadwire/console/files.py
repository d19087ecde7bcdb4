"""Uploaded files, for signed-in users; always as a download."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions
from leadwire.crm.files import DOWNLOAD_MEDIA_TYPE, download_headers


class Files:
    def __init__(self, services: ConsoleServices, sessions: Sessions) -> None:
        self._file = services.file
        self._sessions = sessions

    def download(self, request: Request) -> Response:
        """``?file=`` is the path of a file, which starts with its id. 404 for another account's."""
        viewer = self._sessions.required(request)
        file_id = request.query_params.get("file", "").partition("/")[0]
        kept = self._file(viewer.account_id, file_id)
        if kept is None:
            raise HTTPException(status_code=404)
        return Response(
            kept.content,
            media_type=DOWNLOAD_MEDIA_TYPE,
            headers=dict(download_headers(kept.about.name)),
        )
