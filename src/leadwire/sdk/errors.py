"""Every exception that the SDK raises on purpose, as one tree.

The ExceptionType of a refusal decides its class, before the status does. This API answers 500 to a
wrong input, and sometimes 200 to a call that failed.

SdkError
├── Misuse                      the call cannot be sent as it was made; nothing was sent
│   ├── KeysMissing             no access key, or no secret key
│   ├── ValueUnfit              the API has no form for the value (also a ValueError)
│   └── ClientClosed
├── HostNotFound                no regional host knows the keys
├── NoAnswer                    no whole answer came; ``maybe_applied`` says if it may have worked
│   ├── ConnectFailed           nothing was sent
│   ├── ConnectionLost          broken, cut short or malformed after it was sent
│   └── TimedOut
└── Answered                    an answer came, and it is not the promised result
    ├── AnswerUnreadable        the status says success, but the body has another shape
    └── Refused                 the answer is a refusal
        ├── KeysRefused         401
        ├── PermissionMissing   the keys are good and the user may not do this
        ├── RateLimited         429, or another status with the text of a rate limit
        ├── RequestMalformed    400, 413: the operation does not take this body
        ├── OperationUnknown    404, 405
        ├── Redirected          3xx: never followed, because the keys would be sent along
        ├── Rejected            an MX exception: the same call is always answered like this
        │   ├── InputInvalid    a value, a date, a page or a search
        │   ├── MandatoryMissing
        │   ├── Duplicate       a unique value or a name is taken
        │   ├── FieldUnknown    the account does not have the attribute
        │   ├── NotFound        the lead, list, note, task, … does not exist
        │   └── NotAllowed      locked, not enabled for the account, or refused by the lead
        └── ServerFault         5xx without an MX type: the server, or a proxy before it
"""

from typing import Final

from leadwire.errors import LeadwireError

_BODY_SHOWN_CHARACTERS_MAX: Final = 200


class SdkError(LeadwireError):
    """The root. Neither ``str()`` nor ``repr()`` nor ``args`` ever holds a key.

    *retryable*: the same call may succeed later without a change. *maybe_applied*: the server may
    have carried the call out, although it failed: in part, or by an attempt of which nobody knows
    what became, be it the last one or an earlier one. It is so for a call that may be repeated,
    too: what it should do may be done. *operation* names it, empty where there is none.
    """

    retryable: bool = False
    maybe_applied: bool = False
    operation: str = ""


class Misuse(SdkError):
    """The call, or the client, cannot be as it was asked for; the text says what to do."""


class KeysMissing(Misuse): ...


class ValueUnfit(Misuse, ValueError): ...


class ClientClosed(Misuse): ...


class HostNotFound(SdkError):
    """Every regional host was asked, and none knows the keys."""


class NoAnswer(SdkError):
    """No whole answer came. *attempts* tells how often the call was sent.

    The exception of the HTTP library is told in words and not chained: it, or a frame of its
    traceback, may hold the keys.
    """

    def __init__(
        self, message: str, *, operation: str = "", attempts: int = 1, maybe_applied: bool = False
    ) -> None:
        super().__init__(message)
        self.operation = operation
        self.attempts = attempts
        self.maybe_applied = maybe_applied
        self.retryable = True


class ConnectFailed(NoAnswer): ...


class ConnectionLost(NoAnswer): ...


class TimedOut(NoAnswer): ...


class Answered(SdkError):
    """An answer came. What it said, for a handler and for a report.

    *status*: the HTTP status. *exception_type*, *message*: as the API said them, empty when it
    did not. *call_id*: of a leadwire server, by which its log finds the call. *body*: the first
    MiB of the body, whatever it was. *attempts*: how often the call was sent. A key that the
    answer repeats is a marker in all of them.
    """

    def __init__(  # noqa: PLR0913  # what an answer is made of
        self,
        text: str,
        *,
        status: int,
        body: bytes,
        exception_type: str = "",
        message: str = "",
        call_id: str = "",
        operation: str = "",
        attempts: int = 1,
        retry_after_seconds: float | None = None,
        maybe_applied: bool = False,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.body = body
        self.exception_type = exception_type
        self.message = message
        self.call_id = call_id
        self.operation = operation
        self.attempts = attempts
        self.retry_after_seconds = retry_after_seconds
        self.maybe_applied = maybe_applied

    @property
    def text(self) -> str:
        r"""The body as text; bytes that are not UTF-8 are written as ``\xNN``."""
        return self.body.decode("utf-8", "backslashreplace")


class AnswerUnreadable(Answered):
    """The call succeeded by its status, but the answer is not what the operation promises."""


class Refused(Answered):
    """The answer says no."""


class KeysRefused(Refused): ...


class PermissionMissing(Refused): ...


class RateLimited(Refused):
    """More calls than the account's plan admits. Nothing was done."""

    retryable = True


class RequestMalformed(Refused): ...


class OperationUnknown(Refused): ...


class Redirected(Refused): ...


class Rejected(Refused):
    """A deterministic rejection of this request: sending it again changes nothing."""


class InputInvalid(Rejected): ...


class MandatoryMissing(Rejected): ...


class Duplicate(Rejected): ...


class FieldUnknown(Rejected): ...


class NotFound(Rejected): ...


class NotAllowed(Rejected): ...


class ServerFault(Refused):
    retryable = True


BY_TYPE: Final[dict[str, type[Refused]]] = {
    "MXAPIRateLimitExceededException": RateLimited,
    "MXThrottleException": RateLimited,
    "MXInvalidAccessDetailsException": KeysRefused,
    "MXAuthenticationFailedException": KeysRefused,
    "MXUnAuthorizedAccessException": PermissionMissing,
    "MXUnauthorizedRequestException": PermissionMissing,
    "MXMandatoryAttributeMissingException": MandatoryMissing,
    "MXMandatoryFieldMissingException": MandatoryMissing,
    "MXDuplicateEntryException": Duplicate,
    "MXDuplicateEntityNameException": Duplicate,
    "MXUnknownAttributeException": FieldUnknown,
    "MXInvalidEntityException": NotFound,
    "MXInvalidEntityReferenceException": NotFound,
    "MXUnknownProspectActivityException": NotFound,
    "MXInvalidInputException": InputInvalid,
    "MXInvalidActivityException": InputInvalid,
    "MXInvalidActivityFieldsException": InputInvalid,
    "MXInvalidDataTypeException": InputInvalid,
    "MXXSSException": InputInvalid,
    "MXOperationNotAllowedException": NotAllowed,
    "MXMailDeliveryException": NotAllowed,
}
"""Types whose meaning is known. Any other ``MX…`` is a Rejected; its name is in exception_type."""


def row_error(
    exception_type: str | None, message: str | None, *, operation: str, where: str
) -> Refused | None:
    """What a row of a bulk call was refused for, of the same tree; None for one that was not."""
    if not exception_type and not message:
        return None
    kind = BY_TYPE.get(exception_type or "", Rejected)
    said = f" ({exception_type})" if exception_type else ""
    return kind(
        f"{operation}, {where}: {message or 'refused'}{said}",
        status=_OK,
        body=b"",
        exception_type=exception_type or "",
        message=message or "",
        operation=operation,
    )


_OK: Final = 200


def shown(body: bytes) -> str:
    """The beginning of a body, on one line, for an exception's text."""
    text = " ".join(body[: 4 * _BODY_SHOWN_CHARACTERS_MAX].decode("utf-8", "replace").split())
    if len(text) > _BODY_SHOWN_CHARACTERS_MAX:
        return text[:_BODY_SHOWN_CHARACTERS_MAX] + "…"
    return text
