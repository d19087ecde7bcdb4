"""The record of one attempt, made from request and answer, without secrets."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from leadwire.calls.headers import ALL, HeaderRule
from leadwire.calls.record import outcome_of
from leadwire.calls.redaction.redactor import Redactor, redact_headers
from leadwire.calls.sent import SentCall
from leadwire.headers import CALL_ID_HEADER
from leadwire.sdk import errors
from leadwire.sdk.answers import Failure, Reply
from leadwire.sdk.calls import Call
from leadwire.sdk.hooks import Attempt
from leadwire.sdk.masking import Mask

_HEADERS: Final = HeaderRule(ALL, 8_192)

Level = Literal["off", "stable", "integration"]

BODY_BYTES_MAX: Final = 1_048_576
"""A recorded body is cut at this length. The record says so."""


def sent_call(
    attempt: Attempt,
    outcome: Reply | Failure,
    error: errors.SdkError | None,
    *,
    level: Level,
    mask: Mask,
    user_agent: str,
) -> SentCall:
    """The record at *level*. ``stable`` has neither URL parameters nor bodies.

    Redacted by the server's rules before anything else sees it.
    """
    call, whole = attempt.sent, level == "integration"
    redactor = mask.redactor()
    status, headers, answer = _answer(outcome)
    kind, message = _fault(outcome, error)
    # A success keeps no answer body: LeadSquared's logging guide advises this.
    answer_kept = answer if whole and error is not None else b""
    cut = max(len(_recorded_body(call)), len(answer_kept)) > BODY_BYTES_MAX
    return SentCall(
        call_id=attempt.id,
        started_at_ms=attempt.started_at_ms,
        duration_ms=round(attempt.duration_seconds * 1000, 3),
        vantage="sdk",
        api_type=call.api_type,
        operation=call.operation,
        method=call.method,
        path=redactor.text(attempt.origin.prefix + call.path),
        query_string=redactor.query(call.query) if whole else "",
        request_content_type=call.media_type if call.body else "",
        request_body=redactor.body(_recorded_body(call), BODY_BYTES_MAX) if whole else "",
        request_body_bytes=len(call.body),
        status_code=status,
        outcome=outcome_of(status_code=status, exception_type=kind)
        if status >= _BAD or error is None or status == 0
        else "client_fault",
        exception_type=kind,
        exception_message=redactor.text(message),
        response_headers=_headers(headers, redactor) if whole else "",
        response_body=redactor.body(answer_kept, BODY_BYTES_MAX),
        response_body_bytes=len(answer),
        truncated=cut and whole,
        user_agent=user_agent,
        trace_id=attempt.trace_id,
        attempt=attempt.number,
        host=attempt.host,
        answer_call_id=headers.get(CALL_ID_HEADER.lower(), ""),
        redacted=redactor.count,
    )


_BAD: Final = 400


def _headers(headers: Mapping[str, str], redactor: Redactor) -> str:
    pairs = [
        (name.encode("latin-1", "replace"), value.encode())
        for name, value in headers.items()
        if name != CALL_ID_HEADER
    ]
    return redact_headers(_HEADERS.lines(pairs)[0], redactor)


def _recorded_body(call: Call[Any]) -> bytes:
    """The recorded body. A file is recorded by its size only."""
    return call.body if call.media_type == "application/json" else b""


def _answer(outcome: Reply | Failure) -> Reply:
    return outcome if isinstance(outcome, Reply) else Reply(0, {}, b"")


def _fault(outcome: Reply | Failure, error: errors.SdkError | None) -> tuple[str, str]:
    """Type and message: from the API if it named them, else from the SDK."""
    if isinstance(error, errors.Answered):
        return error.exception_type or type(error).__name__, error.message or str(error)
    if isinstance(outcome, Failure):
        return outcome.error.__name__, outcome.message
    return ("", "") if error is None else (type(error).__name__, str(error))
