"""The SDK's exceptions, as one tree.

The ExceptionType of a refusal decides its class, before the status does. This API answers 500 to
invalid input, and sometimes 200 to a call that failed.

SdkError
├── Misuse                      an invalid call or option; nothing was sent
│   ├── KeysMissing             no access key, or no secret key
│   ├── HostMissing             no host was named, so the keys go nowhere
│   ├── InvalidValue            the API does not take this value (also a ValueError)
│   └── ClientClosed
├── HostNotFound                no regional host accepts the keys
├── BulkFailed                  rows of a bulk write were not written; ``result`` says which
│   └── BulkStopped             an error that concerns every row ended it early
├── NoAnswer                    no whole answer came; ``maybe_applied`` says if it may have worked
│   ├── ConnectFailed           nothing was sent
│   ├── ConnectionLost          the connection broke, or the answer was incomplete
│   └── TimedOut
└── Answered                    an answer came, but not a success
    ├── AnswerUnreadable        the status says success, but the body has another shape
    └── Refused                 the answer is a refusal
        ├── KeysRefused         401
        ├── PermissionMissing   the keys are valid, but the user may not do this
        ├── RateLimited         429, or another status with the text of a rate limit
        ├── RequestMalformed    400, 413: the operation does not take this body
        ├── OperationUnknown    404, 405
        ├── Redirected          3xx: never followed, because the keys would be sent along
        ├── Rejected            an MX exception: a retry would be refused too
        │   ├── InputInvalid    an invalid value, date, page or search
        │   ├── MandatoryMissing
        │   ├── Duplicate       a unique value or a name is taken
        │   ├── FieldUnknown    the account does not have the attribute
        │   ├── NotFound        the lead, list, note, task, … does not exist
        │   └── NotAllowed      locked, not enabled, or the lead opted out
        └── ServerFault         5xx without an MX type, from the server or a proxy
"""

from typing import TYPE_CHECKING, Any, Final

from leadwire.errors import LeadwireError
from leadwire.sdk.call_info import NO_CALL, CallInfo

if TYPE_CHECKING:
    from leadwire.sdk.bulk import BulkResult

_BODY_SHOWN_CHARACTERS_MAX: Final = 200


class SdkError(LeadwireError):
    """The root of all SDK exceptions. ``str()``, ``repr()`` and ``args`` never show a key.

    *retryable*: the same call may succeed later. *maybe_applied*: the server may have carried the
    call out, wholly or in part, in this attempt or an earlier one. This is set for repeatable calls
    too. *call* says which call failed; None if nothing was sent. Every exception can be pickled and
    copied, so it survives a process pool.
    """

    retryable: bool = False
    maybe_applied: bool = False
    call: CallInfo | None = None

    @property
    def operation(self) -> str:
        """The operation's name; empty if there is none."""
        return "" if self.call is None else self.call.operation

    @property
    def call_id(self) -> str:
        """Finds the call in a log, as ``call.call_id`` does; empty if nothing was sent."""
        return "" if self.call is None else self.call.call_id

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with ``args`` alone, which lack the keyword arguments.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[SdkError], args: tuple[Any, ...], members: dict[str, Any]) -> SdkError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(members)
    return error


class Misuse(SdkError):
    """The call or the client was set up wrongly. The text says what to do."""


class KeysMissing(Misuse):
    """There is no access key, or no secret key. The text says how to give them."""


class HostMissing(Misuse):
    """No host is named, so the keys go nowhere. The text says how to name one."""


class InvalidValue(Misuse, ValueError):
    """The API has no form for a value, or does not take it."""


class ClientClosed(Misuse):
    """The client or the call log is closed."""


class HostNotFound(SdkError):
    """No regional host accepts the keys."""


class BulkFailed(SdkError):
    """Rows of a bulk write were not written. *result* has the outcome of each row."""

    def __init__(self, result: "BulkResult", text: str = "") -> None:
        super().__init__(text or result.told())
        self.result = result


class BulkStopped(BulkFailed):
    """An error that concerns every row ended a bulk write early.

    *error* is that error, such as KeysRefused. *result* has the rows that were settled before; no
    other row was written, except those that were sent when the error came.
    """

    def __init__(self, error: SdkError, result: "BulkResult") -> None:
        settled = f"{len(result)} rows were settled before"
        super().__init__(result, f"The bulk write stopped, {settled}. {error}")
        self.error = error
        self.retryable = error.retryable
        self.maybe_applied = error.maybe_applied
        self.call = error.call


