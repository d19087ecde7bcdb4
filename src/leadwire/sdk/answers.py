"""Decide what an answer means: a result, or an exception.

The ExceptionType decides before the status. This API answers 500 to invalid input, and bulk reports
answer 200 to a refused rate or a duplicate.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import msgspec

from leadwire.calls.reported import Reported, decoded, reported_failure, reported_in
from leadwire.sdk import errors
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.calls import Call
from leadwire.sdk.masking import Mask

_RATE_TEXT: Final = re.compile(
    r"calls? exceeded the limit of (\d+) in (\d+) second", re.IGNORECASE | re.ASCII
)
_MESSAGES: Final = frozenset({"ExceptionMessage", "ErrorMessage", "Message"})
_BODY_BYTES_MAX: Final = 1_048_576
"""An exception keeps at most this much of the body."""
_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_OK, _REDIRECT, _BAD = 200, 300, 400
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _METHOD, _TOO_MANY = 401, 403, 404, 405, 429
_SERVER: Final = 500
_UNAVAILABLE: Final = 503
NOT_RECORDED: Final = "CallNotRecordedException"
"""A leadwire server answers this if it may have done the work but could not record it."""


class Reply(NamedTuple):
    """A whole answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Failure(NamedTuple):
    """No whole answer came.

    *sent*: whether the request may have reached the server. *lasting*: a retry would fail in the
    same way.
    """

    error: type[errors.NoAnswer]
    message: str
    sent: bool
    lasting: bool = False


class NamedLimit(NamedTuple):
    """The rate limit that a refusal names."""

    calls_max: int
    window_seconds: int


class Verdict(NamedTuple):
    """Either *tree*, the decoded body of a success, or *error* and its *reply* without keys."""

    tree: Any = None
    error: errors.SdkError | None = None
    rate: NamedLimit | None = None
    reply: Reply | None = None


def _reported_masked(reported: Reported, mask: Mask) -> Reported:
    """The same with every secret masked."""
    kind, message = mask.without(reported.exception_type), mask.without(reported.message)
    return reported._replace(exception_type=kind, message=message)


class UnexpectedShape(ValueError):
    """A reader raises this if the JSON does not have the operation's shape."""


def judge(reply: Reply, call: Call[Any], info: CallInfo, mask: Mask, *, now_ms: int) -> Verdict:
    """The verdict on *reply*. Never raises. Errors and row reports contain no secret of *mask*."""
    if call.is_download and _OK <= reply.status < _REDIRECT:
        return Verdict(reply.body)
    tree, is_json = decoded(reply.body)
    reported = reported_in(tree) if is_json else reported_failure(reply.body)
    if reply.status < _REDIRECT and reported is None:
        if reply.status >= _OK and (is_json or not reply.body):
            return Verdict(_messages_without(tree, mask) if b"Message" in reply.body else tree)
        return unreadable(reply, call, info, mask)
    reported = reported or Reported("", "")
    rate = _RATE_TEXT.search(reported.message)
    kind = _kind(reply.status, reported, is_rate=rate is not None)
    asked = _retry_after(reply.headers, now_ms)
    reply = _masked(reply, mask)
    error = _error(kind, reply, call, info, _reported_masked(reported, mask), asked)
    limit = (
        NamedLimit(int(rate[1]), int(rate[2])) if rate and len(rate[1]) < len("1000000") else None
    )
    return Verdict(error=error, rate=limit, reply=reply)


def unreadable(reply: Reply, call: Call[Any], info: CallInfo, mask: Mask) -> Verdict:
    """The verdict on a success whose body has the wrong shape."""
    reply = _masked(reply, mask)
    error = _error(errors.AnswerUnreadable, reply, call, info, Reported("", ""), None)
    return Verdict(error=error, reply=reply)


def _masked(reply: Reply, mask: Mask) -> Reply:
    """The reply as an exception keeps it. A server may echo the request, with its keys."""
    text = reply.body[: 2 * _BODY_BYTES_MAX].decode("utf-8", "surrogateescape")
    return Reply(
        reply.status,
        mask.headers(reply.headers),
        mask.without(text).encode("utf-8", "surrogateescape")[:_BODY_BYTES_MAX],
    )


def _messages_without(tree: Any, mask: Mask) -> Any:  # noqa: ANN401  # any JSON
    """A bulk report with the secrets removed from the message of each row."""
    if isinstance(tree, list):
        return [_messages_without(item, mask) for item in tree]
    if not isinstance(tree, dict):
        return tree
    return {
        name: mask.without(value)
        if name in _MESSAGES and isinstance(value, str) and value
        else _messages_without(value, mask)
        for name, value in tree.items()
    }


def _kind(status: int, reported: Reported, *, is_rate: bool) -> type[errors.Refused]:
    """The exception class: by type and text first, then by status."""
    if is_rate or status == _TOO_MANY:
        return errors.RateLimited
    known = errors.BY_TYPE.get(reported.exception_type)
    if known is not None:
        return errors.KeysRefused if status == _UNAUTHORIZED else known
    if reported.exception_type.startswith("MX"):
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
    kind: type[errors.Answered],
    reply: Reply,
    call: Call[Any],
    info: CallInfo,
    reported: Reported,
    asked_seconds: float | None,
) -> errors.Answered:
    parts = [reported.message or _fallback_text(kind, reply)]
    call_id = "" if info.call_id == info.attempt_id else info.call_id
    facts = (reported.exception_type, f"HTTP {reply.status}", call_id and f"call {call_id}")
    parts.append(f"({', '.join(filter(None, facts))})")
    if asked_seconds is not None:
        parts.append(f"The server asks to wait {asked_seconds:g} s.")
    return kind(
        f"{call.operation or info.path}: {' '.join(parts)}",
        call=msgspec.structs.replace(info, headers=reply.headers),
        body=reply.body,
        exception_type=reported.exception_type,
        message=reported.message,
        retry_after_seconds=asked_seconds,
        maybe_applied=reported.partly or _may_be_done(kind, reply.status, reported),
    )


def _may_be_done(kind: type[errors.Answered], status: int, reported: Reported) -> bool:
    """Whether the server may have carried the call out. A gateway error leaves that open."""
    if kind is errors.ServerFault and status == _UNAVAILABLE:
        return (
            reported.exception_type == NOT_RECORDED
        )  # any other 503 means the call was not started
    return kind in (errors.ServerFault, errors.AnswerUnreadable)


def _fallback_text(kind: type[errors.Answered], reply: Reply) -> str:
    location = reply.headers.get("location", "") if kind is errors.Redirected else ""
    if location:
        target = location.partition("?")[0]
        return f"redirected to {target}, but redirects are not followed: they would get the keys"
    what = errors.shown(reply.body)
    if kind is errors.AnswerUnreadable:
        return f"the answer does not have the operation's shape: {what or 'empty'}"
    return what or "the answer has no text"


def _retry_after(headers: Mapping[str, str], now_ms: int) -> float | None:
    """The seconds that Retry-After asks for, a number or a date; None if it is invalid.

    A date is compared with the answer's own Date, so a wrong clock of this machine does no harm.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _moment(text)
    if until is None:
        return None
    sent_at = _moment(headers.get("date", ""))
    return max(until - (now_ms / 1000 if sent_at is None else sent_at), 0.0)


def _moment(text: str) -> float | None:
    """An HTTP date as seconds since 1970; None for any other text."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
