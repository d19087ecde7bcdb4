"""Errors as callers see them. Each exception is mapped here, once; nothing else knows a status.

The body is the dialect's three members, in this order, exactly. Further details are in headers, or
in RFC 9457 form if the caller accepts ``application/problem+json``.
"""

import logging
import traceback
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from leadwire import errors
from leadwire.database.database import UNAVAILABLE, OutcomeUnknown, reason_of
from leadwire.database.writer import RehearsalTooLong, WriteFailed
from leadwire.headers import NOTICE_HEADER
from leadwire.recording.draft import Answer, Draft
from leadwire.recording.recorder import Layer
from leadwire.settings import Settings

PROBLEM_JSON: Final = "application/problem+json"
UNHANDLED_MESSAGE: Final = (
    "There was an error processing the request. Please contact administrator."
)

_DATABASE_AWAY_MESSAGE: Final = "The database cannot be reached. Please try again later."
_INSTEAD: Final = {
    WriteFailed: "The change was not stored. Please try again later.",
    OutcomeUnknown: "The connection was lost during a commit. The change may have been stored.",
}
"""What callers read in place of errors that name hosts and disks, which are for the log."""
_DATABASE_AGAIN_SECONDS: Final = 5

_log = logging.getLogger("leadwire.wire")


class FaultKind(NamedTuple):
    """One kind of fault. *retryable*: the same call may succeed later without a change."""

    status_code: int
    exception_type: str
    title: str
    help: str
    retryable: bool = False


UNHANDLED: Final = FaultKind(
    500,
    "InternalServerErrorException",
    "The server failed",
    "Nothing in the request is known to be wrong. The operator finds the traceback under the "
    "call id of the answer's X-Leadwire-Call-Id header.",
    retryable=True,
)
UNRECORDED: Final = FaultKind(
    503,
    "CallNotRecordedException",
    "The call could not be recorded",
    "The call log cannot be written (a full disk, say), so the call is not answered with its "
    "result. It may have been carried out: read the lead before you send the call again.",
    retryable=True,
)