class NoAnswer(SdkError):
    """No whole answer came. ``call.attempts`` counts how often the call was sent.

    The HTTP library's exception is described but not chained: its frames may hold the keys.
    """

    call: CallInfo
    retryable = True

    def __init__(self, text: str, *, call: CallInfo = NO_CALL, maybe_applied: bool = False) -> None:
        super().__init__(text)
        self.call = call
        self.maybe_applied = maybe_applied

    @property
    def attempts(self) -> int:
        """How often the call was sent."""
        return self.call.attempts


class ConnectFailed(NoAnswer):
    """No connection was made, so nothing was sent."""


class ConnectionLost(NoAnswer):
    """The connection broke, or the answer was incomplete."""


class TimedOut(NoAnswer):
    """The answer did not come in time."""


class Answered(SdkError):
    """An answer came, but not a success.

    *exception_type* and *message* come from the API; empty if absent. *body* is the first MiB of
    the body. *retry_after_seconds* is how long the server asks to wait; None if it does not say.
    Keys in the answer are masked.
    """

    call: CallInfo

    def __init__(  # noqa: PLR0913  # the parts of an answer
        self,
        text: str,
        *,
        call: CallInfo = NO_CALL,
        body: bytes = b"",
        exception_type: str = "",
        message: str = "",
        retry_after_seconds: float | None = None,
        maybe_applied: bool = False,
    ) -> None:
        super().__init__(text)
        self.call = call
        self.body = body
        self.exception_type = exception_type
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.maybe_applied = maybe_applied

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.call.status or 0

    @property
    def attempts(self) -> int:
        """How often the call was sent."""
        return self.call.attempts

    @property
    def text(self) -> str:
        r"""The body as text; bytes that are not UTF-8 are written as ``\xNN``."""
        return self.body.decode("utf-8", "backslashreplace")


class AnswerUnreadable(Answered):
    """The status says success, but the body does not have the operation's shape."""


class Refused(Answered):
    """The API refused the call."""


class KeysRefused(Refused):
    """The API does not take the keys: 401."""


class PermissionMissing(Refused):
    """The keys are valid, but their user may not do this."""


class RateLimited(Refused):
    """The account's rate limit was exceeded. Nothing was done."""

    retryable = True


class RequestMalformed(Refused):
    """The operation does not take this body: 400 or 413."""


class OperationUnknown(Refused):
    """The server has no such operation: 404 or 405."""


class Redirected(Refused):
    """The answer leads elsewhere. It is never followed, because the keys would be sent along."""


class Rejected(Refused):
    """The API rejects this request. Sending it again changes nothing."""


class InputInvalid(Rejected):
    """A value, a date, a page or a search is invalid."""


class MandatoryMissing(Rejected):
    """A mandatory value is missing."""


class Duplicate(Rejected):
    """A unique value or a name is taken."""


class FieldUnknown(Rejected):
    """The account has no such field."""


class NotFound(Rejected):
    """The lead, list, note, task or other thing does not exist."""


class NotAllowed(Rejected):
    """The thing is locked, not enabled, or the lead opted out."""


class ServerFault(Refused):
    """The server or a proxy failed: a 5xx without an exception of the API."""

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
"""Known exception types. Any other ``MX…`` becomes Rejected; see its exception_type."""


def row_error(
    exception_type: str | None, message: str | None, *, call: CallInfo, where: str
) -> Refused | None:
    """Why a row of a bulk call was refused, as an exception; None if it succeeded."""
    if not exception_type and not message:
        return None
    kind = BY_TYPE.get(exception_type or "", Rejected)
    said = f" ({exception_type})" if exception_type else ""
    return kind(
        f"{call.operation}, {where}: {message or 'refused'}{said}",
        call=call,
        exception_type=exception_type or "",
        message=message or "",
    )


def shown(body: bytes) -> str:
    """The start of a body on one line, for an exception's text."""
    text = " ".join(body[: 4 * _BODY_SHOWN_CHARACTERS_MAX].decode("utf-8", "replace").split())
    if len(text) > _BODY_SHOWN_CHARACTERS_MAX:
        return text[:_BODY_SHOWN_CHARACTERS_MAX] + "…"
    return text
