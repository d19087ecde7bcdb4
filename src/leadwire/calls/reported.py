"""What the body of an answer reports, in the dialect's envelopes."""

from typing import Any, Final, NamedTuple

import msgspec

_FAILED_WORDS: Final = frozenset({"error", "failed", "failure"})
_BOM: Final = b"\xef\xbb\xbf"
_DONE_IN_PART: Final = 2


class Reported(NamedTuple):
    """What an error body reports, as far as it could be read."""

    exception_type: str
    message: str
    partly: bool = False
    """Whether the call was carried out in part."""


def reported_failure(body: bytes) -> Reported | None:
    """The failure that the body of an answer reports; None if it reports none."""
    tree, is_json = decoded(body)
    # A rejection stays a rejection even if its text is not valid UTF-8.
    return reported_in(tree if is_json else decoded(_as_utf8(body))[0])


def decoded(body: bytes) -> tuple[Any, bool]:
    """The JSON of a body, and whether it is JSON."""
    if not body:
        return None, False
    try:
        return msgspec.json.decode(body.removeprefix(_BOM)), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, False


def _as_utf8(body: bytes) -> bytes:
    """The body with U+FFFD in place of invalid UTF-8."""
    return body.decode("utf-8", "replace").encode()


def reported_in(tree: Any) -> Reported | None:  # noqa: ANN401  # any JSON
    """The failure that the body reports; None if it reports none.

    A numeric Status comes from Opportunity Capture: 0 is success. An object as Status is a bulk
    report; the resource reads its rows. A RequestID with a Response reports on another call, so its
    Status says nothing about this one.
    """
    if not isinstance(tree, dict) or {"RequestID", "Response"} <= tree.keys():
        return None
    status, kind = tree.get("Status"), tree.get("ExceptionType")
    failed = (isinstance(status, str) and status.lower() in _FAILED_WORDS) or (
        type(status) is int and status != 0 and "ExceptionMessage" in tree
    )
    if not failed and not (isinstance(kind, str) and kind):
        # A gateway's error page may be JSON too. Keep its text if it has this member.
        message = tree.get("ExceptionMessage")
        return Reported("", message) if isinstance(message, str) and message else None
    return Reported(str(kind or ""), _message(tree), partly=status == _DONE_IN_PART)


def _message(tree: dict[str, Any]) -> str:
    for name in ("ExceptionMessage", "Message", "message", "error"):
        found = tree.get(name)
        if isinstance(found, dict):  # {"Status":"Failed","Message":{"Message":"…"}}
            found = found.get("Message") or found.get("ExceptionMessage")
        if isinstance(found, str) and found:
            return found
    return ""
