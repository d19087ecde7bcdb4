"""Every exception that leadwire raises on purpose, as one tree.

None of them knows HTTP: ``wire/faults.py`` maps each to a fault exactly once.

LeadwireError
├── SetupError              settings, data folders and stores that cannot be used as they are
├── RecordingError          a call could not be made durable
├── CallLogDamaged          recorded calls that cannot be read back
├── CallerGone              the caller broke off: nobody is there to be answered
├── ServerBusy              one of the server's bounds is reached for now
├── AccessError
│   ├── KeysRefused         wrong, missing or revoked keys
│   ├── LimitExceeded       more calls than the plan admits
│   └── RoleMissing         the caller's role does not allow it
├── RequestError            the request itself is not as the API says
│   ├── BodyMalformed       not JSON, or not UTF-8
│   ├── BodyMisshapen       JSON, but not the members or types of this operation
│   ├── BodyTooLarge
│   ├── HttpUnreadable      not HTTP/1.1, or framed in a way that can be read in two ways
│   ├── UrlTooLong
│   ├── HeadersTooLarge
│   ├── RequestTooSlow      the head or the body did not arrive in time
│   ├── ContentTypeWrong
│   ├── PathUnknown
│   └── MethodWrong
└── CrmError                the request is well-formed and the domain refuses it
    ├── ParameterMissing
    ├── InputInvalid
    ├── PageTooLarge
    ├── AttributesUnknown
    ├── ValueDuplicate
    ├── Missing                 what a call is about does not exist
    ├── LeadReferenceMissing    the lead that something else refers to
    ├── NameTaken               a list or a field of that name exists
    ├── DeleteDisabled          leads may not be deleted
    ├── CriteriaInvalid
    ├── ActivityEventInvalid
    ├── ActivityFieldsInvalid
    ├── ActivityMissing
    ├── ActivityLocked
    ├── CompanyDataWrong    no details of a company, or of another type than its field
    ├── OptionUnknown       a strict dropdown has no such option
    ├── SenderInvalid       no active user can be the sender of a mail
    ├── MailUndeliverable   a lead that gets no mails
    ├── QueueFull               too many calls wait to be carried out later
    └── DataTypeInvalid         a member that decides what others mean is not there
"""

from collections.abc import Sequence
from typing import Literal

Entity = Literal[
    "alert",
    "company",
    "delivery",
    "file",
    "group",
    "lead",
    "list",
    "note",
    "opportunity",
    "product",
    "task",
    "user",
    "view",
    "webhook",
]
"""The kinds of things that a call can name."""


class LeadwireError(Exception):
    """The root. ``str()`` is a sentence that is safe to show: it never holds a secret."""


class SetupError(LeadwireError):
    """Settings, a data folder or a store cannot be used. The text says what to do."""


class RecordingError(LeadwireError):
    """A call could not be written durably, so it must not be answered."""


class CallLogDamaged(LeadwireError):
    """Some recorded calls are unreadable. The text names their place."""


class CallerGone(LeadwireError):
    """The caller disconnected before its request was complete, so there is no one to answer."""


class ServerBusy(LeadwireError):
    """A server limit is reached. The same call succeeds once others have ended."""

    retry_after_seconds = 1


class AccessError(LeadwireError):
    """The caller may not make this call, or not now."""


class KeysRefused(AccessError):
    """The keys are missing, wrong or revoked. *reason* is for the operator, never for the caller.

    *key_id* names a known access key, or holds the fingerprint of an unknown one.
    """

    def __init__(self, reason: str, *, key_id: str = "") -> None:
        super().__init__("Invalid Access Details provided.")
        self.reason = reason
        self.key_id = key_id


class LimitExceeded(AccessError):
    def __init__(self, *, calls_max: int, window_seconds: int, retry_after_seconds: int) -> None:
        super().__init__(
            f"API calls exceeded the limit of {calls_max} in {window_seconds} second(s)"
        )
        self.window_seconds = window_seconds
        self.retry_after_seconds = retry_after_seconds