_KINDS: Final[dict[type[Exception], FaultKind]] = {
    errors.BodyMalformed: FaultKind(
        400,
        "JsonReaderException",
        "The body is not JSON",
        "Send the body as JSON in UTF-8. The message says where reading it failed.",
    ),
    errors.BodyMisshapen: FaultKind(
        400,
        "JsonSerializationException",
        "The body has the wrong shape",
        "The body is JSON, but not the members and types of this operation. Compare it with the "
        "operation's page under /docs.",
    ),
    errors.ContentTypeWrong: FaultKind(
        400,
        "UnsupportedContentTypeException",
        "The content type is not JSON",
        "Send the header Content-Type: application/json, and the body uncompressed.",
    ),
    errors.BodyTooLarge: FaultKind(
        413,
        "RequestTooLargeException",
        "The body is too large",
        "Send fewer rows in one call. The limit is the setting request_body_bytes_max.",
    ),
    errors.HttpUnreadable: FaultKind(
        400,
        "InvalidHttpRequestException",
        "The request is not HTTP/1.1",
        "Percent-encode what a URL may not hold (blanks, letters beyond ASCII), and let an HTTP "
        "library write the request. The message says what could not be read.",
    ),
    errors.UrlTooLong: FaultKind(
        414,
        "RequestUrlTooLongException",
        "The URL is too long",
        "Send long values in a body. The limit is the setting request_url_bytes_max.",
    ),
    errors.HeadersTooLarge: FaultKind(
        431,
        "RequestHeadersTooLargeException",
        "The headers are too large",
        "Send fewer or shorter headers. The limit is the setting request_headers_bytes_max.",
    ),
    errors.RequestTooSlow: FaultKind(
        408,
        "RequestTimeoutException",
        "The request did not arrive in time",
        "Nothing was changed. Send the call again over a better connection, or in smaller parts. "
        "The limits are the settings request_headers_seconds_max and request_body_seconds_max.",
        retryable=True,
    ),
    errors.ServerBusy: FaultKind(
        503,
        "ServerBusyException",
        "The server is busy",
        "Nothing was changed. Wait as long as Retry-After says, and send the call again.",
        retryable=True,
    ),
    errors.PathUnknown: FaultKind(
        404,
        "ApiNotFoundException",
        "There is no such API",
        "Check the path. It is /v2/{Service}.svc/{Operation}; letter case does not matter.",
    ),
    errors.MethodWrong: FaultKind(
        405,
        "MethodNotAllowedException",
        "The method is not allowed",
        "The path exists; send the method that the Allow header names.",
    ),
    errors.KeysRefused: FaultKind(
        401,
        "MXInvalidAccessDetailsException",
        "The keys were refused",
        "Send both keys: accessKey and secretKey in the query, or the headers x-LSQ-AccessKey and "
        "x-LSQ-SecretKey. An access key holds a $: a shell replaces it unless it is quoted.",
    ),
    errors.LimitExceeded: FaultKind(
        429,
        "MXAPIRateLimitExceededException",
        "Too many calls",
        "The account's plan admits fewer calls. Wait as long as Retry-After says; the call was "
        "not processed and is safe to send again.",
        retryable=True,
    ),
    errors.ParameterMissing: FaultKind(
        500,
        "MXMandatoryAttributeMissingException",
        "Something mandatory is missing",
        "The message names the parameter or attribute to send.",
    ),
    errors.InputInvalid: FaultKind(
        500,
        "MXInvalidInputException",
        "A value is not accepted",
        "The message names the parameter. Send date-times as yyyy-MM-dd HH:mm:ss in UTC, without "
        "milliseconds. Answers print them with milliseconds, unless the setting dates is recorded.",
    ),
    errors.PageTooLarge: FaultKind(
        500,
        "MXMandatoryFieldMissingException",
        "The page is too large",
        "Ask for a smaller PageSize and follow with PageIndex.",
    ),
    errors.AttributesUnknown: FaultKind(
        500,
        "MXUnknownAttributeException",
        "The attributes do not exist",
        "The whole write was rejected. LeadsMetaData.Get lists the schema names, in the same "
        "letter case.",
    ),
    errors.ValueDuplicate: FaultKind(
        500,
        "MXDuplicateEntryException",
        "A unique value is taken",
        "EmailAddress and Phone are unique in an account, as are the names of activity types and "
        "the addresses of users. Update what has the value; for leads, Lead.CreateOrUpdate does.",
    ),
    errors.Missing: FaultKind(
        500,
        "MXInvalidEntityException",
        "The addressed record does not exist",
        "The message names it. Send the id of one that a read of this account shows; it may have "
        "been deleted.",
    ),
    errors.CriteriaInvalid: FaultKind(
        500,
        "MXInvalidEntityException",
        "The criterion cannot be used",
        "Send one of the operators =, <>, >, <, >=, <=, LIKE and IN.",
    ),
    errors.LeadReferenceMissing: FaultKind(
        500,
        "MXInvalidEntityReferenceException",
        "The lead referred to does not exist",
        "Send the ProspectID of a lead of this account as RelatedProspectId.",
    ),
    errors.NameTaken: FaultKind(
        500,
        "MXDuplicateEntityNameException",
        "The name is taken",
        "Names of lists, and display names of lead fields, are unique in an account, without "
        "regard to case.",
    ),
    errors.DeleteDisabled: FaultKind(
        500,
        "MXUnAuthorizedAccessException",
        "Deleting leads is disabled",
        "Deleting leads is off by default. The setting lead_delete allows it.",
    ),
    errors.ActivityEventInvalid: FaultKind(
        500,
        "MXInvalidActivityException",
        "The activity event is invalid",
        "Send an ActivityEvent that ActivityTypes.Get lists.",
    ),
    errors.ActivityFieldsInvalid: FaultKind(
        500,
        "MXInvalidActivityFieldsException",
        "A field of the activity is missing or invalid",
        "CustomActivity/GetActivitySetting lists the type's fields: which are mandatory, their "
        "data types and the options of dropdowns.",
    ),
    errors.ActivityMissing: FaultKind(
        500,
        "MXUnknownProspectActivityException",
        "The activity does not exist",
        "Send the id of an activity of this account; it may have been deleted.",
    ),
    errors.ActivityLocked: FaultKind(
        500,
        "MXOperationNotAllowedException",
        "The activity is locked",
        "A locked activity is neither changed, deleted nor locked again.",
    ),
    errors.CompanyDataWrong: FaultKind(
        500,
        "MXInvalidDataTypeException",
        "Details of a company are missing or invalid",
        "Send CompanyProperties as an array in an object; a field of numbers takes a number.",
    ),
    errors.OptionUnknown: FaultKind(
        500,
        "MXInvalidEntityReferenceException",
        "A dropdown has no such option",
        "A dropdown of a company takes its options alone.",
    ),
    errors.SenderInvalid: FaultKind(
        500,
        "MXMandatoryAttributeMissingException",
        "The sender is not an active user",
        "Send SenderType UserId or UserEmailAddress with what an active user has as Sender, or "
        "APICaller, or LeadOwner.",
    ),
    errors.MailUndeliverable: FaultKind(
        500,
        "MXMailDeliveryException",
        "The lead gets no mails",
        "It has no e-mail address, or its DoNotEmail is set.",
    ),
    errors.DataTypeInvalid: FaultKind(
        500,
        "MXInvalidDataTypeException",
        "A webhook names no activity type",
        "Webhooks for activities name their ActivityEvent beside WebhookEvent.",
    ),
    errors.QueueFull: FaultKind(
        503,
        "AsyncQueueFullException",
        "Too many asynchronous calls wait",
        "Nothing was accepted. Send the call again once fewer calls wait.",
        retryable=True,
    ),
    errors.RoleMissing: FaultKind(
        500,
        "MXUnAuthorizedAccessException",
        "The role does not allow it",
        "Call with the keys of an administrator.",
    ),
    WriteFailed: FaultKind(
        503,
        "DatabaseUnavailableException",
        "The database could not be written",
        "Nothing was changed. The operator finds the reason in the server's log.",
        retryable=True,
    ),
    RehearsalTooLong: FaultKind(
        503,
        "RehearsalTooLongException",
        "The call took too long to be rolled back",
        "Nothing was changed. Run a smaller request, or for real. The limit is the setting "
        "rerun_seconds_max.",
    ),
    OutcomeUnknown: FaultKind(
        503,
        "DatabaseUnavailableException",
        "The database connection was lost during a commit",
        "The change may have been made: read the lead before you send the call again.",
        retryable=True,
    ),
}
DATABASE_AWAY: Final = FaultKind(
    503,
    "DatabaseUnavailableException",
    "The database cannot be reached",
    "Nothing was changed. Send the call again; the operator finds the reason in the server's log.",
    retryable=True,
)

