"""The record of one call: closed, redacted, immutable. The only form of a call that is stored.

Server, proxy and SDK produce the same record. Exports and stores take their columns from
``FIELDS`` and ``NUMBER_FIELDS``, so a new member of the class is kept everywhere.
"""

from typing import Final, Literal

import msgspec

Vantage = Literal["server", "proxy", "sdk"]
Outcome = Literal["success", "client_fault", "refused", "server_fault", "aborted", "gap"]

STAGES: Final = (
    "answered", "refused", "never_sent", "sent_unanswered", "not_understood", "answer_cut",
    "paced_out",
)  # fmt: skip
"""How far a proxied call came."""

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
    """The access key's public id; for an unknown key ``unknown:`` and its fingerprint. Of a proxied
    call ``caller:`` and the fingerprint of its access key."""
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
    exception_location: str = ""
    """Where in the request the fault is, as the rule that refused it named the place:
    ``body.Phone``, ``query.leadId``, ``header.Content-Type``."""
    exception_fix: str = ""
    """What the rule said would be accepted."""
    response_headers: str = ""
    """Headers of the answer, written as *request_headers*. ``X-Leadwire-Call-Id`` is left out: it
    is *call_id*."""
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
    test_fault: str = ""
    """The fault that a test asked for and this call met, and what the caller got of the answer:
    ``f1 reset after write: nothing was delivered``."""
    rerun_of: str = ""
    """The id of the call that somebody ran again in the console, which made this call."""
    upstream: str = ""
    """Of a proxied call: the origin that it went to, as ``https://api.example.com``."""
    stage: str = ""
    """Of a proxied call: how far it came, one of ``STAGES``."""
    timings: str = ""
    """Of a proxied call: when it reached each stage, as ``connect=3.1 sent=3.4 end=25.9``. The
    numbers are milliseconds since its head had arrived; ``held`` is a duration, and ``reused=1``
    says that its connection had been used before."""
    body_notes: str = ""
    """Of a proxied call: how its bodies were encoded, and what is missing from the record."""
    answer_call_id: str = ""
    """The id under which the server that answered has the call: its ``X-Leadwire-Call-Id``."""
    refusal_reason: str = ""
    """Why the keys, or bytes that are not HTTP, were refused: for the operator."""
    traceback: str = ""
    """Of an unhandled exception. For the operator only: no page, JSON or CSV of an account has
    it."""


FIELDS: Final = tuple(CallRecord.__struct_fields__)
"""The names of all fields, in order."""

NUMBER_FIELDS: Final[dict[str, type]] = {
    field.name: field.type
    for field in msgspec.structs.fields(CallRecord)
    if field.type in (int, float, bool)
}
"""The fields that hold a number, with its type. All other fields are text."""

TEXT_FIELDS: Final = tuple(name for name in FIELDS if name not in NUMBER_FIELDS)


def outcome_of(*, status_code: int, exception_type: str) -> Outcome:
    """Who caused the result.

    A call is refused when its keys are wrong, when it exceeds a limit, and when its bytes cannot
    be read as a call.

    The exception type is asked before the status: the dialect answers bad input with 500 and a
    type ``MX…``, and some accounts answer a refusal with 200.
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
