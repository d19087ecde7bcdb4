"""What an answer means: a result, or the exception that tells why there is none.

The ExceptionType is asked before the status, since this API says 500 for input that is wrong, and
reports have it say 200 for a refused rate and for a duplicate.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.headers import CALL_ID_HEADER
from leadwire.sdk import errors
from leadwire.sdk.calls import Call
from leadwire.sdk.keys import KeyPair

_RATE_TEXT: Final = re.compile(
    r"calls? exceeded the limit of (\d+) in (\d+) second", re.IGNORECASE | re.ASCII
)
_FAILED_WORDS: Final = frozenset({"error", "failed", "failure"})
_MESSAGES: Final = frozenset({"ExceptionMessage", "ErrorMessage", "Message"})
_BODY_BYTES_MAX: Final = 1_048_576
"""More of a failed call's answer is not kept."""
_BOM: Final = b"\xef\xbb\xbf"
_SECONDS_MAX: Final = 86_400.0
_OK, _REDIRECT, _BAD = 200, 300, 400
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _METHOD, _TOO_MANY = 401, 403, 404, 405, 429
_SERVER: Final = 500
_UNAVAILABLE: Final = 503
_DONE_IN_PART: Final = 2
NOT_RECORDED: Final = "CallNotRecordedException"
"""Of a leadwire server that may have done the work and could not record it."""


class Reply(NamedTuple):
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failure(NamedTuple):
    """No whole answer.

    *sent*: whether the request may have reached the server. *lasting*: the next attempt would end
    in the same way.
    """

    error: type[errors.NoAnswer]
    message: str
    sent: bool
    lasting: bool = False


class RateTold(NamedTuple):
    calls_max: int
    window_seconds: int


class Verdict(NamedTuple):
    """Either *tree*, the decoded body of a success, or *error* and its *reply*, without keys."""

    tree: Any = None
    error: errors.SdkError | None = None
    rate: RateTold | None = None
    reply: Reply | None = None


class _Said(NamedTuple):
    """What an error body says, as far as it says anything."""

    exception_type: str
    message: str
    partly: bool = False
    """It was done in part."""

    def without(self, keys: KeyPair) -> "_Said":
        said = self._replace(exception_type=keys.without(self.exception_type))
        return said._replace(message=keys.without(self.message))


class Unshaped(ValueError):
    """A reader's word for JSON of another shape than the operation's answers have."""


def judge(reply: Reply, call: Call[Any], attempts: int, keys: KeyPair) -> Verdict:
    """Never raises, whatever the body is. What an error or a row is told of holds no key."""
    if call.is_download and _OK <= reply.status < _REDIRECT:
        return Verdict(reply.body)
    tree, is_json = _decoded(reply.body)
    # A rejection is one, also when its text is spoilt.
    said = _said(tree if is_json else _decoded(_mended(reply.body))[0])
    if reply.status < _REDIRECT and said is None:
        if reply.status >= _OK and (is_json or not reply.body):
            return Verdict(_messages_without(tree, keys) if b"Message" in reply.body else tree)
        return unreadable(reply, call, attempts, keys)
    said = said or _Said("", "")
    rate = _RATE_TEXT.search(said.message)
    kind = _kind(reply.status, said, is_rate=rate is not None)
    reply = _without_keys(reply, keys)
    error = _error(kind, reply, call, attempts, said.without(keys))
    told = RateTold(int(rate[1]), int(rate[2])) if rate and len(rate[1]) < len("1000000") else None
    return Verdict(error=error, rate=told, reply=reply)


def unreadable(reply: Reply, call: Call[Any], attempts: int, keys: KeyPair) -> Verdict:
    """The verdict on a success that nobody can use."""
    reply = _without_keys(reply, keys)
    error = _error(errors.AnswerUnreadable, reply, call, attempts, _Said("", ""))
    return Verdict(error=error, reply=reply)


def _without_keys(reply: Reply, keys: KeyPair) -> Reply:
    """The part of *reply* that an exception keeps: a server may have shown the request in it."""
    text = reply.body[: 2 * _BODY_BYTES_MAX].decode("utf-8", "surrogateescape")
    return Reply(
        reply.status,
        {keys.without(name): keys.without(value) for name, value in reply.headers.items()},
        keys.without(text).encode("utf-8", "surrogateescape")[:_BODY_BYTES_MAX],
    )


def _messages_without(tree: Any, keys: KeyPair) -> Any:  # noqa: ANN401  # any JSON
    """A bulk report says of each row what is wrong with it."""
    if isinstance(tree, list):
        return [_messages_without(item, keys) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        name: keys.without(value)
        if name in _MESSAGES and isinstance(value, str) and value
        else _messages_without(value, keys)
        for name, value in tree.items()
    }