FAULT_KINDS: Final = (*_KINDS.values(), UNHANDLED, UNRECORDED, DATABASE_AWAY)
EVERY_OPERATION: Final = tuple(
    kind
    for kind in FAULT_KINDS
    if kind.status_code in (401, 429) or kind in (UNHANDLED, UNRECORDED)
)


UNCERTAIN: Final = (UNHANDLED, UNRECORDED, _KINDS[OutcomeUnknown])
"""After these faults the outcome of the call is unknown."""


def exception_type_of(error: errors.LeadwireError) -> str:
    """The reported name of a fault in one row of a bulk call."""
    return _KINDS.get(type(error), UNHANDLED).exception_type


class _Envelope(msgspec.Struct):
    Status: str
    ExceptionType: str
    ExceptionMessage: str


Statuses = Mapping[type[Exception], int]
_AS_DOCUMENTED: Final[Statuses] = {}


def statuses_of(settings: Settings) -> Statuses:
    """The statuses that differ by account, by exception."""
    return {
        errors.LimitExceeded: int(settings.refused_rate_status),
        errors.ValueDuplicate: int(settings.duplicate_status),
    }


class Faults:
    """The layer that turns every exception into an answer.

    *statuses* override the table.
    """

    def __init__(self, inner: Layer, statuses: Statuses = _AS_DOCUMENTED) -> None:
        self._inner = inner
        self._statuses = statuses

    async def __call__(self, draft: Draft) -> Answer:
        try:
            return await self._inner(draft)
        except errors.CallerGone:
            raise
        except errors.LeadwireError as error:
            kind = _KINDS.get(type(error))
            if kind is None:
                return _unhandled(draft)
            status_code = self._statuses.get(type(error), kind.status_code)
            message = _INSTEAD.get(type(error))
            if message is None:
                message = str(error)
            else:
                _log.error("call %s: %s", draft.call_id, error)
            return answer_of(kind._replace(status_code=status_code), message, draft, error)
        except UNAVAILABLE as error:
            _log.error("call %s: the database cannot be used: %s", draft.call_id, reason_of(error))
            return answer_of(DATABASE_AWAY, _DATABASE_AWAY_MESSAGE, draft)
        except Exception:  # noqa: BLE001  # whatever it was, the caller gets the contract's body
            return _unhandled(draft)


