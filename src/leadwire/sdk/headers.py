"""Headers that a caller may send, and the reason why another one is refused."""

import re
from typing import Final

_KEY_HEADERS: Final = ("x-lsq-", "x-api-key")
_OWN_HEADERS: Final = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""They frame the message or the connection. A wrong one breaks every call."""
_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE: Final = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?")


def header_fault(name: object, value: object) -> str:
    """Why the client does not send this header, as a sentence; empty if it does.

    Never repeats the value, which may be secret.
    """
    if not (isinstance(name, str) and _NAME.fullmatch(name)):
        return "headers: a name must be text of letters, digits and hyphens, such as X-Job."
    if name.lower().startswith(_KEY_HEADERS):
        return "headers: pass keys as access_key=, secret_key= and async_key=, not as headers."
    if name.lower() in _OWN_HEADERS:
        return f"headers: the client sets {name} itself. Leave it out."
    if not (isinstance(value, str) and _VALUE.fullmatch(value)):
        return (
            f"headers: the value of {name} must be text of printable ASCII characters without a "
            "line break, and without a blank at its start or end."
        )
    return ""
