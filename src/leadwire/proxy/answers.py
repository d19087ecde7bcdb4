"""The proxy's own answers: what a caller gets when there is no answer of the upstream to pass on.

They have the form of the upstream's errors, so that clients read them as before.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

import msgspec

from leadwire.headers import PROXY_CALL_ID_HEADER
from leadwire.proxy.head import HEADERS_MAX, AnswerHead
from leadwire.wire.faults import FaultKind

INVALID: Final = FaultKind(
    400,
    "InvalidHttpRequestException",
    "The proxy cannot pass the request on",
    "The upstream got none of it, or only a part. The message says what is wrong; let an HTTP "
    "library write the request.",
)
NOT_ALLOWED: Final = FaultKind(
    403,
    "CallerNotAllowedException",
    "The caller's address may not call this proxy",
    "Nothing was sent on. The operator allows addresses with the setting proxy_callers.",
)
TOO_SLOW: Final = FaultKind(
    408,
    "RequestTimeoutException",
    "The request did not arrive in time",
    "If a part of it was sent on, the upstream did not get the rest.",
    retryable=True,
)
PACED_OUT: Final = FaultKind(
    429,
    "MXAPIRateLimitExceededException",
    "The proxy held the call back for too long",
    "Nothing was sent on. Send the call again later, or make fewer calls. The proxy answers this "
    "itself, by its setting pace.",
    retryable=True,
)
HEAD_TOO_LARGE: Final = FaultKind(
    431,
    "RequestHeadersTooLargeException",
    "The request's head is too large",
    "Nothing was sent on. Send fewer or shorter headers. The limits are the setting "
    f"request_headers_bytes_max and {HEADERS_MAX} headers.",
)
NOT_OFFERED: Final = FaultKind(
    501,
    "NotOfferedException",
    "The proxy does not offer this part of HTTP",
    "Nothing was sent on. The proxy does not pass on CONNECT, Upgrade (WebSocket) and transfer "
    "codings other than chunked.",
)
UNREACHABLE: Final = FaultKind(
    502,
    "UpstreamUnreachableException",
    "The upstream cannot be reached",
    "Nothing was sent on. The message says what failed: the name, the connection or TLS.",
    retryable=True,
)
UNANSWERED: Final = FaultKind(
    502,
    "UpstreamUnansweredException",
    "The upstream closed the connection without an answer",
    "The call may have been carried out: look before you send it again.",
)
NOT_UNDERSTOOD: Final = FaultKind(
    502,
    "UpstreamAnswerInvalidException",
    "The upstream's answer is not HTTP",
    "The call may have been carried out: look before you send it again. The record has the first "
    "bytes.",
)
BUSY: Final = FaultKind(
    503,
    "ServerBusyException",
    "Too many connections are open",
    "Nothing was sent on. Wait as long as Retry-After says, and send the call again.",
    retryable=True,
)
CONNECT_TIMEOUT: Final = FaultKind(
    504,
    "UpstreamUnreachableException",
    "The upstream was not reached in time",
    "Nothing was sent on. The limit is the setting upstream_connect_seconds_max.",
    retryable=True,
)
ANSWER_TIMEOUT: Final = FaultKind(
    504,
    "UpstreamTimeoutException",
    "The upstream did not answer in time",
    "The call may have been carried out: look before you send it again. The limit is the setting "
    "upstream_first_byte_seconds_max.",
)
LOOP: Final = FaultKind(
    508,
    "ProxyLoopException",
    "The proxy's upstream leads back to the proxy",
    "Nothing was carried out. The operator has to correct the setting upstream.",
)

FAULT_KINDS: Final = (
    INVALID,
    NOT_ALLOWED,
    TOO_SLOW,
    PACED_OUT,
    HEAD_TOO_LARGE,
    NOT_OFFERED,
    UNREACHABLE,
    UNANSWERED,
    NOT_UNDERSTOOD,
    BUSY,
    CONNECT_TIMEOUT,
    ANSWER_TIMEOUT,
    LOOP,
)
OF_REFUSED_HEAD: Final = {kind.status_code: kind for kind in (INVALID, HEAD_TOO_LARGE, NOT_OFFERED)}


class OwnAnswer(NamedTuple):
    """An answer that the proxy makes itself."""

    head: AnswerHead
    body: bytes

    def wire_bytes(self, *, with_body: bool = True) -> bytes:
        """The bytes on the connection; the answer to HEAD has no body."""
        return self.head.raw + (self.body if with_body else b"")


class _Envelope(msgspec.Struct):
    Status: str
    ExceptionType: str
    ExceptionMessage: str


def own_answer(
    kind: FaultKind,
    message: str,
    *,
    call_id: str = "",
    closes: bool = True,
    retry_after_seconds: int = 0,
) -> OwnAnswer:
    """The answer for *kind*. *closes*: the caller's connection is closed after it."""
    body = msgspec.json.encode(_Envelope("Error", kind.exception_type, message))
    reason = HTTPStatus(kind.status_code).phrase.encode()
    lines = [
        b"HTTP/1.1 %d %b" % (kind.status_code, reason),
        b"Content-Type: application/json; charset=utf-8",
        b"Content-Length: %d" % len(body),
    ]
    if retry_after_seconds:
        lines.append(b"Retry-After: %d" % retry_after_seconds)
    if closes:
        lines.append(b"Connection: close")
    if call_id:
        lines.append(f"{PROXY_CALL_ID_HEADER}: {call_id}".encode())
    raw = b"\r\n".join((*lines, b"\r\n"))
    head = AnswerHead(raw, b"HTTP/1.1", kind.status_code, reason)
    return OwnAnswer(head, body)