class RoleMissing(AccessError):
    """The keys are valid, but the user's role does not allow the call. Nothing was changed."""


class RequestError(LeadwireError):
    """The request does not follow the API's form. *fix* says what to send instead."""

    def __init__(self, message: str, *, fix: str = "", location: str = "body") -> None:
        super().__init__(message)
        self.fix = fix
        self.location = location


class BodyMalformed(RequestError): ...


class BodyMisshapen(RequestError): ...


class BodyTooLarge(RequestError): ...


class HttpUnreadable(RequestError):
    """*reason* says for the record what is wrong; the message is for the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The request is not valid HTTP/1.1: {reason}.", location="")
        self.reason = reason


class UrlTooLong(RequestError):
    setting = "request_url_bytes_max"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"The URL is longer than {bytes_max} bytes.", location="query")


class HeadersTooLarge(RequestError):
    setting = "request_headers_bytes_max"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"The headers are larger than {bytes_max} bytes.", location="headers")


class RequestTooSlow(RequestError):
    """*part* is ``headers`` or ``body``."""

    def __init__(self, part: str, seconds_max: int) -> None:
        super().__init__(
            f"The request's {part} did not arrive within {seconds_max} second(s).", location=part
        )
        self.setting = f"request_{part}_seconds_max"


class ContentTypeWrong(RequestError): ...


class PathUnknown(RequestError): ...


class MethodWrong(RequestError):
    def __init__(self, message: str, *, allowed: str) -> None:
        super().__init__(message, fix=f"Send it as {allowed}.", location="method")
        self.allowed = allowed


class CrmError(LeadwireError):
    """The request is well-formed, but the domain refuses it. Nothing was changed.

    *location* is the place in the request, such as ``query.leadId`` or ``body.Phone``. *fix* says
    what would be accepted.
    """

    def __init__(self, message: str, *, location: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.location = location
        self.fix = fix


class ParameterMissing(CrmError): ...


class InputInvalid(CrmError): ...


class PageTooLarge(CrmError): ...


class AttributesUnknown(CrmError):
    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            f"Attribute(s) does not exist - {', '.join(names)}.",
            location=f"body.{names[0]}",
            fix="Use schema names as LeadsMetaData.Get lists them; their case matters.",
        )
        self.names = tuple(names)


class ValueDuplicate(CrmError):
    """A unique value already belongs to another lead, or to another *entity* of that name."""

    def __init__(self, *, schema_name: str, display_name: str, entity: str = "Lead") -> None:
        super().__init__(
            f"{'An' if entity[0] in 'AEIO' else 'A'} {entity} with same {display_name} "
            "already exists.",
            location=f"body.{schema_name}",
            fix="Update the lead that has it, or use Lead.CreateOrUpdate."
            if entity == "Lead"
            else f"Send another {display_name}, or update the one that has it.",
        )


class Missing(CrmError):
    """The object that a call names does not exist in the caller's account."""

    def __init__(self, entity: Entity, *, location: str, fix: str = "", message: str = "") -> None:
        message = message or f"{entity.capitalize()} does not exist in the system"
        super().__init__(message, location=location, fix=fix)


class LeadReferenceMissing(CrmError): ...


class NameTaken(CrmError): ...


class DeleteDisabled(CrmError):
    def __init__(self) -> None:
        super().__init__(
            "Delete is not enabled for you",
            fix="Ask the server's operator to set lead_delete.",
        )


class CriteriaInvalid(CrmError): ...


class ActivityEventInvalid(CrmError): ...


class ActivityFieldsInvalid(CrmError): ...


class ActivityMissing(CrmError): ...


class ActivityLocked(CrmError): ...


class CompanyDataWrong(CrmError): ...


class OptionUnknown(CrmError): ...


class SenderInvalid(CrmError): ...


class MailUndeliverable(CrmError): ...


class DataTypeInvalid(CrmError): ...


class QueueFull(CrmError): ...
