"""The record of one call: closed, redacted, immutable. The only form of a call that is stored.

Server, proxy and SDK produce the same record. The console's JSON, the CSV header and the
stores' columns use its field names.
"""

from typing import Final, Literal

import msgspec

Vantage = Literal["server", "proxy", "sdk"]
Outcome = Literal["success", "client_fault", "refused", "server_fault", "aborted", "gap"]

STATUS_UNAUTHORIZED: Final = 401
STATUS_TOO_MANY: Final = 429
_REFUSED: Final = frozenset({STATUS_UNAUTHORIZED, STATUS_TOO_MANY, 408, 414, 431})
_REFUSALS: Final = frozenset({"InvalidHttpRequestException", "MXAPIRateLimitExceededException"})
_STATUS_BAD: Final = 400
_STATUS_SERVER: Final = 500


class CallRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    r"""One call as it is kept.

    Text that was not valid UTF-8 is kept with its wrong bytes written as ``\xNN``. An empty
    string means "none": the account of a call whose keys were wrong, the exception of a success.

    Holds nothing but text and numbers, so the collector of cycles need not look at it (gc=False).
    """

    call_id: str
    """UUIDv7 (RFC 9562); the answer's ``X-Leadwire-Call-Id``."""
    sequence: int = 0
    """Gap-free per node from 1, given when the record is stored; 0 until then."""
    started_at_ms: int
    """When the first byte was seen, in milliseconds since 1970 UTC."""
    duration_ms: float
    vantage: Vantage = "server"
    account_id: str = ""
    user_id: str = ""
    key_id: str = ""
    """The access key's public id, or ``unknown:`` and the fingerprint of a key nobody has."""
    api_type: str = ""
    operation: str = ""
    method: str
    path: str
    """As it was sent, percent-encoded; pages decode it for reading."""
    query_string: str = ""
    """As sent, without the keys."""
    request_content_type: str = ""
    request_headers: str = ""
    """One ``name: value`` line for each header, in the sender's order, names in lower case; the
    lines are joined by a line feed. Credentials and hop-by-hop headers are left out, secrets are
    redacted. Empty when the setting ``calls_headers`` keeps none."""
    request_body: str = ""
    request_body_bytes: int = 0
    """Length as sent, also when the kept text is shorter."""
    status_code: int
    """0 when the call was aborted before it had one."""
    outcome: Outcome
    exception_type: str = ""
    exception_message: str = ""
    response_headers: str = ""
    """Those of the answer, as in *request_headers*; without ``X-Leadwire-Call-Id``, which is
    *call_id*."""
    response_body: str = ""
    response_body_bytes: int = 0
    truncated: bool = False
    """True when a body or headers were longer than the limit for what is kept, and were cut."""
    redacted: int = 0
    """How many values in path, query and bodies were replaced by a marker."""
    client_address: str = ""
    user_agent: str = ""
    trace_id: str = ""
    """From the caller's ``traceparent`` (W3C Trace Context)."""
    refusal_reason: str = ""
    """Why the keys, or a request that is no HTTP, were refused: for the operator."""
    traceback: str = ""
    """Of an unhandled exception: for the operator only, in no page, JSON or CSV of an account."""


def outcome_of(*, status_code: int, exception_type: str) -> Outcome:
    """Who caused the result.

    Refused are calls with wrong keys, calls beyond a limit, and requests that are no calls.

    The dialect answers 500 to bad input, with an exception type ``MX…``, and some accounts answer
    200 to a refusal, so the type is asked before the status.
    """
    if status_code == 0:
        return "aborted"
    if status_code in _REFUSED or exception_type in _REFUSALS:
        return "refused"
    if status_code < _STATUS_BAD and not exception_type:
        return "success"
    if status_code >= _STATUS_SERVER and not exception_type.startswith("MX"):
        return "server_fault"
    return "client_fault"
