"""The console's style sheet, scripts and icon, under addresses that change with their content.

The path has one hash of all files, so that scripts can import each other by name.
"""

import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

STATIC_PATH: Final = "/console/static"
_MEDIA_TYPES: Final = {
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
_KEPT_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"


class Assets:
    """The files of ``console/static``, read once."""

    def __init__(self) -> None:
        self._files = _static_files()
        self._digest = _digest(self._files)

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for an unknown name."""
        self._files[name]
        return f"{STATIC_PATH}/{self._digest}/{name}"

    def serve(self, request: Request) -> Response:
        content = self._files.get(request.path_params["name"])
        if content is None or request.path_params["digest"] != self._digest:
            raise HTTPException(status_code=404)
        media_type = _MEDIA_TYPES[request.path_params["name"].rpartition(".")[2]]
        return Response(content, media_type=media_type, headers={"Cache-Control": _KEPT_FOR_A_YEAR})


def _static_files() -> dict[str, bytes]:
    folder = resources.files("leadwire.console") / "static"
    return {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.name.rpartition(".")[2] in _MEDIA_TYPES
    }


def _digest(files: Mapping[str, bytes]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name] + b"\0")
    return digest.hexdigest()