def answer_of(
    kind: FaultKind, message: str, draft: Draft, error: Exception | None = None
) -> Answer:
    """The answer for a fault, in the form that the caller accepts."""
    headers = [("Link", f'</errors/{kind.exception_type}>; rel="help"')]
    if isinstance(error, errors.LimitExceeded | errors.ServerBusy):
        headers.append(("Retry-After", str(error.retry_after_seconds)))
    if kind.exception_type == DATABASE_AWAY.exception_type:
        headers.append(("Retry-After", str(_DATABASE_AGAIN_SECONDS)))
    if isinstance(error, errors.MethodWrong):
        headers.append(("Allow", error.allowed))
    if isinstance(error, errors.PathUnknown):
        headers.append((NOTICE_HEADER, error.fix))
    if PROBLEM_JSON in draft.accept:
        body = msgspec.json.encode(_problem(kind, message, draft, error))
        content_type = PROBLEM_JSON
    else:
        body = msgspec.json.encode(_Envelope("Error", kind.exception_type, message))
        content_type = "application/json; charset=utf-8"
    return Answer(
        kind.status_code,
        body,
        content_type,
        tuple(headers),
        kind.exception_type,
        message,
        getattr(error, "location", ""),
        getattr(error, "fix", ""),
    )


def unrecorded(draft: Draft) -> Answer:
    """The answer to a call whose record could not be kept."""
    return answer_of(UNRECORDED, "The call could not be recorded.", draft)


def _problem(
    kind: FaultKind, message: str, draft: Draft, error: Exception | None
) -> dict[str, Any]:
    where = {
        "location": getattr(error, "location", ""),
        "code": kind.exception_type,
        "message": message,
        "fix": getattr(error, "fix", "") or kind.help,
    }
    return {
        "type": f"/errors/{kind.exception_type}",
        "title": kind.title,
        "status": kind.status_code,
        "detail": message,
        "instance": f"/console/api-logs/{draft.call_id}",
        "errors": [{name: value for name, value in where.items() if value}],
        "retryable": kind.retryable,
        "changed": None if kind in UNCERTAIN else False,
        "Status": "Error",
        "ExceptionType": kind.exception_type,
        "ExceptionMessage": message,
    }


def _unhandled(draft: Draft) -> Answer:
    draft.traceback = traceback.format_exc()
    # The log gets only the call's id, since an exception's text may hold a caller's data.
    _log.error("call %s failed: 'leadwire calls show %s' has the traceback", *[draft.call_id] * 2)
    return answer_of(UNHANDLED, UNHANDLED_MESSAGE, draft)