def _decoded(body: bytes) -> tuple[Any, bool]:
    if not body:
        return None, False
    try:
        return msgspec.json.decode(body.removeprefix(_BOM)), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, False


def _mended(body: bytes) -> bytes:
    """The body with U+FFFD in place of what is no UTF-8."""
    return body.decode("utf-8", "replace").encode()


def _said(tree: Any) -> _Said | None:  # noqa: ANN401  # any JSON
    """None when the body speaks of no failure.

    A numeric Status is Opportunity Capture's: 0 is done, anything else is not. An object as
    Status is a bulk report, whose rows are read by the resource. A RequestID with a Response is
    the report of another call: that this one failed does not follow from its Status.
    """
    if not isinstance(tree, dict) or {"RequestID", "Response"} <= tree.keys():
        return None
    status, kind = tree.get("Status"), tree.get("ExceptionType")
    failed = (isinstance(status, str) and status.lower() in _FAILED_WORDS) or (
        type(status) is int and status != 0 and "ExceptionMessage" in tree
    )
    if not failed and not (isinstance(kind, str) and kind):
        # An error page of a gateway may be JSON, too: its text is kept when it has the member.
        message = tree.get("ExceptionMessage")
        return _Said("", message) if isinstance(message, str) and message else None
    return _Said(str(kind or ""), _message(tree), partly=status == _DONE_IN_PART)


def _message(tree: dict[str, Any]) -> str:
    for name in ("ExceptionMessage", "Message", "message", "error"):
        found = tree.get(name)
        if isinstance(found, dict):  # {"Status":"Failed","Message":{"Message":"…"}}
            found = found.get("Message") or found.get("ExceptionMessage")
        if isinstance(found, str) and found:
            return found
    return ""


def _kind(status: int, said: _Said, *, is_rate: bool) -> type[errors.Refused]:
    """By type and text first, by status then."""
    if is_rate or status == _TOO_MANY:
        return errors.RateLimited
    known = errors.BY_TYPE.get(said.exception_type)
    if known is not None:
        return errors.KeysRefused if status == _UNAUTHORIZED else known
    if said.exception_type.startswith("MX"):
        return errors.Rejected
    return _kind_of_status(status)


def _kind_of_status(status: int) -> type[errors.Refused]:
    if status == _UNAUTHORIZED:
        return errors.KeysRefused
    if status == _FORBIDDEN:
        return errors.PermissionMissing
    if status in (_NOT_FOUND, _METHOD):
        return errors.OperationUnknown
    if status >= _SERVER:
        return errors.ServerFault
    if status >= _BAD:
        return errors.RequestMalformed
    return errors.Redirected if status >= _REDIRECT else errors.Rejected


def _error(
    kind: type[errors.Answered], reply: Reply, call: Call[Any], attempts: int, said: _Said
) -> errors.Answered:
    location = reply.headers.get("location", "") if kind is errors.Redirected else ""
    parts = [said.message or _told(kind, reply, location)]
    call_id = reply.headers.get(CALL_ID_HEADER.lower(), "")
    facts = (said.exception_type, f"HTTP {reply.status}", call_id and f"call {call_id}")
    parts.append(f"({', '.join(filter(None, facts))})")
    return kind(
        f"{call.operation or call.path}: {' '.join(parts)}",
        status=reply.status,
        body=reply.body,
        exception_type=said.exception_type,
        message=said.message,
        call_id=call_id,
        operation=call.operation,
        attempts=attempts,
        retry_after_seconds=_retry_after(reply.headers.get("retry-after", "")),
        maybe_applied=said.partly or _is_fate_unknown(kind, reply.status, said),
    )


def _is_fate_unknown(kind: type[errors.Answered], status: int, said: _Said) -> bool:
    """Whether the call may have been carried out: a gateway does not know what became of it."""
    if kind is errors.ServerFault and status == _UNAVAILABLE:
        return said.exception_type == NOT_RECORDED  # any other 503 took nothing on
    return kind in (errors.ServerFault, errors.AnswerUnreadable)


def _told(kind: type[errors.Answered], reply: Reply, location: str) -> str:
    if location:
        return "redirected elsewhere; redirects are not followed, the keys would go along"
    what = errors.shown(reply.body)
    if kind is errors.AnswerUnreadable:
        return f"the answer is not what the operation promises: {what or 'nothing'}"
    return what or "no text was answered"


def _retry_after(text: str) -> float | None:
    """Seconds; a date, and what is no number, counts as nothing said."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return min(seconds, _SECONDS_MAX) if seconds >= 0 else None
