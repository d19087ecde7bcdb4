"""Who may use the control interface: who has the token, and is not a web page.

A page that a developer visits can send requests to this machine, also by a name that resolves to
it. So the token alone is not enough of a guard: it travels in a header that a page cannot send
without a preflight, preflights are refused, and Host and Origin are checked.
"""

import hmac
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from leadwire.controls.answers import FORBIDDEN, UNAUTHORIZED, WRONG_TYPE, Refused, answer

TOKEN_HEADER: Final = "X-Leadwire-Controls"  # noqa: S105  # a name
TOKEN_VARIABLE: Final = "LEADWIRE_CONTROLS_TOKEN"  # noqa: S105  # a name
TOKEN_CHARACTERS_MIN: Final = 16
_TYPES: Final = frozenset({"application/json", "application/yaml"})
_OWN_SITES: Final = frozenset({"", "none", "same-origin"})
_LOCAL_NAMES: Final = frozenset({"localhost", "host.docker.internal"})


class Guard:
    """Passes a request with the token to *inner*. *host* is what the server listens on."""

    def __init__(self, inner: ASGIApp, *, token: str, host: str) -> None:
        self._inner = inner
        self._token = token.encode()
        self._names = _LOCAL_NAMES | {host}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        try:
            self._check(scope["method"], headers)
        except Refused as refused:
            await answer(refused.body, refused.status_code)(scope, receive, send)
            return
        await self._inner(scope, receive, send)

    def _check(self, method: str, headers: Mapping[str, str]) -> None:
        """Raises Refused."""
        host = headers.get("host", "")
        if not self._is_own_name(host):
            raise _forbidden(f"The Host '{host}' is not a name of this server.")
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2] != host:
            raise _forbidden(f"Controls do not answer web pages (Origin {origin}).")
        site = headers.get("sec-fetch-site", "")
        if site not in _OWN_SITES or method == "OPTIONS":
            raise _forbidden("Controls do not answer web pages.")
        given = headers.get(TOKEN_HEADER.lower(), "").encode("latin-1")
        if not hmac.compare_digest(given, self._token):
            raise Refused(
                UNAUTHORIZED,
                "token",
                f"Send the header {TOKEN_HEADER} with the token that 'leadwire serve --controls' "
                "printed.",
            )
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body and media_type not in _TYPES:
            raise Refused(
                WRONG_TYPE, "content_type", "Send the body with Content-Type: application/json."
            )

    def _is_own_name(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        # An address cannot be a name that another's DNS made up. A single label is a container.
        is_address = name.replace(".", "").isdecimal() or ":" in name
        return is_address or name in self._names or (bool(name) and "." not in name)


def _forbidden(message: str) -> Refused:
    return Refused(FORBIDDEN, "not_from_here", message)
