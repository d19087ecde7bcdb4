"""A recorded call that is run again: what is sent, and why it may be refused."""

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.secrets import MARKER
from leadwire.calls.redaction.tokens import PERSONAL_MARKER
from leadwire.calls.sent_body import sent_bytes
from leadwire.errors import LeadwireError
from leadwire.recording.unread import MEDIA_TYPE

_MARKS = (MARKER[:-1], PERSONAL_MARKER)


class RerunRefused(LeadwireError):
    """The call cannot be run again. The text says why, and what to do."""


class RerunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is run, on behalf of the user of *record*."""

    record: CallRecord
    """The call as it was."""
    method: str
    path: str
    query_string: str
    content_type: str
    body: bytes
    is_edited: bool = False
    agent: str = "leadwire console (run again)"
    """The user agent in the record of the new call."""


def stored_request(record: CallRecord) -> RerunRequest:
    """The request as it was sent. Raises RerunRefused if the record does not have all of it."""
    why = why_not(record)
    if why:
        raise RerunRefused(why)
    body = sent_bytes(record)
    if record.truncated or body is None:
        raise RerunRefused("The log does not have the whole request, so it cannot run again.")
    request = RerunRequest(
        record=record,
        method=record.method,
        path=record.path,
        query_string=record.query_string,
        content_type=record.request_content_type,
        body=body,
    )
    return _without_markers(request)


def edited_request(
    record: CallRecord, *, method: str, target: str, content_type: str, body: str
) -> RerunRequest:
    """A request that a person wrote. Raises RerunRefused."""
    why = why_not(record)
    if why:
        raise RerunRefused(why)
    path, _, query_string = target.strip().partition("?")
    if not path.startswith("/"):
        raise RerunRefused("The path has to begin with a slash.")
    request = RerunRequest(
        record=record,
        method=method.strip().upper(),
        path=path,
        query_string=query_string,
        content_type=content_type.strip(),
        body=body.encode("utf-8", "replace"),
        is_edited=True,
    )
    return _without_markers(request)


def why_not(record: CallRecord) -> str:
    """Why no call can be made from this record; empty if one can."""
    if record.outcome == "gap":
        return "This is not a call: it marks calls that could not be recorded."
    if record.request_content_type == MEDIA_TYPE:
        return "This was not an HTTP request, so it cannot run again."
    if record.vantage != "server":
        return "Another server answered this call. Send it again with the cURL command."
    if not record.account_id:
        return "The keys were refused, so the call has no account to run in."
    return ""


def _without_markers(request: RerunRequest) -> RerunRequest:
    texts = (request.path, request.query_string, request.body.decode("utf-8", "replace"))
    if any(mark in text for mark in _MARKS for text in texts):
        raise RerunRefused(
            "Values were replaced before the call was recorded. Edit the request and put values in "
            "the place of the markers."
        )
    return request
